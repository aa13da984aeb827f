"""Alembic's entry: runs the migrations on the connection that `storage.migrate` hands over."""

from alembic import context

from storage import (  # noqa: F401 - they declare their tables
    tables_accounts,
    tables_catalogue,
    tables_notices,
    tables_passes,
    tables_staff,
)
from storage.migrate import alembic_connection
from storage.tables import metadata

with alembic_connection(context.config) as connection:
    context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()
