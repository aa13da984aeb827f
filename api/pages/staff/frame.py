"""Who may see a page of the staff's, and the way from one area to the next."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import request

from api.language import N_
from api.pages.blueprint import pages
from api.pages.visitors import to_sign_in, visitor
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from domain.roles import Role

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Area:
    """An entry of the staff's menu; `name` is English and translated where it is shown."""

    path: str
    name: str
    least: Role


AREAS = (
    Area("/staff", N_("Overview"), Role.TRAINER),
    Area("/staff/members", N_("Members"), Role.ADMIN),
    Area("/staff/passes", N_("Passes"), Role.ADMIN),
    Area("/staff/pass-requests", N_("Requests"), Role.ADMIN),
    Area("/staff/plan", N_("Plan a session"), Role.ADMIN),
    Area("/staff/series", N_("Series"), Role.ADMIN),
    Area("/staff/trainings", N_("Trainings"), Role.ADMIN),
    Area("/staff/trainers", N_("Trainers"), Role.ADMIN),
    Area("/staff/spaces", N_("Spaces"), Role.ADMIN),
    Area("/staff/changes", N_("Changes"), Role.ADMIN),
    Area("/ops", N_("Operations"), Role.ADMIN),
)
"""The menu in its order. A new area is a line here, a module in this package and its name in `site.py`."""


def staff_only(least: Role) -> Callable[[View], View]:
    """Let staff see the page whose role reaches `least`; others are told so, and who is not signed in signs in first.

    Put it directly under the route. The operations that a page calls through `v1` do not check again.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def let_in(*args: Any, **kwargs: Any) -> Any:
            here = visitor()
            if here is None:
                return to_sign_in()
            if not here.role.reaches(least):
                raise ProblemError(ProblemCode.NOT_PERMITTED)
            return view(*args, **kwargs)

        return cast("View", let_in)

    return decorate


@pages.app_context_processor
def staffs_menu() -> dict[str, Callable[..., object]]:
    """Let templates show the staff's menu: nothing for members, else what the visitor's role reaches."""
    return {"staff_areas": areas_of_visitor, "is_within": is_within}


def is_within(area: Area) -> bool:
    """Whether the page that is asked for is the area's or below it; what is below none belongs to the first."""
    below = [one.path for one in AREAS if f"{request.path}/".startswith(f"{one.path}/")]
    return area.path == max(below, key=len, default=AREAS[0].path)


def areas_of_visitor() -> list[Area]:
    """Return the areas that the visitor may enter."""
    here = visitor()
    return [] if here is None else [area for area in AREAS if here.role.reaches(area.least)]
