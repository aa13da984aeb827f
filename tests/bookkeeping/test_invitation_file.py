"""A list of people to invite: what is read, and what is told of a list that is wrong."""

import pytest

from storage.invitations import Invitee
from workers.invitation_file import ROWS_MAX, BadListError, Fault, Listed, read_list

NINA = Invitee("Nina Marchenko", "nina@example.org")


def faults(text: str) -> list[tuple[int, Fault, str]]:
    with pytest.raises(BadListError) as caught:
        read_list(text)
    return [(one.line, one.fault, one.what) for one in caught.value.complaints]


@pytest.mark.parametrize(
    "text",
    [
        "name,email\nNina Marchenko,nina@example.org\n",
        "\ufeffname,email\r\nNina Marchenko,nina@example.org\r\n",
        "Name;Email\r\nNina Marchenko;nina@example.org",
        "email,name\n nina@example.org , Nina Marchenko \n",
        'name,email\n"Nina Marchenko","nina@example.org"\n',
    ],
)
def test_commas_semicolons_marks_and_quotes_are_read(text: str) -> None:
    assert read_list(text) == [Listed(2, NINA)]


def test_empty_lines_are_passed_over_and_lines_are_counted_as_an_editor_does() -> None:
    text = 'name,email\n\n"Nina Marchenko",nina@example.org\n,\nAnn,ann@example.org\n'

    assert [one.line for one in read_list(text)] == [3, 5]


@pytest.mark.parametrize("text", ["", "\n\n", "name,email\n", "\ufeffname;email\r\n"])
def test_a_list_without_people_says_so(text: str) -> None:
    assert [fault for _, fault, _ in faults(text)] == [Fault.EMPTY]


@pytest.mark.parametrize("header", ["name", "name,email,phone", "name,name", "nina@example.org,Nina", "name\temail"])
def test_another_heading_is_refused_and_quoted(header: str) -> None:
    assert faults(f"{header}\nNina,nina@example.org\n") == [(1, Fault.COLUMNS, header.replace(",", ", "))]


def test_every_bad_line_is_told_at_once_and_in_order() -> None:
    text = """name,email
,nina@example.org
Ann,nobody
Ben,ben@example.org
Ben again,BEN@example.org
Marchenko, Nina,nina@example.org
,
Cleo,
\0,a\0@example.org
"""

    assert faults(text) == [
        (2, Fault.NO_NAME, ""),
        (3, Fault.EMAIL, "nobody"),
        (5, Fault.TWICE, "4"),
        (6, Fault.CELLS, "3"),
        (8, Fault.NO_EMAIL, ""),
        (9, Fault.NAME, "\0"),
        (9, Fault.EMAIL, "a\0@example.org"),
    ]


def test_a_quotation_mark_that_is_never_closed_is_told_where_it_begins() -> None:
    assert faults('name,email\nAnn,ann@example.org\n"Nina,nina@example.org\n') == [(3, Fault.QUOTES, "")]


def test_a_list_is_no_longer_than_it_may_be() -> None:
    rows = [f"Member {number},m{number}@example.org" for number in range(ROWS_MAX + 2)]

    assert len(read_list("\n".join(["name,email", *rows[:ROWS_MAX]]))) == ROWS_MAX
    assert faults("\n".join(["name,email", *rows])) == [(ROWS_MAX + 2, Fault.TOO_MANY, "")]
