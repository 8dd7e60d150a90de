"""May this person audit these systems, or the management system, and if not, why (9.2.2; INV-AUD1, SD-3)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.audits import catalogue
from governance.core import clock
from governance.core.errors import Refused
from governance.core.records import Record
from governance.signoffs.models import SignOff, SignOffState
from governance.systems.models import AiSystem
from governance.systems.supplier_models import Supplier, SystemSupplier
from governance.trail import queries as trail

# Writing these is auditing, or following up on an audit, and makes nobody a part of what is audited.
_APART = frozenset({"audit", "audit_schedule", "finding", "corrective_action", "sign_off", "evidence", "evidence_pack"})  # fmt: skip
# What the management system consists of; who wrote or signed it does not audit it.
_AIMS = frozenset({"policy", "objective", "management_review", "statement_of_applicability"})
_CHUNK = 500

Objection = Callable[[Session, int, Sequence[AiSystem]], str]
_further: list[Objection] = []


def objects(source: Objection) -> Objection:
    """Declare what a room above holds against somebody's independence; the function returns the reason or an empty text."""
    _further.append(source)
    return source


def since() -> datetime:
    """From when on a part in something counts against independence."""
    return clock.now() - relativedelta(months=catalogue.programme().look_back_months)


def objection(session: Session, person_id: int, systems: Sequence[AiSystem]) -> str:
    """Why a person is not independent of these systems, or of the management system if there are none; empty if they are.

    Looks back as many months as config/audit_programme.yaml says.
    """
    return objections(session, [person_id], systems)[person_id]


def objections(session: Session, person_ids: Iterable[int], systems: Sequence[AiSystem]) -> dict[int, str]:
    """The same for several people, by their ids."""
    concerned = records_of(session, systems) if systems else _records_of_aims(session)
    return {
        person_id: next(_objections(session, person_id, systems, concerned), "") for person_id in person_ids
    }


def _objections(
    session: Session, person_id: int, systems: Sequence[AiSystem], concerned: dict[int, str]
) -> Iterator[str]:
    if systems:
        yield from _owns(session, person_id, systems)
        yield from _supplies(session, person_id, systems)
    yield from _wrote(session, person_id, concerned)
    yield from _signed(session, person_id, concerned)
    for source in _further:
        if found := source(session, person_id, systems):
            yield found


def _owns(session: Session, person_id: int, systems: Sequence[AiSystem]) -> Iterator[str]:
    superior = people.person(session, person_id).reports_to_id
    for system in systems:
        if superior is not None and superior in (system.owner_id, system.technical_owner_id):
            yield f"reports to who owns {system.reference}"
        if person_id == system.owner_id:
            yield f"owns {system.reference}"
        if person_id == system.technical_owner_id:
            yield f"answers for {system.reference} technically"
    ids = [system.id for system in systems]
    for record_id, column in trail.held(session, person_id, ids, ("owner_id", "technical_owner_id"), since()):
        system = next(item for item in systems if item.id == record_id)
        yield f"{'owned' if column == 'owner_id' else 'answered technically for'} {system.reference} until not long ago"


def _supplies(session: Session, person_id: int, systems: Sequence[AiSystem]) -> Iterator[str]:
    for ids in _chunks([system.id for system in systems]):
        supplies = (
            select(Supplier.reference, Supplier.title)
            .join(SystemSupplier, SystemSupplier.supplier_id == Supplier.id)
            .where(SystemSupplier.system_id.in_(ids), Supplier.owner_id == person_id)
        )
        for reference, title in session.execute(supplies.limit(1)):
            yield f"answers for the third party {reference} {title} that supplies it"


@cache
def _kinds_about_systems() -> tuple[Any, ...]:
    """Tables of records that are about one system and whose authors had a part in it."""
    mappers = Record.__mapper__.self_and_descendants
    return tuple(
        mapper.class_
        for mapper in mappers
        if "system_id" in mapper.local_table.c and mapper.polymorphic_identity not in _APART
    )


def records_of(session: Session, systems: Sequence[AiSystem]) -> dict[int, str]:
    """Reference by id of the systems and of what was assessed, decided and written about them."""
    found = {system.id: system.reference for system in systems}
    for ids in _chunks(list(found)):
        for kind in _kinds_about_systems():
            rows = session.execute(select(kind.id, kind.reference).where(kind.system_id.in_(ids)))
            found |= {row.id: row.reference for row in rows}
    return found


def _records_of_aims(session: Session) -> dict[int, str]:
    rows = session.execute(select(Record.id, Record.reference).where(Record.kind.in_(_AIMS)))
    return {row.id: row.reference for row in rows}


def _wrote(session: Session, person_id: int, concerned: dict[int, str]) -> Iterator[str]:
    for ids in _chunks(list(concerned)):
        for record_id in trail.written(session, person_id, ids, since()):
            yield f"wrote {concerned[record_id]}"


def _signed(session: Session, person_id: int, concerned: dict[int, str]) -> Iterator[str]:
    for ids in _chunks(list(concerned)):
        signed = select(SignOff).where(
            SignOff.subject_id.in_(ids),
            SignOff.signer_id == person_id,
            or_(SignOff.state == SignOffState.SIGNED, SignOff.state == SignOffState.STALE),
            SignOff.signed_at > since(),
        )
        for item in session.scalars(signed.limit(1)):
            yield f"signed {concerned[item.subject_id]} ({item.slot.replace('_', ' ')})"


def _chunks(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]


def who_else(session: Session, systems: Sequence[AiSystem], besides: int | None) -> list[str]:
    """Names of auditors who would be independent."""
    auditors = [item for item in people.with_role(session, "auditor") if item.id != besides]
    against = objections(session, [item.id for item in auditors], systems)
    return [item.name for item in auditors if not against[item.id]]


def refuse_dependent(
    session: Session, person_id: int, systems: Sequence[AiSystem], *, field: str = "lead_auditor_id"
) -> None:
    """Refuse a person who is not independent, with the reason and who would be free. Raises Refused."""
    why = objection(session, person_id, systems)
    if not why:
        return
    name = people.person(session, person_id).name
    others = (
        ", ".join(who_else(session, systems, person_id))
        or "nobody at present; ask another unit or an external auditor, or arrange a compensating review"
    )
    about = systems[0].reference if len(systems) == 1 else "what is audited"
    raise Refused(
        f"{name} {why} and is not independent of {about} (9.2.2, INV-AUD1). Independent would be: {others}.",
        field=field,
    )
