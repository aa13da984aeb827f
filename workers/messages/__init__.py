"""What is said about a notice on each channel: pure functions from what `storage` reads to texts, mails and JSON.

`words` says it in plain words; `mail` and `push` wrap those words for their channel; `events` tells machines. Nothing
here opens a connection or looks at the clock, so the same delivery gives the same bytes again.
"""

from workers.messages.errors import MessageError
from workers.messages.words import Words, words_for

__all__ = ["MessageError", "Words", "words_for"]
