"""Scenarios: cases of a route told as dated steps, with what must come of each.

``<name>.scenario.yaml`` stands beside ``<name>.yaml``. ``shapes`` says how each value is written,
``kinds`` which steps there are, ``reader`` makes a ``Book`` of a file, ``names`` holds it against
the route, and ``coverage`` knows what a route declares that a scenario can show.
"""

from assetflow.scenarios.files import ENDING, available, find, load
from assetflow.scenarios.told import Book, Scenario, Step

__all__ = ["ENDING", "Book", "Scenario", "Step", "available", "find", "load"]
