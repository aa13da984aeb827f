"""A dump taken beside running commands, restored elsewhere, is a whole: it is audited and goes on."""

import subprocess
from pathlib import Path
from uuid import uuid4

from ops.auditing import audit
from ops.stack.binaries import find_postgres
from storage.database import WORKER_TIMEOUTS, Db, connect, open_pool
from tests.integration.studio import Studio
from workers import lane


def test_a_restored_dump_is_audited_without_a_difference(db: Db, own_url: str, studio: Studio, tmp_path: Path) -> None:
    session = studio.a_session()
    members = studio.members(4)
    bookings = [studio.book(session, member) for member in members]
    studio.serve(session)
    studio.cancel(session, members[0], bookings[0])
    studio.serve(session)
    studio.book(session, studio.a_member())
    name, dump, programs = f"seatline_test_{uuid4().hex[:12]}", tmp_path / "seatline.dump", find_postgres().folder
    restored_url = f"{own_url.rpartition('/')[0]}/{name}"

    subprocess.run([programs / "pg_dump", "--format=custom", f"--file={dump}", own_url], check=True)
    db.execute(f"CREATE DATABASE {name}")
    try:
        subprocess.run([programs / "pg_restore", "--no-owner", f"--dbname={restored_url}", dump], check=True)
        studio.redis.flushdb()
        with connect(restored_url) as restored, open_pool(restored_url, WORKER_TIMEOUTS, size_max=1) as pool:
            first = audit(restored)
            served = lane.serve(pool, studio.redis, session)
            second = audit(restored)
    finally:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")

    assert (first.ok, first.commands, first.waiting) == (True, 5, 1), first
    assert served.commands == 1, "what waited is applied there"
    assert (second.ok, second.commands, second.waiting) == (True, 6, 0), second
