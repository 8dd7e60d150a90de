"""A material change of a system, and what other rooms do about it: mark for re-confirmation, open a re-assessment (INV-SYS5)."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from governance.systems import queries
from governance.systems.models import AiSystem, ClassificationState, Status
from governance.trail.queries import CONSEQUENCE

# A change here means that assessments and classification may no longer fit (INV-SYS5; ISO/IEC 42005, 5.12).
FIELDS = (
    "intended_purpose", "regions", "affected_groups", "autonomy", "decision_effect", "human_oversight",
    "data_description", "data_provenance", "personal_data", "special_category_data", "demographic_features",
)  # fmt: skip
_ASSESSED = (Status.REGISTERED, Status.ACTIVE, Status.SUSPENDED)
_IN_USE = (Status.ACTIVE, Status.SUSPENDED)

Reaction = Callable[[Session, AiSystem, str], None]
Holds = Callable[[Session, AiSystem], bool]
_reactions: list[Reaction] = []
_holding: list[Holds] = []


def when_changed(reaction: Reaction) -> Reaction:
    """Declare what a room does when a system changed materially; it gets the reason in words."""
    _reactions.append(reaction)
    return reaction


def holds_reassessment(still_open: Holds) -> Holds:
    """Declare when a room still has something to re-confirm, so that the system stays under reassessment."""
    _holding.append(still_open)
    return still_open


def announce(session: Session, system: AiSystem, reason: str) -> None:
    """Tell every room that a registered system changed materially. What is signed stays signed until it is assessed anew."""
    if system.state not in _ASSESSED:
        return
    if system.state in _IN_USE:
        system.under_reassessment = reason
    for decision in queries.classifications(session, system):
        if decision.state == ClassificationState.APPROVED:
            decision.state = ClassificationState.TO_RECONFIRM
    session.flush()
    act = session.info.get("verb", "")
    # Who changed the system is not the author of the re-assessment that the registry opens.
    session.info["verb"] = f"systems{CONSEQUENCE}"
    try:
        for react in _reactions:
            react(session, system, reason)
        session.flush()
    finally:
        session.info["verb"] = act


def settle(session: Session, system: AiSystem) -> None:
    """End the reassessment of a system if no room has anything left to re-confirm."""
    session.flush()
    if system.under_reassessment and not any(still_open(session, system) for still_open in _holding):
        system.under_reassessment = ""
