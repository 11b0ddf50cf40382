"""The route that a command is about, by name or as a file; works without a home."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assetflow.cli.app import App

if TYPE_CHECKING:
    from assetflow.settings import Settings
    from assetflow.soundness import Surroundings
    from assetflow.workflow import Workflow


# What stands for the database where there is no home.
NO_DATABASE = "sqlite://"


class Found(NamedTuple):
    """A route as its file says it, with that file and what it may refer to."""

    route: "Workflow"
    path: Path
    around: "Surroundings"


def find(app: App, typed: str) -> Found:
    """Give the route that was typed, else that of the settings.

    Only what ends as a route's file and is there counts as a file: every other text is a name.
    """
    from assetflow import definitions

    known = settings(app)
    name = typed or known.workflow
    is_file = Path(name).suffix in (".yaml", ".yml") and os.path.isfile(name)  # noqa: PTH113 - never raises
    path = Path(name) if is_file else definitions.find(known, name)
    surroundings = around(known, [path] if is_file else [])
    return Found(definitions.load(path, surroundings), path, surroundings)


def settings(app: App) -> "Settings":
    """Give the home's settings, or the shipped ones where there is no home yet."""
    from assetflow.errors import NotFound
    from assetflow.settings import Settings

    try:
        return app.settings
    except NotFound:
        if app.home_typed:
            raise
        return Settings(home=app.home, database_url=NO_DATABASE)


def around(settings: "Settings", files: "Iterable[Path]" = ()) -> "Surroundings":
    """Give what the routes of an installation, and those in ``files``, may refer to."""
    from assetflow import data_files, definitions

    return definitions.surroundings(settings, data_files.calendar(settings), files)
