"""Which role may open which of the staff's pages: the whole table. A new page is a line in it."""

import pytest
from apiflask import APIFlask

from api.check_in_codes import code_of
from domain.roles import Role
from storage.settings import settings
from tests.integration.pages.conftest import Browser
from tests.integration.pages.sessions import show
from tests.integration.pages.strictly import strictly
from tests.integration.studio import Member, Studio

MEMBER, TRAINER, ADMIN, OWNER = Role

LEAST = {
    "GET /staff": TRAINER,
    "GET /staff/changes": ADMIN,
    "GET /staff/members": ADMIN,
    "GET /staff/members/invite": ADMIN,
    "POST /staff/members/invite": ADMIN,
    "GET /staff/members/new": ADMIN,
    "POST /staff/members/new": ADMIN,
    "GET /staff/members/<uuid:member_id>": ADMIN,
    "GET /staff/members/<uuid:member_id>/edit": ADMIN,
    "POST /staff/members/<uuid:member_id>/edit": ADMIN,
    "POST /staff/members/<uuid:member_id>/invitation": ADMIN,
    "GET /staff/members/<uuid:member_id>/passes/new": ADMIN,
    "POST /staff/members/<uuid:member_id>/passes/new": ADMIN,
    "POST /staff/members/<uuid:member_id>/reactivation": ADMIN,
    "POST /staff/members/<uuid:member_id>/removal": ADMIN,
    "POST /staff/members/<uuid:member_id>/role": ADMIN,
    "POST /staff/members/<uuid:member_id>/suspension": ADMIN,
    "GET /staff/bookings/<uuid:booking_id>/remove": ADMIN,
    "POST /staff/bookings/<uuid:booking_id>/remove": ADMIN,
    "GET /staff/sessions/<uuid:session_id>": TRAINER,
    "POST /staff/sessions/<uuid:session_id>/accept": ADMIN,
    "POST /staff/sessions/<uuid:session_id>/attendance": TRAINER,
    "GET /staff/sessions/<uuid:session_id>/print": TRAINER,
    "GET /staff/sessions/<uuid:session_id>/roster.csv": TRAINER,
    "GET /staff/sessions/<uuid:session_id>/guests": TRAINER,
    "POST /staff/sessions/<uuid:session_id>/guests": TRAINER,
    "GET /staff/sessions/<uuid:session_id>/book": ADMIN,
    "POST /staff/sessions/<uuid:session_id>/book": ADMIN,
    "GET /staff/sessions/<uuid:session_id>/cancel": ADMIN,
    "POST /staff/sessions/<uuid:session_id>/cancel": ADMIN,
    "GET /staff/sessions/<uuid:session_id>/capacity": ADMIN,
    "POST /staff/sessions/<uuid:session_id>/capacity": ADMIN,
    "GET /staff/sessions/<uuid:session_id>/clear": ADMIN,
    "POST /staff/sessions/<uuid:session_id>/clear": ADMIN,
    "GET /staff/sessions/<uuid:session_id>/move": ADMIN,
    "POST /staff/sessions/<uuid:session_id>/move": ADMIN,
    "GET /ops": ADMIN,
    "GET /staff/pass-requests": ADMIN,
    "GET /staff/pass-requests/<uuid:request_id>": ADMIN,
    "POST /staff/pass-requests/<uuid:request_id>/grant": ADMIN,
    "POST /staff/pass-requests/<uuid:request_id>/decline": ADMIN,
    "GET /staff/passes": ADMIN,
    "GET /staff/passes/<uuid:pass_id>": ADMIN,
    "POST /staff/passes/<uuid:pass_id>/activation": ADMIN,
    "POST /staff/passes/<uuid:pass_id>/deactivation": ADMIN,
    "POST /staff/passes/<uuid:pass_id>/extension": ADMIN,
    "GET /staff/passes/types/new": ADMIN,
    "POST /staff/passes/types/new": ADMIN,
    "GET /staff/passes/types/<uuid:type_id>": ADMIN,
    "POST /staff/passes/types/<uuid:type_id>": ADMIN,
    "GET /staff/plan": ADMIN,
    "GET /staff/series": ADMIN,
    "GET /staff/series/<uuid:id_>": ADMIN,
    "POST /staff/series/<uuid:id_>/change": ADMIN,
    "POST /staff/series/<uuid:id_>/end": ADMIN,
    "GET /staff/series/new": ADMIN,
    "POST /staff/series/new": ADMIN,
    "POST /staff/plan": ADMIN,
    "GET /staff/spaces": ADMIN,
    "GET /staff/spaces/<uuid:id_>": ADMIN,
    "POST /staff/spaces/<uuid:id_>": ADMIN,
    "GET /staff/spaces/new": ADMIN,
    "POST /staff/spaces/new": ADMIN,
    "GET /staff/trainers": ADMIN,
    "GET /staff/trainers/<uuid:id_>": ADMIN,
    "POST /staff/trainers/<uuid:id_>": ADMIN,
    "GET /staff/trainers/new": ADMIN,
    "POST /staff/trainers/new": ADMIN,
    "GET /staff/trainings": ADMIN,
    "GET /staff/trainings/<uuid:id_>": ADMIN,
    "POST /staff/trainings/<uuid:id_>": ADMIN,
    "GET /staff/trainings/new": ADMIN,
    "POST /staff/trainings/new": ADMIN,
}

NO_SUCH_ID = "00000000-0000-4000-8000-000000000000"


def pages_of(app: APIFlask) -> list[str]:
    return sorted(
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if rule.rule in {"/staff", "/ops"} or rule.rule.startswith(("/staff/", "/ops/"))
        for method in (rule.methods or set()) & {"GET", "POST"}
    )


def test_the_table_has_every_page(app: APIFlask) -> None:
    assert sorted(LEAST) == pages_of(app)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", LEAST)
def test_a_page_lets_in_whose_role_reaches_it_and_tells_others(
    browser: Browser, studio: Studio, me: Member, name: str, role: Role
) -> None:
    method, path = name.split()
    studio.db.execute("UPDATE members SET role = %s WHERE id = %s", (role, me.id))

    answer = browser.http.open(address(path), method=method)

    page = strictly(answer.get_data(as_text=True)) if answer.mimetype == "text/html" and answer.data else None
    refused = page is not None and page.texts("h1") == ["This is not for you"]
    assert refused is not role.reaches(LEAST[name])
    assert (answer.status_code == 403 and refused) is refused


@pytest.mark.parametrize("name", LEAST)
def test_who_is_not_signed_in_signs_in_first(browser: Browser, name: str) -> None:
    method, path = name.split()

    answer = browser.http.open(address(path), method=method)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("role", Role)
def test_the_menu_shows_what_the_role_reaches(browser: Browser, studio: Studio, me: Member, role: Role) -> None:
    studio.db.execute("UPDATE members SET role = %s WHERE id = %s", (role, me.id))

    shown = strictly(browser.open("/").get_data(as_text=True)).links()

    assert ("Staff" in shown) is role.reaches(TRAINER)
    if role.reaches(TRAINER):
        areas = strictly(browser.open("/staff").get_data(as_text=True)).links()
        assert ("Changes" in areas) is role.reaches(ADMIN)


@pytest.mark.parametrize(
    ("path", "area", "how"),
    [
        ("/staff", "Overview", "page"),
        ("/staff/members", "Members", "page"),
        ("/staff/members/new", "Members", "true"),
        ("/staff/passes/types/new", "Passes", "true"),
        ("/staff/series/new", "Series", "true"),
        ("/staff/plan", "Plan a session", "page"),
        ("/staff/sessions/{session}/move", "Overview", "true"),
        ("/ops?still=1", "Operations", "page"),
        ("/check-in/{code}", "Overview", "true"),
    ],
)
@pytest.mark.usefixtures("admin")
def test_the_menu_shows_where_one_is_below_an_area_too(
    browser: Browser, studio: Studio, path: str, area: str, how: str
) -> None:
    session_id = studio.a_session()
    booking_id = studio.book(session_id, studio.a_member())
    studio.serve(session_id)

    page = show(browser, path.format(session=session_id, code=code_of(settings(), booking_id)))

    marked = [(one.text, one.attributes["aria-current"]) for one in page.all("a") if "aria-current" in one.attributes]
    assert marked == [("Staff", "page"), (area, how)]


def address(path: str) -> str:
    """Return the path with ids that do not exist."""
    return "/".join(NO_SUCH_ID if part.startswith("<") else part for part in path.split("/"))
