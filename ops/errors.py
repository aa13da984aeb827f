"""What an operator got wrong, or what is missing: said in whole sentences, never shown as a traceback."""

from collections.abc import Sequence


class OperatorError(Exception):
    """Something the operator can put right; the text says what is wrong, where, and what to do.

    The command line prints the text, then each line of `details`, and ends with exit status 1.
    """

    def __init__(self, text: str, details: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.details = tuple(details)
