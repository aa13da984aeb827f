"""placeholder"""
from benchmarks.results import Results
from pathlib import Path
def write_report(results: Results, docs: Path) -> list[Path]:
    return []
