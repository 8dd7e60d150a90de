"""What the register does by itself: conditions that ran out, and classifications whose rules changed."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from governance.core import checks
from governance.core.records import Record
from governance.jobs.registry import recurring
from governance.systems import queries, service
from governance.systems.classification import wizard
from governance.systems.models import (
    AiSystem,
    Classification,
    ClassificationState,
    GateState,
    Status,
    Waiver,
    WaiverState,
)


@recurring("systems.conditions", every_seconds=900)
def suspend_what_a_condition_allowed(session: Session, now: datetime) -> None:
    """Suspend active systems whose waiver ran out while its item is still missing (INV-GAT3). Again: changes nothing."""
    session.info["verb"] = "systems.conditions"
    ended = (
        select(Waiver)
        .where(Record.kind == "waiver", Waiver.state == WaiverState.APPROVED, Waiver.expires_on < now.date())
        .options(joinedload(Waiver.system))
    )
    for waiver in session.scalars(ended):
        system = waiver.system
        if system.state == Status.ACTIVE and _still_relied_on(session, waiver):
            gaps = checks.gaps_of(session, system.id, [waiver.check_id])
            if gaps:
                reason = f"{waiver.reference} ran out on {waiver.expires_on} and its item is still missing: {gaps[0].title}"
                session.info["reason"] = reason
                service.suspend_because(system, reason)
                session.flush()


def _still_relied_on(session: Session, waiver: Waiver) -> bool:
    """Whether no gate was passed after the waiver ran out: then the item was asked for anew."""
    return not any(
        gate.state == GateState.PASSED and gate.decided_at and gate.decided_at.date() > waiver.expires_on
        for gate in queries.gates(session, waiver.system)
    )


@recurring("systems.classification_rules", every_seconds=900)
def reconfirm_after_new_rules(session: Session, now: datetime) -> None:
    """Mark approved classifications that were made with other rules than those in force. Again: changes nothing."""
    session.info["verb"] = "systems.classification_rules"
    outdated = (
        select(Classification)
        .where(
            Record.kind == "classification",
            Classification.state == ClassificationState.APPROVED,
            Classification.rule_version != wizard().rule_version,
        )
        .options(joinedload(Classification.system))
    )
    for decision in session.scalars(outdated):
        if decision.system.state not in AiSystem.FROZEN:
            session.info["reason"] = f"Rules {wizard().rule_version} are in force."
            decision.state = ClassificationState.TO_RECONFIRM
            session.flush()
