"""What stands where a session is to be moved."""

from domain.commands import RescheduleSession
from domain.ids import TrainingSessionId
from domain.refusals import RefusalReason
from storage.database import Db


def find_taken(
    db: Db, training_session_id: TrainingSessionId, command: RescheduleSession
) -> dict[RefusalReason, TrainingSessionId]:
    """Return which other exclusive sessions stand where the command would move this one.

    Another lane may move one there before this batch commits: then the constraints on the table say so, and the batch
    runs again and finds it here.
    """
    rows = db.execute(
        """
        SELECT reason, min(id::text)::uuid FROM (
            SELECT 'space_taken' AS reason, id FROM training_sessions
             WHERE space_id = %(space)s AND exclusive AND NOT cancelled AND id <> %(id)s
               AND session_time(starts_at, lasts_minutes) && session_time(%(starts_at)s, %(lasts)s)
            UNION ALL
            SELECT 'trainer_taken', id FROM training_sessions
             WHERE trainer_id = %(trainer)s AND exclusive AND NOT cancelled AND id <> %(id)s
               AND session_time(starts_at, lasts_minutes) && session_time(%(starts_at)s, %(lasts)s)) AS taken
         GROUP BY reason
        """,
        {
            "id": training_session_id,
            "space": command.space_id,
            "trainer": command.trainer_id,
            "starts_at": command.starts_at,
            "lasts": command.lasts_minutes,
        },
    )
    return {RefusalReason(reason): TrainingSessionId(id_) for reason, id_ in rows}
