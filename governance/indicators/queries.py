"""Reads about indicators and measurements."""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.core import records, search
from governance.core.records import Page, Record
from governance.indicators.models import Indicator, IndicatorState, Measurement, MeasurementState
from governance.indicators.verdicts import Verdict

STANDING = (MeasurementState.RECORDED, MeasurementState.VERIFIED)


def listing(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    verdict: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[Indicator]]:
    """One page of indicators, optionally those whose newest standing measurement has a verdict."""
    statement: Select[Indicator] = select(Indicator).options(
        selectinload(Indicator.system), selectinload(Indicator.measurements)
    )
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Indicator.state == state)
    if verdict:
        statement = statement.where(Indicator.id.in_(newest_with(verdict)))
    return records.page(session, statement, kind="indicator", sort=sort, descending=descending, after=after)


def newest() -> Select[int]:
    """Ids of the newest standing measurement of each indicator."""
    table, spine = Measurement.__table__, Record.__table__
    return (
        select(func.max(table.c.id))
        .join(spine, spine.c.id == table.c.id)
        .where(spine.c.state.in_(STANDING))
        .group_by(table.c.indicator_id)
    )


def newest_with(verdict: str) -> Select[int]:
    """Ids of the indicators whose newest standing measurement has a verdict."""
    table = Measurement.__table__
    return select(table.c.indicator_id).where(table.c.id.in_(newest()), table.c.verdict == verdict)


def of_system(session: Session, system_id: int) -> list[Indicator]:
    """Indicators of a system with their measurements; superseded revisions last."""
    statement = (
        select(Indicator)
        .where(Indicator.system_id == system_id)
        .options(selectinload(Indicator.measurements))
    )
    found = list(session.scalars(statement.order_by(Record.reference)))
    return sorted(
        found, key=lambda item: (item.state not in (IndicatorState.ACTIVE, IndicatorState.DRAFT), item.id)
    )


def latest(item: Indicator) -> Measurement | None:
    """The newest measurement that stands."""
    standing = [row for row in item.measurements if row.state in STANDING]
    return max(standing, key=lambda row: (row.period_to, row.id), default=None)


def out_of_bounds(session: Session, *, limit: int = 20) -> list[Measurement]:
    """Newest measurements of active indicators that failed or warn, for Home."""
    table = Measurement.__table__
    bad = (Verdict.FAIL, Verdict.WARN)
    active = select(Indicator.id).where(Record.kind == "indicator", Indicator.state == IndicatorState.ACTIVE)
    statement = (
        select(Measurement)
        .where(table.c.id.in_(newest()), Measurement.verdict.in_(bad), Measurement.indicator_id.in_(active))
        .options(selectinload(Measurement.indicator), selectinload(Measurement.system))
        .order_by(Measurement.verdict, Record.reference)
    )
    return list(session.scalars(statement.limit(limit)))


def of_run(session: Session, item: Indicator, run_ref: str) -> Measurement | None:
    """The measurement that a run delivered already."""
    statement = select(Measurement).where(Measurement.indicator_id == item.id, Measurement.run_ref == run_ref)
    return session.scalars(statement.limit(1)).first() if run_ref else None
