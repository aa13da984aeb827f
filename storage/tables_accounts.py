"""The tables of who is signed in; private to `storage`, as `storage.tables` is."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, UUID

from storage.tables import INSTANT, metadata

sign_ins = sa.Table(
    "sign_ins",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column(
        "member_id", UUID, sa.ForeignKey("members.id", name="sign_ins_member", ondelete="CASCADE"), nullable=False
    ),
    # SHA-256 of what the browser's cookie holds: whoever reads this table can sign in nowhere.
    sa.Column("secret_hash", BYTEA, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False, server_default=sa.func.now()),
    sa.Column("expires_at", INSTANT, nullable=False),
    sa.UniqueConstraint("secret_hash", name="sign_ins_secret"),
    sa.Index("sign_ins_by_member", "member_id"),
)
