"""Under whose name Postgres runs, because it refuses to run as root.

An ordinary user runs it directly. Root takes the first road that this system allows:

* **namespace**: a user namespace in which root is called `nobody`. Nothing is copied, no permission changes, and the
  files stay root's. Container runtimes often forbid it.
* **user**: the account `nobody` itself. It needs binaries and a data folder which that account can reach.
"""

import os
import pwd
import secrets
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ops.stack.child import launcher
from ops.stack.errors import StackError
from ops.stack.folder import DataFolder

_NOBODY = "nobody"
_HOME_FILE = "postgres_home.json"
_SYSTEM_HOME = Path("/var/lib/seatline")


@dataclass(frozen=True)
class Identity:
    """The name under which a program runs: the launcher's options for it, and who owns the files it writes."""

    options: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    def give(self, path: Path) -> None:
        """Make `path` belong to this identity, so that the program may write it."""
        if self.owner is not None:
            os.chown(path, *self.owner)


ORDINARY = Identity()


def namespace() -> Identity:
    """Root inside, as far as files go; called `nobody` by itself. The name must exist, or Postgres refuses."""
    account = _nobody()
    return Identity(("--namespace", str(account.pw_uid), str(account.pw_gid)))


def unprivileged() -> Identity:
    """The account `nobody`, for good."""
    account = _nobody()
    return Identity(("--user", str(account.pw_uid), str(account.pw_gid)), (account.pw_uid, account.pw_gid))


def choose(program: Path) -> Identity:
    """Return the identity for `program`, which is started once with `-V` to see whether the road is open."""
    if os.geteuid() != 0:
        return ORDINARY
    if sys.platform == "linux" and works(namespace(), program):
        return namespace()
    return unprivileged()


def works(identity: Identity, program: Path) -> bool:
    """Whether `program -V` can be started under this identity."""
    trial = subprocess.run(launcher([str(program), "-V"], identity.options), cwd="/", capture_output=True, check=False)
    return trial.returncode == 0


def reachable_home(folder: DataFolder, identity: Identity) -> Path:
    """Return the folder in which this identity can keep its data; once chosen it stays, whatever road comes later.

    That is the data folder itself, or, when another account runs the server and cannot get there (the home of root is
    closed to all others, and stays so), a folder of its own under /var/lib/seatline.
    """
    if kept := folder.read_json(_HOME_FILE):
        return Path(str(kept))
    if identity.owner is None:
        return folder.path
    if all(parent.stat().st_mode & stat.S_IXOTH for parent in folder.path.parents):
        folder.path.chmod(0o711)
        return folder.path
    if any(folder.path.glob("pg[0-9]*")):
        raise StackError(
            f"{folder.path} holds a database, but the user {_NOBODY}, who has to run Postgres here, cannot get there: "
            "move the folder to a place that every user may enter and name it with --data."
        )
    home = _system_folder(f"{folder.path.name.strip('.')}-{secrets.token_hex(6)}")
    folder.write_json(_HOME_FILE, str(home))
    return home


def hand_over(files: Path, identity: Identity) -> None:
    """Make existing files of the server belong to this identity, when root took the other road before."""
    owner = identity.owner or (0, 0)
    if os.geteuid() != 0 or files.stat().st_uid == owner[0]:
        return
    for place, folders, names in os.walk(files):
        for name in (*folders, *names):
            os.chown(Path(place, name), *owner, follow_symlinks=False)
    # The folder itself last: half a change is taken up again at the next start.
    os.chown(files, *owner)


def reachable_programs(identity: Identity, programs: Path) -> Path:
    """Return the folder with the programs, or with a copy of them that this identity can reach.

    `programs` is the `bin` folder. The copy keeps the layout around it, since the programs find their libraries
    by relative paths: the package and its neighbour `<package>.libs`.
    """
    if works(identity, programs / "postgres"):
        return programs
    install, package = programs.parent, programs.parent.parent
    target = _system_folder("programs")
    size = (programs / "postgres").stat().st_size
    copied = target / f"{package.name}-{size}"
    if not copied.exists():
        draft = target / f".{copied.name}.new"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(install, draft / package.name / install.name, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        draft.rename(copied)
    result = copied / package.name / install.name / programs.name
    if not works(identity, result / "postgres"):
        raise StackError(
            f"Postgres cannot be started as the user {_NOBODY} from {result}: start Seatline as an ordinary user, "
            "or set SEATLINE_DATABASE_URL to a Postgres server of yours."
        )
    return result


def _nobody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(_NOBODY)
    except KeyError:
        raise StackError(
            f"Postgres does not run as root and this system has no user {_NOBODY}: start Seatline as an ordinary user, "
            "or set SEATLINE_DATABASE_URL to a Postgres server of yours."
        ) from None


def _system_folder(name: str) -> Path:
    target = _SYSTEM_HOME / name
    try:
        target.mkdir(mode=0o711, parents=True, exist_ok=True)
        for path in (_SYSTEM_HOME, target):
            path.chmod(0o711)
    except OSError as error:
        raise StackError(
            f"Seatline cannot make {target} ({error.strerror}), where the user {_NOBODY} could run Postgres: "
            "choose a folder with --data that every user may enter, or start Seatline as an ordinary user."
        ) from error
    return target
