"""What inviting somebody comes to."""

from domain.invitations import Invited


def test_only_who_is_new_or_waits_for_an_invitation_is_mailed() -> None:
    assert {one for one in Invited if one.is_mailed} == {Invited.NEW, Invited.INVITED}
