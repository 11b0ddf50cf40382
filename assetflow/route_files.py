"""The files of routes as they stand, without a proof: what they declare, and whom they name."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import get_args

from assetflow.errors import BadFile
from assetflow.files import read_at_most
from assetflow.soundness import Outline, of_file
from assetflow.soundness.names import NAME
from assetflow.workflow import FactType
from assetflow.yaml_reader import MAX_BYTES, Tree, read_bytes, read_file

# Far more than any route names.
MOST_BESIDE = 50
_NAME = re.compile(NAME)


def beside(files: Sequence[Path]) -> list[Path]:
    """Give the files beside these that hold the routes they name: parts, parents, continuations."""
    found: dict[Path, None] = {}
    for path in files:
        for outline in outlines(trees([path])):
            names = sorted(name for name in outline.speaks_of if _NAME.fullmatch(name))
            found.update({path.with_name(f"{name}.yaml"): None for name in names[:MOST_BESIDE]})
    there = [path for path in found if path not in files and os.path.isfile(path)]  # noqa: PTH113 - never raises
    return [path for path in there if any(o.name == path.stem for o in outlines(trees([path])))]


def outlines(told: Iterable[Tree]) -> list[Outline]:
    """Give the outlines of the routes among these files."""
    return [found for tree in told if (found := of_file(tree.value))]


def trees(files: Iterable[Path]) -> Iterator[Tree]:
    """Read files; those with problems are reported elsewhere."""
    for path in files:
        with suppress(BadFile):
            yield read(path)


def declared_facts(told: Iterable[Tree]) -> dict[str, str]:
    """Give the types of all declared facts by name."""
    found: dict[str, str] = {}
    for tree in told:
        facts = tree.value.get("facts") if isinstance(tree.value, dict) else None
        entries = facts.items() if isinstance(facts, dict) else ()
        types = {
            name: entry.get("type", "text") for name, entry in entries if isinstance(entry, dict)
        }
        found.update({name: kind for name, kind in types.items() if kind in get_args(FactType)})
    return found


def continued(files: Iterable[Path]) -> set[tuple[str, str]]:
    """Give the routes and stages in which cases of the routes in these files go on."""
    found = set()
    for value in (tree.value for tree in trees(files)):
        steps = value.get("transitions") if isinstance(value, dict) else None
        for step in steps.values() if isinstance(steps, dict) else ():
            how = step.get("continues_as") if isinstance(step, dict) else None
            if isinstance(how, dict):
                found.add((str(how.get("workflow")), str(how.get("stage"))))
    return found


def read(path: Path) -> Tree:
    """Read a file; one that says the same as before is not parsed again."""
    try:
        return _parsed(read_at_most(path, MAX_BYTES), str(path))
    except OSError:
        return read_file(path)  # which says what is wrong with it


_parsed = lru_cache(maxsize=32)(read_bytes)
