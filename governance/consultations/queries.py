"""Reads about consultations: lists, how many took part, contributions and invitations."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from governance.access.actor import Actor
from governance.consultations.models import (
    SMALLEST_GROUP,
    Consultation,
    ConsultationConcern,
    ConsultedGroup,
    is_small,
    key_of,
)
from governance.consultations.participation_models import (
    ConsultationDecision,
    Contribution,
    ContributionConcern,
    Invitation,
    Stakeholder,
    StakeholderSystem,
)
from governance.core import records, search
from governance.core.errors import NotFound
from governance.core.records import Page, Record

_WHOLE = (
    selectinload(Consultation.groups),
    selectinload(Consultation.concerns),
    selectinload(Consultation.system),
)


def listing(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[Consultation]]:
    """One page of consultations."""
    statement: Select[Consultation] = select(Consultation).options(*_WHOLE)
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Record.__table__.c.state == state)
    return records.page(
        session, statement, kind="consultation", sort=sort, descending=descending, after=after
    )


def of_system(session: Session, system_id: int) -> list[Consultation]:
    """Consultations about a system, newest first."""
    statement = select(Consultation).where(Consultation.system_id == system_id).options(*_WHOLE)
    return list(session.scalars(statement.order_by(Consultation.id.desc())))


def heads(session: Session, consultation: Consultation) -> dict[int, int]:
    """How many of each group took part: in person, and by an invitation's link; withdrawn contributions count (CON-3)."""
    return heads_of(session, (consultation,))


def heads_of(session: Session, consultations: Iterable[Consultation]) -> dict[int, int]:
    """The same for the groups of several consultations, by the group's id."""
    groups = [group for item in consultations for group in item.groups]
    if not groups:
        return {}
    sent = (
        select(Contribution.group_id, func.count())
        .where(Contribution.group_id.in_([group.id for group in groups]))
        .group_by(Contribution.group_id)
    )
    by_link: dict[int, int] = {key: number for key, number in session.execute(sent)}  # noqa: C416 - rows, not pairs
    return {group.id: group.took_part + by_link.get(group.id, 0) for group in groups}


def said(number: int) -> str:
    """A number of people as it may be reported: small ones in words (CON-5)."""
    return f"fewer than {SMALLEST_GROUP}" if is_small(number) else str(number)


def voice(consultation: Consultation, concern: ConsultationConcern, took_part: dict[int, int]) -> str:
    """Who said a concern; a group of fewer than five is not named beside what it said (CON-5)."""
    key = key_of(concern.said_by)
    small = any(is_small(took_part.get(group.id, 0)) for group in consultation.groups if group.key == key)
    return f"A group of fewer than {SMALLEST_GROUP}" if small else concern.said_by


_CONTRIBUTION = (
    joinedload(Contribution.group),
    selectinload(Contribution.concerns).joinedload(ContributionConcern.concern),
)


def contributions(
    session: Session, consultation: Consultation, *, after: int = 0, limit: int | None = None
) -> list[Contribution]:
    """What participants said, by number, from after a number on; withdrawn ones without their words."""
    statement = select(Contribution).where(
        Contribution.consultation_id == consultation.id, Contribution.number > after
    )
    return list(session.scalars(statement.options(*_CONTRIBUTION).order_by(Contribution.number).limit(limit)))


def unread(session: Session, consultation: Consultation) -> list[int]:
    """Numbers of the contributions that stand, led to no concern and were not set aside."""
    statement = select(Contribution.number).where(
        Contribution.consultation_id == consultation.id,
        Contribution.withdrawn_on.is_(None),
        Contribution.set_aside == "",
        ~exists(select(ContributionConcern.id).where(ContributionConcern.contribution_id == Contribution.id)),
    )
    return list(session.scalars(statement.order_by(Contribution.number)))


def sent(session: Session, consultation: Consultation) -> tuple[int, int]:
    """How many contributions came by links, and how many of them were withdrawn."""
    row = session.execute(
        select(func.count(), func.count(Contribution.withdrawn_on)).where(
            Contribution.consultation_id == consultation.id
        )
    ).one()
    return row[0], row[1]


def contribution(session: Session, consultation: Consultation, number: int) -> Contribution:
    """One of them. Raises NotFound."""
    statement = select(Contribution).where(
        Contribution.consultation_id == consultation.id, Contribution.number == number
    )
    found = session.scalars(statement.options(*_CONTRIBUTION)).first()
    if found is None:
        raise NotFound(f"{consultation.reference} has no contribution {number}.")
    return found


def support(session: Session, consultation: Consultation) -> dict[int, int]:
    """How many contributions stand behind each concern, by its id; withdrawn ones do not count."""
    rows = session.execute(
        select(ContributionConcern.concern_id, func.count())
        .join(Contribution, Contribution.id == ContributionConcern.contribution_id)
        .where(Contribution.consultation_id == consultation.id, Contribution.withdrawn_on.is_(None))
        .group_by(ContributionConcern.concern_id)
    )
    return {key: number for key, number in rows}  # noqa: C416 - rows, not pairs


def invitations(session: Session, consultation: Consultation) -> list[tuple[Invitation, int]]:
    """The links of a consultation with how often each was used, newest first."""
    used_by = (
        select(Contribution.invitation_id, func.count().label("used"))
        .group_by(Contribution.invitation_id)
        .subquery()
    )
    rows: Any = session.execute(
        select(Invitation, func.coalesce(used_by.c.used, 0))
        .outerjoin(used_by, used_by.c.invitation_id == Invitation.id)
        .where(Invitation.consultation_id == consultation.id)
        .options(joinedload(Invitation.group))
        .order_by(Invitation.id.desc())
    )
    return [(item, number) for item, number in rows]


def invitation(session: Session, consultation: Consultation, invitation_id: int) -> Invitation:
    """One of them. Raises NotFound."""
    found = session.get(Invitation, invitation_id)
    if found is None or found.consultation_id != consultation.id:
        raise NotFound(f"{consultation.reference} has no such invitation.")
    return found


def invited_groups(session: Session, consultation: Consultation) -> set[int]:
    """Ids of the groups that there are links for."""
    statement = select(Invitation.group_id).where(Invitation.consultation_id == consultation.id)
    return set(session.scalars(statement))


def used(session: Session, item: Invitation) -> int:
    """How many answers came by a link."""
    statement = select(func.count()).select_from(Contribution).where(Contribution.invitation_id == item.id)
    return session.execute(statement).scalar_one()


def decisions(session: Session, consultation: Consultation) -> list[ConsultationDecision]:
    """All decisions about a consultation that needed a signature, newest first."""
    statement = select(ConsultationDecision).where(ConsultationDecision.consultation_id == consultation.id)
    return list(session.scalars(statement.order_by(ConsultationDecision.id.desc())))


def stakeholders(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    relation: str = "",
    with_systems: bool = False,
    sort: str = "title",
    descending: bool = False,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[Stakeholder]]:
    """One page of the stakeholder register; with the systems that concern each where they are shown."""
    statement: Select[Stakeholder] = select(Stakeholder)
    if with_systems:
        statement = statement.options(selectinload(Stakeholder.systems).joinedload(StakeholderSystem.system))
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Record.__table__.c.state == state)
    if relation:
        statement = statement.where(Stakeholder.relation == relation)
    return records.page(session, statement, kind="stakeholder", sort=sort, descending=descending, after=after)


def concerned(session: Session, stakeholders: Iterable[Stakeholder]) -> dict[int, int]:
    """How many systems concern each of these stakeholders, by id."""
    rows = session.execute(
        select(StakeholderSystem.stakeholder_id, func.count())
        .where(StakeholderSystem.stakeholder_id.in_([item.id for item in stakeholders]))
        .group_by(StakeholderSystem.stakeholder_id)
    )
    return {key: number for key, number in rows}  # noqa: C416 - rows, not pairs


def consulted(session: Session, stakeholder: Stakeholder) -> list[tuple[Consultation, ConsultedGroup]]:
    """Consultations that name a group, newest first."""
    rows: Any = session.execute(
        select(Consultation, ConsultedGroup)
        .join(ConsultedGroup, ConsultedGroup.consultation_id == Consultation.id)
        .where(ConsultedGroup.key == stakeholder.name_key)
        .options(*_WHOLE)
        .order_by(Consultation.id.desc())
    )
    return [(item, group) for item, group in rows]
