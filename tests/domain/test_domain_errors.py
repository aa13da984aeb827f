"""Errors say why, for whoever catches them and for whoever reads a log."""

from domain.members import MemberRefusal, MemberRefusedError
from domain.pass_requests import RequestRefusal, RequestRefusedError


def test_an_error_names_its_refusal() -> None:
    taken = MemberRefusedError(MemberRefusal.EMAIL_TAKEN, "Nina")
    answered = RequestRefusedError(RequestRefusal.ANSWERED)

    assert (taken.refusal, taken.holder, str(taken)) == (MemberRefusal.EMAIL_TAKEN, "Nina", "email_taken")
    assert MemberRefusedError(MemberRefusal.NOT_FOUND).holder == ""
    assert (answered.refusal, str(answered)) == (RequestRefusal.ANSWERED, "answered")
