"""Bring the database to the newest schema, or say whether tables and migrations agree."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from storage.process_roles import give_rights
from storage.settings import settings

MIGRATION_LOCK = 7283101  # any fixed number: who holds this advisory lock migrates
_PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def upgrade(database_url: str) -> list[str]:
    """Apply every missing migration, and give each process's role its rights; return the names of these roles.

    Several may call it at once: one after the other does the work. Each migration is one transaction: a crash in the
    middle leaves the schema at the last whole one, with the rights that were there.
    """
    command.upgrade(config_for(database_url), "head")
    return give_rights(database_url)


def check(database_url: str) -> None:
    """Raise Alembic's `CommandError` when the tables say something that no migration does."""
    command.check(config_for(database_url))


@contextmanager
def alembic_connection(config: Config) -> Iterator[sa.Connection]:
    """Open the connection Alembic works on, holding the migration lock; used by `migrations/env.py`."""
    database_url = config.attributes.get("database_url") or settings().database_url
    engine = sa.create_engine(_sqlalchemy_url(database_url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(:number)"), {"number": MIGRATION_LOCK})
        connection.commit()
        yield connection


def config_for(database_url: str) -> Config:
    """Return Alembic's configuration, from pyproject.toml, for this database."""
    config = Config(toml_file=_PYPROJECT)
    config.attributes["database_url"] = database_url
    return config


def _sqlalchemy_url(database_url: str) -> str:
    scheme, rest = database_url.split("://", 1)
    return f"postgresql+psycopg://{rest}" if scheme in {"postgresql", "postgres"} else database_url
