"""One whole run: set the stage, send the storm, read the journal, audit, report."""

import asyncio
from dataclasses import dataclass

from ops.auditing import audit
from ops.rush.live import shown
from ops.rush.measured import measure
from ops.rush.report import RushReport, report_of
from ops.rush.scene import set_up
from ops.rush.storm import Clients, StormPlan
from storage.database import connect
from storage.settings import Settings


@dataclass(frozen=True, slots=True)
class RushSize:
    """How many members storm how many sessions."""

    members: int
    sessions: int


def rush(settings: Settings, size: RushSize, plan: StormPlan) -> RushReport:
    """Run it against the API of these settings and return the report; what it made stays in the database.

    Raises `OperatorError` when the API is not ready.
    """
    with connect(settings.database_url) as db:
        scene = set_up(db, members=size.members, sessions=size.sessions)
    clients = Clients(settings, scene, plan)
    with shown(clients.storm):
        asyncio.run(clients.run())
    with connect(settings.database_url) as db:
        measured = measure(db, scene.training_session_ids)
        verdict = audit(db, scene.training_session_ids)
    return report_of(scene, plan.clients, clients.storm, measured, verdict)
