"""What stays out of a series, because another session is there."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE series ADD COLUMN left_out TIMESTAMP WITHOUT TIME ZONE[] DEFAULT '{}' NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE series DROP COLUMN left_out")
