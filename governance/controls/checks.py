"""What an auditor asks about the statement of applicability, about sign-offs, and about the registry's own pulse."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, String, and_, cast, exists, literal, not_, or_, select
from sqlalchemy.orm import aliased

from governance.access.models import Person
from governance.controls.models import (
    ControlDecision,
    Implementation,
    StatementOfApplicability,
    StatementState,
)
from governance.core import clock
from governance.core.checks import ORGANISATION, check, failing_as_a_whole
from governance.core.records import Record
from governance.jobs.models import Heartbeat
from governance.signoffs.models import SignOff, SignOffState
from governance.systems.models import GateState, LifecycleGate, Waiver, WaiverState

_STATEMENTS = "/statements-of-applicability"
_ABOUT = "statement_of_applicability"


def _in_force(condition: Any, what: str) -> Select[Any]:
    """The statement in force if one of its decisions meets a condition, with the first such control."""
    table, spine, row = StatementOfApplicability.__table__, Record.__table__, ControlDecision.__table__
    first = (
        select(literal(f"{what}: ") + row.c.control)
        .where(row.c.statement_id == table.c.id, condition)
        .order_by(row.c.position)
        .limit(1)
        .scalar_subquery()
    )
    statement: Select[Any] = (
        select(table.c.id, spine.c.reference, first.label("detail"))
        .join(spine, spine.c.id == table.c.id)
        .where(spine.c.state == StatementState.APPROVED)
        .where(exists(select(row.c.id).where(row.c.statement_id == table.c.id, condition)))
    )
    return statement


@check(
    "controls.statement_in_force",
    clause="6.1.3",
    severity="major",
    title="An approved statement of applicability",
    fix=_STATEMENTS,
    about=ORGANISATION,
)
def no_statement(today: date) -> Select[Any]:
    """No statement of applicability is approved and in force (INV-SOA4)."""
    approved = select(Record.id).where(Record.kind == _ABOUT, Record.state == StatementState.APPROVED)
    return failing_as_a_whole(not_(exists(approved)), "None is approved.")


@check(
    "controls.implemented_with_evidence",
    clause="8.1",
    severity="major",
    title="Implemented controls have evidence",
    fix=_STATEMENTS + "/{reference}",
    about=_ABOUT,
)
def implemented_without_evidence(today: date) -> Select[Any]:
    """A control is called implemented and names no evidence (INV-SOA3)."""
    row = ControlDecision.__table__
    bare = cast(row.c.evidence, String).in_(("[]", "null"))
    return _in_force(and_(row.c.implementation == Implementation.IMPLEMENTED, bare), "first")


@check(
    "controls.exclusions_in_date",
    clause="6.1.3",
    severity="major",
    title="Exclusions justified and in date",
    fix=_STATEMENTS + "/{reference}",
    about=_ABOUT,
)
def exclusion_past_review(today: date) -> Select[Any]:
    """An exclusion has no justification, or its review is past."""
    row = ControlDecision.__table__
    excluded = row.c.applicable.is_(False)
    bad = or_(row.c.justification == "", row.c.review_due_on.is_(None), row.c.review_due_on < today)
    return _in_force(and_(excluded, bad), "first")


@check(
    "controls.owned",
    clause="5.3",
    severity="minor",
    title="Controls have an owner",
    fix=_STATEMENTS + "/{reference}",
    about=_ABOUT,
)
def without_owner(today: date) -> Select[Any]:
    """An applicable control has no owner, or its owner left."""
    row, person = ControlDecision.__table__, Person.__table__
    left = exists(select(person.c.id).where(person.c.id == row.c.owner_id, person.c.left_on <= today))
    return _in_force(and_(row.c.applicable.is_(True), or_(row.c.owner_id.is_(None), left)), "first")


@check(
    "controls.reviewed",
    clause="6.1.3, 9.1",
    severity="minor",
    title="Controls looked at within a year",
    fix=_STATEMENTS + "/{reference}",
    about=_ABOUT,
)
def not_reviewed(today: date) -> Select[Any]:
    """A decision on a control is older than a year."""
    row = ControlDecision.__table__
    old = today - timedelta(days=366)
    return _in_force(or_(row.c.reviewed_on.is_(None), row.c.reviewed_on < old), "first")


def _sign_offs(condition: Any) -> Select[Any]:
    columns: Any = select(SignOff.id, Record.reference, literal("").label("detail"))
    statement: Select[Any] = columns.select_from(SignOff).where(Record.kind == "sign_off", condition)
    return statement


@check(
    "controls.signatures_fresh",
    clause="7.5.2",
    severity="major",
    title="No stale signature",
    fix="/sign-offs/{reference}",
    about="sign_off",
)
def stale(today: date) -> Select[Any]:
    """Content changed after it was signed, and nobody signed it anew (SO-10)."""
    return _sign_offs(SignOff.state == SignOffState.STALE)


@check(
    "controls.signers_present",
    clause="5.3",
    severity="minor",
    title="Requested signatures can be given",
    fix="/sign-offs/{reference}",
    about="sign_off",
)
def owner_left(today: date) -> Select[Any]:
    """A signature is requested on a record whose owner left (SO-17)."""
    person = Person.__table__
    left = exists(select(person.c.id).where(person.c.id == Record.owner_id, person.c.left_on <= today))
    return _sign_offs(and_(SignOff.state == SignOffState.REQUESTED, left))


@check(
    "controls.waivers_in_date",
    clause="6.1.3",
    severity="major",
    title="No expired waiver relied on",
    fix="/waivers/{reference}",
    about="waiver",
)
def waiver_expired(today: date) -> Select[Any]:
    """A gate that was passed with a waiver still stands although the waiver ended."""
    gate, spine = LifecycleGate.__table__, aliased(Record.__table__)
    standing = exists(
        select(gate.c.id)
        .join(spine, spine.c.id == gate.c.id)
        .where(
            gate.c.system_id == Waiver.system_id,
            gate.c.gate == Waiver.gate,
            spine.c.state == GateState.PASSED,
        )
    )
    columns: Any = select(Waiver.id, Record.reference, literal("").label("detail"))
    statement: Select[Any] = columns.select_from(Waiver).where(
        Record.kind == "waiver", Waiver.state == WaiverState.APPROVED, Waiver.expires_on < today, standing
    )
    return statement


@check(
    "controls.worker_alive",
    clause="8.1",
    severity="major",
    title="The worker is alive",
    fix="/dry-audit",
    about=ORGANISATION,
)
def no_pulse(today: date) -> Select[Any]:
    """No worker gave a sign of life within the last hour, so nothing happens by itself."""
    recent = select(Heartbeat.worker).where(Heartbeat.at >= clock.now() - timedelta(hours=1))
    return failing_as_a_whole(not_(exists(recent)), "Schedules, reminders and the dry audit stand still.")
