"""What an auditor asks about signatures."""

from datetime import date
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from governance.core.checks import check
from governance.core.records import Record
from governance.signoffs.catalogue import rules
from governance.signoffs.models import SignOff, SignOffState
from governance.trail.models import TrailEvent
from governance.trail.queries import CONSEQUENCE


@check(
    "signoffs.none_stale",
    clause="7.5.2",
    severity="major",
    title="No stale sign-off on the register entry",
    fix="/systems/{reference}/sign-offs",
)
def stale(today: date) -> Select[Any]:
    """The register entry changed after it was signed and was not signed again."""
    system = Record.__table__.alias("system_record")
    newest = (
        select(SignOff.subject_id, SignOff.policy, func.max(SignOff.round).label("round"))
        .group_by(SignOff.subject_id, SignOff.policy)
        .subquery()
    )
    bad = (
        select(SignOff.subject_id)
        .join(
            newest,
            (newest.c.subject_id == SignOff.subject_id)
            & (newest.c.policy == SignOff.policy)
            & (newest.c.round == SignOff.round),
        )
        .where(SignOff.state == SignOffState.STALE)
    )
    detail = literal("It changed after it was signed.").label("detail")
    return select(system.c.id, system.c.reference, detail).where(
        system.c.kind == "ai_system", system.c.id.in_(bad)
    )


@check(
    "signoffs.duties_separate",
    clause="5.3, A.3.2",
    severity="critical",
    title="Nobody signs what they wrote or own, or twice",
    fix="/sign-offs/{reference}",
    about="sign_off",
)
def not_separate(today: date) -> Select[Any]:
    """A standing signature breaks the separation of duties, however it came about (SD-1, SD-5, SO-09; INV-SIG3)."""
    subject, other = Record.__table__.alias("subject"), aliased(SignOff.__table__)
    events = TrailEvent.__table__
    wrote = exists().where(
        events.c.record_id == SignOff.subject_id,
        events.c.actor_id == SignOff.signer_id,
        events.c.kind == subject.c.kind,
        events.c.body.contains('"op":"create"'),
        ~events.c.verb.endswith(CONSEQUENCE),
    )
    twice = exists().where(
        other.c.subject_id == SignOff.subject_id,
        other.c.round == SignOff.round,
        other.c.policy == SignOff.policy,
        other.c.signer_id == SignOff.signer_id,
        other.c.id != SignOff.id,
    )
    is_author = and_(_independent_of("not_author"), wrote)
    is_owner = and_(_independent_of("not_owner"), SignOff.signer_id == subject.c.owner_id)
    detail = case(
        (is_author, literal("Signed by who wrote it")),
        (is_owner, literal("Signed by the owner of the system")),
        else_=literal("One person signed twice"),
    )
    statement: Select[Any] = (
        select(SignOff.id, Record.reference, detail.label("detail"))
        .join(subject, subject.c.id == SignOff.subject_id)
        .where(Record.kind == "sign_off", SignOff.state == SignOffState.SIGNED)
        .where(or_(is_author, is_owner, twice))
    )
    return statement


def _independent_of(rule: str) -> Any:
    """Whether the policy or the slot of a signature forbids this nearness of the signer."""
    policies = [name for name, item in rules().policies.items() if getattr(item, rule)]
    slots = [name for name, item in rules().slots.items() if getattr(item, rule)]
    return or_(SignOff.policy.in_(policies), SignOff.slot.in_(slots))
