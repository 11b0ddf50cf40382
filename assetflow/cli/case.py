"""``assetflow case``: the commands an officer lives on."""

import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from assetflow.cli import (
    case_dates,
    case_parts,
    case_tasks,
    completion,
    completion_routes,
    options,
    output,
)
from assetflow.cli.app import App

if TYPE_CHECKING:
    from assetflow.casework.around import Family
    from assetflow.casework.holds import Standing
    from assetflow.casework.nextsteps import Page, Step
    from assetflow.casework.opening import Done
    from assetflow.casework.overview import Overview
    from assetflow.outbox import Message
    from assetflow.queries import Case
    from assetflow.snapshot import Related, Signoff


@click.group()
def case() -> None:
    """Open, advance and look at cases."""


case.add_command(case_dates.explain)
case.add_command(case_dates.export)
case.add_command(case_parts.open_parts)


@case.command("open")
@click.option("--asset", default="", metavar="ASSET", shell_complete=completion.assets,
              help="Identifier, UPRN or name.")  # fmt: skip
@click.option("--group", default="", metavar="GROUP", shell_complete=completion.groups,
              help="Name of the community group.")  # fmt: skip
@click.option(
    "--received", type=options.DAY, metavar="DATE", help="When the form came; else today."
)
@click.option("--officer", default="", metavar="PERSON", shell_complete=completion.people,
              help="The case officer; else you.")  # fmt: skip
@click.option("--champion", default="", metavar="PERSON", shell_complete=completion.people,
              help="Name the champion straight away.")  # fmt: skip
@click.option("--workflow", "route", default="", metavar="NAME",
              shell_complete=completion_routes.routes,
              help="The route; else the usual.")  # fmt: skip
@click.option("--parent", default="", metavar="CASE", shell_complete=completion.cases,
              help="The case it is a part of, with its asset and group.")  # fmt: skip
@click.option("--contact", default="", help="Contact of a group that is not on the list yet.")
@click.option("--email", default="", help="Email of a group that is not on the list yet.")
@click.option("--phone", default="", help="Telephone of a group that is not on the list yet.")
@click.option("--address", default="", help="Postal address of a group not on the list yet.")
@options.as_json
@click.pass_obj
def open_(
    app: App,
    /,
    asset: str,
    group: str,
    received: date | None,
    officer: str,
    champion: str,
    route: str,
    parent: str,
    json_: bool,
    **contact: str,
) -> None:
    """Open a case when an expression of interest arrives; the group gets its acknowledgement.

    A group that is new is added from --contact, --email, --phone and --address.
    """
    from assetflow.casework import cases, opening, registers
    from assetflow.casework.overview import overview
    from assetflow.errors import NotFound
    from assetflow.queries import group as find_group

    # Whether it needs a group is for its route to say, where it is not the usual one.
    needed = {"--asset": not asset, "--group": not group and not route} if not parent else {}
    if missing := [option for option, lacking in needed.items() if lacking]:
        raise click.UsageError(f"Missing option {' and '.join(missing)}.")
    with app.writing(received) as desk:
        if any(contact.values()):
            try:
                find_group(desk.db, group)
            except NotFound:
                registers.add_group(desk, group, contact_name=contact.pop("contact"), **contact)
        done = opening.open_case(desk, asset, group, route, officer, parent)
        if champion:
            named = cases.name_champion(desk, done.case.reference, champion)
            done = opening.Done(named, done.letters, done.notices)
        seen = overview(desk, done.case)
    report(seen, done, json_, f"{seen.reference} opened")


@case.command("list")
@click.option("--stage", default="", metavar="STAGE", help="Only cases in this stage.")
@click.option("--mine", is_flag=True, help="Only cases of which you are officer or champion.")
@click.option("--overdue", is_flag=True, help="Only cases with something overdue.")
@click.option("--all", "ended", is_flag=True, help="Also cases that have ended.")
@options.as_of
@options.as_json
@click.pass_obj
def list_(
    app: App, stage: str, mine: bool, overdue: bool, ended: bool, as_of: date | None, json_: bool
) -> None:
    """List cases, those that need attention first."""
    from assetflow import queries
    from assetflow.casework.overview import overview

    with app.reading(as_of) as desk:
        ids = queries.all_case_ids(desk.db) if ended else queries.open_case_ids(desk.db)
        cases = queries.load_cases(desk.db, ids)
        _check_stage(stage, cases)
        found = [overview(desk, one) for one in cases]
        me = desk.actor.name if mine else ""
    chosen = [
        o for o in found
        if stage in ("", o.stage)
        and (not mine or me in (o.officer, o.champion))
        and (not overdue or o.days_overdue)
    ]  # fmt: skip
    chosen.sort(key=lambda o: (-o.rank, o.received_on, o.reference))
    if json_:
        output.emit_json(chosen)
        return
    headings = (
        "Case",
        "Asset",
        "Stage",
        "Days in stage",
        "Age",
        "With",
        "Next deadline",
        "Attention",
    )
    output.table(headings, [_list_row(o) for o in chosen], "No cases here.")


def _check_stage(stage: str, cases: "list[Case]") -> None:
    known = dict.fromkeys(name for one in cases for name in one.workflow.stages)
    if stage and known and stage not in known:
        raise click.BadParameter(f"no such stage; known: {', '.join(known)}", param_hint="--stage")


def _list_row(o: "Overview") -> tuple[output.Cell, ...]:
    due = f"{output.day(o.next_due_on)} {o.next_due}" if o.next_due_on else "-"
    words = [o.ladder_label] if o.ladder_label else []
    attention = ", ".join([*words, *o.notes]) or ("ended" if o.closed_on else "on time")
    colour = o.ladder_colour if o.ladder_label or not o.notes else "yellow"
    return (
        o.reference, o.asset, o.stage_label, str(o.days_in_stage), o.age, o.holder, due,
        (attention, colour if not o.closed_on else "dim"),
    )  # fmt: skip


@case.command()
@options.case
@options.as_of
@options.as_json
@click.pass_obj
def show(app: App, case_: str, as_of: date | None, json_: bool) -> None:
    """Show everything on the file of one case."""
    from assetflow import queries
    from assetflow.casework import dates, holds
    from assetflow.casework.around import family
    from assetflow.casework.overview import overview
    from assetflow.casework.tasks import of_case
    from assetflow.casework.turns import standing_still, whose_time
    from assetflow.whose_time import split

    with app.reading(as_of) as desk:
        one = queries.case(desk.db, queries.case_id(desk.db, case_))
        occasion = desk.bare_occasion(one.workflow, one.snapshot)
        dated = dates.of_case(one, occasion)
        seen, paused = overview(desk, one), standing_still(desk, one)
        time = split(whose_time(desk, one))
        letters = queries.letters(desk.db, one.id)
        standing = holds.standing(desk, one.id)
        others, tasks = family(desk.db, one.id), of_case(desk, one)
    if json_:
        facts = dict(one.snapshot.facts)
        sent = [dict(row._mapping) for row in letters]
        output.emit_json(
            {
                "overview": seen, "facts": facts, "signoffs": one.snapshot.signoffs,
                "letters": sent, "standing": standing, "related": _references(others),
                "dates": [case_dates.plain(occasion, each) for each in dated],
                "time": time, "pause": paused, "tasks": tasks,
            }
        )  # fmt: skip
        return
    _show_head(seen, standing)
    if paused:
        click.echo(f"Paused    {paused}")
    click.echo(f"Time      {time}")
    _show_family(others)
    if dated:
        output.title("\nDates")
        case_dates.table(occasion, dates.at_a_glance(dated))
    case_tasks.table(tasks)
    _show_file(one)
    if one.workflow.parts:
        _show_parts(others.parts)
    output.title("\nLetters")
    rows = [(str(r.number), output.day(r.dated), r.name, r.recipient_name) for r in letters]
    output.table(("No", "Dated", "Letter", "To"), rows, "  none yet")


def _show_head(o: "Overview", standing: "Standing") -> None:
    output.title(f"{o.reference}  {o.asset} → {o.group}")
    stage = f"{o.stage_label}, {_days(o.days_in_stage)} in this stage"
    end = f" (ended {output.day(o.closed_on)})" if o.closed_on else ""
    click.echo(f"Stage     {stage}{end}")
    if standing.destroyed_on:
        gone = f"{output.day(standing.destroyed_on)}, under the retention schedule"
        click.echo(f"Destroyed {gone}; only the skeleton is left")
    for hold in standing.holds:
        click.echo(click.style(f"Hold      {hold}", fg="magenta"))
    click.echo(f"Age       {o.age}, since {output.day(o.received_on)}")
    click.echo(f"With      {o.holder}")
    click.echo(f"Officer   {o.officer}")
    click.echo(f"Champion  {o.champion or 'nobody is named'}")
    words = [word for word in (o.ladder_label, *o.notes) if word]
    if words:
        click.echo(click.style(f"Attention {', '.join(words)}", fg=o.ladder_colour))


def _references(others: "Family") -> dict[str, Any]:
    """Give the cases to which a case belongs, as programs read them."""
    return {
        "part_of": others.part_of.reference if others.part_of else None,
        "continues": others.continues.reference if others.continues else None,
        "parts": [part.reference for part in others.parts],
        "goes_on_as": [other.reference for other in others.goes_on_as],
    }


def _show_parts(parts: "tuple[Related, ...]") -> None:
    output.title("\nParts")
    rows = [(part.reference, part.group, part.stage_label) for part in parts]
    output.table(("Case", "Group", "Stage"), rows, "  none yet")


def _show_family(others: "Family") -> None:
    told = [("Part of", others.part_of), ("Continues", others.continues)]
    told += [("Goes on", other) for other in others.goes_on_as]
    for word, other in told:
        if other:
            click.echo(f"{word:<9} {other.reference}, at: {other.stage_label}")


def _days(count: int) -> str:
    return f"{count} working day" if count == 1 else f"{count} working days"


def _show_file(one: "Case") -> None:
    from assetflow import facts

    click.echo(f"Asset     {one.asset.unique_asset_id or one.asset.uprn}  {one.asset.address}")
    click.echo(f"Group     {one.group.name}, {one.group.contact_name or 'no contact'}")
    click.echo(f"Route     {one.workflow.label}, version {one.workflow.version}")
    output.title("\nFacts")
    rows = [
        (one.workflow.facts[name].label if name in one.workflow.facts else name, facts.show(value))
        for name, value in one.snapshot.facts.items()
    ]
    output.table(("Fact", "Value"), rows, "  none yet")
    output.title("\nSign-offs in this stage")
    output.table(SIGNOFF_HEADINGS, signoff_rows(one), "  none asked")


SIGNOFF_HEADINGS = ("Department", "For", "Asked", "Due", "Answer")


def signoff_rows(one: "Case") -> list[tuple[output.Cell, ...]]:
    """Give a line for each sign-off of a case, with its answer in words."""
    return [
        (
            one.workflow.department_label(s.department), s.trigger, output.day(s.requested_on),
            output.day(s.due_on), _answer(one, s),
        )
        for s in one.snapshot.signoffs
    ]  # fmt: skip


def _answer(one: "Case", signoff: "Signoff") -> output.Cell:
    from assetflow import statement

    if statement.changes(one.workflow, one.snapshot, signoff):
        return "void: what it was asked about has changed; ask again", "red"
    if signoff.objection is not None and signoff.decision == "objected":
        verb = "objects" if signoff.objection.blocks else "has a concern (does not block)"
        return (
            f"{verb}: {signoff.objection.reason}",
            "red" if signoff.objection.blocks else "yellow",
        )
    if signoff.open:
        return "waiting", "yellow"
    condition = f", on condition: {signoff.conditions}" if signoff.conditions else ""
    recorded = " (recorded)" if signoff.method == "recorded" else ""
    signed = f"signed by {signoff.signatory}, {output.day(signoff.decided_on)}"
    return f"{signed}{recorded}{condition}", "green"


@case.command()
@options.case
@click.argument("person", shell_complete=completion.people)
@options.why
@options.on
@options.as_json
@click.pass_obj
def assign(app: App, case_: str, person: str, why: str, on: date | None, json_: bool) -> None:
    """Give a case to another case officer, as when the present one leaves."""
    from assetflow.casework.leaving import name_officer
    from assetflow.casework.overview import overview

    with app.writing(on) as desk:
        seen = overview(desk, name_officer(desk, case_, person, why))
    if json_:
        output.emit_json({"overview": seen})
        return
    output.done(f"{seen.reference}: {seen.officer} is the case officer")
    click.echo(f"  next: assetflow case next {seen.reference}")


@case.command("next")
@options.case
@options.as_of
@options.as_json
@click.pass_obj
def next_(app: App, case_: str, as_of: date | None, json_: bool) -> None:
    """Show what can be done now, what cannot and exactly why, and what is due."""
    from assetflow import outbox, queries
    from assetflow.casework import holds
    from assetflow.casework.nextsteps import page

    with app.reading(as_of) as desk:
        one = queries.case(desk.db, queries.case_id(desk.db, case_))
        found, standing = page(desk, one), holds.standing(desk, one.id)
        actor = desk.actor.name
        undelivered = outbox.listed(desk.db, outbox.TROUBLED, one.id)
    if json_:
        left = [{"message": u.id, "letter": u.letter, "address": u.address, "problem": u.problem}
                for u in undelivered]  # fmt: skip
        page_ = {**_page_json(found), "undelivered": left}
        output.emit_json({**page_, "standing": standing, "for": actor})
        return
    _show_page(found, standing)
    _show_undelivered(undelivered)


def _show_undelivered(messages: "list[Message]") -> None:
    if not messages:
        return
    output.title("\nNot delivered")
    for one in messages:
        click.echo(f"  letter {one.letter} to {one.address}: {one.problem}")
        click.echo(f"      → assetflow outbox release {one.id} [--to ADDRESS | --arrived]")


def _page_json(found: "Page") -> dict[str, Any]:
    steps = [
        {
            "trigger": s.trigger, "label": s.label, "to": s.to_label, "ready": s.ready,
            "givable": s.givable, "missing": s.missing, "command": s.command,
        }
        for s in found.steps
    ]  # fmt: skip
    due = [one._asdict() for one in found.due]
    return {
        "overview": found.overview, "tasks": found.tasks, "steps": steps, "due": due,
        "letters": found.letters,
    }  # fmt: skip


def _show_page(found: "Page", standing: "Standing") -> None:
    _show_head(found.overview, standing)
    if found.due:
        output.title("\nDue")
        for one in found.due:
            mark = ", provisional" if one.provisional else ""
            click.echo(f"  {output.day(one.on):<12} {one.what}{mark}")
    case_tasks.to_do(found.tasks)
    ready = [s for s in found.steps if s.ready or s.givable]
    blocked = [s for s in found.steps if s not in ready]
    if ready:
        output.title("\nYou can do now")
        for step in ready:
            _show_step(found.overview.reference, step)
    if blocked:
        output.title("\nNot yet, and why")
        for step in blocked:
            _show_step(found.overview.reference, step)
    if not found.steps:
        click.echo("\nThis case has ended; nothing is left to do.")
    for command in found.letters:
        click.echo(f"\nAt any time: {command}")


def _show_step(reference: str, step: "Step") -> None:
    arrow = f" → {step.to_label}" if step.to_label else ""
    click.echo(click.style(f"  {step.trigger}", bold=True) + f"  {step.label}{arrow}")
    if step.ready or step.givable:
        for item in step.missing:
            needed = f"{item.fact}: {item.label}" if item.label else item.sentence
            click.echo(f"      needs {needed}")
        click.echo(f"      {step.command}")
        return
    for sentence, remedy in _reasons(reference, step):
        click.echo(click.style("      ✗ ", fg="red") + sentence)
        if remedy:
            click.echo(f"        {remedy}")


def _reasons(reference: str, step: "Step") -> list[tuple[str, str]]:
    """Give each reason with what to type; facts that are only missing make one line together.

    While somebody else has the ball, that alone is the reason: the rest can wait until then.
    """
    elsewhere = [item for item in step.missing if item.code == "ball_with"]
    if elsewhere:
        return [(str(item), "") for item in elsewhere]
    missing = [item for item in step.missing if item.code == "fact"]
    reasons = [(str(item), item.remedy) for item in step.missing if item not in missing]
    if missing:
        labels = "; ".join(f"{item.label} ({item.fact})" for item in missing)
        given = " ".join(f'{item.fact}="…"' for item in missing)
        reasons.append(
            (f"Not on the file: {labels}.", f"assetflow case record {reference} {given}")
        )
    return reasons


@case.command()
@options.case
@click.argument("trigger", shell_complete=completion.triggers)
@options.fact
@options.why
@options.on
@options.as_json
@click.pass_obj
def advance(
    app: App,
    case_: str,
    trigger: str,
    facts: tuple[tuple[str, str], ...],
    why: str,
    on: date | None,
    json_: bool,
) -> None:
    """Take a step with a case; `case next` lists the triggers that are possible."""
    _advance(app, case_, trigger, options.facts_given(facts), why, on, json_)


def _ask_why(ctx: click.Context, param: click.Parameter, given: str | None) -> str:
    if given is not None or ctx.resilient_parsing:
        return given or ""
    if not sys.stdin.isatty():
        raise click.MissingParameter(ctx=ctx, param=param)
    answer: str = click.prompt("Why does the group withdraw", err=True)
    return answer


@case.command()
@options.case
@click.option("--why", callback=_ask_why, help="The reason, in a sentence; else you are asked.")
@options.on
@options.as_json
@click.pass_obj
def withdraw(app: App, case_: str, why: str, on: date | None, json_: bool) -> None:
    """Record that the group withdraws; it gets a letter that leaves the door open."""
    _advance(app, case_, "withdraw", {}, why, on, json_)


def _advance(
    app: App,
    case_: str,
    trigger: str,
    facts: dict[str, str],
    why: str,
    on: date | None,
    json_: bool,
) -> None:
    from assetflow.casework import cases
    from assetflow.casework.overview import overview

    with app.writing(on) as desk:
        done = cases.advance(desk, case_, trigger, facts, why)
        seen = overview(desk, done.case)
    label = done.case.workflow.transitions[trigger].label
    report(seen, done, json_, f"{seen.reference}: {label}")


@case.command()
@options.case
@click.argument("facts", type=options.FACT, nargs=-1, required=True, metavar='NAME="VALUE"...')
@options.why
@options.on
@options.as_json
@click.pass_obj
def record(
    app: App,
    case_: str,
    facts: tuple[tuple[str, str], ...],
    why: str,
    on: date | None,
    json_: bool,
) -> None:
    """Put facts on a case's file without moving it."""
    from assetflow.casework.facts import record_facts
    from assetflow.casework.opening import Done
    from assetflow.casework.overview import overview

    with app.writing(on) as desk:
        one = record_facts(desk, case_, options.facts_given(facts), why)
        seen = overview(desk, one)
    names = ", ".join(name for name, _ in facts)
    report(seen, Done(one, notices=_void(one)), json_, f"{one.reference}: recorded {names}")


def _void(one: "Case") -> tuple[str, ...]:
    """Say whose answers no longer count, because what they were asked about has changed."""
    from assetflow import statement

    void = [s for s in one.snapshot.signoffs if statement.changes(one.workflow, one.snapshot, s)]
    names = dict.fromkeys(one.workflow.department_label(s.department) for s in void)
    steps = dict.fromkeys(s.trigger for s in void)
    return tuple(
        f"What {', '.join(names)} read has changed; ask again: "
        f"assetflow signoff request {one.reference} {step}" for step in steps
    )  # fmt: skip


@case.command()
@options.case
@click.argument("text")
@options.on
@options.as_json
@click.pass_obj
def note(app: App, case_: str, text: str, on: date | None, json_: bool) -> None:
    """Put a note on a case's journal."""
    from assetflow.casework import cases, opening
    from assetflow.casework.overview import overview

    with app.writing(on) as desk:
        one = cases.note(desk, case_, text)
        seen = overview(desk, one)
    report(seen, opening.Done(one), json_, f"{one.reference}: noted")


reason = click.option("--reason", required=True, metavar="TEXT", help="Why, in a sentence.")


@case.command()
@options.case
@reason
@options.as_json
@click.pass_obj
def hold(app: App, case_: str, reason: str, json_: bool) -> None:
    """Place a hold on a case: nothing of it is erased or destroyed until it is lifted.

    For what somebody has asked for under freedom of information, or a claim that needs evidence.
    """
    from assetflow.casework import holds

    with app.writing() as desk:
        one = holds.place(desk, case_, reason)
        standing, able = holds.standing(desk, one.id), holds.who_can_lift(desk)
    if json_:
        output.emit_json({"case": one.reference, "standing": standing})
        return
    output.done(f"{one.reference}: a hold lies on it (hold {standing.holds[-1].id})")
    click.echo(f"  who can lift it: {able}")


@case.command()
@options.case
@reason
@click.option(
    "--hold", "number", type=options.NUMBER, metavar="NUMBER", help="Which one, where several lie."
)
@options.as_json
@click.pass_obj
def release(app: App, case_: str, reason: str, number: int | None, json_: bool) -> None:
    """Lift a hold from a case."""
    from assetflow.casework import holds

    with app.writing() as desk:
        one = holds.lift(desk, case_, reason, number)
        standing = holds.standing(desk, one.id)
    if json_:
        output.emit_json({"case": one.reference, "standing": standing})
        return
    left = f"; {len(standing.holds)} still on it" if standing.holds else ""
    output.done(f"{one.reference}: the hold is lifted{left}")


@case.command()
@options.case
@options.as_json
@click.pass_obj
def history(app: App, case_: str, json_: bool) -> None:
    """Show all that has happened on a case, with the reminders that went out."""
    from assetflow import queries
    from assetflow.casework.story import happenings

    with app.reading() as desk:
        one = queries.case(desk.db, queries.case_id(desk.db, case_))
        told = happenings(desk, one)
    if json_:
        output.emit_json(told)
        return
    rows = [(output.day(h.on), h.who, h.what, h.why) for h in told]
    output.table(("Date", "Who", "What", "Why"), rows, "Nothing yet.")


def report(seen: "Overview", done: "Done", json_: bool, what: str) -> None:
    """Say what was done, what went out, and what comes next; only after the commit."""
    if json_:
        output.emit_json({"overview": seen, "letters": done.letters, "notices": done.notices})
        return
    due = f", due {output.day(seen.next_due_on)}" if seen.next_due_on else ""
    output.done(what)
    click.echo(f"  now: {seen.stage_label}, with {seen.holder}{due}")
    output.letters_sent(done.letters)
    for notice in done.notices:
        click.echo(f"  note: {notice}")
    if not seen.champion and not seen.closed_on:
        click.echo(f"  no champion yet: assetflow champion name {seen.reference} PERSON")
