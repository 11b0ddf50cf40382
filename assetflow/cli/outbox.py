"""``assetflow outbox``: what waits to leave by mail, and what became of it."""

from typing import TYPE_CHECKING

import click

from assetflow.cli import options, output
from assetflow.cli.app import App

if TYPE_CHECKING:
    from assetflow.casework.mailing import Channel, Delivered
    from assetflow.outbox import Message


@click.group()
def outbox() -> None:
    """Send what waits to leave by mail, and see what became of it."""


@outbox.command("list")
@options.any_case
@click.option("--all", "everything", is_flag=True, help="Also what was sent.")
@options.as_json
@click.pass_obj
def list_(app: App, case_: str, everything: bool, json_: bool) -> None:
    """List what waits, what failed, and what is in doubt; oldest first."""
    from assetflow import outbox as rows
    from assetflow import queries

    states = rows.STATES if everything else [s for s in rows.STATES if s != rows.SENT]
    with app.reading() as desk:
        case_id = queries.case_id(desk.db, case_) if case_ else None
        found = rows.listed(desk.db, states, case_id)
    if json_:
        output.emit_json([_data(message) for message in found])
        return
    table = [
        (str(one.id), one.state, one.address, one.subject, one.reference, one.problem)
        for one in found
    ]
    heading = ("Message", "State", "To", "Subject", "Case", "Problem")
    output.table(heading, table, "Nothing waits in the outbox.")
    _say_what_can_be_done(found)


def _data(message: "Message") -> dict[str, object]:
    hidden = ("text", "html", "key", "files", "claimed_at")
    return {name: getattr(message, name) for name in message.__slots__ if name not in hidden}


def _say_what_can_be_done(found: "list[Message]") -> None:
    from assetflow.outbox import FAILED, UNKNOWN

    if failed := [one for one in found if one.state == FAILED]:
        click.echo(f"  → to another address: assetflow outbox release {failed[0].id} --to ADDRESS")
    if doubt := [one for one in found if one.state == UNKNOWN]:
        number = doubt[0].id
        click.echo(f"  → ask whether it came; if not: assetflow outbox release {number}")
        click.echo(f"    if it did: assetflow outbox release {number} --arrived")


@outbox.command()
@options.as_json
@click.pass_obj
def deliver(app: App, json_: bool) -> None:
    """Send everything that waits; safe to run as often as you like, from several machines."""
    from assetflow.casework import mailing

    done = mailing.deliver(app.store.write, _channel(app), app.now)
    if json_:
        troubled = [{**_data(m), "outcome": o.state, "why": o.problem} for m, o in done.troubled]
        emitted = {"counts": done.counts, "recovered": done.recovered, "stopped": done.stopped}
        output.emit_json({**emitted, "troubled": troubled})
    else:
        _say_delivered(done)
    if done.troubled or done.stopped:
        click.get_current_context().exit(4)


def _channel(app: App) -> "Channel":
    from assetflow.errors import Refused

    if app.settings.delivery.channel == "smtp":
        from assetflow.delivery.smtp import Server

        return Server(app.settings)
    if app.settings.delivery.channel == "notify":
        from assetflow.delivery.notify import Service

        return Service(app.settings)
    raise Refused(
        "Nothing leaves by mail here: letters are files in letters-sent.",
        remedies=[
            f"to send them by mail, write in {app.home / 'assetflow.toml'}: "
            '[delivery] channel = "smtp"; see docs/how-to/send-letters-by-mail.md',
            'or channel = "notify"; see docs/how-to/send-letters-by-notify.md',
        ],
    )


def _say_delivered(done: "Delivered") -> None:
    from assetflow.outbox import FAILED, QUEUED, SENT, UNDERWAY, UNKNOWN

    words = {SENT: "sent", UNDERWAY: "handed over", QUEUED: "to try again", FAILED: "failed",
             UNKNOWN: "in doubt"}  # fmt: skip
    told = [f"{done.counts[state]} {word}" for state, word in words.items() if state in done.counts]
    output.done(", ".join(told) if told else "Nothing waits in the outbox.")
    if done.recovered:
        click.echo(f"  {done.recovered} broke off earlier and were seen to")
    for message, outcome in done.troubled:
        about = f", {message.reference}" if message.reference else ""
        line = f"  ✗ message {message.id} to {message.address}{about}: {outcome.problem}"
        click.echo(line, err=True)
    if done.stopped and not done.troubled:
        click.echo(f"  ✗ {done.stopped}", err=True)
    if done.troubled:
        click.echo("  → what can be done: assetflow outbox list", err=True)


@outbox.command()
@click.argument("number", metavar="MESSAGE")
@click.option("--to", "address", default="", metavar="ADDRESS", help="Send it to this address.")
@click.option("--arrived", is_flag=True, help="Note that it arrived; send nothing.")
@click.pass_obj
def release(app: App, number: str, address: str, arrived: bool) -> None:
    """Send a message again that failed or is in doubt, or note that it has arrived."""
    from assetflow.casework import mailing

    if arrived and address:
        raise click.UsageError("Give either --to or --arrived.")
    with app.writing() as desk:
        message = mailing.release(desk, number, address, arrived=arrived)
    if arrived:
        output.done(f"message {message.id}: noted that it arrived")
    else:
        output.done(f"message {message.id} waits again, to {message.address}")
        click.echo("  → send it: assetflow outbox deliver")
