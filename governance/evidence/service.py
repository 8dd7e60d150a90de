"""Verbs on evidence: submit, attach, judge."""

from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.errors import Refused
from governance.core.hidden import safe_file_name, safe_media_type
from governance.core.records import Record, link
from governance.evidence.models import Evidence, EvidenceState
from governance.evidence.schemas import JudgeEvidence, SubmitEvidence
from governance.evidence.store import Stored
from governance.trail import queries as trail

LINK_ROLE = "evidence"


@verb("evidence.submit")
def submit(
    session: Session,
    subject: Record,
    data: SubmitEvidence,
    *,
    stored: Stored | None = None,
    filename: str = "",
    media_type: str = "",
) -> Evidence:
    """Submit a file (already in the store) or a link as evidence for a record.

    Raises Refused if there is neither, or both.
    """
    if (stored is None) == (not data.url):
        raise Refused("Give either a file or a link.", field="url")
    item = Evidence(
        **data.model_dump(),
        state=EvidenceState.IN_REVIEW,
        owner_id=actor_of(session).person_id,
        sha256=stored.sha256 if stored else "",
        size=stored.size if stored else 0,
        filename=safe_file_name(filename) if stored else "",
        media_type=safe_media_type(media_type) if stored else "",
        received_at=clock.now(),
    )
    session.add(item)
    session.flush()
    link(session, subject, item, LINK_ROLE)
    return item


@verb("evidence.attach")
def attach(session: Session, subject: Record, item: Evidence) -> Evidence:
    """Let an evidence item that is here already also prove something for another record."""
    link(session, subject, item, LINK_ROLE)
    return item


@verb("evidence.judge")
def judge(session: Session, item: Evidence, data: JudgeEvidence) -> Evidence:
    """Accept or reject an item; whoever submitted it does not judge it (SD-1)."""
    if item.state != EvidenceState.IN_REVIEW:
        raise Refused(f"{item.reference} was judged already.")
    if actor_of(session).person_id in trail.editors(session, item) | {item.created_by_id}:
        raise Refused("Who submitted evidence does not judge it; ask a colleague (SD-1).")
    if data.accept and item.covers_from is None:
        raise Refused(
            "It does not say which time it proves; submit it again with that (INV-EVI3).", field="accept"
        )
    session.info["reason"] = data.reason
    item.state = EvidenceState.APPROVED if data.accept else EvidenceState.REJECTED
    return item
