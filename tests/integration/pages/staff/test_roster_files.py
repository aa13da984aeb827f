"""The roster on paper and in a spreadsheet."""

import csv
from io import StringIO

import pytest

from api.formulas import harmless
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import show
from tests.integration.staff import named
from tests.integration.studio import Member, Studio

FORMULA = '=HYPERLINK("https://evil.example","click")'


def test_a_file_has_a_heading_everybody_in_order_and_nothing_that_a_spreadsheet_would_run(
    browser: Browser, studio: Studio, trainer: Member
) -> None:
    session_id = studio.a_session(capacity=1)
    for name, member in zip((FORMULA, "Zoë, “the best”"), studio.members(2), strict=True):
        studio.book(session_id, named(studio, member, name))
    studio.serve(session_id)

    answer = browser.open(f"/staff/sessions/{session_id}/roster.csv")

    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="roster-20')
    assert answer.get_data().startswith(b"\xef\xbb\xbf"), "spreadsheets take it for another encoding without"
    heading, first, second = csv.reader(StringIO(answer.get_data().decode("utf-8-sig")))
    assert heading[:4] == ["Where", "Number", "Name", "Pass"]
    assert first[:3] == ["Confirmed", "1", f"'{FORMULA}"]
    assert second[:3] == ["Waitlist", "1", "Zoë, “the best”"]


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t=", "\r", " =", "\n"])
def test_what_begins_like_a_formula_becomes_text(begins: str) -> None:
    assert harmless(f"{begins}1+1") == f"'{begins}1+1"


@pytest.mark.parametrize("cell", ["", "Ann-Marie", "a=b", "10 + 2", " Ann"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


def test_the_print_view_has_room_to_tick_names_off(browser: Browser, studio: Studio, trainer: Member) -> None:
    session_id = studio.a_session(capacity=1)
    ann, ben = (named(studio, one, name) for one, name in zip(studio.members(2), ("Ann", "Ben"), strict=True))
    booking_id = studio.book(session_id, ann)
    studio.book(session_id, ben)
    studio.serve(session_id)

    page = show(browser, f"/staff/sessions/{session_id}/print")
    assert [row.text.split()[:2] + row.text.split()[-1:] for row in page.all("tr") if "☐" in row.text] == [
        ["1", "Ann", "☐"],
        ["1", "Ben", "☐"],
    ]
    assert page.all("button", "first") == []

    studio.db.execute(
        "INSERT INTO attendances (booking_id, attendance, noted_by) VALUES (%s, 'late', %s)", (booking_id, trainer.id)
    )
    rows = show(browser, f"/staff/sessions/{session_id}/print").texts("tr")
    assert any(row.startswith("1 Ann") and row.endswith("Late") for row in rows)
