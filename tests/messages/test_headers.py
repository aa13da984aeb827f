"""Header lines are ASCII, folded, and read as what was meant."""

import email
import email.policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from typing import Any

import pytest

from workers.messages.headers import Header, address_header, address_of, fixed_header, header

EMOJI = "🧘🏽‍♀️ Вечірня йога: дихання, спокій, рухливість для втомлених людей " * 2


def read_back(made: Header) -> Any:
    parsed = email.message_from_string(made.fold(policy=email.policy.SMTP) + "\r\n", policy=email.policy.default)
    assert parsed.defects == []
    assert parsed.keys() == [made.name]
    assert parsed[made.name].defects == ()
    return parsed[made.name]


@pytest.mark.parametrize(
    "value",
    [
        "Booked: Evening yoga",
        "a word " * 20 + "at the end",
        "x" * 150,
        EMOJI.strip(),
        "=?utf-8?b?UHJpemU=?= is how it was typed",
        "Ж",
    ],
)
def test_a_header_reads_as_what_was_meant(value: str) -> None:
    made = header("Subject", value)

    assert made == value
    assert str(read_back(made)) == value


@pytest.mark.parametrize("value", ["a word " * 20 + "at the end", EMOJI.strip()])
def test_a_long_header_is_folded_into_short_ascii_lines(value: str) -> None:
    lines = header("Subject", value).fold(policy=email.policy.SMTP).removesuffix("\r\n").split("\r\n")

    assert len(lines) > 1
    assert all(len(line) <= 78 and line.isascii() for line in lines)
    assert all(line.startswith(" ") for line in lines[1:])


@pytest.mark.parametrize("make", [header, fixed_header])
@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_a_header_of_two_lines_is_refused(make: Any, ending: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        make("Subject", f"Yoga{ending}Bcc: thief@example.com")


@pytest.mark.parametrize(
    "name",
    [
        "Maria Ivanenko",
        'Maria "the bow" \\ Ivanenko, <maria@elsewhere.example>; (really)',
        "Марія Іваненко",
        "=?utf-8?q?thief?=",
        "x" * 100,
    ],
)
def test_an_address_keeps_its_name(name: str) -> None:
    made = address_header("To", address_of(name, "maria@example.com"))

    (read,) = read_back(made).addresses
    assert (read.display_name, read.addr_spec) == (name, "maria@example.com")


def test_a_long_name_beyond_ascii_is_several_encoded_words() -> None:
    name = "Марія Вікторія Олександра Іваненко-Шевченко з Верхньої Білки на Львівщині"
    made = address_header("To", address_of(name, "maria@example.com"))

    phrase, _, address = made.line.removeprefix("To: ").partition("<")
    assert phrase.count("=?utf-8?b?") > 1
    # The newer parser keeps the folds between the words of a name, the older one reads them as RFC 2047 says.
    assert str(make_header(decode_header(phrase))) == name
    assert address == "maria@example.com>"


def test_an_address_without_a_name_stands_alone() -> None:
    assert address_header("To", Address("", "maria", "example.com")).line == "To: maria@example.com"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "maria",
        "@example.com",
        "maria@",
        "maria@example.com\r\nBcc: thief@example.com",
        "maria@example.com, thief@example.com",
        "maria @example.com",
        "maria@example.com>",
        "maria@[example.com",
        "марія@example.com",
        "maria@приклад.укр",
        "ma\x00ria@example.com",
    ],
)
def test_an_address_that_no_mail_can_be_sent_to_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address"):
        address_of("Maria", address)


@pytest.mark.parametrize(
    "address", ["maria+yoga@example.com", "o'neill@sub.example.com", '"maria ivanenko"@example.com']
)
def test_unusual_addresses_are_addresses(address: str) -> None:
    made = address_header("To", address_of("Maria", address))

    assert read_back(made).addresses[0].addr_spec == address
