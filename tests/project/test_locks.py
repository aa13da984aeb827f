"""What is installed is what was looked at: every package is locked by hash, and the locks agree with pyproject.toml."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.project.deployment import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DEVELOPERS = PROJECT["optional-dependencies"]["dev"]
LOCKS = {"requirements.lock": PROJECT["dependencies"], "requirements-dev.lock": [*PROJECT["dependencies"], *DEVELOPERS]}


def entries(name: str) -> dict[str, tuple[Version, list[str]]]:
    """Return version and hashes of each package; whatever is none of them fails."""
    found: dict[str, tuple[Version, list[str]]] = {}
    text = re.sub(r"^\s*#.*$", "", (ROOT / name).read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        pinned = re.fullmatch(
            r"([\w.-]+)(?:\[[\w,-]+\])?==(\S+)(?:\s*;[^-]*?)?((?:\s+--hash=sha256:[0-9a-f]{64})*)", line
        )
        assert pinned, f"{name}: {line[:120]}"
        found[canonicalize_name(pinned[1])] = (Version(pinned[2]), pinned[3].split())
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_by_hash(name: str) -> None:
    locked = entries(name)

    assert len(locked) > 40
    assert {package for package, (_, hashes) in locked.items() if not hashes} == set()


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_has_what_the_project_asks_for(name: str) -> None:
    locked = entries(name)

    for text in LOCKS[name]:
        wanted = Requirement(text)
        version, _ = locked[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version, prereleases=True), f"{text} and {version}"


def test_developers_have_what_is_deployed() -> None:
    deployed, developed = (entries(name) for name in LOCKS)

    assert {package: developed.get(package) for package in deployed} == deployed


def test_whatever_installs_a_lock_asks_for_its_hashes() -> None:
    for name in ("Dockerfile", "ops/stack/install.py"):
        assert "--require-hashes" in (ROOT / name).read_text(), name
