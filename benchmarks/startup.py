"""How long commands take to start, as ratios to an empty Python in the same run.

Run: .venv/bin/python benchmarks/startup.py
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 11
ASSETFLOW = [sys.executable, "-m", "assetflow"]
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "assetflow --help": [*ASSETFLOW, "--help"],
    "assetflow case list": [*ASSETFLOW, "case", "list"],
    "assetflow case next": [*ASSETFLOW, "case", "next", "CAT-2025-0002"],
    "assetflow workflow check": [*ASSETFLOW, "workflow", "check"],
}


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Time one run of a command."""
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Make the demonstration's home, time every command in turn, and print medians and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        environment = {**os.environ, "ASSETFLOW_HOME": str(home)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run([*ASSETFLOW, "--home", str(home), "demo"], env=environment, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        times: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for _ in range(ROUNDS):
            for name, command in COMMANDS.items():
                times[name].append(seconds(command, environment))
    base = statistics.median(times["python -c pass"])
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:<26} {median * 1000:6.0f} ms   {median / base:5.1f} x python -c pass")


if __name__ == "__main__":
    main()
