"""The same step as plain good code writes it: ``transitions`` and the SQLAlchemy ORM.

One shared machine, one session a step, the case with an optimistic version, its sign-offs and its
facts, a guard, and a chained record. It knows no permissions, deadlines, reminders or letters.
"""

import hashlib
import json
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import DeclarativeBase, Session
from transitions import EventData, Machine

from assetflow import models as m
from assetflow.workflow import Workflow


class Base(DeclarativeBase):
    """What the classes below have in common."""

    metadata = m.metadata


class Case(Base):
    """A case; its version is compared when it is written."""

    __table__ = m.cases
    __mapper_args__ = {"version_id_col": m.cases.c.version}  # noqa: RUF012 - as the ORM wants it


class Fact(Base):
    """One fact on a case's file."""

    __table__ = m.facts


class Signoff(Base):
    """One department's answer."""

    __table__ = m.signoffs


class Entry(Base):
    """One record of the journal."""

    __table__ = m.journal


class Payload(Base):
    """The words of one record."""

    __table__ = m.journal_payloads


class Step:
    """What the machine moves: a case with what its guard looks at."""

    def __init__(self, case: Case, signoffs: list[Signoff], facts: dict[str, str]) -> None:
        self.case, self.signoffs, self.facts = case, signoffs, facts
        self.state = case.stage


def machine_of(workflow: Workflow) -> Machine:
    """Build the one machine of a route."""

    def allowed(event: EventData) -> bool:
        needed = {rule.department for rule in workflow.transitions[event.event.name].signoffs}
        return needed <= {s.department for s in event.model.signoffs if s.decision == "signed"}

    machine = Machine(model=None, states=list(workflow.stages), initial=workflow.initial,
                      auto_transitions=False, send_event=True)  # fmt: skip
    for step in workflow.transitions.values():
        for stage in workflow.leaves(step):
            machine.add_transition(step.trigger, stage, step.to, conditions=[allowed])
    return machine


def advance(
    engine: Engine, machine: Machine, reference: str, trigger: str, holder: str, now: datetime
) -> None:
    """Take one step with a case, and commit it with its record."""
    with Session(engine) as session, session.begin():
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        signoffs = list(session.scalars(select(Signoff).where(Signoff.case_id == case.id)))
        facts = session.scalars(select(Fact).where(Fact.case_id == case.id))
        step = Step(case, signoffs, {fact.name: fact.value for fact in facts})
        if not machine.events[trigger].trigger(step):
            raise ValueError(f"{trigger} is held back")
        words = json.dumps({"why": "", "detail": {"label": trigger}})
        digest = hashlib.sha256(words.encode()).hexdigest()
        position, previous = case.version + 1, case.head
        case.head = hashlib.sha256(f"{previous}{digest}{trigger}".encode()).hexdigest()
        case.stage, case.waiting_on, case.waiting_since = step.state, holder, now.date()
        session.add(
            Entry(case_id=case.id, position=position, happened_on=now.date(), recorded_at=now,
                  actor_id=case.officer_id, action="advanced", trigger=trigger,
                  payload_digest=digest, previous=previous, hash=case.head)
        )  # fmt: skip
        session.add(Payload(case_id=case.id, position=position, salt="0" * 32, text=words))
