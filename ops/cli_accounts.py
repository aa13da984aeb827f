"""The command that lets people in: invite."""

import json

import click

from domain.ids import MemberId
from domain.members import MemberRefusal, MemberRefusedError
from ops.cli_data import as_json
from ops.errors import OperatorError
from storage import catalogue, members
from storage.database import Db, connect
from storage.identifiers import new_id
from storage.intake import KnownMember, member_by_email
from storage.settings import settings
from workers.messages.links import password_url
from workers.resources import redis_client


@click.command()
@click.argument("email")
@click.option("--name", help="The member's name; needed where there is no such member yet.")
@as_json
def invite(email: str, name: str | None, *, as_json: bool) -> None:
    """Mail EMAIL a link to choose a password, and print it. Makes the member if there is none.

    Inviting again replaces the link before. Stopped in the middle, there is at most a member without an invitation.
    """
    from workers.members import invite as send  # noqa: PLC0415 - loads Celery

    with connect(settings().database_url) as db:
        if catalogue.studio(db) is None:
            raise OperatorError("There is no studio yet. Import one, or seed a demo.")
        before = member_by_email(db, email)
        member = before or _make_member(db, email, name)
        try:
            invitation = send(db, redis_client(), link_id=new_id(), member_id=member.id)
        except MemberRefusedError:
            raise OperatorError(
                f"{member.name} <{member.email}> has a password already. Who has forgotten it asks for a new one under "
                f"“Forgotten your password?”: {settings().api_url}/password-reset"
            ) from None
    link, holds_until = password_url(settings(), invitation.link_id), invitation.expires_at
    if as_json:
        plain = {"member_id": str(member.id), "name": member.name, "email": member.email, "is_new": before is None}
        click.echo(json.dumps({**plain, "link": link, "expires_at": holds_until.isoformat()}))
        return
    click.echo(f"{'Made' if before is None else 'Found'} {member.name} <{member.email}>; the invitation is on its way.")
    click.echo(f"Its link, good once and until {holds_until:%Y-%m-%d %H:%M} UTC; whoever has it chooses the password:")
    click.echo(link)


def _make_member(db: Db, email: str, name: str | None) -> KnownMember:
    if name is None:
        raise OperatorError(f"No member has the e-mail address {email!r}. Give --name as well to make one.")
    from workers.members import checked_email, checked_name  # noqa: PLC0415 - loads Celery

    try:
        name, email = checked_name(name), checked_email(email, name=name)
    except ValueError as error:
        raise OperatorError(str(error)) from None
    member_id = MemberId(new_id())
    try:
        members.create_member(db, member_id, name=name, email=email, actor_id=None)
    except MemberRefusedError as error:
        # Somebody else has made the member in this moment.
        known = member_by_email(db, email) if error.refusal is MemberRefusal.EMAIL_TAKEN else None
        if known is None:
            raise
        return known
    return KnownMember(member_id, None, name, email)


ACCOUNTS_COMMANDS = (invite,)
