"""What each role is called."""

from api.language import N_, gettext
from domain.roles import Role

ROLE_NAMES = {
    Role.MEMBER: N_("Member"),
    Role.TRAINER: N_("Trainer"),
    Role.ADMIN: N_("Admin"),
    Role.OWNER: N_("Owner"),
}


def role_names() -> dict[Role, str]:
    """Return what each role is called, in the visitor's language."""
    return {role: gettext(name) for role, name in ROLE_NAMES.items()}
