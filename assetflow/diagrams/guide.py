"""A route told as an officer would explain it: the way through, then what else can happen."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from assetflow.diagrams import beyond, requirements, wording
from assetflow.diagrams.picture import Arrow, Picture
from assetflow.diagrams.rows import Row, broken
from assetflow.guards import HOLDERS, all_of, any_of
from assetflow.workflow import SignoffRule, Stage, Transition, Workflow

COLUMNS = 92
# What an alert is told as; the period stands in the workflow.
ALERTS = {
    "no_champion": "Nobody is named as champion for {after}",
    "stage_overdue": "A stage is past the day it was due",
    "signoff_overdue": "A department has not answered in time",
    "objection_raised": "A department objects",
    "objection_open": "An objection is not resolved after {after}",
    "objection_stuck": "An objection is still not resolved after {after}",
    "silence": "The group has not been written to for {after}",
    "stalled_council": "The council has the case, and nothing has moved it on for {after}",
    "stalled_group": "The group has the case, and nothing has moved it on for {after}",
    "stage_overrun": "A stage takes more than {share} of its target",
    "run_out": "The forecast passes a day that it must not pass",
    "task_overdue": "What a level of the ladder calls for was not done in time",
}


def guide(route: Workflow, letter_facts: Mapping[str, frozenset[str]]) -> Iterator[Row]:
    """Tell a route from its first stage to its ends, with its ladder and alerts last."""
    yield from _Teller(route, letter_facts).told()


class _Teller:
    def __init__(self, route: Workflow, letter_facts: Mapping[str, frozenset[str]]) -> None:
        self.route, self.letter_facts = route, letter_facts
        self.picture = Picture(route)

    def told(self) -> Iterator[Row]:
        yield from self._opening()
        for number, stage in enumerate(self.picture.rows, start=1):
            yield from self._stage(number, stage)
        yield from self._ends()
        yield from self._beside()
        yield from self._clocks()
        yield from self._papers()
        yield from self._ladder()
        yield from self._limits()
        yield from self._alerts()
        yield from self._objections()
        yield from self._facts()

    def _opening(self) -> Iterator[Row]:
        yield from broken(wording.title(self.route), columns=COLUMNS, title=True)
        path = " → ".join(stage.label for stage in self.picture.main)
        yield from broken(f"The way through: {path}.", columns=COLUMNS)
        if self.route.on_open:
            yield from broken(
                f"When a case is opened, {_letters(self.route.on_open)}.", columns=COLUMNS
            )
        for told in beyond.related(self.route):
            yield from broken(told, columns=COLUMNS)
        if self.everyones:
            yield Row("Every step onward needs:")
            yield from self._items(self.everyones, "  ")

    @cached_property
    def everyones(self) -> list[str]:
        """What every step of the main path requires, to be told once."""
        steps = [step for a in self.picture.arrows if a.kind == "onward" for step in a.steps]
        each = [self._requirements(step) for step in steps]
        return [one for one in each[0] if all(one in other for other in each)] if each[1:] else []

    def _requirements(self, step: Transition) -> list[str]:
        return [told for use in step.requires for told in requirements.told(self.route, use)]

    # --- one stage ----------------------------------------------------------------------------

    def _stage(self, number: int, stage: Stage) -> Iterator[Row]:
        yield Row("")
        beside = "" if stage in self.picture.main else " (beside the main path)"
        yield from broken(
            f"{number}. {stage.label}{beside}", "", "   ", columns=COLUMNS, title=True
        )
        who = wording.holder(self.route, stage)
        ball = f"{who[0].upper()}{who[1:]} has the ball."
        yield from broken(ball, "   ", columns=COLUMNS)
        yield from broken(_target(stage), "   ", columns=COLUMNS)
        for label in beyond.statutory_in(self.route, stage.id):
            yield from broken(f"Statutory clock: {label}.", "   ", columns=COLUMNS)
        if stage.claims_asset:
            yield Row("   Meanwhile no other case may dispose of the asset.")
        arrows = [a for a in self.picture.arrows if self._is_told_here(a, stage)]
        for arrow in sorted(arrows, key=lambda a: a.kind != "onward"):
            for step in arrow.steps:
                yield from self._step(step, self._way(arrow, stage))

    def _is_told_here(self, arrow: Arrow, stage: Stage) -> bool:
        """Tell whether a way belongs to this stage: one from several is told apart, once."""
        return arrow.origins == (stage.id,) and not self._is_side_way(arrow)

    def _is_side_way(self, arrow: Arrow) -> bool:
        to = self.route.stages[arrow.to]
        return len(arrow.origins) > 1 or (bool(to.end) and to is not self.picture.last)

    def _way(self, arrow: Arrow, stage: Stage) -> str:
        to = self.route.stages[arrow.to]
        if arrow.kind == "back":
            return f"Back to {to.label}"
        return f"On to {to.label}" if self._is_onward(arrow, stage) else f"To {to.label}"

    def _is_onward(self, arrow: Arrow, stage: Stage) -> bool:
        return self.picture.following.get(stage.id) == arrow.to

    def _step(self, step: Transition, way: str) -> Iterator[Row]:
        yield Row("")
        yield from broken(f"{way}: {step.label} ({step.trigger})", "   ", "     ", columns=COLUMNS)
        who = any_of(self.route.role_label(role) for role in step.who)
        why = "; the reason must be given" if step.why_needed else ""
        yield from broken(f"Taken by {who}{why}.", "     ", columns=COLUMNS)
        needed = [one for one in self._requirements(step) if one not in self.everyones]
        needed += requirements.of_letters(self.route, step, self.letter_facts)
        if needed:
            yield Row("     Before it:")
            yield from self._items(requirements.put_together(needed), "     ")
        yield from self._signoffs(step)
        if step.letters:
            told = _letters(step.letters)
            yield from broken(f"{told[0].upper()}{told[1:]}.", "     ", columns=COLUMNS)
        for told in beyond.follows(self.route, step):
            yield from broken(told, "     ", "       ", columns=COLUMNS)
        if step.waiting_on and step.to is None:
            yield Row(f"     Then {HOLDERS[step.waiting_on]} has the ball.")
        if step.pauses and self.route.pauses is not None:
            cap = self.route.pauses.cap
            yield Row(f"     Until it has answered, {cap} at most, the target stands still.")

    def _signoffs(self, step: Transition) -> Iterator[Row]:
        orders = wording.in_order(step)
        if not orders:
            return
        several = len(orders) > 1
        yield Row(f"     Departments sign first{', one after the other' if several else ''}:")
        for number, rules in enumerate(orders, start=1):
            for place, rule in enumerate(rules):
                lead = (f"{number}. " if not place else "   ") if several else "- "
                first, then = f"       {lead}", f"       {' ' * len(lead)}"
                yield from broken(self._signer(rule), first, then, columns=COLUMNS)

    def _signer(self, rule: SignoffRule) -> str:
        who = self.route.department_label(rule.department)
        asked = ", asked only: silence counts as no comment" if rule.mode == "consultee" else ""
        return f"{who}, within {rule.within}{asked}. {rule.question}"

    def _items(self, told: Iterable[str], indent: str) -> Iterator[Row]:
        for one in told:
            yield from broken(one, f"{indent}  - ", f"{indent}    ", columns=COLUMNS)

    # --- beside the main path -----------------------------------------------------------------

    def _ends(self) -> Iterator[Row]:
        ends = [stage.label for stage in self.route.stages.values() if stage.end]
        yield Row("")
        yield from broken(f"A case ends as {any_of(ends)}.", columns=COLUMNS)

    def _beside(self) -> Iterator[Row]:
        arrows = [a for a in self.picture.arrows if self._is_side_way(a)]
        if not (arrows or self.picture.everywhere or self.picture.stays):
            return
        yield Row("")
        yield Row("What else can happen", title=True)
        for arrow in arrows:
            where = self._named(arrow.origins)
            for step in arrow.steps:
                yield from self._step(step, f"From {where} to {self.route.stages[arrow.to].label}")
        for step in self.picture.everywhere:
            to = self.route.stages[step.to or ""].label
            yield from self._step(step, f"From every open stage to {to}")
        for stay in self.picture.stays:
            where = self._named(stay.stages)
            anew = ", which begins anew" if stay.anew else ", without leaving it"
            yield from self._step(stay.step, f"In {where}{anew}")
        if self.route.letters:
            yield Row("")
            told = f"At any time while a case is open, {_letters(self.route.letters, 'may go')}."
            yield from broken(told, "   ", columns=COLUMNS)

    # --- the whole case -------------------------------------------------------------------------

    def _clocks(self) -> Iterator[Row]:
        if not self.route.clocks:
            return
        yield from _heading("Clocks: nothing happens by itself when one runs out")
        for clock in self.route.clocks.values():
            for number, told in enumerate(beyond.clock(self.route, clock)):
                yield from broken(told, "     " if number else "   ", "     ", columns=COLUMNS)

    def _papers(self) -> Iterator[Row]:
        if not self.route.papers:
            return
        yield from _heading("Lease papers: none may become worse for the group unnoticed")
        for paper in self.route.papers.values():
            against = all_of(self.route.papers[name].label for name in paper.compared_with)
            held = f": held against {against}" if against else ""
            yield from broken(f"{paper.label}{held}.", "   ", "     ", columns=COLUMNS)

    def _ladder(self) -> Iterator[Row]:
        if not self.route.ladder:
            return
        late = self.route.ladder_counts == "lateness"
        what = "lateness" if late else "the age since the expression of interest"
        yield from _heading(f"The ladder: what {what} calls for")
        for rung in self.route.ladder.values():
            told = f"After {rung.after}, {rung.label}: {rung.calls_for}. To {self._roles(rung.to)}."
            yield from broken(told, "   ", "     ", columns=COLUMNS)

    def _limits(self) -> Iterator[Row]:
        if not self.route.limits:
            return
        yield from _heading("Days that the forecast of a case must not pass")
        for limit in self.route.limits.values():
            left = limit.leaves or (f"{limit.leaves_years} years" if limit.leaves_years else "")
            early = f", with {left} left before it" if left else ""
            by = f" at {self.route.stages[limit.reached].label}" if limit.reached else ""
            source = f" Source: {limit.source}." if limit.source else ""
            told = f"{limit.label} ({limit.fact}){early}{by}: {limit.why}.{source}"
            yield from broken(told, "   ", "     ", columns=COLUMNS)

    def _alerts(self) -> Iterator[Row]:
        if not self.route.alerts:
            return
        yield from _heading("Who is reminded, and of what")
        for kind, rule in self.route.alerts.items():
            what = ALERTS.get(kind, kind.replace("_", " ")).format(
                after=rule.after or "some time", share=rule.share or "all"
            )
            source = f" Source: {rule.source}." if rule.source else ""
            told = f"{what}: to {self._roles(rule.to)}.{source}"
            yield from broken(told, "   ", "     ", columns=COLUMNS)

    def _objections(self) -> Iterator[Row]:
        if not self.route.objections:
            return
        yield from _heading("Objections")
        for category in self.route.objections.values():
            effect = "holds the case up" if category.blocks else "does not hold the case up"
            cited = "; the authority must be cited" if category.authority_needed else ""
            told = f"{category.label}: {effect}{cited}."
            yield from broken(told, "   ", "     ", columns=COLUMNS)

    def _facts(self) -> Iterator[Row]:
        if not self.route.facts:
            return
        yield from _heading("Facts, as they are typed")
        wide = min(28, max(map(len, self.route.facts)))
        for fact in self.route.facts.values():
            kind = any_of(fact.choices) or fact.type.replace("_", " ")
            fixed = all_of(self.route.stages[s].label for s in fact.fixed_in)
            kind += f"; fixed at {fixed}" if fixed else ""
            first = f"   {fact.name:<{wide}} "
            yield from broken(f"{fact.label} ({kind})", first, " " * (wide + 4), columns=COLUMNS)

    def _named(self, stages: tuple[str, ...]) -> str:
        if set(stages) == set(self.route.open_stages) and stages[1:]:
            return "every open stage"
        return all_of(self.route.stages[stage].label for stage in stages)

    def _roles(self, roles: Iterable[str]) -> str:
        return all_of(self.route.role_label(role) for role in roles)


def _heading(text: str) -> Iterator[Row]:
    yield Row("")
    yield Row(text, title=True)


def _target(stage: Stage) -> str:
    if not stage.target:
        return "There is no target." if not stage.due_fact else "It is due on the date given."
    date = ", or the date on the file where one was given" if stage.due_fact else ""
    source = stage.source or "no source given"
    verified = "verified" if stage.verified else "not verified"
    return f"Target: {stage.target}{date}. Source: {source.rstrip('.')} ({verified})."


def _letters(names: Iterable[str], verb: str = "") -> str:
    quoted = [f"‘{name.replace('_', ' ')}’" for name in names]
    goes = verb or ("goes" if len(quoted) == 1 else "go")
    return f"the letter{'s' if quoted[1:] else ''} {all_of(quoted)} {goes} out"
