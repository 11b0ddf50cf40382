"""What may extend a clock: only what was agreed, and recorded, before its last day was over."""

from collections.abc import Collection
from datetime import date

from assetflow import clocks
from assetflow.casework.desk import Desk
from assetflow.queries import Case


def against(desk: Desk, case: Case, given: Collection[str]) -> list[str]:
    """Say why dates that a command gives cannot extend the clocks of a case.

    The case shows the new dates already, and still knows what stood there before them.
    """
    occasion = desk.bare_occasion(case.workflow, case.snapshot)
    found: list[str] = []
    for clock in case.workflow.clocks.values():
        agreed = case.snapshot.facts.get(clock.extended_to or "")
        if clock.extended_to in given and isinstance(agreed, date):
            found += clocks.against_extension(occasion, clock, agreed, desk.today)
    return found
