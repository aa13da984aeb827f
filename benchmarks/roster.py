"""How long a roster of 1,000 takes to open: the operation, and the page made of it, in this process.

One session has 1,000 places and as many bookings, another a line of 10,000 behind its places; both are opened as the
server does, from the request to the last byte of the answer, compressed as it is sent. *At work* is the time of the
processor that this process took, without waiting for Postgres or for others on the machine:

    .venv/bin/python -m benchmarks.roster

Needs a running stack for its servers only; what it measures is on a scratch database.
"""

import gc
import statistics
import time
from dataclasses import replace

import click

from api.app import create_app
from api.auth import make_token
from api.bearer_secrets import hash_of, new_secret
from api.browser import COOKIE
from api.services import EXTENSION
from benchmarks.bulk import Bulk, bulk_studio, scratch_database
from benchmarks.hot_session import serve_in_batches
from domain.ids import MemberId
from storage.settings import settings
from storage.sign_ins import begin_sign_in

PLACES = 1_000
LINE = 10_000


def staff_of(bulk: Bulk) -> tuple[MemberId, str]:
    """Make a member a trainer; return who it is, and the cookie of a browser they are signed in with."""
    ((member_id, _),) = bulk.payers(1)
    bulk.db.execute("UPDATE members SET role = 'owner' WHERE id = %s", (member_id,))
    secret = new_secret()
    begin_sign_in(bulk.db, MemberId(member_id), secret_hash=hash_of(secret), device="benchmark")
    return MemberId(member_id), secret


def said(milliseconds: list[float]) -> str:
    """Return the median and the most."""
    return f"median {statistics.median(milliseconds):.0f} ms, {max(milliseconds):.0f} ms at most"


@click.command()
@click.option("--rounds", default=30, show_default=True)
def main(rounds: int) -> None:
    """Print how long each takes, and how large the page is."""
    with scratch_database(settings().database_url) as url, bulk_studio(url) as bulk:
        bulk.members(2 * PLACES + LINE)
        full, crowded = bulk.sessions(1, capacity=PLACES)[0], bulk.sessions(1, capacity=20)[0]
        bulk.ask_for_seats(full, 1, PLACES)
        bulk.ask_for_seats(crowded, PLACES + 1, PLACES + LINE + 20)
        for session_id in (full, crowded):
            serve_in_batches(url, session_id)
        bulk.settle_statistics()
        member_id, secret = staff_of(bulk)
        made = replace(settings(), database_url=url)
        app = create_app(made)
        gc.collect()
        gc.freeze()  # as `api.gunicorn_conf` does
        browser = app.test_client()
        browser.set_cookie(COOKIE, secret)
        token = {"Authorization": f"Bearer {make_token(made, member_id)}", "Accept-Encoding": "gzip"}
        for name, session_id in ((f"{PLACES:,} places", full), (f"20 places and {LINE:,} waiting", crowded)):
            for what, path in (
                ("operation", f"/v1/staff/sessions/{session_id}/roster"),
                ("page", f"/staff/sessions/{session_id}"),
            ):
                took, worked = [], []
                for _ in range(rounds + 1):
                    began, worked_before = time.perf_counter(), time.process_time()
                    answer = browser.get(path, headers=token if what == "operation" else {"Accept-Encoding": "gzip"})
                    size = len(answer.get_data())
                    took.append((time.perf_counter() - began) * 1000)
                    worked.append((time.process_time() - worked_before) * 1000)
                    assert answer.status_code == 200, answer.status
                click.echo(f"{name}, {what}: {said(took[1:])}; at work {said(worked[1:])}; {size / 1000:.0f} kB sent")
        app.extensions[EXTENSION].close()


if __name__ == "__main__":
    main()
