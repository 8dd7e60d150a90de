"""Indicators that a person must measure, and measurements to verify."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.access.duties import Duty, duties, soon
from governance.core import clock
from governance.core.records import Record
from governance.indicators import queries
from governance.indicators.models import Indicator, IndicatorState

_AREA = "Indicators"


@duties
def to_measure(session: Session, actor: Actor) -> Iterable[Duty]:
    """Active indicators of the person whose period ends soon or is over."""
    mine = (
        select(Indicator)
        .where(Record.kind == "indicator", Indicator.owner_id == actor.person_id)
        .where(Indicator.state == IndicatorState.ACTIVE)
        .options(selectinload(Indicator.measurements))
    )
    for item in session.scalars(mine.order_by(Record.reference)):
        due = queries.due_on(item) or clock.today()
        if queries.latest(item) is None or due <= soon():
            yield Duty(_AREA, f"Measure: {item.title}", item, due, f"{item.path}/measure")
