"""Becomes another program, tied to the life of the process that started it.

Run by path with `python -I -S`, never imported: it has to be small, and it has to work from a child that is about to
turn into Postgres. It does, in this order:

1. As root, either enter a user namespace in which root is called `nobody` (`--namespace`), or become an unprivileged
   user for good (`--user`). Postgres refuses to run as root.
2. Ask the kernel to send a signal when the parent dies (`--death-signal`). This comes after step 1 because a change
   of credentials forgets the request. Linux only; the watchdog covers other systems.
3. End at once if the parent died before step 2, because then no signal would ever come.
4. Raise the soft limit of open files, since a web worker holds thousands of event streams.
5. exec the program.
"""

import argparse
import ctypes
import os
import resource
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
OPEN_FILES = 65_536


def enter_namespace(uid: int, gid: int) -> None:
    """Call myself `uid`/`gid` from now on; outside, files go on belonging to the real user."""
    real_uid, real_gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "this system allows no user namespace")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {real_uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {real_gid} 1", encoding="ascii")


def become_user(uid: int, gid: int) -> None:
    """Give up every right of the present user, in the only order that works: groups, group, user."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with_parent(death_signal: int, parent: int) -> None:
    """Have the kernel send `death_signal` when the thread that forked this process ends."""
    if sys.platform == "linux" and death_signal:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        sys.exit(1)


def allow_many_files() -> None:
    """Raise the soft limit of open files as far as the hard limit lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            return  # macOS has a second, lower ceiling; the program runs with what there is


def main() -> None:
    """Read the options, take the steps of the module's docstring, and become the program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death-signal", type=int, default=0)
    parser.add_argument("--namespace", type=int, nargs=2, metavar=("UID", "GID"))
    parser.add_argument("--user", type=int, nargs=2, metavar=("UID", "GID"))
    parser.add_argument("program", nargs="+")
    options = parser.parse_args()
    if options.namespace:
        enter_namespace(*options.namespace)
    if options.user:
        become_user(*options.user)
    die_with_parent(options.death_signal, options.parent)
    allow_many_files()
    os.execvp(options.program[0], options.program)  # noqa: S606 - the program comes from the supervisor, no shell


if __name__ == "__main__":
    main()
