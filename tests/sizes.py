"""How much the suite tries; ``ASSETFLOW_SOAK_SCALE=20`` makes every number 20 times as large."""

import os


def fuzzed() -> int:
    """Give how many made-up inputs each reader and the command line are handed."""
    return 1_000 * int(os.environ.get("ASSETFLOW_SOAK_SCALE", "20" if _soaking() else "1"))


def _soaking() -> bool:
    return os.environ.get("ASSETFLOW_SOAK") == "1"
