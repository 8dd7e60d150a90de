"""Verbs on the statement of applicability and on suppressions."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.controls import queries
from governance.controls.frameworks import iso42001, iso42001_hash
from governance.controls.models import (
    ControlDecision,
    Implementation,
    StatementOfApplicability,
    StatementState,
    Suppression,
    SuppressionState,
)
from governance.controls.schemas import AddControl, DecideControl, LiftSuppression, SuppressGap
from governance.core import checks, clock, records
from governance.core.errors import Refused
from governance.core.records import Record
from governance.evidence.models import Evidence, EvidenceState
from governance.signoffs import service as signoffs

POLICY = "statement_of_applicability"
LONGEST_SUPPRESSION = timedelta(days=180)
EVIDENCE_AGE = timedelta(days=366)
_COPIED = (
    "control", "title", "applicable", "justification", "implementation", "how", "owner_id", "evidence", "reviewed_on", "review_due_on",
)  # fmt: skip


@verb("controls.draft_statement")
def draft_statement(session: Session) -> StatementOfApplicability:
    """Draft a statement: from the version in force, or with the 38 controls of Annex A undecided (INV-SOA1)."""
    if (waiting := queries.unfinished(session)) is not None:
        raise Refused(f"{waiting.reference} is being worked on; finish it first.", fix=waiting.path)
    former = queries.in_force(session)
    item = StatementOfApplicability(
        title="Statement of applicability",
        state=StatementState.DRAFT,
        owner_id=actor_of(session).person_id,
        revision=former.revision + 1 if former else 1,
        previous_id=former.id if former else None,
        framework_hash=iso42001_hash(),
    )
    known = {row.control: row for row in former.entries} if former else {}
    catalogue = [(control.id, control.title) for control in iso42001().controls]
    own = [(row.control, row.title) for row in known.values() if row.control not in dict(catalogue)]
    for position, (control, title) in enumerate([*catalogue, *own], start=1):
        row = ControlDecision(position=position, control=control, title=title)
        if control in known:
            for name in _COPIED:
                setattr(row, name, getattr(known[control], name))
            row.title = title
        item.entries.append(row)
    session.add(item)
    session.flush()
    return item


def _refuse_unless_draft(item: StatementOfApplicability) -> None:
    if item.state != StatementState.DRAFT:
        state = item.state.replace("_", " ")
        raise Refused(f"{item.reference} is {state} and does not change; draft a new version.")


@verb("controls.decide")
def decide(
    session: Session, item: StatementOfApplicability, row: ControlDecision, data: DecideControl
) -> ControlDecision:
    """Decide on a control. Implemented needs evidence of the last twelve months, an exclusion needs an end (INV-SOA2, INV-SOA3)."""
    _refuse_unless_draft(item)
    evidence = [reference.upper() for reference in data.evidence]
    if unknown := [reference for reference in evidence if records.find(session, reference) is None]:
        raise Refused(f"There is no record {', '.join(unknown)}.", field="evidence")
    if not data.applicable and data.review_due_on is None:
        raise Refused("An exclusion ends; say when it is looked at again.", field="review_due_on")
    if not data.applicable and data.implementation is not Implementation.NOT_STARTED:
        raise Refused("An excluded control is not carried out.", field="implementation")
    if data.applicable and data.implementation is Implementation.IMPLEMENTED:
        _refuse_without_evidence(session, evidence)
    for name, value in data.model_dump(exclude={"version", "evidence"}).items():
        setattr(row, name, value)
    row.evidence, row.reviewed_on = evidence, clock.today()
    item.touch()
    return row


def _refuse_without_evidence(session: Session, references: list[str]) -> None:
    oldest = clock.now() - EVIDENCE_AGE
    for reference in references:
        found = records.find(session, reference)
        if found is not None and _is_fresh(found, oldest):
            return
    raise Refused("“Implemented” needs evidence of the last twelve months (INV-SOA3).", field="evidence")


def _is_fresh(found: Record, oldest: datetime) -> bool:
    if isinstance(found, Evidence):
        return found.state == EvidenceState.APPROVED and found.received_at >= oldest
    return found.changed_at >= oldest


@verb("controls.add_control")
def add_control(session: Session, item: StatementOfApplicability, data: AddControl) -> ControlDecision:
    """Add a control of the organisation's own."""
    _refuse_unless_draft(item)
    if any(row.control == data.control for row in item.entries):
        raise Refused(f"{data.control} is in the statement already.", field="control")
    row = ControlDecision(position=len(item.entries) + 1, control=data.control, title=data.title)
    item.entries.append(row)
    item.touch()
    session.flush()
    return row


@verb("controls.submit_statement")
def submit_statement(session: Session, item: StatementOfApplicability) -> StatementOfApplicability:
    """Ask compliance and top management to sign; every control is decided and justified (INV-SOA2)."""
    _refuse_unless_draft(item)
    if undecided := [row.control for row in item.entries if row.applicable is None]:
        shown = ", ".join(undecided[:8]) + (" …" if len(undecided) > 8 else "")
        raise Refused(f"{len(undecided)} controls are not decided: {shown}.", fix=item.path)
    if ownerless := [row.control for row in item.entries if row.applicable and row.owner_id is None]:
        raise Refused(
            f"These applicable controls have no owner (5.3): {', '.join(ownerless[:8])}.", fix=item.path
        )
    used = queries.controls_in_treatments(session)
    if clash := sorted({row.control for row in item.entries if row.applicable is False} & used.keys()):
        raise Refused(
            f"{clash[0]} is excluded, and {used[clash[0]]} treats a risk with it (INV-SOA2, INV-TRT1).",
            fix=item.path,
        )
    item.state = StatementState.IN_REVIEW
    signoffs.request(session, item, POLICY)
    return item


@signoffs.when_complete(POLICY)
def _approved(session: Session, record: Record) -> None:
    assert isinstance(record, StatementOfApplicability)
    former = queries.in_force(session)
    if former is not None and former.id != record.id:
        former.state = StatementState.SUPERSEDED
    record.approved_on = clock.today()
    record.state = StatementState.APPROVED


@signoffs.when_rejected(POLICY)
def _rejected(session: Session, record: Record) -> None:
    record.state = StatementState.DRAFT


@verb("controls.suppress")
def suppress(session: Session, check_id: str, subject: str, data: SuppressGap) -> Suppression:
    """Bear a gap of the dry audit for a while, with the reason. Critical ones are not borne."""
    try:
        check = checks.named(check_id)
    except KeyError as error:
        raise Refused(f"There is no check {check_id}.") from error
    if check.severity == "critical":
        raise Refused("A critical gap is mended, not suppressed.", field="reason")
    if not clock.today() < data.expires_on <= clock.today() + LONGEST_SUPPRESSION:
        raise Refused(f"At most until {clock.today() + LONGEST_SUPPRESSION}.", field="expires_on")
    if any(item.subject == subject.upper() for item in queries.suppressions(session, check_id)):
        raise Refused("This gap is suppressed already.")
    item = Suppression(
        title=f"{check.title}: {subject.upper() or 'the organisation'}",
        state=SuppressionState.ACTIVE,
        owner_id=actor_of(session).person_id,
        check_id=check_id,
        subject=subject.upper(),
        **data.model_dump(),
    )
    session.add(item)
    session.flush()
    return item


@verb("controls.lift")
def lift(session: Session, item: Suppression, data: LiftSuppression) -> Suppression:
    """Let a gap count again before its date."""
    if item.state != SuppressionState.ACTIVE:
        raise Refused(f"{item.reference} is lifted already.")
    item.state = SuppressionState.LIFTED
    return item
