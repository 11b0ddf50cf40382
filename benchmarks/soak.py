"""Run the long tests at their large sizes and print what they measured as a Markdown table.

The numbers are those that the tests themselves take down (``measured`` in tests/conftest.py). A
part that fails is named below the table, and the exit code is 1.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from time import monotonic
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# Each part: the goal, and what pytest is told to run.
PARTS = (
    ("F1", "tests/test_faults.py -k command_killed"),
    ("F2", "tests/test_powercut.py"),
    ("F3", "tests/test_faults.py -k server_killed"),
    ("F4", "tests/test_disk_faults.py"),
    ("F5", "tests/test_disk_full.py"),
    ("F7", "tests/test_outbox.py -k again_and_again"),
    ("F8", "tests/test_outbox.py -k 'killed or at_once'"),
    ("F8", "tests/test_notify.py -k killed"),
    ("F9", "tests/test_clock.py"),
    ("L1 L2", "tests/test_databases.py -k eight_people"),
    ("A1", "tests/test_integrity.py -k every_time"),
    ("A1", "tests/test_integrity.py -k kept_elsewhere"),
    ("K1", "tests/test_backup.py -k others_save"),
    ("M2", "tests/test_store.py -k any_statement"),
)
Line = dict[str, Any]


def run(arguments: str, scale: float, measured: Path) -> bool:
    """Run one part; whether it went well."""
    environment = {
        **os.environ,
        "ASSETFLOW_SOAK": "1",
        "ASSETFLOW_SOAK_SCALE": str(scale),
        "ASSETFLOW_MEASURED": str(measured),
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *shlex.split(arguments),
    ]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def table(measured: Path) -> list[str]:
    """Give the table: what one test measured for several variants is added up."""
    lines = measured.read_text(encoding="utf-8").splitlines() if measured.exists() else []
    merged: dict[tuple[str, str], Line] = {}
    for line in map(json.loads, lines):
        found = merged.setdefault(
            (line["goal"], line["what"]), {"numbers": defaultdict(int), "seconds": 0.0}
        )
        found["seconds"] += line["seconds"]
        for name, number in line["numbers"].items():
            found["numbers"][name] += number
    rows = [
        f"| {goal} | {what} | {in_words(found['numbers'])} | {found['seconds']:.0f} |"
        for (goal, what), found in merged.items()
    ]
    return ["| Goal | What | Measured | Seconds |", "|---|---|---|---|", *rows]


def in_words(numbers: dict[str, float]) -> str:
    """Give numbers as people read them: ``10,000 cuts, 0 lost``."""
    return ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in numbers.items())


def main() -> int:
    """Run the parts that were asked for, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="a share of the large sizes")
    parser.add_argument("goals", nargs="*", help="only these goals, such as F1 F2")
    asked = parser.parse_args()
    started, failed = monotonic(), []
    with tempfile.TemporaryDirectory() as folder:
        measured = Path(folder) / "measured.jsonl"
        for goal, arguments in PARTS:
            if asked.goals and not set(goal.split()) & set(asked.goals):
                continue
            if not run(arguments, asked.scale, measured):
                failed.append(f"{goal} ({arguments})")
        print("\n".join(["", *table(measured), ""]))
    print(f"At {asked.scale:g} of the large sizes, in {(monotonic() - started) / 60:.0f} minutes.")
    print("\n".join(f"FAILED: {part}" for part in failed))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
