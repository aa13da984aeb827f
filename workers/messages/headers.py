"""Header lines of mails, encoded and folded here once: the library's own way takes most of a mail's time.

`email.policy` lets a header's value fold itself (`EmailPolicy`: "custom header objects"); `Header` does that, with a
line it was given. Values are ASCII on the wire, other text goes into encoded words (RFC 2047), long lines are folded
at spaces (RFC 5322, section 2.2.3).
"""

from base64 import b64encode
from email.errors import MessageError as EmailError
from email.headerregistry import Address
from email.policy import EmailPolicy, Policy
from functools import lru_cache
from textwrap import wrap

_LINE_CHARACTERS = 78  # RFC 5322, section 2.1.1
_ENCODED_LINE_CHARACTERS = 76  # RFC 2047, section 2, which also keeps an encoded word within 75
_CONTINUES, _CONTINUES_MASK = 0b1000_0000, 0b1100_0000  # a byte of UTF-8 that begins no character
_FOLD = "\r\n "


class Header(str):
    """A header's value as people read it, with the line it is sent as."""

    __slots__ = ("line", "name")

    name: str
    line: str

    def fold(self, *, policy: Policy) -> str:
        """Return the line; the generator of a mail asks for it."""
        return self.line + policy.linesep


class PreparedPolicy(EmailPolicy):
    """The policy of a mail whose headers are all `Header`s, each set once; nothing is looked up to set them."""

    def header_max_count(self, name: str) -> int | None:  # noqa: ARG002 - the signature is the library's
        """Return None: the library need not look for a header of this name before it sets one."""
        return None


PREPARED = PreparedPolicy(linesep="\r\n")


def header(name: str, value: str) -> Header:
    """Return a header without structure, such as the subject; raises `ValueError` for more than one line."""
    if value.isascii() and "=?" not in value:
        return _header(name, value, _folded(name, value))
    return _header(name, value, _encoded_words(name, value))


@lru_cache(maxsize=64)
def fixed_header(name: str, value: str) -> Header:
    """Return a header whose value is one of few, ASCII, and goes on one line."""
    return _header(name, value, value)


def address_header(name: str, address: Address) -> Header:
    """Return a header with one address. The address itself must be ASCII, its name need not."""
    if not address.display_name:
        return _header(name, address.addr_spec, address.addr_spec)
    phrase = _phrase(name, address.display_name)
    between = " " if len(name) + len(phrase) + len(address.addr_spec) + 5 <= _LINE_CHARACTERS else _FOLD
    return _header(name, str(address), f"{phrase}{between}<{address.addr_spec}>")


def address_of(display_name: str, address: str) -> Address:
    """Return the address with a name; raises `ValueError` when no mail can be sent to it.

    An address beyond ASCII is refused as well: it needs SMTPUTF8 (RFC 6531) all the way to its mailbox.
    """
    try:
        parsed = Address(addr_spec=address)
    # Of an address with half a bracket the library asks what it has not (CPython 3.11: AttributeError).
    except (AttributeError, EmailError, LookupError, ValueError) as error:
        raise ValueError(f"{address!r} is no e-mail address ({error})") from error
    if not address.isascii() or parsed.addr_spec != address or not parsed.domain:
        raise ValueError(f"{address!r} is no e-mail address of the form name@host in ASCII")
    return Address(display_name, parsed.username, parsed.domain)


def _header(name: str, value: str, written: str) -> Header:
    if "\r" in value or "\n" in value:
        raise ValueError(f"the header {name} must be one line, not {value!r}")
    made = Header(value)
    made.name = name
    made.line = f"{name}: {written}"
    return made


def _folded(name: str, value: str) -> str:
    if len(name) + len(value) + 2 <= _LINE_CHARACTERS:
        return value
    width = _LINE_CHARACTERS - len(name) - 2
    return _FOLD.join(wrap(value, width, break_long_words=False, break_on_hyphens=False))


def _phrase(name: str, display_name: str) -> str:
    if display_name.isascii() and "=?" not in display_name:
        escaped = display_name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return _encoded_words(name, display_name)


def _encoded_words(name: str, text: str) -> str:
    """Return the text in encoded words of whole characters, one a line, the first beside the header's name."""
    data = text.encode()
    words, begin, taken = [], 0, len(name) + len(": ")
    while begin < len(data):
        room = _ENCODED_LINE_CHARACTERS - taken - len("=?utf-8?b??=")
        end = min(begin + room // 4 * 3, len(data))
        while end < len(data) and data[end] & _CONTINUES_MASK == _CONTINUES:
            end -= 1
        words.append(f"=?utf-8?b?{b64encode(data[begin:end]).decode()}?=")
        begin, taken = end, len(" ")
    return _FOLD.join(words)
