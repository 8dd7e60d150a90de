"""Verbs of the sampling workbench: count a population, draw from it by a seed, record what each item showed (ISO 19011, A.6)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.audits import independence, sampling
from governance.audits.conduct_models import Sample
from governance.audits.models import Audit, AuditState
from governance.audits.schemas import DrawSample, RecordResults
from governance.core import clock
from governance.core.errors import NotFound, Refused
from governance.core.records import Link, Record
from governance.evidence.models import Evidence
from governance.systems.models import AiSystem

# The references are kept with the sample, so that it can be drawn again; more than these want a narrower question.
MOST = 20_000
RESULTS = ("open", "conforms", "deviates", "not_available")


def kinds() -> dict[str, type[Record]]:
    """Kinds of records a population can be made of: what is about systems, and the systems themselves."""
    mappers = Record.__mapper__.self_and_descendants
    return {
        str(mapper.polymorphic_identity): mapper.class_
        for mapper in sorted(mappers, key=lambda item: str(item.polymorphic_identity))
        if mapper.polymorphic_identity and mapper.class_ is not Record
    }


def population(session: Session, audit: Audit, kind: str, in_state: str, since: date | None) -> list[str]:
    """References of the records of a kind, in the scope of the audit where they belong to a system, sorted.

    Raises Refused for an unknown kind, or a population that is too large to keep.
    """
    found = kinds().get(kind)
    if found is None:
        raise Refused("Choose one of the list.", field="kind")
    statement: Select[Any] = select(Record.__table__.c.reference).where(Record.__table__.c.kind == kind)
    table = found.__table__
    systems = [system.id for system in audit.systems]
    if systems and found is AiSystem:
        statement = statement.where(Record.__table__.c.id.in_(systems))
    elif systems and "system_id" in table.c:
        statement = statement.join(table, table.c.id == Record.__table__.c.id).where(table.c.system_id.in_(systems))  # fmt: skip
    elif systems and found is Evidence:
        about = independence.records_of(session, audit.systems)
        linked = select(Link.target_id).where(Link.source_id.in_(about))
        statement = statement.where(Record.__table__.c.id.in_(linked))
    if in_state:
        statement = statement.where(Record.__table__.c.state == in_state)
    if since is not None:
        statement = statement.where(Record.__table__.c.changed_at >= datetime.combine(since, time(), UTC))
    references = sorted(session.scalars(statement.limit(MOST + 1)))
    if len(references) > MOST:
        raise Refused(
            f"These are more than {MOST:,} records; narrow them down by state or date.", field="in_state"
        )
    return references


@dataclass(frozen=True)
class Counted:
    """A population that was counted and not drawn from yet."""

    size: int
    usual: int
    first: tuple[str, ...]


def counted(session: Session, audit: Audit, typed: Mapping[str, str]) -> Counted | str:
    """How large the population is that was typed, or what is wrong with it."""
    try:
        since = date.fromisoformat(typed["since"]) if typed.get("since") else None
        found = population(session, audit, typed.get("kind", ""), typed.get("in_state", ""), since)
    except ValueError:
        return "Write the date as year-month-day."
    except Refused as refusal:
        return refusal.message
    return Counted(len(found), sampling.usual_size(len(found)), tuple(found[:10]))


@verb("audits.draw_sample")
def draw(session: Session, audit: Audit, data: DrawSample) -> Sample:
    """Draw a sample. Seed, size and hash of the population are kept and never changed; another draw is another sample."""
    if audit.state != AuditState.IN_PROGRESS:
        raise Refused(f"{audit.reference} is {audit.state.replace('_', ' ')}; samples are drawn while it is in progress.")  # fmt: skip
    from_these = population(session, audit, data.kind, data.in_state, data.since)
    if not from_these:
        raise Refused("There is no such record in the scope of this audit.", field="kind")
    size = data.size or sampling.usual_size(len(from_these))
    if size > len(from_these):
        raise Refused(f"There are only {len(from_these)}; draw fewer, or all of them.", field="size")
    seed = data.seed or secrets.token_hex(8)
    sample = Sample(
        audit=audit,
        number=len(audit.samples) + 1,
        purpose=data.purpose,
        kind=data.kind,
        in_state=data.in_state,
        since=data.since,
        population=from_these,
        population_size=len(from_these),
        population_hash=sampling.population_hash(from_these),
        seed=seed,
        items=[
            {"reference": reference, "result": "open", "note": ""}
            for reference in sampling.draw(from_these, size, seed)
        ],
        drawn_by_id=actor_of(session).person_id,
        drawn_at=clock.now(),
    )
    session.add(sample)
    session.flush()
    return sample


@verb("audits.record_results")
def record_results(session: Session, audit: Audit, number: int, data: RecordResults) -> Sample:
    """Record what items of a sample showed. What was drawn stays as it was drawn."""
    sample = numbered(audit, number)
    if audit.state != AuditState.IN_PROGRESS:
        raise Refused(f"{sample.audit.reference} is {sample.audit.state.replace('_', ' ')}; its samples stay.")  # fmt: skip
    if unknown := [name for name in data.results.values() if name not in RESULTS]:
        raise Refused(f"{unknown[0]} is no result.", field="results")
    for item in sample.items:
        if data.results.get(item["reference"]) == "deviates" and not data.notes.get(item["reference"]):
            raise Refused(f"Say what deviates in {item['reference']}.", field="notes")
    sample.items = [
        {
            "reference": item["reference"],
            "result": data.results.get(item["reference"], item["result"]),
            "note": data.notes.get(item["reference"], item["note"]),
        }
        for item in sample.items
    ]
    return sample


def numbered(audit: Audit, number: int) -> Sample:
    """A sample of an audit by its number. Raises NotFound."""
    found = next((item for item in audit.samples if item.number == number), None)
    if found is None:
        raise NotFound(f"{audit.reference} has no sample {number}.")
    return found


def is_as_drawn(sample: Sample) -> bool:
    """Whether drawing again from the kept population by the kept seed gives the kept sample."""
    drawn = [item["reference"] for item in sample.items]
    return (
        sampling.population_hash(sample.population) == sample.population_hash
        and sampling.draw(sample.population, len(drawn), sample.seed) == drawn
    )
