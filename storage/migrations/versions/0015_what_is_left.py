"""What is left on a pass follows what was granted, unless it is set itself: whoever grants need not be able to."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        CREATE FUNCTION let_what_is_left_follow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.sessions_left := OLD.sessions_left + (NEW.sessions_granted - OLD.sessions_granted);
            RETURN NEW;
        END $$;
        CREATE TRIGGER passes_left_follows_granted BEFORE UPDATE OF sessions_granted ON passes
            FOR EACH ROW WHEN (NEW.sessions_left IS NOT DISTINCT FROM OLD.sessions_left)
            EXECUTE FUNCTION let_what_is_left_follow();
        """
    )


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DROP TRIGGER passes_left_follows_granted ON passes;
        DROP FUNCTION let_what_is_left_follow();
        """
    )
