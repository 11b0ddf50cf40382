"""One rule for the files that people name: a wrong name is 2, a disk that fails 4."""

from pathlib import Path

import pytest
from conftest import Terminal
from test_commands import office_home, with_a_fault  # noqa: F401 - a fixture

pytestmark = pytest.mark.sqlite_only

ANSWER = ["signoff", "give", "1", "legal", "--by", "owen", "--evidence-file"]
# Each command that reads a file, and each that makes a new one, up to the place of its name.
READING = {
    "asset import": ["asset", "import"],
    "workflow check": ["workflow", "check"],
    "db verify": ["db", "verify"],
    "db restore": ["db", "restore"],
    "init --from-backup": ["init", "--from-backup"],
    "signoff give --evidence-file": ANSWER,
}
MAKING = {
    "db backup": ["db", "backup"],
    "db export": ["db", "export"],
    "db anchor": ["db", "anchor"],
    "person export": ["person", "export", "Joan Mills"],
    "signoff show --save-evidence": ["signoff", "show", "1", "service", "--save-evidence"],
}
WRONG = ("none.file", "none/some.file", "file/some.file", "x" * 300)


@pytest.fixture
def shown(case: Terminal, tmp_path: Path) -> Terminal:
    """A case with evidence in a file; where commands are typed lies one file."""
    case("champion", "name", "1", "alex")
    case("case", "record", "1", "transfer_purpose=Bowls")
    case("signoff", "request", "1")
    (tmp_path / "reply.eml").write_text("I agree.")
    case("signoff", "give", "1", "service", "--by", "nadia",
         "--evidence-file", str(tmp_path / "reply.eml"))  # fmt: skip
    (tmp_path / "file").write_text("a file")
    return case


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong[:20])
@pytest.mark.parametrize("name", READING)
def test_a_file_that_is_not_there_is_a_slip_of_the_hand(
    shown: Terminal, tmp_path: Path, name: str, wrong: str
) -> None:
    if name in ("db restore", "init --from-backup"):
        (shown.home / "assetflow.db").unlink()
    told = shown(*READING[name], str(tmp_path / wrong), code=2)
    assert told.out == ""
    assert wrong[:4] in told.err


@pytest.mark.parametrize("wrong", WRONG[1:], ids=lambda wrong: wrong[:20])
@pytest.mark.parametrize("name", MAKING)
def test_a_new_file_in_a_folder_that_is_not_there_is_a_slip_of_the_hand(
    shown: Terminal, tmp_path: Path, name: str, wrong: str
) -> None:
    told = shown(*MAKING[name], str(tmp_path / wrong), code=2)
    assert told.out == ""
    assert wrong[:4] in told.err
    assert (tmp_path / "file").read_text() == "a file"


@pytest.mark.parametrize("name", [name for name in MAKING if name != "db anchor"])
def test_a_file_that_is_there_is_never_written_over(
    shown: Terminal, tmp_path: Path, name: str
) -> None:
    told = shown(*MAKING[name], str(tmp_path / "file"), code=2).err
    assert "exists already; nothing was overwritten" in told
    assert (tmp_path / "file").read_text() == "a file"


def test_a_folder_that_may_not_be_written_is_a_fault_outside(
    shown: Terminal, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    jobs: list[tuple[Path, int | None, list[str]]] = [
        (shown.home, None, [*words, str(closed / "new.file" if name != "db anchor" else closed)])
        for name, words in MAKING.items()
    ]
    results = with_a_fault(jobs)
    assert {name: r.code for name, r in zip(MAKING, results, strict=True)} == dict.fromkeys(
        MAKING, 4
    )
    assert all(result.out == "" for result in results)
    assert list(closed.iterdir()) == []


@pytest.mark.parametrize("command", ["init", "demo"])
@pytest.mark.parametrize(("place", "code"), [("file/home", 2), ("x" * 300, 2), ("closed/home", 4)])
def test_a_home_follows_the_same_rule(tmp_path: Path, command: str, place: str, code: int) -> None:
    (tmp_path / "file").write_text("a file")
    (tmp_path / "closed").mkdir(mode=0o500)
    job = (tmp_path, None, ["--home", str(tmp_path / place), command])
    (told,) = with_a_fault([job])
    assert (told.code, told.out) == (code, "")
