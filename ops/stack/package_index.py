"""Where packages come from: the index that the user set for pip or uv, handed to whichever of the two installs.

Standard library only, since it runs before anything is installed. Nothing of it is ever written to a file.
"""

import configparser
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

# pip's name, uv's variable, and what stands between several values.
_SAME_IN_UV = (
    ("index-url", "UV_DEFAULT_INDEX", " "),
    ("extra-index-url", "UV_INDEX", " "),
    ("find-links", "UV_FIND_LINKS", ","),
    ("trusted-host", "UV_INSECURE_HOST", " "),
    ("default-timeout", "UV_HTTP_TIMEOUT", " "),
    ("timeout", "UV_HTTP_TIMEOUT", " "),
    ("cert", "SSL_CERT_FILE", " "),
    ("proxy", "ALL_PROXY", " "),
)
_UVS_OWN = (
    "UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS", "UV_NO_INDEX", "UV_CONFIG_FILE",
)  # fmt: skip
_SENDS_ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")


def for_pip(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for pip: the index settings stay, settings that send packages elsewhere go."""
    kept = {name: value for name, value in environment.items() if name not in _SENDS_ELSEWHERE}
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    return {**kept, **quiet, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}


def for_uv(environment: Mapping[str, str], pip: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for uv, in which pip's index settings stand in for uv's, since uv does not read pip's.

    If the user set any index of uv's own, uv's settings count and pip's do not.
    """
    result = {name: value for name, value in environment.items() if name != "VIRTUAL_ENV"}
    if any(environment.get(name) for name in _UVS_OWN):
        return result
    for name, variable, separator in _SAME_IN_UV:
        if pip.get(name) and not environment.get(variable):
            result[variable] = separator.join(pip[name].split())
    if pip.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        result["UV_NO_INDEX"] = "1"
    # pip takes the best match of all indexes, uv the first index that knows the name. The hashes make both safe.
    result.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return result


def pip_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return pip's settings by their long names: from its files and, above them, from `PIP_*` variables.

    pip itself is not asked, because there may be none.
    """
    settings: dict[str, str] = {}
    for file in _pip_files(environment):
        parser = configparser.RawConfigParser()
        with suppress(configparser.Error, OSError, UnicodeDecodeError):
            parser.read(file, encoding="utf-8")
        for section in ("global", "install"):
            if parser.has_section(section):
                settings.update({name.replace("_", "-"): value for name, value in parser.items(section)})
    for name, value in environment.items():
        if name.startswith("PIP_") and value:
            settings[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return settings


def _pip_files(environment: Mapping[str, str]) -> list[Path]:
    """The files that pip reads, the later above the earlier."""
    named = environment.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home = Path(environment.get("HOME") or Path.home())
    own = Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    shared = [Path(folder, "pip", "pip.conf") for folder in environment.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
    if sys.platform == "darwin":
        shared = [Path("/Library/Application Support/pip/pip.conf")]
        mac = home / "Library" / "Application Support" / "pip" / "pip.conf"
        own = mac if mac.parent.is_dir() else own
    files = [*shared, Path("/etc/pip.conf"), home / ".pip" / "pip.conf", own, Path(sys.prefix, "pip.conf")]
    return [*files, Path(named)] if named else files
