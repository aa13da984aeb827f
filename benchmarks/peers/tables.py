"""The peers' tables: what the rules need and nothing beside it. Names are those of Seatline, so one audit reads both.

No journal, no receipts, no notices: a peer writes less than Seatline does for the same outcome.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The declarative base; instants are UTC."""

    type_annotation_map = {  # noqa: RUF012 - as SQLAlchemy reads it
        datetime: sa.DateTime(timezone=True),
        str: sa.Text,
        dict[str, Any]: JSONB,
        list[str]: ARRAY(sa.Text),
    }


class Member(Base):
    """Somebody who books."""

    __tablename__ = "members"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class PassRow(Base):
    """A member's right to so many sessions."""

    __tablename__ = "passes"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(sa.ForeignKey("members.id"), index=True)
    sessions_granted: Mapped[int]
    sessions_left: Mapped[int]
    __table_args__ = (sa.CheckConstraint("sessions_left BETWEEN 0 AND sessions_granted", name="passes_balance"),)


class SessionRow(Base):
    """A training session with its counts; the row that is locked to serialize its commands."""

    __tablename__ = "training_sessions"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    training_id: Mapped[UUID]
    trainer_id: Mapped[UUID]
    space_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    lasts_minutes: Mapped[int] = mapped_column(default=60)
    capacity: Mapped[int]
    booked: Mapped[int] = mapped_column(server_default="0")
    waiting: Mapped[int] = mapped_column(server_default="0")
    skipped: Mapped[int] = mapped_column(server_default="0")
    position: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    __table_args__ = (
        sa.CheckConstraint("booked <= capacity", name="training_sessions_not_oversold"),
        sa.Index("training_sessions_by_start", "starts_at", "id"),
    )


class CommandRow(Base):
    """What a member asked for, once per idempotency key, and what came of it."""

    __tablename__ = "commands"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True))
    training_session_id: Mapped[UUID] = mapped_column(sa.ForeignKey("training_sessions.id"))
    actor_id: Mapped[UUID | None]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    idempotency_key: Mapped[str | None]
    accepted_at: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    status: Mapped[str] = mapped_column(server_default="waiting")
    position: Mapped[int | None] = mapped_column(sa.BigInteger)
    outcome: Mapped[dict[str, Any] | None]
    applied_at: Mapped[datetime | None]
    __table_args__ = (
        sa.Index(
            "commands_once_per_key",
            "actor_id",
            "idempotency_key",
            unique=True,
            postgresql_where=sa.text("idempotency_key IS NOT NULL"),
        ),
    )
    # A row is written from what is known here; nothing is read back after an INSERT or UPDATE.
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012 - as SQLAlchemy reads it


class BookingRow(Base):
    """A place, or a place in line."""

    __tablename__ = "bookings"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    training_session_id: Mapped[UUID] = mapped_column(sa.ForeignKey("training_sessions.id"))
    member_id: Mapped[UUID] = mapped_column(sa.ForeignKey("members.id"))
    pass_id: Mapped[UUID] = mapped_column(sa.ForeignKey("passes.id"))
    status: Mapped[str]
    position: Mapped[int] = mapped_column(sa.BigInteger)
    booked_at: Mapped[datetime]
    promoted_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    skipped: Mapped[list[str] | None]
    __table_args__ = (
        sa.Index(
            "bookings_one_live_per_member",
            "training_session_id",
            "member_id",
            unique=True,
            postgresql_where=sa.text("status <> 'cancelled'"),
        ),
        sa.Index(
            "bookings_line",
            "training_session_id",
            "position",
            postgresql_where=sa.text("status = 'waitlisted' AND skipped IS NULL"),
        ),
        sa.Index("bookings_skipped_by_pass", "pass_id", postgresql_where=sa.text("skipped IS NOT NULL")),
    )


class LedgerRow(Base):
    """One charge or refund of a pass."""

    __tablename__ = "pass_ledger"
    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    pass_id: Mapped[UUID] = mapped_column(sa.ForeignKey("passes.id"), index=True)
    booking_id: Mapped[UUID]
    command_id: Mapped[UUID]
    change: Mapped[int] = mapped_column(sa.SmallInteger)
    written_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    __table_args__ = (sa.UniqueConstraint("booking_id", "change", name="pass_ledger_once_per_booking"),)


def create_schema(database_url: str) -> None:
    """Make the tables in this empty database."""
    engine = sa.create_engine(driver_url(database_url))
    Base.metadata.create_all(engine)
    engine.dispose()


def driver_url(database_url: str) -> str:
    """Return the URL as SQLAlchemy reads it, for psycopg 3."""
    return database_url.replace("postgresql://", "postgresql+psycopg://", 1)
