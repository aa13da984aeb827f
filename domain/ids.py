"""Names for the ids that travel through every layer; all of them are UUIDs."""

from typing import NewType
from uuid import UUID

TrainingSessionId = NewType("TrainingSessionId", UUID)
TrainingId = NewType("TrainingId", UUID)
TrainerId = NewType("TrainerId", UUID)
SpaceId = NewType("SpaceId", UUID)
MemberId = NewType("MemberId", UUID)
PassId = NewType("PassId", UUID)
CommandId = NewType("CommandId", UUID)

BookingId = NewType("BookingId", UUID)
"""A booking carries the id of the command that made it, so it is known before the command is applied."""
