"""Verbs on audit programmes: drafted, its gaps borne, approved by signature, reviewed, handed to management (9.2.2, 9.3.2)."""

from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.controls.frameworks import Requirement
from governance.core import records
from governance.core.errors import Gap, Refused
from governance.core.records import Record
from governance.organisation.models import ManagementReview, ReviewState
from governance.programmes import coverage, queries
from governance.programmes.models import AuditProgramme, ProgrammeGap, ProgrammeState
from governance.programmes.schemas import (
    BearGap,
    CloseProgramme,
    DraftProgramme,
    EditProgramme,
    ReviewProgramme,
)
from governance.signoffs import service as signoffs

POLICY = "audit_programme"


@verb("programmes.draft")
def draft(session: Session, data: DraftProgramme) -> AuditProgramme:
    """Draft the programme of a year, or a new revision of it."""
    waiting = (ProgrammeState.DRAFT, ProgrammeState.IN_REVIEW)
    if open_one := next(
        (item for item in queries.programmes(session) if item.year == data.year and item.state in waiting),
        None,
    ):
        raise Refused(
            f"{open_one.reference} for {data.year} is not finished yet.", field="year", fix=open_one.path
        )
    revision = queries.last_revision(session, data.year) + 1
    item = AuditProgramme(
        **data.model_dump(),
        title=f"Audit programme {data.year}" + (f", revision {revision}" if revision > 1 else ""),
        state=ProgrammeState.DRAFT,
        owner_id=actor_of(session).person_id,
        revision=revision,
    )
    session.add(item)
    session.flush()
    return item


@verb("programmes.edit")
def edit(session: Session, item: AuditProgramme, data: EditProgramme) -> AuditProgramme:
    """Change the text of a draft."""
    _refuse_unless(item, ProgrammeState.DRAFT)
    for name, value in data.model_dump(exclude={"version"}).items():
        setattr(item, name, value)
    return item


@verb("programmes.bear_gap")
def bear_gap(session: Session, item: AuditProgramme, data: BearGap) -> list[ProgrammeGap]:
    """Leave clauses or controls out this time, with the reason that is signed for (INV-APR1)."""
    _refuse_unless(item, ProgrammeState.DRAFT)
    open_ones = {requirement.id for requirement in open_gaps(session, item)}
    if unknown := [name for name in data.requirements if name not in open_ones]:
        raise Refused(f"{', '.join(unknown)} is covered, or left out already.", field="requirements")
    made = [ProgrammeGap(programme=item, requirement=name, reason=data.reason) for name in data.requirements]
    session.add_all(made)
    session.flush()
    return made


@verb("programmes.submit")
def submit(session: Session, item: AuditProgramme) -> AuditProgramme:
    """Ask for approval: every clause this year and every applicable control in its cycle is planned, or the gap is borne (INV-APR1)."""
    _refuse_unless(item, ProgrammeState.DRAFT)
    if missing := open_gaps(session, item):
        raise Refused(
            f"{len(missing)} clauses and controls are neither audited nor planned in time (INV-APR1).",
            gaps=tuple(
                Gap(
                    "programmes.coverage",
                    "9.2.2",
                    "major",
                    f"{requirement.id} {requirement.title}",
                    f"{item.path}/gaps",
                )
                for requirement in missing
            ),
        )
    item.state = ProgrammeState.IN_REVIEW
    session.flush()
    signoffs.request(session, item, POLICY)
    return item


def open_gaps(session: Session, item: AuditProgramme) -> list[Requirement]:
    """Requirements that the year does not cover and that the programme does not bear as a gap."""
    borne = {gap.requirement for gap in item.gaps}
    return [row for row in coverage.of_year(session, item.year).uncovered if row.id not in borne]


@signoffs.when_complete(POLICY)
def _approved(session: Session, record: Record) -> None:
    assert isinstance(record, AuditProgramme)
    former = queries.in_force(session, record.year)
    if former is not None:
        former.state = ProgrammeState.SUPERSEDED
    record.state = ProgrammeState.APPROVED


@signoffs.when_rejected(POLICY)
def _back(session: Session, record: Record) -> None:
    record.state = ProgrammeState.DRAFT


@verb("programmes.review")
def review(session: Session, item: AuditProgramme, data: ReviewProgramme) -> AuditProgramme:
    """Review the programme at the end of the year: results and lessons (ISO 19011, 5.7)."""
    _refuse_unless(item, ProgrammeState.APPROVED)
    item.lessons = data.lessons
    item.state = ProgrammeState.REVIEWED
    return item


@verb("programmes.close")
def close(session: Session, item: AuditProgramme, data: CloseProgramme) -> AuditProgramme:
    """Close it: a management review that was held received the results (9.3.2)."""
    _refuse_unless(item, ProgrammeState.REVIEWED)
    received = records.get(session, ManagementReview, data.management_review)
    if received.state == ReviewState.PLANNED:
        raise Refused(f"{received.reference} was not held yet.", field="management_review", fix=received.path)
    item.management_review = received.reference
    item.state = ProgrammeState.CLOSED
    return item


def _refuse_unless(item: AuditProgramme, state: ProgrammeState) -> None:
    if item.state != state:
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')}.", fix=item.path)
