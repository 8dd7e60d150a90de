"""May this person audit this system, and if not, why (9.2.2; INV-AUD1, SD-3)."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.assessments import queries as assessments
from governance.core import clock
from governance.signoffs.models import SignOff, SignOffState
from governance.systems import queries as systems
from governance.systems.models import AiSystem
from governance.trail import queries as trail

LOOK_BACK = timedelta(days=365)


def objection(session: Session, person_id: int, system: AiSystem) -> str:
    """Why a person is not independent of a system, or an empty text if they are. Looks back twelve months."""
    if person_id == system.owner_id:
        return "owns the system"
    if person_id == system.technical_owner_id:
        return "owns it technically"
    if person_id in trail.editors(session, system):
        return "wrote its register entry"
    for assessment in assessments.of_system(session, system.id):
        if person_id == assessment.owner_id or person_id in trail.editors(session, assessment):
            return f"worked on its risk assessment {assessment.reference}"
    subjects = [
        item.id for _, group in systems.related(session, system) for item in group if item.kind != "audit"
    ]
    signed = select(SignOff).where(
        SignOff.subject_id.in_([system.id, *subjects]),
        SignOff.signer_id == person_id,
        SignOff.state == SignOffState.SIGNED,
        SignOff.signed_at > clock.now() - LOOK_BACK,
    )
    found = session.scalars(signed).first()
    return f"signed {found.subject.reference} ({found.slot.replace('_', ' ')})" if found else ""


def who_else(session: Session, system: AiSystem, besides: int | None) -> list[str]:
    """Names of auditors who would be independent."""
    auditors = people.with_role(session, "auditor")
    return [item.name for item in auditors if item.id != besides and not objection(session, item.id, system)]
