"""Verbs on the team of an audit: who takes part, that they are impartial and competent, and what compensates where not."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.access.verbs import actor_of, verb
from governance.audits import catalogue, independence, reminders
from governance.audits.conduct_models import AuditMember, CompensatingReview, MemberRole
from governance.audits.models import Audit, AuditState
from governance.audits.schemas import AddMember, ArrangeReview, Attest, ReviewWork, Why
from governance.core import clock
from governance.core.errors import Refused
from governance.organisation import queries as organisation
from governance.organisation.catalogue import rules as competences

_OPEN = (AuditState.PLANNED, AuditState.ANNOUNCED, AuditState.MISSED, AuditState.IN_PROGRESS)
INDEPENDENT = (MemberRole.AUDITOR, MemberRole.TECHNICAL_EXPERT)


@verb("audits.add_member")
def add_member(session: Session, audit: Audit, data: AddMember) -> AuditMember:
    """Let somebody take part. Auditors and technical experts are independent; auditees and observers need not be."""
    _refuse_closed(audit)
    if data.person_id == audit.lead_auditor_id or any(
        item.person_id == data.person_id for item in audit.members
    ):
        raise Refused("They take part already.", field="person_id")
    person = people.person(session, data.person_id)
    if data.role is MemberRole.AUDITOR and "auditor" not in person.roles:
        raise Refused("Only somebody with the role auditor answers questions of an audit.", field="person_id")
    if data.role in INDEPENDENT:
        refuse_unfit(session, audit, data.person_id, field="person_id")
    member = AuditMember(audit=audit, person_id=data.person_id, role=data.role)
    session.add(member)
    session.flush()
    reminders.tell_member(session, audit, data.person_id)
    return member


@verb("audits.remove_member")
def remove_member(session: Session, audit: Audit, person_id: int, data: Why) -> Audit:
    """Let somebody take part no more, with the reason. What they answered stays, with their name."""
    _refuse_closed(audit)
    session.info["reason"] = data.reason
    member = _member(audit, person_id)
    audit.members.remove(member)
    session.delete(member)
    return audit


@verb("audits.attest")
def attest(session: Session, audit: Audit, data: Attest) -> AuditMember:
    """State one's own impartiality, in one's own words (ISO 19011, 5.5.4)."""
    _refuse_closed(audit)
    person_id = actor_of(session).person_id or 0
    refuse_unfit(session, audit, person_id, field="statement")
    member = _member(audit, person_id)
    member.statement, member.attested_at = data.statement, clock.now()
    return member


@verb("audits.arrange_review")
def arrange_review(session: Session, audit: Audit, data: ArrangeReview) -> CompensatingReview:
    """Let somebody audit who is not independent, because nobody else is: another person looks over their work.

    For small organisations (9.2.2): the reason and what speaks against them stand in the audit and in every pack.
    """
    _refuse_closed(audit)
    why = independence.objection(session, data.person_id, audit.systems)
    if not why:
        raise Refused("Nothing speaks against their independence; assign them.", field="person_id")
    if free := independence.who_else(session, audit.systems, data.person_id):
        raise Refused(
            f"A compensating review is for when nobody is independent. Independent would be: {', '.join(free)}.",
            field="person_id",
        )
    _refuse_reviewer(session, audit, data)
    review = CompensatingReview(
        audit=audit,
        person_id=data.person_id,
        objection=why,
        reason=data.reason,
        reviewer_id=data.reviewer_id,
        arranged_by_id=actor_of(session).person_id,
        arranged_at=clock.now(),
    )
    session.add(review)
    session.flush()
    reminders.tell_reviewer(session, audit, data.reviewer_id)
    return review


def _refuse_reviewer(session: Session, audit: Audit, data: ArrangeReview) -> None:
    if any(item.person_id == data.person_id for item in audit.reviews):
        raise Refused("Their work is reviewed already.", field="person_id")
    if data.reviewer_id in {data.person_id, audit.lead_auditor_id} | audit.team_ids:
        raise Refused("Who takes part in the audit does not review it.", field="reviewer_id")
    if why := independence.objection(session, data.reviewer_id, audit.systems):
        name = people.person(session, data.reviewer_id).name
        raise Refused(f"{name} {why}; the reviewer is independent.", field="reviewer_id")


@verb("audits.review_work")
def review_work(session: Session, audit: Audit, person_id: int, data: ReviewWork) -> CompensatingReview:
    """Look over the answers of somebody who is not independent, before the report. Only the reviewer does."""
    review = next((item for item in audit.reviews if item.person_id == person_id), None)
    if review is None or review.reviewer_id != actor_of(session).person_id:
        raise Refused("Only the person who was asked to reviews the work.")
    unanswered = [item.question_id for item in audit.answers if item.verdict is None]
    if audit.state != AuditState.IN_PROGRESS or unanswered:
        raise Refused("The review follows the last answer and precedes the report.", fix=audit.path)
    review.result, review.reviewed_at = data.result, clock.now()
    return review


@dataclass(frozen=True)
class Candidate:
    """An auditor, what speaks against their independence, and whether they can show how to audit."""

    name: str
    objection: str
    competent: bool

    @property
    def is_free(self) -> bool:
        """Whether nothing speaks against assigning them."""
        return self.competent and not self.objection


def candidates(session: Session, audit: Audit) -> list[Candidate]:
    """Every auditor with what speaks for and against them, those who are free first."""
    auditors = people.with_role(session, "auditor")
    against = independence.objections(session, [item.id for item in auditors], audit.systems)
    able = {item.id for item in organisation.who_shows(session, catalogue.programme().competence)}
    found = [Candidate(item.name, against[item.id], item.id in able) for item in auditors]
    return sorted(found, key=lambda item: (not item.is_free, item.name))


def refuse_unfit(session: Session, audit: Audit, person_id: int, *, field: str = "lead_auditor_id") -> None:
    """Refuse somebody who is not independent, unless a review compensates for it, or whose competence is not shown."""
    if not any(item.person_id == person_id for item in audit.reviews):
        independence.refuse_dependent(session, person_id, audit.systems, field=field)
    if "auditor" not in people.person(session, person_id).roles:
        return
    if not _is_competent(session, person_id):
        name = people.person(session, person_id).name
        able = (
            ", ".join(item.name for item in candidates(session, audit) if item.is_free) or "nobody at present"
        )
        wanted = competences().competences[catalogue.programme().competence].title
        raise Refused(
            f"{name} cannot show today: {wanted} (7.2). Competent and independent: {able}.",
            field=field,
            fix="/competence",
        )


def _is_competent(session: Session, person_id: int) -> bool:
    return organisation.shows(session, person_id, catalogue.programme().competence)


def refuse_unfit_team(session: Session, audit: Audit) -> None:
    """Refuse an audit one of whose team is not independent, not competent, or did not attest impartiality.

    One of them can also show what its checklist asks for, such as statistics (config/audit_programme.yaml; 7.2).
    """
    for person_id in sorted(audit.team_ids):
        refuse_unfit(session, audit, person_id)
    _refuse_unskilled(session, audit)
    silent = [
        item.person_id for item in audit.members if item.role in INDEPENDENT and item.attested_at is None
    ]
    if silent:
        names = ", ".join(people.person(session, person_id).name for person_id in silent)
        raise Refused(f"{names} did not state their impartiality yet (ISO 19011, 5.5.4).", fix=audit.path)


def _refuse_unskilled(session: Session, audit: Audit) -> None:
    wanted = catalogue.programme().technical_competence.get(audit.checklist)
    if wanted is None or any(organisation.shows(session, item, wanted) for item in sorted(audit.team_ids)):
        return
    skilled = organisation.who_shows(session, wanted)
    against = independence.objections(session, [item.id for item in skilled], audit.systems)
    able = ", ".join(item.name for item in skilled if not against[item.id])
    title = competences().competences[wanted].title
    raise Refused(
        f"Nobody in the team can show: {title} (7.2). Independent and able: {able}."
        if able
        else f"Nobody who is independent can show: {title} (7.2). Record a training, or add an expert from outside.",
        field="lead_auditor_id",
        fix=f"{audit.path}/team/new" if able else "/competence",
    )


def refuse_unreviewed(audit: Audit) -> None:
    """Refuse a report while a compensating review is outstanding."""
    team = audit.team_ids
    if any(item.reviewed_at is None for item in audit.reviews if item.person_id in team):
        raise Refused("A compensating review is outstanding; the reviewer looks first.", fix=audit.path)


def _member(audit: Audit, person_id: int) -> AuditMember:
    found = next((item for item in audit.members if item.person_id == person_id), None)
    if found is None:
        raise Refused("They do not take part in this audit.")
    return found


def _refuse_closed(audit: Audit) -> None:
    if audit.state not in _OPEN:
        raise Refused(f"{audit.reference} is {audit.state}; its team stays.")
