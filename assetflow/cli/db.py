"""``assetflow db``: upgrade, back up, restore and prove the record."""

from pathlib import Path

import click

from assetflow.cli import options, output
from assetflow.cli.app import App
from assetflow.facts import counted

FILE = options.PLACE


@click.group()
def db() -> None:
    """Upgrade, back up and restore the database, and prove the record."""


@db.command()
@click.option("--backup-elsewhere", is_flag=True, help="Take none: you have one of your own.")
@options.as_json
@click.pass_obj
def upgrade(app: App, backup_elsewhere: bool, json_: bool) -> None:
    """Bring the database up to date, after a backup; again does nothing more."""
    from assetflow.casework import backups

    made = backups.upgrade(app.settings, app.now, backup_elsewhere=backup_elsewhere)
    if json_:
        output.emit_json({"backup": str(made.path) if made else None})
        return
    if made:
        output.done(f"backup: {made.path}")
    output.done("the database is up to date")


@db.command()
@click.argument("file", type=FILE)
@options.as_json
@click.pass_obj
def backup(app: App, file: Path, json_: bool) -> None:
    """Copy the database to FILE while others work, and verify the copy."""
    from assetflow.casework import backups

    made = backups.back_up(app.settings, file, app.now)
    _say(made, json_, "backup made and verified")


@db.command()
@click.argument("file", type=FILE)
@options.as_json
@click.pass_obj
def restore(app: App, file: Path, json_: bool) -> None:
    """Put the backup FILE into a home that has no database yet, verify it and file its letters."""
    from assetflow.casework import restoring

    found = restoring.restore(app.settings, file, app.now)
    _say(found, json_, "restored and verified")
    if found.letters and not json_:
        click.echo(f"  letters filed again: {found.letters} ({app.home / 'letters-sent'})")


def _say(found: object, json_: bool, what: str) -> None:
    from assetflow.casework.backups import Backup

    assert isinstance(found, Backup)  # noqa: S101 - narrows the type
    if json_:
        output.emit_json({"file": str(found.path), "cases": found.cases, "records": found.records})
        return
    holds = f"{counted(found.cases, 'case')}, {counted(found.records, 'record')}"
    output.done(f"{what}: {holds} ({found.path})" if found.records else f"{what} ({found.path})")


@db.command()
@click.argument("anchors", nargs=-1, type=FILE)
@click.option("--code", "codes", multiple=True, help="A record code as a letter prints it.")
@options.as_json
@click.pass_obj
def verify(app: App, anchors: tuple[Path, ...], codes: tuple[str, ...], json_: bool) -> None:
    """Recompute every journal, and hold it against ANCHORS: files, or folders of them.

    With --code the anchors are held against what a letter or report says of them.

    Exit code 1 means that the record contradicts itself or an anchor.
    """
    from assetflow.casework import integrity

    files = [file for place in anchors for file in _anchors_in(place)]
    with app.reading() as desk:
        found = integrity.verify(desk, files, codes)
    if json_:
        output.emit_json(found)
    else:
        for finding in found.findings:
            record = f" record {finding.position}" if finding.position else ""
            place = f"{finding.case}{record} " if finding.case else ""
            click.echo(f"✗ {place}{finding.sentence}", err=True)
        looked = ", ".join(
            (
                f"{counted(found.records, 'record')} of {counted(found.cases, 'case')}",
                counted(found.anchors, "anchor"),
            )
        )
        if not found.findings:
            output.done(f"the record is whole: {looked}")
        else:
            click.echo(f"findings: {len(found.findings)}, in {looked}", err=True)
    if found.findings:
        click.get_current_context().exit(1)


def _anchors_in(place: Path) -> list[Path]:
    from assetflow.errors import BadInput

    found = sorted(place.glob("*.json")) if place.is_dir() else [place]
    if not found:
        raise BadInput(
            f"There is no anchor in {place}.", remedies=["name an anchor, or its folder"]
        )
    return found


@db.command()
@click.argument("folder", type=FILE)
@click.option("--mail-to", default="", metavar="ADDRESS",
              help="Also send it to this address: the next outbox deliver does, where letters go "
              "by mail; else as a message in a file.")  # fmt: skip
@click.option("--as-file", is_flag=True, help="Write that message to a file, to be sent by hand.")
@options.as_json
@click.pass_obj
def anchor(app: App, folder: Path, mail_to: str, as_file: bool, json_: bool) -> None:
    """Write the heads of all journals to a new file in FOLDER, outside this machine if you can.

    Whoever can write the database can rewrite a journal; an anchor kept elsewhere shows it. Letters
    written from now on print its code.
    """
    from assetflow.casework import anchor_mail, integrity
    from assetflow.errors import BadInput
    from assetflow.outbox import QUEUED

    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder.", remedies=["name a folder that exists"])
    if as_file and not mail_to:
        raise click.UsageError("--as-file needs to know who it is for: give --mail-to as well.")
    target = folder / f"anchor-{app.now:%Y%m%dT%H%M%S%f}.json"
    with app.writing() as desk:
        taken = integrity.take_anchor(desk, mail_to)
        integrity.write_new(target, integrity.anchor_text(taken))
        queued = None
        if mail_to and not as_file and anchor_mail.leaves_by_mail(desk):
            queued = anchor_mail.queue(desk, taken, mail_to)
        elif mail_to:
            written = target.with_suffix(".eml")
            integrity.write_new(written, anchor_mail.as_file(desk, taken, mail_to))
    mail = str(target.with_suffix(".eml")) if mail_to and queued is None else None
    if json_:
        output.emit_json({
            "file": str(target), "mail": mail, "message": queued and queued.id, "code": taken.code,
            "cases": len(taken.heads),
        })  # fmt: skip
        return
    output.done(f"anchor of {counted(len(taken.heads), 'journal')}: {target}")
    if mail:
        output.done(f"message for {mail_to}: {mail}")
    if queued is not None:
        said = "waits: assetflow outbox deliver" if queued.state == QUEUED else f"is {queued.state}"
        output.done(f"message {queued.id} to {mail_to} {said}")
    click.echo(f"  code: {taken.code}")


@db.command()
@click.argument("file", type=FILE)
@options.as_json
@click.pass_obj
def export(app: App, file: Path, json_: bool) -> None:
    """Write the whole journal to FILE, for others to check without assetflow."""
    import json

    from assetflow.casework import integrity

    with app.reading() as desk:
        found = integrity.export(desk)
    integrity.write_new(file, json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    if json_:
        output.emit_json({"file": str(file), "cases": len(found["cases"])})
        return
    output.done(f"journal of {counted(len(found['cases']), 'case')}: {file}")
    click.echo("  check it elsewhere with verify_journal.py, from the tools folder of the source")
