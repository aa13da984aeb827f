"""Inviting many people at once, from a list in CSV."""

from collections.abc import Mapping

from apiflask import APIBlueprint

from api.auth import caller
from api.language import N_, gettext
from api.models.staff_invitations import BODY_BYTES_MAX, InvitedPeople, InvitedPerson, InviteManyBody
from api.models.what_if import DryRun
from api.openapi import BODY_PROBLEMS, Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services
from storage.invitations import what_of
from workers import invitations as door
from workers.invitation_file import ROWS_MAX, BadListError, Complaint, Fault, Listed, read_list

COMPLAINTS_MAX = 100  # told at once; of more it is told how many
_QUOTED_CHARACTERS_MAX = 100

_SENTENCES = {
    Fault.EMPTY: N_("Nobody is on the list. The first line is name,email, and one person follows on each."),
    Fault.COLUMNS: N_("The first line must name the columns name and email and no others; here it is “%(what)s”."),
    Fault.TOO_MANY: N_("Only %(most)s people fit on a list; send the rest, from this line on, in another one."),
    Fault.QUOTES: N_("This cannot be read from here on; is a quotation mark missing?"),
    Fault.CELLS: N_("There are %(what)s cells and should be two; a name with a comma needs quotation marks around it."),
    Fault.NO_NAME: N_("The name is missing."),
    Fault.NAME: N_("A name has at most 200 characters and no control characters; not “%(what)s”."),
    Fault.NO_EMAIL: N_("The e-mail address is missing."),
    Fault.EMAIL: N_("No mail can be sent to “%(what)s”; write it like name@example.org."),
    Fault.TWICE: N_("The e-mail address is on line %(what)s already."),
}

routes = APIBlueprint("staff_invitations", __name__, tag="Staff: members")


@routes.post("/v1/staff/invitations")
@operation(
    access=Access.ADMIN,
    problems=[*BODY_PROBLEMS, ProblemCode.DATABASE_UNAVAILABLE],
    body_bytes_max=BODY_BYTES_MAX,
)
@routes.input(InviteManyBody, example={"csv": "name,email\nMaxim Bondar,maxim@example.org\n"})
@routes.input(DryRun, location="query")
@routes.output(InvitedPeople)
def invite_many(json_data: InviteManyBody, query_data: DryRun) -> InvitedPeople:
    """Invite many people.

    Who is new is made a member, and whoever has no password and no invitation that holds is mailed one; the others are
    left alone, so the same list again invites nobody twice. All or nobody: `errors` names each line that is wrong.
    With `dry_run` nothing is written, and what would become of each is answered. For admins and owners.
    """
    listed, actor_id, redis = _read(json_data.csv), caller().member_id, services().redis
    people = [one.invitee for one in listed]
    if query_data.dry_run:
        outcomes = services().ask(lambda db: what_of(db, people))
    else:
        outcomes = services().ask(lambda db: door.invite_all(db, redis, people, actor_id=actor_id))
    items = [
        InvitedPerson(line=one.line, name=one.invitee.name, email=one.invitee.email, outcome=outcome)
        for one, outcome in zip(listed, outcomes, strict=True)
    ]
    return InvitedPeople(items=items, mailed=sum(outcome.is_mailed for outcome in outcomes))


def _read(text: str) -> list[Listed]:
    try:
        return read_list(text)
    except BadListError as error:
        raise ProblemError(ProblemCode.INVALID_INPUT, errors=_errors(error.complaints)) from None


def _errors(complaints: list[Complaint]) -> Mapping[str, str]:
    """Return the complaints by line, in the language of this request; the rest of very many are counted."""
    errors: dict[str, str] = {}
    for one in complaints[:COMPLAINTS_MAX]:
        values = {"what": one.what[:_QUOTED_CHARACTERS_MAX], "most": ROWS_MAX}
        name, said = f"line {one.line}", gettext(_SENTENCES[one.fault]) % values
        errors[name] = f"{errors[name]} {said}" if name in errors else said
    if (more := len(complaints) - COMPLAINTS_MAX) > 0:
        errors["more"] = gettext("%(number)s more complaints are not listed.") % {"number": more}
    return errors
