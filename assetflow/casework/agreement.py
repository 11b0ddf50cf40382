"""What the tables say of a case must be what its journal says: a row changed by hand shows here.

The chain proves the journal; people work with the tables. So each case's stage, facts, sign-offs,
letters, champion and evidence, and every role, are held against the records that made them. Words
that were erased on the record cannot be held against anything: there only the skeleton is compared.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from assetflow import chain, queries
from assetflow import models as m
from assetflow.casework import progress
from assetflow.casework.desk import Desk
from assetflow.casework.grounds import ANSWERS
from assetflow.casework.people import Role
from assetflow.chain import COUNCIL, Finding, Link, Payload
from assetflow.pauses import pauses_after
from assetflow.snapshot import Pause


def of_case(
    desk: Desk, reference: str, links: Sequence[Link], payloads: Mapping[int, Payload]
) -> Iterator[Finding]:
    """List where the tables say something else of a case than its journal."""
    row = desk.db.execute(select(m.cases).where(m.cases.c.reference == reference)).one_or_none()
    if row is None:
        return
    stages = [link.to_stage for link in links if link.to_stage]
    if stages and row.stage != stages[-1]:
        yield Finding(reference, 0, f"stands in {row.stage}; its journal says {stages[-1]}")
    yield from _pauses(desk, row, reference, links)
    yield from _progress(row, reference, links)
    yield from _evidence(desk, row.id, reference)
    yield from _wording(desk, row.id, links, payloads)
    if any(link.position not in payloads for link in links):
        return
    words = [(link, chain.detail(payloads[link.position])) for link in links]
    yield from _facts(desk, row.id, reference, words)
    yield from _answers(desk, row.id, reference, words)
    yield from _letters(desk, row.id, reference, words)
    yield from _champion(desk, row.champion_id, reference, words)
    yield from _scores(desk, row.id, reference, words)
    yield from _interests(desk, row.id, reference, words)
    yield from _lease(desk, row.id, reference, words)
    yield from _version(desk, row.workflow_version_id, reference, words)


def _pauses(
    desk: Desk, row: queries.AnyRow, reference: str, links: Sequence[Link]
) -> Iterator[Finding]:
    """Hold the days on which targets stood still against the steps that paused and resumed.

    The steps of a case that was migrated are those of several versions: nothing is compared there.
    """
    if any(link.action == "migrated" for link in links):
        return
    t, said = m.workflow_versions, tuple[Pause, ...]()
    sha256 = desk.db.execute(select(t.c.sha256).where(t.c.id == row.workflow_version_id)).scalar()
    route = queries.workflows(desk.db, [sha256])[sha256] if sha256 else None
    for link in links:
        step = route.transitions.get(link.trigger or "") if route else None
        if step is not None and link.action == "advanced":
            said = pauses_after(said, step, date.fromisoformat(link.happened_on), "")
    if [one[:2] for one in said] != [one[:2] for one in row.pauses]:
        yield Finding(reference, 0, "was paused on other days than its journal says")


def _progress(row: queries.AnyRow, reference: str, links: Sequence[Link]) -> Iterator[Finding]:
    """Hold the day on which a case was last moved on against its changes of stage and answers.

    Steps within a stage, facts and letters can be later progress, so only the bounds are held.
    """
    moved = [
        one.happened_on for one in links
        if one.action in progress.ANSWERS
        or (one.action in queries.MOVES and one.to_stage != one.from_stage)
    ]  # fmt: skip
    days = {link.happened_on for link in links}
    said = row.progress_on.isoformat() if row.progress_on else None
    if said and (said not in days or said < max(moved, default=said)):
        yield Finding(reference, 0, "was last moved on another day than its journal says")


Words = Sequence[tuple[Link, dict[str, Any]]]


def _facts(desk: Desk, case_id: int, reference: str, words: Words) -> Iterator[Finding]:
    said: dict[str, Any] = {}
    for link, detail in words:
        facts = detail.get("facts") or {}
        said.update({name: (value, link.happened_on) for name, value in facts.items()})
    rows = desk.db.execute(select(m.facts).where(m.facts.c.case_id == case_id))
    stored = {row.name: (json.loads(row.value), row.happened_on.isoformat()) for row in rows}
    for name in sorted(said.keys() | stored.keys()):
        if said.get(name) != stored.get(name):
            yield Finding(reference, 0, f"has another {name} on file than its journal says")


def _answers(desk: Desk, case_id: int, reference: str, words: Words) -> Iterator[Finding]:
    said = Counter(
        (link.trigger, d.get("department"), ANSWERS[link.action], link.happened_on,
         d.get("method"), d.get("statement_sha256", ""))
        for link, d in words if link.action in ANSWERS
    )  # fmt: skip
    t = m.signoffs
    query = select(t).where(t.c.case_id == case_id, t.c.decision.is_not(None))
    for row in desk.db.execute(query):
        key = (row.trigger, row.department, row.decision, row.decided_on.isoformat(), row.method,
               row.statement_sha256)  # fmt: skip
        if not said[key]:
            yield Finding(reference, 0, f"has an answer of {row.department} no record speaks of")


def _letters(desk: Desk, case_id: int, reference: str, words: Words) -> Iterator[Finding]:
    said = {number for _, d in words for number in (d.get("letters") or {}).values()}
    t = m.letters
    stored = set(desk.db.execute(select(t.c.number).where(t.c.case_id == case_id)).scalars())
    for number in sorted(said - stored):
        yield Finding(reference, 0, f"has lost letter {number}, which its journal speaks of")


def _wording(
    desk: Desk, case_id: int, links: Sequence[Link], payloads: Mapping[int, Payload]
) -> Iterator[Finding]:
    """Hold the words of letters against their hashes; letters of older records have none.

    One without any words must have been erased on the record.
    """
    erasure = any(link.action in ("erased", "destroyed") for link in links)
    said: dict[str, str] = {}
    for words in payloads.values():
        said.update(chain.detail(words).get("letters_sha256") or {})
    t = m.letters
    rows = desk.db.execute(select(t).where(t.c.case_id == case_id)).mappings()
    for row in (dict(found) for found in rows):
        erased = erasure and not row["text"] and not row["html"]
        known = said.get(str(row["number"]))
        if known and not erased and chain.letter_sha256(row) != known:
            sentence = f"has other words in letter {row['number']} than were sent"
            yield Finding(links[0].case, 0, sentence)


def _champion(
    desk: Desk, champion_id: int | None, reference: str, words: Words
) -> Iterator[Finding]:
    """Hold the champion of the case's row against whom the journal named last."""
    said = [d.get("champion") for link, d in words if link.action == "champion_named"]
    query = select(m.people.c.name, m.people.c.erased_on).where(m.people.c.id == champion_id)
    stored = desk.db.execute(query).one_or_none()
    if stored is not None and stored.erased_on:
        return  # the record keeps no name to compare
    if (stored.name if stored else None) != (said[-1] if said else None):
        yield Finding(reference, 0, "has another champion than its journal says")


def _version(desk: Desk, version_id: int, reference: str, words: Words) -> Iterator[Finding]:
    """Hold the version a case is pinned to against what it was opened on or migrated to.

    Cases opened by older versions of assetflow say nothing of it until they are migrated.
    """
    said = [d.get("to") if link.action == "migrated" else d.get("route")
            for link, d in words if link.action in ("opened", "migrated")]  # fmt: skip
    t = m.workflow_versions
    pinned = desk.db.execute(select(t.c.sha256).where(t.c.id == version_id)).scalar_one_or_none()
    if said and said[-1] and said[-1]["sha256"] != pinned:
        yield Finding(reference, 0, "runs on another version of its route than its journal says")


def _scores(desk: Desk, case_id: int, reference: str, words: Words) -> Iterator[Finding]:
    """Hold each score against what the journal said of it last; an agreed one is nobody's own."""
    said = {
        (d.get("criterion"), link.action, d.get("scorer") if link.action == "score_given" else "")
        : d.get("score")
        for link, d in words if link.action in ("score_given", "score_moderated")
    }  # fmt: skip
    t, p = m.scores, m.people
    query = select(t.c.criterion, t.c.moderated, t.c.score, p.c.name, p.c.erased_on)
    for row in desk.db.execute(
        query.join(p, p.c.id == t.c.scorer_id).where(t.c.case_id == case_id)
    ):
        action = "score_moderated" if row.moderated else "score_given"
        if row.erased_on and not row.moderated:
            continue  # the record keeps no name to compare
        if said.get((row.criterion, action, "" if row.moderated else row.name)) != row.score:
            sentence = f"has another score for {row.criterion} than its journal says"
            yield Finding(reference, 0, sentence)


def _interests(desk: Desk, case_id: int, reference: str, words: Words) -> Iterator[Finding]:
    said = {d.get("person"): d.get("steps_aside") for link, d in words
            if link.action == "interest_declared"}  # fmt: skip
    t, p = m.interests, m.people
    query = select(t.c.steps_aside, p.c.name, p.c.erased_on).join(p, p.c.id == t.c.person_id)
    for row in desk.db.execute(query.where(t.c.case_id == case_id)):
        if not row.erased_on and said.get(row.name) != bool(row.steps_aside):
            yield Finding(
                reference, 0, f"has another declaration of {row.name} than its journal says"
            )


def _lease(desk: Desk, case_id: int, reference: str, words: Words) -> Iterator[Finding]:
    """Hold lease terms, and what was accepted of them, against what was recorded then."""
    said = {(d.get("paper"), d.get("number")): d.get("sha256")
            for link, d in words if link.action == "paper_recorded"}  # fmt: skip
    t = m.lease_papers
    for row in desk.db.execute(select(t).where(t.c.case_id == case_id)):
        digest = hashlib.sha256(row.terms.encode()).hexdigest() if row.terms else row.sha256
        if not digest == row.sha256 == said.get((row.paper, row.number)):
            sentence = f"has other terms in {row.paper} {row.number} than its journal says"
            yield Finding(reference, 0, sentence)
    accepted = {(code, d.get("party")) for link, d in words
                if link.action == "drift_accepted" for code in d.get("codes", ())}  # fmt: skip
    a = m.lease_acceptances
    for row in desk.db.execute(select(a.c.code, a.c.party).where(a.c.case_id == case_id)):
        if (row.code, row.party) not in accepted:
            yield Finding(reference, 0, "has an acceptance that its journal does not know")


def _evidence(desk: Desk, case_id: int, reference: str) -> Iterator[Finding]:
    t = m.evidence
    query = select(t.c.name, t.c.sha256, t.c.content).where(t.c.case_id == case_id)
    for row in desk.db.execute(query):
        if row.content is not None and hashlib.sha256(row.content).hexdigest() != row.sha256:
            yield Finding(reference, 0, f"has other evidence in {row.name} than was handed in")


def of_roles(desk: Desk, links: Sequence[Link], payloads: Mapping[int, Payload]) -> list[Finding]:
    """List the roles in force that no record of the council journal gives.

    Roles given before there was a council journal, and those of people erased, have no record.
    Where the words of a record were erased, its moment and actor are held against the row.
    """
    words = [
        (link, chain.detail(payloads[link.position])) for link in links if link.position in payloads
    ]
    # One ended on the day it began can be given again that day: the last word counts.
    given = {(d.get("person"), d.get("role"), d.get("from")): link.position
             for link, d in words if link.action == "role_granted"}  # fmt: skip
    ended: dict[tuple[Any, Any], list[Link]] = defaultdict(list)
    for link, d in words:
        if link.action == "role_ended":
            ended[d.get("person"), d.get("role")].append(link)
    begun = min((link.recorded_at for link in links), default="")
    wordless = {(link.recorded_at, link.actor) for link in links
                if link.action == "role_granted" and link.position not in payloads}  # fmt: skip
    found = []
    for row in desk.db.execute(_roles()):
        role = str(Role(row.role, row.department))
        if row.erased_on or (row.granted_at is None and _older(row.recorded_at, begun)):
            continue
        if (
            row.granted_at
            and (queries.instant_text(row.granted_at), str(row.granted_by_id)) in wordless
        ):
            continue
        position = given.get((row.handle, role, row.valid_from.isoformat()))
        if position is None:
            found.append(Finding(COUNCIL, 0, f"speaks of no role {role} of {row.handle}"))
        elif any(_ends(link, position, row) for link in ended[row.handle, role]):
            found.append(Finding(COUNCIL, 0, f"says that the role {role} of {row.handle} ended"))
    return found


def of_versions(
    desk: Desk, links: Sequence[Link], payloads: Mapping[int, Payload]
) -> Iterator[Finding]:
    """List the published versions of routes of which the council journal says something else."""
    records = [link.position for link in links if link.action == "workflow_published"]
    if any(position not in payloads for position in records):
        return  # words that were erased cannot be held against anything
    said = [chain.detail(payloads[position]) for position in records]
    published = {(d["name"], d["version"], d["sha256"], d["valid_from"]) for d in said}
    t = m.workflow_versions
    rows = list(desk.db.execute(select(t)))
    for row in rows:
        since = row.valid_from.isoformat() if row.valid_from else None
        known = (row.name, row.version, row.sha256, since) in published
        if (row.published_by_id is not None or since) and not known:
            yield Finding(COUNCIL, 0, f"speaks of no such version {row.version} of {row.name}")
    stored = {(row.name, row.version) for row in rows}
    for name, version, *_ in sorted(published, key=str):
        if (name, version) not in stored:
            yield Finding(COUNCIL, 0, f"speaks of version {version} of {name}, which is lost")


def of_texts(desk: Desk) -> Iterator[Finding]:
    """List the stored versions of routes whose text is not the one that was stored."""
    t = m.workflow_versions
    for row in desk.db.execute(select(t.c.name, t.c.version, t.c.sha256, t.c.canonical)):
        if hashlib.sha256(row.canonical.encode()).hexdigest() != row.sha256:
            sentence = f"has another text of version {row.version} than its hash says"
            yield Finding(f"the route {row.name}", 0, sentence)


def _ends(end: Link, given_at: int, row: Any) -> bool:
    """Tell whether a record ends a role that its row says has not been ended."""
    lasting = row.valid_to is None or row.valid_to.isoformat() >= end.happened_on
    return row.ended_at is None and end.position > given_at and lasting


def _roles() -> Any:
    g, p = m.role_grants, m.people
    return select(g, p.c.handle, p.c.erased_on, p.c.recorded_at).join(p, p.c.id == g.c.person_id)


def _older(recorded_at: Any, begun: str) -> bool:
    return not begun or queries.instant_text(recorded_at) < begun
