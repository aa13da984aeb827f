"""When a pass can pay for a session."""

from datetime import datetime

from domain.facts import Pass
from domain.ids import MemberId, TrainingId
from domain.refusals import RefusalReason


def unusable_reasons(
    pass_: Pass | None, *, member_id: MemberId, training_id: TrainingId, now: datetime
) -> tuple[RefusalReason, ...]:
    """Every reason why this pass cannot pay for a session of this training at `now`; none when it can."""
    if pass_ is None:
        return (RefusalReason.PASS_NOT_FOUND,)
    if pass_.member_id != member_id:
        # What state another member's pass is in is nobody else's business.
        return (RefusalReason.PASS_NOT_YOURS,)
    reasons = []
    if not pass_.active:
        reasons.append(RefusalReason.PASS_INACTIVE)
    if pass_.expires_at is not None and now >= pass_.expires_at:
        reasons.append(RefusalReason.PASS_EXPIRED)
    if pass_.sessions_left is not None and pass_.sessions_left < 1:
        reasons.append(RefusalReason.PASS_EXHAUSTED)
    if pass_.trainings is not None and training_id not in pass_.trainings:
        reasons.append(RefusalReason.PASS_NOT_APPLICABLE)
    return tuple(reasons)
