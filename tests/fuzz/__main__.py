"""Fuzz one target with atheris: `python -m tests.fuzz TARGET [options of libFuzzer]`.

A finding is written to the current directory; put it into `tests/fuzz/found/TARGET/`, where the tests replay it.
"""

import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

FOUND = Path(__file__).parent / "found"


def main() -> None:
    """Run the target that is named, beginning with its seeds and with what was found before."""
    atheris = import_module("atheris")  # the extra `fuzz`; nothing else needs it
    with atheris.instrument_imports(include=["api", "domain", "ops", "workers", "dateutil", "icalendar", "json"]):
        targets = import_module("tests.fuzz.targets")
    names = list(targets.TARGETS)
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        sys.exit(f"Name one of {', '.join(names)}.")
    name, options = sys.argv[1], sys.argv[2:]
    with TemporaryDirectory() as corpus:
        for number, seed in enumerate(targets.SEEDS[name]):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        folders = [corpus, *(str(one) for one in [FOUND / name] if one.is_dir())]
        atheris.Setup([sys.argv[0], *options, *folders], targets.TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
