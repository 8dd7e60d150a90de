"""The management system of the demonstration: a statement of applicability, a newer draft, a suppression, and dry audits."""

from datetime import date, timedelta
from typing import Any

from governance.access.actor import SCHEDULER
from governance.controls import dry_audit, frameworks_seen
from governance.controls import service as controls
from governance.controls.models import ControlDecision, Implementation, StatementOfApplicability
from governance.controls.schemas import DecideControl, SuppressGap
from governance.core import clock, records
from governance.demo_people import Tale
from governance.demo_story import Story

_EXCLUDED = {
    "A.10.4": "No customer uses our systems; all are for our own patients and staff.",
    "A.6.1.3": "We release no system to others; the gates of A.6.2 hold for own use.",
}
_PARTLY = frozenset({"A.4.5", "A.7.6", "A.8.5", "A.9.3"})
_EVIDENCE = ("EVD-0001", "EVD-0004")


def tell_controls(story: Story, today: date) -> Tale[None]:
    """A statement in force with two exclusions, a newer draft, one gap borne for a while, and two dry audits."""
    yield today - timedelta(days=160)
    with story.acting("olivia") as session:
        reference = controls.draft_statement(session).reference
        item = records.get(session, StatementOfApplicability, reference)
        for row in list(item.entries):
            controls.decide(session, item, row, _decision(story, row, item.version))
            session.flush()
        controls.submit_statement(session, item)
    story.sign_all(reference, olivia="compliance_lead", eve="top_management")
    for days in (30, 10):
        yield today - timedelta(days=days)
        _dry_audit(story)
    yield today - timedelta(days=5)
    with story.acting("olivia") as session:
        controls.draft_statement(session)
    with story.acting("olivia") as session:
        data = SuppressGap(
            reason="The audit is held in January with the new team", expires_on=today + timedelta(days=70)
        )
        controls.suppress(session, "audits.none_missed", "AUD-2026-002", data)


def look_again(story: Story, today: date) -> Tale[None]:
    """The dry audit after the management review."""
    yield today - timedelta(days=2)
    _dry_audit(story)


def _decision(story: Story, row: ControlDecision, version: int) -> DecideControl:
    values: dict[str, Any] = {"version": version}
    if row.control in _EXCLUDED:
        due = clock.today() + timedelta(days=300)
        values |= {"applicable": False, "justification": _EXCLUDED[row.control], "review_due_on": due}
        return DecideControl.model_validate(values)
    partly = row.control in _PARTLY
    values |= {
        "applicable": True,
        "justification": "Risks of patient care; GDPR; AI Act duties of deployers.",
        "implementation": Implementation.PARTLY if partly else Implementation.IMPLEMENTED,
        "how": "Through the gates, records and audits of this registry.",
        "owner_id": story.id("olivia" if row.control < "A.6" else "tess"),
        "evidence": [] if partly else list(_EVIDENCE),
    }
    return DecideControl.model_validate(values)


def _dry_audit(story: Story) -> None:
    with story.database.transaction(SCHEDULER, source="scheduler") as session:
        frameworks_seen.note(session)
        dry_audit.keep(session, dry_audit.answers(session), ())
