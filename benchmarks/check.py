"""How long checking workflow files takes: the shipped ones, and made ones of growing size.

Run: .venv/bin/python benchmarks/check.py
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from assetflow import data_files, definitions
from assetflow.settings import Settings
from assetflow.soundness import Surroundings, findings
from assetflow.yaml_reader import read_bytes

ROUNDS = 11
SIZES = (25, 50, 100, 200, 400)
HEAD = """\
name: made
label: A made route
version: 1
reference_prefix: MADE
initial: s0
stall_limit: 100 years
review_within: 20 working days
departments: {legal: {label: Legal}}
roles: {officer: {label: an officer}, signatory: {label: a department signatory}}
rights:
  open_case: [officer]
  name_champion: [officer]
  record_fact: [case_officer]
  request_signoff: [case_officer]
  record_signoff: [case_officer]
  issue_letter: [case_officer]
  write_note: [case_officer]
facts:
  reply_by: {label: Date of the reply, type: date}
"""
STAGE = "  s{n}: {{label: Stage {n}, department: legal, target: 20 working days}}\n"
# One step on from every stage; from every fifth also one that waits for the group, and one back.
ONWARD = """\
  go{n}:
    label: Go on from {n}
    from: [s{n}]
    to: {next}
    who: [officer]
    requires: [champion_named]
    signoffs:
      - {{department: legal, within: 1 week, question: "Is it sound?"}}
"""
AROUND = """\
  ask{n}:
    label: Ask from {n}
    from: [s{n}]
    who: [officer]
    waiting_on: group
    letters: [closing_warning]
  back{n}:
    label: Go back from {n}
    from: [s{n}]
    to: s{before}
    who: [officer]
    requires:
      - ball_with: {{holder: group}}
      - letter_sent: {{letter: closing_warning}}
"""
LAST = """\
  withdraw: {label: Withdraw, from: ["*"], to: withdrawn, who: [officer], why_needed: true}
"""


def route(size: int) -> str:
    """Write a sound route of so many open stages."""
    stages = "".join(STAGE.format(n=n) for n in range(size))
    ends = "  done: {label: Done, end: done}\n  withdrawn: {label: Withdrawn, end: withdrawn}\n"
    steps = "".join(_steps(n, size) for n in range(size))
    return f"{HEAD}stages:\n{stages}{ends}transitions:\n{steps}{LAST}"


def _steps(number: int, size: int) -> str:
    onward = ONWARD.format(n=number, next=f"s{number + 1}" if number + 1 < size else "done")
    around = AROUND.format(n=number, before=number - 1) if number % 5 == 4 else ""
    return onward + around


def median(work: Callable[[], object]) -> tuple[float, float]:
    """Do something a few times; give the middle time in milliseconds, by the clock and of work.

    The time of work is what a machine that has nothing else to do would need.
    """
    taken, worked = [], []
    for _ in range(ROUNDS):
        begun, before = time.perf_counter(), sum(os.times()[:4])
        work()
        taken.append(time.perf_counter() - begun)
        worked.append(sum(os.times()[:4]) - before)
    return statistics.median(taken) * 1000, statistics.median(worked) * 1000


def command(*files: str) -> None:
    """Check files, or all that are shipped, as somebody who types it."""
    check = [sys.executable, "-m", "assetflow", "workflow", "check", *files]
    # What is installed has its bytecode; a checkout may be told not to write any.
    other = ("ASSETFLOW_HOME", "PYTHONDONTWRITEBYTECODE")
    environment = {key: value for key, value in os.environ.items() if key not in other}
    environment.setdefault("PYTHONPYCACHEPREFIX", f"{tempfile.gettempdir()}/assetflow-benchmark")
    subprocess.run(check, check=True, env=environment, stdout=subprocess.DEVNULL)


def main() -> None:
    """Time the command on what is shipped, then each size: as a command, and in its two parts."""
    command()  # leaves the bytecode behind
    empty = median(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))[0]
    clock, work = median(command)
    print(f"every shipped workflow: {clock:.0f} ms by the clock, {work:.0f} ms of work, "
          f"{clock / empty:.0f} x python -c pass")  # fmt: skip
    settings = Settings(home=Path("nowhere"), database_url="sqlite://")
    around = definitions.surroundings(settings, data_files.calendar(settings))
    print("stages  steps   by the clock   of work   of it YAML   of it the proof")
    before = 0.0
    for size in SIZES:
        (clock, work), yaml, proof, steps = measured(size, around)
        growth = f"({proof / before:.1f} x the size before)" if before else ""
        print(f"{size:6} {steps:6} {clock:11.0f} ms {work:6.0f} ms {yaml:9.0f} ms "
              f"{proof:14.1f} ms {growth}")  # fmt: skip
        before = proof


def measured(size: int, around: Surroundings) -> tuple[tuple[float, float], float, float, int]:
    """Give the times of the command, of reading the YAML and of the proof, and the steps."""
    text = route(size).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"made_{size}.yaml"
        path.write_bytes(text)
        made = definitions.load(path, around)
        whole = median(lambda: command(str(path)))
    reading = median(lambda: read_bytes(text, "made.yaml"))[0]
    # A fresh copy each time: a route keeps what was worked out of it.
    proving = median(lambda: findings(replace(made), around))[0]
    return whole, reading, proving, len(made.transitions)


if __name__ == "__main__":
    main()
