"""The tables of what a catalogue consists of."""

from enum import StrEnum


class Named(StrEnum):
    """The tables of things that are told apart by their name alone."""

    TRAINING = "trainings"
    TRAINER = "trainers"
    SPACE = "spaces"
