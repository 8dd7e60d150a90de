"""What a gate or an auditor asks about values and red lines."""

import json
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import ColumnElement, Select, String, and_, case, cast, exists, literal, or_, select
from sqlalchemy.orm import aliased

from governance.core import clock
from governance.core.checks import check
from governance.core.records import Record
from governance.systems.checks import failing
from governance.systems.models import AiSystem, Status, SystemVersion, Tier, VersionState
from governance.values.catalogue import values
from governance.values.contexts import EVERYWHERE, line_of, regions
from governance.values.models import (
    Interpretation,
    InterpretationState,
    RedLineCheck,
    RedLineState,
    Tension,
    TensionState,
    Value,
    ValueClaim,
    ValueState,
)

_PAGE = "/systems/{reference}/red-lines"


def _checks(*conditions: Any) -> Any:
    return exists(select(RedLineCheck.id).where(RedLineCheck.system_id == AiSystem.id, *conditions))


@check(
    "values.red_lines_screened", clause="A.2.2", severity="critical", title="Red lines screened", fix=_PAGE
)
def not_screened(today: date) -> Select[Any]:
    """A red line was never looked at for this system."""
    looked_at = [_checks(RedLineCheck.red_line == item.id) for item in values().red_lines]
    return failing(~and_(*looked_at))


@check(
    "values.no_red_line_breach", clause="A.2.2", severity="critical", title="No breached red line", fix=_PAGE
)
def breached(today: date) -> Select[Any]:
    """A breach is not lifted."""
    return failing(_checks(RedLineCheck.state == RedLineState.BREACHED))


@check(
    "values.red_lines_passed",
    clause="A.6.2.4",
    severity="critical",
    title="Red lines checked for this version",
    fix=_PAGE,
)
def not_passed(today: date) -> Select[Any]:
    """The current version was not checked against every red line, or a check ran out (INV-SYS3)."""
    later = aliased(SystemVersion)
    newest = ~exists().where(
        later.system_id == SystemVersion.system_id,
        later.number > SystemVersion.number,
        later.state != VersionState.WITHDRAWN,
    )
    current = (
        select(SystemVersion.id)
        .where(SystemVersion.system_id == AiSystem.id, newest)
        .correlate(AiSystem.__table__)
        .scalar_subquery()
    )
    passed = [
        _checks(
            RedLineCheck.red_line == item.id,
            RedLineCheck.state == RedLineState.PASSED,
            RedLineCheck.version_id == current,
            RedLineCheck.valid_until >= today,
        )
        for item in values().red_lines
    ]
    return failing(or_(*(~item for item in passed)))


@check(
    "values.claimed",
    clause="5.2, A.2.2",
    severity="minor",
    title="Values claimed",
    fix="/systems/{reference}/values",
)
def none_claimed(today: date) -> Select[Any]:
    """A critical or high system in operation claims no value, so nothing says what it is aligned with."""
    claimed = exists(
        select(ValueClaim.id).where(ValueClaim.system_id == AiSystem.id, ValueClaim.dropped_because == "")
    )
    return failing(
        and_(AiSystem.state == Status.ACTIVE, AiSystem.tier.in_((Tier.CRITICAL, Tier.HIGH)), ~claimed)
    )


@check(
    "values.interpreted",
    clause="5.2, A.5.5",
    severity="major",
    title="Claimed values interpreted",
    fix="/systems/{reference}/values",
)
def not_interpreted(today: date) -> Select[Any]:
    """A claimed value has no approved interpretation in date for a region where the system is used (INV-VIN1).

    A region that config/contexts.yaml does not know is looked at only where the system names none that it knows; the
    system's page shows it in any case.
    """
    claimed = exists(
        select(ValueClaim.id).where(ValueClaim.system_id == AiSystem.id, ValueClaim.dropped_because == "")
    )
    known = tuple(regions().regions)
    bare = [(_used_in(region) & _unread(today, line_of(region)), region) for region in known]
    elsewhere = ~or_(*(_used_in(region) for region in known)) & _unread(today, (EVERYWHERE,), named=True)
    detail = case(
        *((condition, literal(f"No reading for {region}")) for condition, region in bare),
        else_=literal("No reading for its regions"),
    )
    return failing(and_(claimed, or_(elsewhere, *(condition for condition, _ in bare))), detail)


def _used_in(region: str) -> ColumnElement[bool]:
    # As the list of regions is kept: JSON.
    return cast(AiSystem.regions, String).contains(json.dumps(region), autoescape=True)


def _unread(today: date, line: tuple[str, ...], *, named: bool = False) -> ColumnElement[bool]:
    """A claimed value has no standing reading for a place in this line of regions and for the system's sector.

    With `named`, a reading for a region that the system itself names counts too: one that config/contexts.yaml does not know.
    """
    reading, spine = Interpretation.__table__, aliased(Record.__table__)
    there: ColumnElement[bool] = reading.c.region.in_(line)
    if named:
        there |= cast(AiSystem.regions, String).contains(literal('"') + reading.c.region + literal('"'))
    standing = exists(
        select(reading.c.id)
        .join(spine, spine.c.id == reading.c.id)
        .where(reading.c.value_id == ValueClaim.value_id, spine.c.state == InterpretationState.APPROVED)
        .where(or_(reading.c.valid_until.is_(None), reading.c.valid_until >= today))
        .where(there, reading.c.sector.in_((EVERYWHERE, AiSystem.sector)))
        .correlate(ValueClaim.__table__, AiSystem.__table__)
    )
    return exists(
        select(ValueClaim.id).where(
            ValueClaim.system_id == AiSystem.id, ValueClaim.dropped_because == "", ~standing
        )
    )


@check(
    "values.interpretation_in_use",
    clause="5.2",
    severity="minor",
    title="An interpretation in use",
    fix="/values/{reference}",
    about="value",
)
def adopted_without_interpretation(today: date) -> Select[Any]:
    """A value adopted more than a year ago has no approved interpretation (INV-VAL1)."""
    reading, spine = Interpretation.__table__, aliased(Record.__table__)
    standing = exists(
        select(reading.c.id)
        .join(spine, spine.c.id == reading.c.id)
        .where(reading.c.value_id == Value.id, spine.c.state == InterpretationState.APPROVED)
    )
    year_ago = today - relativedelta(months=12)
    columns: Any = select(Value.id, Record.reference, literal("").label("detail"))
    statement: Select[Any] = columns.select_from(Value).where(
        Record.kind == "value", Value.state == ValueState.ADOPTED, Value.adopted_on <= year_ago, ~standing
    )
    return statement


@check(
    "values.tension_settled",
    clause="A.5.4",
    severity="minor",
    title="Tensions settled and reviewed",
    fix="/tensions/{reference}",
    about="tension",
)
def tension_open(today: date) -> Select[Any]:
    """A tension is open for more than 90 days, or its decision is past its review."""
    columns: Any = select(Tension.id, Record.reference, literal("").label("detail"))
    waiting = and_(
        Tension.state != TensionState.DECIDED, Record.created_at < clock.now() - timedelta(days=90)
    )
    overdue = and_(Tension.state == TensionState.DECIDED, Tension.review_on < today)
    statement: Select[Any] = columns.select_from(Tension).where(
        Record.kind == "tension", or_(waiting, overdue)
    )
    return statement
