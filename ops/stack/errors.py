"""The one exception of the local stack."""


class StackError(Exception):
    """The stack cannot start or go on; the text is one whole sentence that says what is wrong and what to do.

    The command line prints the text as it is and ends with exit status 1.
    """
