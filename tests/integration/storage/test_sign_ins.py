"""Signing out everywhere and a sign-in that begins, at the same moment: the second waits for the first."""

from uuid import uuid4

import pytest

from domain.ids import MemberId
from storage.database import Db
from storage.sign_ins import begin_sign_in, find_signed_in, sign_out_everywhere
from tests.integration.at_once import one_waits
from tests.integration.studio import NOBODYS, Studio


def begin(db: Db, member_id: MemberId, secret_hash: bytes) -> None:
    begin_sign_in(db, member_id, secret_hash=secret_hash, device="a browser", token_generation=0)


def test_a_sign_in_that_waits_for_signing_out_everywhere_does_not_begin(studio: Studio, database_url: str) -> None:
    member_id, kept = studio.a_member().id, uuid4().bytes

    one_waits(database_url, lambda db: sign_out_everywhere(db, member_id), lambda db: begin(db, member_id, kept))

    assert find_signed_in(studio.db, kept) is None


def test_signing_out_everywhere_that_waits_for_a_sign_in_ends_it(studio: Studio, database_url: str) -> None:
    member_id, kept = studio.a_member().id, uuid4().bytes

    one_waits(database_url, lambda db: begin(db, member_id, kept), lambda db: sign_out_everywhere(db, member_id))

    assert find_signed_in(studio.db, kept) is None


def test_each_time_begins_a_generation_and_a_sign_in_of_it_holds(studio: Studio) -> None:
    member_id, kept = studio.a_member().id, uuid4().bytes

    assert [sign_out_everywhere(studio.db, member_id) for _ in range(2)] == [1, 2]
    begin_sign_in(studio.db, member_id, secret_hash=kept, device="a browser", token_generation=2)

    found = find_signed_in(studio.db, kept)
    assert found is not None
    assert (found.member_id, found.token_generation) == (member_id, 2)


def test_nobody_is_signed_out_who_is_none(studio: Studio) -> None:
    with pytest.raises(LookupError):
        sign_out_everywhere(studio.db, MemberId(NOBODYS))
