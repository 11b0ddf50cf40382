"""How large the long tests are: small with every change, large under ``make soak``."""

import os

SOAK = bool(os.environ.get("ASSETFLOW_SOAK"))
SCALE = float(os.environ.get("ASSETFLOW_SOAK_SCALE", "1"))

# A smaller soak takes every second, third and so on of what is exhaustive at full size.
EVERY = max(1, round(1 / SCALE)) if SOAK else 1

# By how much longer a single test may take.
LONGER = 20 if SOAK else 1


def of(push: int, soak: int) -> int:
    """Give a test's size: the first with every change, the second, scaled, in a soak."""
    return max(push, round(soak * SCALE)) if SOAK else push


def fuzzed() -> int:
    """Give how many made-up inputs each reader and the command line are handed."""
    return of(1_000, 20_000)
