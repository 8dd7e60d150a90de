"""What a certification body would find late about its own cycle, and about what it asked for."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, literal, or_, select
from sqlalchemy.orm import aliased

from governance.core.checks import check
from governance.core.records import Record
from governance.external_audits import cycle
from governance.external_audits.models import (
    HELD,
    SURVEILLANCE,
    WAITS_FOR_US,
    AuditRequest,
    Decision,
    ExternalAudit,
    ExternalKind,
    ExternalState,
)
from governance.improvement.models import Finding, FindingState, Grade

_OWN = "/external-audits/{reference}"
# A cycle has three years; what was missed earlier is history.
_YEARS_BACK = 3


def _audits(condition: ColumnElement[bool], detail: str = "") -> Select[Any]:
    columns: Any = select(ExternalAudit.id, Record.reference, literal(detail).label("detail"))
    statement: Select[Any] = columns.select_from(ExternalAudit).where(
        Record.kind == "external_audit", condition
    )
    return statement


def _in_force() -> ColumnElement[bool]:
    """The newest certificate of its standard, neither renewed nor withdrawn since."""
    later = aliased(ExternalAudit.__table__)
    over = exists(
        select(later.c.id).where(
            later.c.standard == ExternalAudit.standard,
            later.c.decision.in_((Decision.GRANTED, Decision.WITHDRAWN)),
            later.c.decided_on > ExternalAudit.decided_on,
        )
    )
    return and_(ExternalAudit.decision == Decision.GRANTED, ExternalAudit.expires_on.is_not(None), ~over)


def _held_since(
    kinds: tuple[ExternalKind, ...], *when: Any, states: tuple[ExternalState, ...] = HELD
) -> ColumnElement[bool]:
    """Whether an audit of these kinds was held for the same standard; `when` are conditions on its table `other`."""
    return exists(
        select(_other.c.id)
        .join(_spine, _spine.c.id == _other.c.id)
        .where(
            _other.c.standard == ExternalAudit.standard,
            _other.c.audit_kind.in_(kinds),
            _spine.c.state.in_(states),
            *when,
        )
    )


_other: Any = aliased(ExternalAudit.__table__)
_spine: Any = aliased(Record.__table__)


@check(
    "external_audits.surveillance_due",
    clause="17021-1, 9.1.3.3",
    severity="critical",
    title="First surveillance audit within 12 months",
    fix="/external-audits/cycle",
    about="external_audit",
)
def first_surveillance_late(today: date) -> Select[Any]:
    """Twelve months after the certification decision no surveillance audit was held."""
    term = cycle.first_day_not_past(today, cycle.FIRST_SURVEILLANCE_MONTHS)
    held = _held_since(SURVEILLANCE, _other.c.ends_on >= ExternalAudit.decided_on)
    return _audits(and_(_in_force(), ExternalAudit.decided_on < term, ~held))


@check(
    "external_audits.surveillance_each_year",
    clause="17021-1, 9.1.3.3",
    severity="major",
    title="A surveillance audit in each calendar year",
    fix="/external-audits/cycle",
    about="external_audit",
)
def year_without_surveillance(today: date) -> Select[Any]:
    """A calendar year of the cycle, other than that of the recertification, went by without an audit of the body."""
    bare = []
    for year in range(today.year - _YEARS_BACK, today.year):
        first, last = date(year, 1, 1), date(year, 12, 31)
        held = _held_since(
            (*SURVEILLANCE, ExternalKind.RECERTIFICATION), _other.c.ends_on >= first, _other.c.ends_on <= last
        )
        bare.append(and_(ExternalAudit.decided_on < first, ExternalAudit.expires_on > last, ~held))
    return _audits(and_(_in_force(), or_(*bare)))


@check(
    "external_audits.recertified",
    clause="17021-1, 9.6.3.2",
    severity="critical",
    title="Recertified before the certificate ends",
    fix="/external-audits/cycle",
    about="external_audit",
)
def certificate_ran_out(today: date) -> Select[Any]:
    """The newest certificate of a standard is past its last day; it can be restored within six months."""
    return _audits(and_(_in_force(), ExternalAudit.expires_on < today))


@check(
    "external_audits.recertification_planned",
    clause="17021-1, 9.6.3.1",
    severity="major",
    title="Recertification audit planned in time",
    fix="/external-audits/new",
    about="external_audit",
)
def recertification_not_planned(today: date) -> Select[Any]:
    """A certificate ends within three months and no recertification audit is planned or held."""
    planned = _held_since(
        (ExternalKind.RECERTIFICATION,),
        _other.c.ends_on >= ExternalAudit.decided_on,
        states=(ExternalState.PLANNED, ExternalState.IN_PROGRESS, *HELD),
    )
    near = ExternalAudit.expires_on.between(today, today + cycle.AHEAD)
    return _audits(and_(_in_force(), near, ~planned))


@check(
    "external_audits.majors_verified",
    clause="17021-1, 9.5.3.2",
    severity="critical",
    title="Major nonconformities of stage 2 closed within 6 months",
    fix=_OWN,
    about="external_audit",
)
def stage_2_to_be_repeated(today: date) -> Select[Any]:
    """Six months after the last day of stage 2 a major nonconformity is not verified: stage 2 is to be repeated."""
    term = cycle.first_day_not_past(today, cycle.MAJORS_MONTHS)
    finding, spine = Finding.__table__, aliased(Record.__table__)
    still_open = exists(
        select(finding.c.id)
        .join(spine, spine.c.id == finding.c.id)
        .where(
            finding.c.source_id == ExternalAudit.id,
            finding.c.grade == Grade.MAJOR,
            spine.c.state.not_in((FindingState.CLOSED, FindingState.WITHDRAWN)),
        )
    )
    stage_2 = ExternalAudit.audit_kind == ExternalKind.STAGE_2
    # Once stage 2 was held again, the earlier one is over.
    again = _held_since((ExternalKind.STAGE_2,), _other.c.ends_on > ExternalAudit.ends_on)
    return _audits(
        and_(stage_2, ExternalAudit.state.in_(HELD), ExternalAudit.ends_on < term, still_open, ~again)
    )


@check(
    "external_audits.requests_answered",
    clause="17021-1, 9.4.4",
    severity="major",
    title="Requests of external auditors answered in time",
    fix="/audit-requests/{reference}",
    about="audit_request",
)
def request_late(today: date) -> Select[Any]:
    """A request of an external auditor waits for an answer past its day."""
    columns: Any = select(AuditRequest.id, Record.reference, literal("").label("detail"))
    statement: Select[Any] = columns.select_from(AuditRequest).where(
        Record.kind == "audit_request", AuditRequest.state.in_(WAITS_FOR_US), AuditRequest.due_on < today
    )
    return statement
