"""run.py: what it says on a Python or a system that cannot run Seatline, and when it installs what."""

import ast
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from ops.stack import PROJECT, package_index
from ops.stack.errors import StackError
from ops.stack.install import Installer

RUN = PROJECT / "run.py"
LOCKS = ("requirements.lock", "requirements-dev.lock")
# Does to a project folder what uv would do there, and writes down how it was called.
UV = """#!/bin/sh
echo "$@" >> "{calls}"
if [ -e "{broken}" ]; then exit 2; fi
if [ "$1" = venv ]; then mkdir -p .venv/bin; ln -sf "{python}" .venv/bin/python; fi
"""


@pytest.fixture
def run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run", RUN)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def imported_names(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = str(node.module)
            inside = [f"{module}.{alias.name}" for alias in node.names if module.startswith("ops")]
            names |= {
                module,
                *(name for name in inside if PROJECT.joinpath(*name.split(".")).with_suffix(".py").exists()),
            }
    return names


def test_run_py_is_readable_for_python_3_6() -> None:
    ast.parse(RUN.read_text(), feature_version=(3, 6))


def test_what_runs_before_the_installation_needs_the_standard_library_only() -> None:
    waiting, seen = [RUN], set()
    while waiting:
        file = waiting.pop()
        seen.add(file.name)
        for name in imported_names(file):
            if name.split(".")[0] == "ops":
                here = PROJECT.joinpath(*name.split("."))
                waiting.append(here / "__init__.py" if here.is_dir() else here.with_suffix(".py"))
            else:
                assert name.split(".")[0] in sys.stdlib_module_names, f"{file.name} imports {name}"
    assert {"install.py", "package_index.py"} <= seen


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def test_an_old_python_is_told_the_newer_one_on_path_that_starts(
    run: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "python3.14", "#!/bin/sh\nexit 127\n")
    program(tmp_path, "python3.12", "#!/bin/sh\nexit 0\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    sentence = run.unfit((3, 8, 18), "linux")
    assert sentence == "Seatline needs Python 3.11 or newer and this is Python 3.8.18: run `python3.12 run.py`."


def test_an_old_python_without_a_newer_one_is_told_to_install_one(
    run: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "this is Python 3.10.1: install one" in run.unfit((3, 10, 1), "linux")


def test_windows_is_told_about_wsl_and_a_good_python_nothing(run: ModuleType) -> None:
    assert "WSL" in run.unfit((3, 13, 0), "win32")
    assert run.unfit((3, 11, 0), "linux") is None
    assert run.unfit((3, 14, 2), "darwin") is None


@pytest.mark.parametrize(
    ("arguments", "kind", "becomes"),
    [
        ([], "runtime", ["-P", "-m", "ops", "up"]),
        (["--port", "9000"], "runtime", ["-P", "-m", "ops", "up", "--port", "9000"]),
        (["rush", "--report", "a.html"], "runtime", ["-P", "-m", "ops", "rush", "--report", "a.html"]),
        (["test", "-x", "tests/domain"], "dev", ["-m", "pytest", "-x", "tests/domain"]),
    ],
)
def test_each_command_gets_its_dependencies_and_its_arguments(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, arguments: list[str], kind: str, becomes: list[str]
) -> None:
    monkeypatch.chdir(PROJECT)
    asked: list[object] = []
    monkeypatch.setattr(run, "installed", asked.append)
    monkeypatch.setattr(run, "become", asked.append)
    run.main(arguments)
    assert asked == [kind, [run.PYTHON, *becomes]]


def test_setup_installs_and_ends(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(run, "installed", asked.append)
    assert [run.main(["setup"]), run.main(["setup", "--dev"])] == [0, 0]
    assert asked == ["runtime", "dev"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name in (*LOCKS, "pyproject.toml", "run.py"):
        (folder / name).write_text(f"{name}\n")
    tools = tmp_path / "tools"
    tools.mkdir()
    uv = UV.format(calls=tmp_path / "calls", broken=tmp_path / "broken", python=sys.executable)
    program(tools, "uv", uv)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    return folder


@pytest.fixture
def calls(project: Path) -> Callable[[], list[str]]:
    """What uv was asked to do since the last question: the first words of each call."""

    def ask() -> list[str]:
        file = project.parent / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [line.split()[0] + (" dev" if "-dev.lock" in line else "") for line in lines]

    return ask


def test_what_is_installed_is_not_installed_again(project: Path, calls: Callable[[], list[str]]) -> None:
    Installer(project).install(dev=False)
    assert calls() == ["venv", "pip", "pip"]
    Installer(project).install(dev=False)
    assert calls() == []


def test_a_changed_lock_is_installed_on_top_and_the_tools_of_developers_stay(
    project: Path, calls: Callable[[], list[str]]
) -> None:
    Installer(project).install(dev=True)
    assert calls() == ["venv", "pip dev", "pip"]
    Installer(project).install(dev=False)
    assert calls() == []
    (project / "requirements.lock").write_text("something else\n")
    Installer(project).install(dev=False)
    assert calls() == ["pip dev", "pip"]


def test_an_interrupted_installation_is_made_again_from_nothing(
    project: Path, calls: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_arguments: object, **_options: object) -> bool:
        (project / ".venv" / "half").touch()
        raise KeyboardInterrupt

    Installer(project).install(dev=False)
    (project / "requirements.lock").write_text("something else\n")
    with monkeypatch.context() as patch:
        patch.setattr("ops.stack.install.subprocess.run", interrupt)
        with pytest.raises(KeyboardInterrupt):
            Installer(project).install(dev=False)
    calls()
    Installer(project).install(dev=False)
    assert calls() == ["venv", "pip", "pip"]
    assert not (project / ".venv" / "half").exists()


@pytest.mark.parametrize("name", ["python", "root"])
def test_another_python_or_another_place_gets_another_venv(
    project: Path, calls: Callable[[], list[str]], name: str
) -> None:
    Installer(project).install(dev=False)
    calls()
    stamp = project / ".venv" / "seatline-stamp.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), name: "another"}))
    Installer(project).install(dev=False)
    assert calls() == ["venv", "pip", "pip"]


def test_where_uv_fails_pip_installs(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, bool]] = []

    def with_pip(self: Installer, **options: bool) -> None:
        asked.append(options)
        self._begin(keep=options["keep"])

    (project.parent / "broken").touch()
    monkeypatch.setattr(Installer, "_with_pip", with_pip)
    Installer(project).install(dev=False)
    assert asked == [{"dev": False, "keep": False}]


def test_without_ensurepip_pip_and_uv_the_sentence_names_what_to_install(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(Installer, "_succeeds", lambda _self, command, _environment: "--without-pip" in command)
    with pytest.raises(StackError, match=r"neither ensurepip nor a pip.*python3-venv.*uv"):
        Installer(project).install(dev=False)
    assert not (project / ".venv").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_told_in_a_sentence(project: Path) -> None:
    project.chmod(0o555)
    try:
        with pytest.raises(StackError, match="cannot write in"):
            Installer(project).install(dev=False)
    finally:
        project.chmod(0o755)


def test_the_index_set_for_pip_is_handed_to_uv(tmp_path: Path) -> None:
    own = tmp_path / ".config" / "pip" / "pip.conf"
    own.parent.mkdir(parents=True)
    own.write_text(
        "[global]\nindex-url = https://index.example/simple\nfind-links =\n  /one\n  /two\n"
        "[install]\nextra_index_url = https://more.example/simple\n"
    )
    environment = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_DIRS": str(tmp_path),
        "PIP_INDEX_URL": "https://env.example/simple",
    }
    made = package_index.for_uv(environment, package_index.pip_settings(environment))
    assert made["UV_DEFAULT_INDEX"] == "https://env.example/simple"
    assert made["UV_INDEX"] == "https://more.example/simple"
    assert made["UV_FIND_LINKS"] == "/one,/two"


def test_an_index_set_for_uv_counts_and_pips_does_not() -> None:
    environment = {"UV_DEFAULT_INDEX": "https://uv.example/simple", "VIRTUAL_ENV": "/elsewhere"}
    made = package_index.for_uv(environment, {"index-url": "https://pip.example", "find-links": "/one"})
    assert made == {"UV_DEFAULT_INDEX": "https://uv.example/simple"}


def test_pip_keeps_the_users_index_but_installs_into_the_venv() -> None:
    made = package_index.for_pip({"PIP_INDEX_URL": "https://env.example/simple", "PIP_TARGET": "/x", "PIP_USER": "1"})
    assert made["PIP_INDEX_URL"] == "https://env.example/simple"
    assert made["PIP_USER"] == "0"
    assert "PIP_TARGET" not in made


def test_pips_files_are_not_read_when_the_user_says_so() -> None:
    assert package_index.pip_settings({"PIP_CONFIG_FILE": os.devnull}) == {"config-file": os.devnull}
