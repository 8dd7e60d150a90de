"""Reads about indicators and measurements."""

from datetime import date, datetime

from dateutil.relativedelta import relativedelta
from sqlalchemy import ColumnElement, Select, case, exists, func, select
from sqlalchemy.orm import Session, aliased, selectinload

from governance.access.actor import Actor
from governance.core import clock, records, search
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
    rhythm: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[Indicator]]:
    """One page of indicators, optionally those whose newest standing measurement has a verdict, or that keep their rhythm or not."""
    statement: Select[Indicator] = select(Indicator).options(
        selectinload(Indicator.system), selectinload(Indicator.measurements)
    )
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Indicator.state == state)
    if verdict:
        statement = statement.where(Indicator.id.in_(newest_with(verdict)))
    if rhythm:
        kept = in_rhythm(clock.today())
        statement = statement.where(
            Indicator.state == IndicatorState.ACTIVE, kept if rhythm == "kept" else ~kept
        )
    return records.page(session, statement, kind="indicator", sort=sort, descending=descending, after=after)


def newest() -> Select[int]:
    """Ids of the newest standing measurement of each indicator: of the last period, whenever it was delivered."""
    table, spine = Measurement.__table__, Record.__table__
    order = (table.c.period_to.desc(), table.c.id.desc())
    ranked = (
        select(
            table.c.id,
            func.row_number().over(partition_by=table.c.indicator_id, order_by=order).label("place"),
        )
        .join(spine, spine.c.id == table.c.id)
        .where(spine.c.state.in_(STANDING))
        .subquery()
    )
    return select(ranked.c.id).where(ranked.c.place == 1)


_LONGEST_CADENCE = 120


def in_rhythm(today: date) -> ColumnElement[bool]:
    """Whether an indicator has a standing measurement whose period ended within its cadence."""
    days = {months: today - relativedelta(months=months) for months in range(1, _LONGEST_CADENCE + 1)}
    table, spine = Measurement.__table__, aliased(Record.__table__)
    return exists(
        select(table.c.id)
        .join(spine, spine.c.id == table.c.id)
        .where(table.c.indicator_id == Indicator.id, spine.c.state.in_(STANDING))
        .where(table.c.period_to >= case(days, value=Indicator.cadence_months))
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


def due_on(item: Indicator) -> date | None:
    """The day by which the next period must have been measured; None while the indicator is not in force."""
    newest_row = latest(item)
    begin = newest_row.period_to if newest_row else item.effective_from
    if item.state != IndicatorState.ACTIVE or begin is None:
        return None
    return begin + relativedelta(months=item.cadence_months)


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


def delivered_since(session: Session, item: Indicator, moment: datetime) -> int:
    """How many measurements an indicator took since a moment."""
    table = Record.__table__
    lately = (
        select(func.count())
        .select_from(table)
        .join(Measurement.__table__, Measurement.__table__.c.id == table.c.id)
        .where(Measurement.__table__.c.indicator_id == item.id, table.c.created_at >= moment)
    )
    return session.execute(lately).scalar_one()
