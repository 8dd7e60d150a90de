"""What an auditor asks about the management system itself: scope, policies, objectives, competence, reviews, people."""

from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import Select, String, and_, cast, exists, literal, not_, or_, select
from sqlalchemy.orm import aliased

from governance.access.models import Person, RoleGrant
from governance.access.policy import policy as access_policy
from governance.core.checks import ORGANISATION, check, failing_as_a_whole
from governance.core.records import Record
from governance.organisation.catalogue import rules
from governance.organisation.models import (
    RUNNING,
    Acknowledgement,
    DocumentState,
    ManagementReview,
    Objective,
    ObjectiveResult,
    ObjectiveState,
    Policy,
    ReviewDecision,
    ReviewState,
    TrainingRecord,
)


def _about(kind: Any, condition: Any) -> Select[Any]:
    identity = kind.__mapper__.polymorphic_identity
    columns: Any = select(kind.id, Record.reference, literal("").label("detail"))
    statement: Select[Any] = columns.select_from(kind).where(Record.kind == identity, condition)
    return statement


def _in_force(*conditions: Any) -> Any:
    table, spine = Policy.__table__, aliased(Record.__table__)
    joined = select(table.c.id).join(spine, spine.c.id == table.c.id)
    return exists(
        joined.where(spine.c.state == DocumentState.EFFECTIVE, *(item(table) for item in conditions))
    )


@check(
    "organisation.scope",
    clause="4.3",
    severity="major",
    title="A scope statement in force",
    fix="/policies",
    about=ORGANISATION,
)
def no_scope(today: date) -> Select[Any]:
    """No approved statement says what the management system covers."""
    return failing_as_a_whole(
        not_(_in_force(lambda table: table.c.policy_kind == "scope")), "None is in force."
    )


@check(
    "organisation.ai_policy",
    clause="5.2, A.2.2",
    severity="major",
    title="An AI policy in force",
    fix="/policies",
    about=ORGANISATION,
)
def no_ai_policy(today: date) -> Select[Any]:
    """Top management approved no AI policy that is in force (INV-POL2)."""
    wanted = rules().ai_policy
    return failing_as_a_whole(
        not_(_in_force(lambda table: table.c.number == wanted)), f"{wanted} is not in force."
    )


@check(
    "organisation.policies_reviewed",
    clause="A.2.4",
    severity="major",
    title="Policies within their review",
    fix="/policies/{reference}",
    about="policy",
)
def policy_past_review(today: date) -> Select[Any]:
    """A policy in force is past its review."""
    return _about(Policy, and_(Policy.state == DocumentState.EFFECTIVE, Policy.review_due_on < today))


@check(
    "organisation.policies_acknowledged",
    clause="7.3",
    severity="minor",
    title="Policies acknowledged",
    fix="/policies/{reference}",
    about="policy",
)
def not_acknowledged(today: date) -> Select[Any]:
    """A policy is in force for weeks and somebody asked to acknowledge it has not (INV-POL3)."""
    old = today - timedelta(days=rules().acknowledge_within_days)
    grant, person, done = RoleGrant.__table__, Person.__table__, Acknowledgement.__table__
    # As the list of roles is kept: JSON. Who may not acknowledge, as external auditors, is not asked.
    audience = cast(Policy.audience, String)
    asked = exists(
        select(grant.c.id)
        .where(grant.c.person_id == person.c.id, grant.c.revoked_at.is_(None))
        .where(grant.c.role.in_(access_policy().value.actions["policies.acknowledge"]))
        .where(or_(audience == "[]", audience.contains(literal('"') + grant.c.role + literal('"'))))
        .correlate(Policy.__table__, person)
    )
    waiting = (
        select(person.c.id)
        .where(person.c.left_on.is_(None), asked)
        .where(
            ~exists(
                select(done.c.id)
                .where(done.c.policy_id == Policy.id, done.c.person_id == person.c.id)
                .correlate(Policy.__table__, person)
            )
        )
    )
    return _about(
        Policy, and_(Policy.state == DocumentState.EFFECTIVE, Policy.effective_from < old, exists(waiting))
    )


@check(
    "organisation.objectives_measured",
    clause="6.2",
    severity="minor",
    title="Objectives measured",
    fix="/objectives/{reference}",
    about="objective",
)
def not_measured(today: date) -> Select[Any]:
    """A running objective has no value of the last six months."""
    row, since = ObjectiveResult.__table__, today - relativedelta(months=6)
    fresh = exists(select(row.c.id).where(row.c.objective_id == Objective.id, row.c.on_day >= since))
    return _about(Objective, and_(Objective.state.in_(RUNNING), Objective.starts_on < since, ~fresh))


@check(
    "organisation.missed_reviewed",
    clause="9.3",
    severity="minor",
    title="Missed objectives reviewed",
    fix="/objectives/{reference}",
    about="objective",
)
def missed_not_reviewed(today: date) -> Select[Any]:
    """An objective was missed, and no management review was held since (INV-OBJ1)."""
    review = ManagementReview.__table__
    since = exists(select(review.c.id).where(review.c.held_on >= Objective.due_on))
    return _about(Objective, and_(Objective.state == ObjectiveState.MISSED, ~since))


@check(
    "organisation.review_held",
    clause="9.3",
    severity="major",
    title="A management review within a year",
    fix="/management-reviews",
    about=ORGANISATION,
)
def no_review(today: date) -> Select[Any]:
    """No management review was held within twelve months (INV-MR1)."""
    review, since = ManagementReview.__table__, today - relativedelta(months=12)
    return failing_as_a_whole(
        not_(exists(select(review.c.id).where(review.c.held_on >= since))), "None in the last year."
    )


@check(
    "organisation.minutes_approved",
    clause="9.3.3",
    severity="minor",
    title="Minutes approved",
    fix="/management-reviews/{reference}",
    about="management_review",
)
def minutes_open(today: date) -> Select[Any]:
    """A review was held more than 30 days ago and its minutes are not approved."""
    held = and_(
        ManagementReview.held_on < today - timedelta(days=30),
        ManagementReview.state != ReviewState.MINUTES_APPROVED,
    )
    return _about(ManagementReview, held)


@check(
    "organisation.decisions_carried_out",
    clause="9.3.3",
    severity="major",
    title="Decisions carried out",
    fix="/management-reviews/{reference}",
    about="management_review",
)
def decision_overdue(today: date) -> Select[Any]:
    """A decision of a management review is past its date (INV-MR2)."""
    row = ReviewDecision.__table__
    late = exists(
        select(row.c.id).where(
            row.c.review_id == ManagementReview.id, row.c.done_on.is_(None), row.c.due_on < today
        )
    )
    return _about(ManagementReview, late)


@check(
    "organisation.training_valid",
    clause="7.2, 7.3",
    severity="minor",
    title="Training in date",
    fix="/training/{reference}",
    about="training_record",
)
def training_expired(today: date) -> Select[Any]:
    """A training ran out, its person is still here, and no later one renews it."""
    other, spine, person = aliased(TrainingRecord.__table__), aliased(Record.__table__), Person.__table__
    renewed = exists(
        select(other.c.id)
        .join(spine, spine.c.id == other.c.id)
        .where(spine.c.owner_id == TrainingRecord.owner_id, other.c.competence == TrainingRecord.competence)
        .where(other.c.expires_on >= today)
    )
    here = exists(
        select(person.c.id).where(person.c.id == TrainingRecord.owner_id, person.c.left_on.is_(None))
    )
    return _about(TrainingRecord, and_(TrainingRecord.expires_on < today, here, ~renewed))


@check(
    "organisation.roles_filled",
    clause="5.3",
    severity="critical",
    title="Mandatory roles filled",
    fix="/people",
    about=ORGANISATION,
)
def role_empty(today: date) -> Select[Any]:
    """Nobody holds a role that is never to be empty (INV-ROL1)."""
    grant, person = RoleGrant.__table__, Person.__table__
    held = select(grant.c.id).join(person, person.c.id == grant.c.person_id)
    bare = [
        not_(
            exists(
                held.where(
                    grant.c.role == role,
                    grant.c.revoked_at.is_(None),
                    or_(person.c.left_on.is_(None), person.c.left_on > today),
                )
            )
        )
        for role in rules().always_filled
    ]
    return failing_as_a_whole(or_(*bare), f"One of {', '.join(rules().always_filled)} is empty.")


@check(
    "organisation.leavers_handed_over",
    clause="5.3",
    severity="major",
    title="What leavers owned handed over",
    fix="/systems/{reference}",
    about="record",
)
def owned_by_leaver(today: date) -> Select[Any]:
    """A system still belongs to somebody who left more than five working days ago (INV-PER2)."""
    person, spine = Person.__table__, Record.__table__
    statement: Select[Any] = (
        select(
            spine.c.id,
            spine.c.reference,
            literal("It still belongs to ").concat(person.c.name).label("detail"),
        )
        .join(person, person.c.id == spine.c.owner_id)
        .where(spine.c.kind == "ai_system", spine.c.state.not_in(("retired", "rejected")))
        .where(person.c.left_on <= today - timedelta(days=7))
    )
    return statement
