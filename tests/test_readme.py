"""The session on the README's first screen is what a terminal shows, word for word."""

import re
import shlex
from datetime import date

from conftest import Terminal

from assetflow.settings import SHIPPED

README = SHIPPED / "README.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def sessions() -> list[tuple[str, str]]:
    """Give each command of the README's session with the output shown for it."""
    text = "\n".join(BLOCK.findall(README.read_text(encoding="utf-8")))
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [(command, output.strip()) for command, _, output in (p.partition("\n") for p in parts)]


def test_the_readme_shows_a_real_session(af: Terminal) -> None:
    af("person", "add", "Tom Fielding", "--role", "director", "--authority", "Cabinet")
    shown = sessions()
    assert len(shown) >= 5
    for command, expected in shown:
        result = af(*shlex.split(command)[1:], on=date(2025, 11, 24), code=None)
        assert (result.out + result.err).strip() == expected, command


def test_every_command_the_readme_names_exists(af: Terminal) -> None:
    named = set(
        re.findall(r"`((?:case|letter|signoff|asset|person|workflow) \w+)", README.read_text())
    )
    assert named
    for command in sorted(named):
        af(*command.split(), "--help")
