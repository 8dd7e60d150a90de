"""What a gate or an auditor asks about indicators."""

from datetime import date
from typing import Any

from sqlalchemy import Select, and_, exists, literal, or_, select
from sqlalchemy.orm import aliased

from governance.core.checks import check
from governance.core.records import Record
from governance.improvement.models import Finding
from governance.indicators import queries
from governance.indicators.catalogue import rules
from governance.indicators.models import Indicator, IndicatorState, Measurement
from governance.indicators.verdicts import Verdict
from governance.systems.checks import failing
from governance.systems.models import AiSystem, Status, SystemVersion, VersionState

_PAGE = "/systems/{reference}/indicators"
_OWN = "/indicators/{reference}"
_MEASURED = Measurement.__table__


def _failing(condition: Any, detail: Any = "") -> Select[Any]:
    columns: Any = select(
        Indicator.id, Record.reference, literal(detail) if isinstance(detail, str) else detail
    )
    statement: Select[Any] = columns.select_from(Indicator).where(
        Record.kind == "indicator", Indicator.state == IndicatorState.ACTIVE, condition
    )
    return statement


@check(
    "indicators.measured",
    clause="9.1, A.6.2.6",
    severity="major",
    title="Measured this period",
    fix=_OWN,
    about="indicator",
)
def not_measured(today: date) -> Select[Any]:
    """An active indicator has no standing measurement within its cadence."""
    return _failing(~queries.in_rhythm(today))


@check(
    "indicators.breach_has_finding",
    clause="10.2",
    severity="major",
    title="A breached threshold has a finding",
    fix=_OWN,
    about="indicator",
)
def breach_without_finding(today: date) -> Select[Any]:
    """The newest measurement failed, and no finding ever came from a measurement of this indicator (INV-MEA3)."""
    failed = exists(
        select(_MEASURED.c.id).where(
            _MEASURED.c.id.in_(queries.newest()),
            _MEASURED.c.indicator_id == Indicator.id,
            _MEASURED.c.verdict == Verdict.FAIL,
        )
    )
    other = aliased(_MEASURED)
    found = exists(
        select(Finding.__table__.c.id)
        .join(other, other.c.id == Finding.__table__.c.source_id)
        .where(other.c.indicator_id == Indicator.id)
    )
    return _failing(and_(failed, ~found))


@check(
    "indicators.serves_a_norm",
    clause="5.2, 9.1",
    severity="minor",
    title="Measures a norm",
    fix=_OWN,
    about="indicator",
)
def without_norm(today: date) -> Select[Any]:
    """An active indicator measures no norm, so nobody can say which value it serves."""
    return _failing(Indicator.norm_id.is_(None))


def _key_with(*verdicts: Verdict, declared_too: bool) -> Any:
    bad: Any = _MEASURED.c.verdict.in_(verdicts)
    if declared_too:
        strict = AiSystem.tier.in_(rules().declared_passes_not)
        bad = or_(bad, and_(_MEASURED.c.declared.is_(True), strict))
    spine = aliased(Record.__table__)
    table = Indicator.__table__
    return exists(
        select(table.c.id)
        .join(spine, spine.c.id == table.c.id)
        .join(_MEASURED, _MEASURED.c.indicator_id == table.c.id)
        .where(
            table.c.system_id == AiSystem.id, table.c.is_key.is_(True), spine.c.state == IndicatorState.ACTIVE
        )
        .where(_MEASURED.c.id.in_(queries.newest()), bad)
    )


@check(
    "indicators.key_met",
    clause="A.6.2.4, 9.1",
    severity="critical",
    title="Key indicators met",
    fix=_PAGE,
)
def key_not_met(today: date) -> Select[Any]:
    """The newest measurement of a key indicator did not pass, or was only declared for a high tier.

    A warning or an inconclusive result takes a signed decision: the waiver of this point at the gate.
    """
    verdicts = (Verdict.FAIL, Verdict.WARN, Verdict.INCONCLUSIVE, Verdict.UNDEFINED)
    return failing(_key_with(*verdicts, declared_too=True))


@check(
    "indicators.key_measured",
    clause="A.6.2.4, 9.1",
    severity="major",
    title="Key indicators measured for this version",
    fix=_PAGE,
)
def key_not_measured(today: date) -> Select[Any]:
    """An active key indicator has no standing measurement of the version that is not withdrawn and newest."""
    table, spine, other = Indicator.__table__, aliased(Record.__table__), aliased(Record.__table__)
    version = SystemVersion.__table__
    current = (
        select(version.c.id)
        .where(version.c.system_id == AiSystem.id, version.c.state != VersionState.WITHDRAWN)
        .order_by(version.c.number.desc())
        .limit(1)
        .correlate(AiSystem)
        .scalar_subquery()
    )
    standing = exists(
        select(_MEASURED.c.id)
        .join(other, other.c.id == _MEASURED.c.id)
        .where(_MEASURED.c.indicator_id == table.c.id, other.c.state.in_(queries.STANDING))
        .where(or_(current.is_(None), _MEASURED.c.version_id == current))
    )
    bare = (
        select(table.c.id)
        .join(spine, spine.c.id == table.c.id)
        .where(table.c.system_id == AiSystem.id, table.c.is_key.is_(True))
        .where(spine.c.state == IndicatorState.ACTIVE, ~standing)
    )
    return failing(exists(bare))


@check(
    "indicators.any",
    clause="9.1, A.6.2.6",
    severity="major",
    title="Indicators in operation",
    fix=_PAGE,
)
def none_in_operation(today: date) -> Select[Any]:
    """A critical or high system is in operation and nothing about it is measured."""
    table, spine = Indicator.__table__, aliased(Record.__table__)
    active = exists(
        select(table.c.id)
        .join(spine, spine.c.id == table.c.id)
        .where(table.c.system_id == AiSystem.id, spine.c.state == IndicatorState.ACTIVE)
    )
    return failing(
        and_(AiSystem.state == Status.ACTIVE, AiSystem.tier.in_(rules().declared_passes_not), ~active)
    )
