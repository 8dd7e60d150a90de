"""Who may fill a slot: roles and relations of config/signoffs.yaml, independence, and one person for one slot."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.core.records import Record
from governance.signoffs.catalogue import Slot, rules
from governance.signoffs.models import SignOff, SignOffState
from governance.trail import queries as trail


def may_fill(session: Session, actor: Actor, item: SignOff) -> str:
    """Why this actor may not sign this slot now, or an empty text if they may (SO-07 to SO-09)."""
    subject = item.subject
    slot = rules().slots[item.slot]
    if not _holds(slot, actor, subject):
        return f"The slot {item.slot.replace('_', ' ')} is for {describe(item.slot)}."
    policy = rules().policies[item.policy]
    authors = _authors(session, subject)
    if (policy.not_author or slot.not_author) and actor.person_id in authors:
        return "Who wrote a record does not approve it (SD-1); ask a colleague who did not edit it."
    if (policy.not_owner or slot.not_owner) and actor.person_id in _owners(subject):
        return "The owner of the system does not fill this slot; it must be independent (SD-5)."
    others = select(SignOff).where(
        SignOff.subject_id == item.subject_id, SignOff.round == item.round, SignOff.policy == item.policy
    )
    for other in session.scalars(others):
        if other.id != item.id and other.state == SignOffState.SIGNED and other.signer_id == actor.person_id:
            return "One person fills one slot only (SO-09); somebody else must sign this one."
    return ""


def describe(slot: str) -> str:
    """Who a slot is for, in words."""
    rule = rules().slots[slot]
    who = [f"the {name.replace('_', ' ')}" for name in rule.relations] + [
        role.replace("_", " ") for role in rule.roles
    ]
    return " or ".join(who)


def _system(subject: Record) -> Record:
    system = getattr(subject, "system", None)
    return system if isinstance(system, Record) else subject


def _holds(slot: Slot, actor: Actor, subject: Record) -> bool:
    if actor.person_id is None:
        return False
    if any(role in actor.roles for role in slot.roles):
        return True
    places = (subject, _system(subject))
    return any(
        getattr(place, f"{name}_id", None) == actor.person_id for name in slot.relations for place in places
    )


def _owners(subject: Record) -> set[int | None]:
    system = _system(subject)
    return {system.owner_id, getattr(system, "technical_owner_id", None)} - {None}


def _authors(session: Session, subject: Record) -> frozenset[int]:
    return trail.editors(session, subject)
