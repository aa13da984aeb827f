"""Staff manage members and passes: a fast search, suspending and removing, an owner always, types with their terms."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX members_search ON members USING gin (lower(name) gin_trgm_ops, lower(email) gin_trgm_ops);
        CREATE INDEX members_by_name ON members (lower(name), id);

        ALTER TABLE members ADD COLUMN suspended_at TIMESTAMP WITH TIME ZONE;
        ALTER TABLE members ADD COLUMN removed_at TIMESTAMP WITH TIME ZONE;
        ALTER TABLE members ADD CONSTRAINT members_removed_is_nobody
            CHECK (removed_at IS NULL OR (password_hash IS NULL AND role = 'member'));

        CREATE FUNCTION keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            -- One at a time: of two owners who go at once, the second sees that the first has gone. Each statement
            -- here has a snapshot of its own, so the question is asked after the wait.
            PERFORM pg_advisory_xact_lock(7283104);
            IF NOT EXISTS (SELECT FROM members
                            WHERE role = 'owner' AND suspended_at IS NULL AND removed_at IS NULL) THEN
                RAISE EXCEPTION 'the studio would be left without an owner'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'members_last_owner', TABLE = 'members';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER members_last_owner_leaves AFTER UPDATE OF role, suspended_at, removed_at ON members
            FOR EACH ROW
            WHEN (OLD.role = 'owner' AND OLD.suspended_at IS NULL
                  AND (NEW.role <> 'owner' OR NEW.suspended_at IS NOT NULL OR NEW.removed_at IS NOT NULL))
            EXECUTE FUNCTION keep_an_owner();
        CREATE TRIGGER members_last_owner_deleted AFTER DELETE ON members
            FOR EACH ROW WHEN (OLD.role = 'owner' AND OLD.suspended_at IS NULL)
            EXECUTE FUNCTION keep_an_owner();

        ALTER TABLE pass_types ADD COLUMN description TEXT DEFAULT '' NOT NULL;
        ALTER TABLE pass_types ADD COLUMN price TEXT DEFAULT '' NOT NULL;
        ALTER TABLE pass_types ADD COLUMN sessions INTEGER;
        ALTER TABLE pass_types ADD COLUMN days INTEGER;
        ALTER TABLE pass_types ADD COLUMN offered BOOLEAN DEFAULT false NOT NULL;
        ALTER TABLE pass_types ADD CONSTRAINT pass_types_terms CHECK (sessions >= 1 AND days >= 1);
        CREATE INDEX passes_by_type ON passes (pass_type_id);

        ALTER TABLE staff_changes ADD COLUMN idempotency_key TEXT;
        CREATE UNIQUE INDEX staff_changes_once_per_key ON staff_changes (actor_id, idempotency_key)
            WHERE idempotency_key IS NOT NULL;
        """
    )


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DROP INDEX staff_changes_once_per_key;
        ALTER TABLE staff_changes DROP COLUMN idempotency_key;
        DROP INDEX passes_by_type;
        ALTER TABLE pass_types DROP CONSTRAINT pass_types_terms;
        ALTER TABLE pass_types DROP COLUMN offered;
        ALTER TABLE pass_types DROP COLUMN days;
        ALTER TABLE pass_types DROP COLUMN sessions;
        ALTER TABLE pass_types DROP COLUMN price;
        ALTER TABLE pass_types DROP COLUMN description;
        DROP TRIGGER members_last_owner_deleted ON members;
        DROP TRIGGER members_last_owner_leaves ON members;
        DROP FUNCTION keep_an_owner();
        ALTER TABLE members DROP CONSTRAINT members_removed_is_nobody;
        ALTER TABLE members DROP COLUMN removed_at;
        ALTER TABLE members DROP COLUMN suspended_at;
        DROP INDEX members_by_name;
        DROP INDEX members_search;
        DROP EXTENSION pg_trgm;
        """
    )
