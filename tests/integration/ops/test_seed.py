from datetime import UTC, datetime

import pytest

from api.auth import password_fits
from ops.auditing import audit
from ops.seed import is_empty, seed_demo
from storage.command_log import lanes_with_work
from storage.settings import settings
from tests.integration.studio import Studio
from workers import lane


def serve_everything(studio: Studio) -> None:
    for one in lanes_with_work(studio.db):
        while lane.serve(studio.pool, studio.redis, one.training_session_id).commands:
            pass


@pytest.fixture
def seeded(studio: Studio) -> list[str]:
    studio.db.execute("TRUNCATE studio")
    assert is_empty()
    return seed_demo()


def test_seeding_makes_a_studio_and_tells_its_sign_ins(studio: Studio, seeded: list[str]) -> None:
    assert not is_empty()
    assert studio.db.execute("SELECT time_zone FROM studio").fetchone() == ("Europe/Kyiv",)
    password = seeded[0].rsplit(" ", 1)[1]
    people = studio.db.execute(
        "SELECT email, role, password_hash FROM members WHERE password_hash IS NOT NULL ORDER BY email"
    ).fetchall()
    assert sorted(line.split()[0] for line in seeded[1:]) == [email for email, _, _ in people]
    assert sorted(role for _, role, _ in people) == ["member"] * 6 + ["owner", "trainer"]
    assert password_fits(people[0][2], password)


def test_seeding_again_does_nothing(studio: Studio, seeded: list[str]) -> None:
    def counted() -> tuple[int, ...] | None:
        return studio.db.execute(
            "SELECT (SELECT count(*) FROM members), (SELECT count(*) FROM training_sessions),"
            " (SELECT count(*) FROM passes), (SELECT count(*) FROM commands)"
        ).fetchone()

    before = counted()
    assert seed_demo() == []
    assert counted() == before


def test_the_passwords_of_two_studios_differ(studio: Studio, seeded: list[str]) -> None:
    studio.db.execute("TRUNCATE studio, members, trainings, trainers, spaces, pass_types CASCADE")
    assert seed_demo()[0] != seeded[0]


def test_the_demo_has_passes_of_every_state(studio: Studio, seeded: list[str]) -> None:
    serve_everything(studio)
    row = studio.db.execute(
        """
        SELECT count(*) FILTER (WHERE expires_at < now()), count(*) FILTER (WHERE NOT active),
               count(*) FILTER (WHERE sessions_granted IS NULL), count(*) FILTER (WHERE sessions_left = 0),
               count(*) FILTER (WHERE training_ids IS NOT NULL)
          FROM passes
        """
    ).fetchone()
    assert row is not None
    assert all(row)


def test_the_demo_has_a_full_session_with_a_line_and_one_that_is_nearly_full(studio: Studio, seeded: list[str]) -> None:
    serve_everything(studio)
    rows = studio.db.execute("SELECT capacity - booked, waiting FROM training_sessions WHERE booked > 0").fetchall()
    assert any(left == 0 and waiting > 0 for left, waiting in rows)
    assert any(left == 1 for left, _ in rows)
    assert audit(studio.db).ok


def test_every_session_of_the_demo_lies_ahead_within_two_weeks(studio: Studio, seeded: list[str]) -> None:
    now = datetime.now(UTC)
    row = studio.db.execute("SELECT min(starts_at), max(starts_at), count(*) FROM training_sessions").fetchone()
    assert row is not None
    assert row[0] > now
    assert (row[1] - now).days <= 14
    assert row[2] > 20


def test_the_sign_ins_are_kept_for_the_owner_of_the_data_folder_alone(
    studio: Studio, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATLINE_DATA", str(tmp_path))
    settings.cache_clear()
    studio.db.execute("TRUNCATE studio")
    lines = seed_demo()
    file = settings().data / "demo-sign-ins.txt"
    assert file.read_text(encoding="utf-8").splitlines() == lines
    assert file.stat().st_mode & 0o777 == 0o600
