"""A member asks for a pass on their pages, and staff answer on theirs."""

from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import show
from tests.integration.pages.strictly import strictly
from tests.integration.pass_requests import a_request_of, an_offered_type
from tests.integration.staff import named
from tests.integration.studio import Member, Studio


def test_a_member_asks_and_sees_it_among_the_passes_and_withdraws_it(
    browser: Browser, studio: Studio, me: Member
) -> None:
    type_id = an_offered_type(studio)
    form = browser.form(browser.open("/passes/ask"), "/passes/ask")

    asked = browser.send(form, type=str(type_id), message="from Monday on")
    again = browser.send(form, status=409, type=str(type_id)).get_data(as_text=True)

    assert "You have asked for this pass already" in again
    page = show(browser, asked.headers["Location"])
    assert "Waits for an answer" in page.texts("span", "tag")
    assert "from Monday on" in page.texts("p")
    (withdrawal,) = [one for one in browser.forms(browser.open("/passes")) if one.action.endswith("/withdrawal")]
    withdrawn = show(browser, browser.send(withdrawal).headers["Location"])
    assert "The request is withdrawn" in withdrawn.texts("strong")
    assert "Withdrawn" in withdrawn.texts("span", "tag")


def test_who_chooses_nothing_is_asked_to(browser: Browser, studio: Studio, me: Member) -> None:
    an_offered_type(studio)
    form = browser.form(browser.open("/passes/ask"), "/passes/ask")

    again = browser.send(form, status=422, message="any")

    assert "Choose a pass." in strictly(again.get_data(as_text=True)).texts("p")
    assert browser.form(again, "/passes/ask").fields["message"] == "any", "what was typed stays"


def test_staff_see_how_many_wait_where_they_begin_and_grant_one(
    browser: Browser, studio: Studio, admin: Member
) -> None:
    nina = named(studio, studio.a_member(), "Nina Marchenko")
    studio.db.execute("DELETE FROM pass_requests")
    request_id = a_request_of(studio, nina, message="please")

    overview = show(browser, "/staff")
    assert "1 request for a pass waits for an answer" in overview.texts("strong")
    listed = show(browser, overview.links()["See what is asked for"])
    address = f"/staff/pass-requests/{request_id}"
    assert address in listed.links().values()
    done = browser.send(browser.form(browser.open(address), f"{address}/grant"))

    assert "The pass is granted, and the member is told" in show(browser, done.headers["Location"]).texts("strong")
    assert "Nobody waits for an answer" in show(browser, "/staff/pass-requests").texts("p")
    assert "wait" not in " ".join(show(browser, "/staff").texts("strong"))
    answered = show(browser, address)
    assert "Granted" in answered.links()
    assert not answered.all("button", "danger")


def test_declining_needs_a_reason_and_an_answered_one_says_so(browser: Browser, studio: Studio, admin: Member) -> None:
    address = f"/staff/pass-requests/{a_request_of(studio, studio.a_member())}"
    page = browser.open(address)
    decline, grant = browser.form(page, f"{address}/decline"), browser.form(page, f"{address}/grant")

    without = strictly(browser.send(decline, status=422).get_data(as_text=True))
    browser.send(decline, reason="The course is full.")
    late = strictly(browser.send(grant, status=409).get_data(as_text=True))

    assert without.texts("p", "error") == ["Fill this in."]
    assert "The request is answered already; see below how and by whom." in late.texts("p")
    assert any("The course is full." in text and "Ada Admin" in text for text in late.texts("dd"))


def test_a_trainer_is_told_of_no_requests(browser: Browser, studio: Studio, trainer: Member) -> None:
    a_request_of(studio, studio.a_member())

    assert "See what is asked for" not in show(browser, "/staff").links()


def test_a_member_reads_why_a_request_was_declined(browser: Browser, studio: Studio, me: Member) -> None:
    request_id = a_request_of(studio, me)
    studio.db.execute(
        "UPDATE pass_requests SET status = 'declined', answered_at = now(), answered_by = %s, reason = 'Full.'"
        " WHERE id = %s",
        (studio.a_member().id, request_id),
    )

    page = show(browser, "/passes")

    assert "Declined" in page.texts("span", "tag")
    assert "The studio says: “Full.”" in page.texts("p")
