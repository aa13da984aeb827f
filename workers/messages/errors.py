"""What goes wrong while a message is written."""


class MessageError(Exception):
    """The message cannot be written, now or later; the sentence names the notice and what is wrong with it."""
