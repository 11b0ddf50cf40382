"""Shell completion of routes and their versions: routes are files, and need neither home nor YAML.

As everywhere in completion, where anything stands in the way there is simply nothing to offer.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assetflow.cli import completion
from assetflow.cli.completion import MOST, Offer
from assetflow.errors import NotFound
from assetflow.settings import Settings
from assetflow.settings import load as load_settings

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_HEAD = 20_000
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LABEL = re.compile(r"^label:[ \t]+[\"']?(.+?)[\"']?[ \t]*$", re.MULTILINE)


def routes(ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Offer the routes of the installation by name, the council's own and the shipped ones."""
    return completion.items(ctx, lambda: _routes(ctx), incomplete)


def routes_and_files(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Offer routes by name; where none is called so, leave the shell to complete a file."""
    from click.shell_completion import CompletionItem

    return routes(ctx, param, incomplete) or [CompletionItem(incomplete, type="file")]


@completion.completer
def versions(place: completion.Place) -> Iterator[Offer]:
    """Offer the stored versions of the route that stands on the command line, newest first."""
    query = "SELECT version, valid_from FROM workflow_versions WHERE name = ? ORDER BY version DESC"
    # While an option waits for its value, click has not yet sorted the arguments.
    typed = place.ctx.params.get("name") or next(iter(place.ctx.args), "")
    name = Path(typed).stem if typed else place.app.settings.workflow
    for version, valid_from in place.db.execute(query, [name]):
        yield str(version), f"in force since {valid_from}" if valid_from else "in force since ever"


def _routes(ctx: click.Context) -> Iterable[Offer]:
    found: dict[str, str] = {}
    for folder in reversed(_settings(ctx).folders("workflows")):
        found |= dict(_in(str(folder)))
    return sorted(found.items())[:MOST]


def _settings(ctx: click.Context) -> Settings:
    app = completion.app(ctx)
    try:
        return load_settings(app.home, app.environment)
    except NotFound:
        return Settings(home=app.home, database_url="")


def _in(folder: str) -> Iterator[Offer]:
    if not os.path.isdir(folder):  # noqa: PTH112 - never raises
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            stem = entry.name.removesuffix(".yaml")
            if _NAME.fullmatch(stem) and entry.name.endswith(".yaml") and entry.is_file():
                yield stem, _label(entry.path)


def _label(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - as quick as can be
        found = _LABEL.search(file.read(_HEAD))
    return found[1] if found else ""
