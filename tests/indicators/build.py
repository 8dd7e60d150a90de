"""Builders of indicators: each calls real verbs."""

from datetime import timedelta
from typing import Any

from governance.core import clock, records
from governance.indicators import service
from governance.indicators.models import Indicator
from governance.indicators.schemas import DefineIndicator, MeasureGroups, MeasurePart
from governance.systems.models import AiSystem
from tests.house_fixtures import House
from tests.impacts.build import a_tiered_system
from tests.systems.build import requested, sign

FAIR = {"a": {"n": 900, "selected": 450}, "b": {"n": 900, "selected": 440}}
UNFAIR = {"a": {"n": 900, "selected": 450}, "b": {"n": 900, "selected": 200}}


def an_indicator(
    house: House,
    formula: str = "disparate_impact_ratio",
    *,
    approved: bool = True,
    tier: str = "high",
    **changes: Any,
) -> str:
    """An indicator of a fresh system; returns its reference."""
    system = changes.pop("system", None) or a_tiered_system(house, tier)
    values: dict[str, Any] = {
        "title": "Same chance",
        "formula": formula,
        "cadence_months": 3,
        "owner_id": house.id_of("tess"),
    }
    with house.acting("asha") as session:
        data = DefineIndicator.model_validate({**values, **changes})
        item = service.define(session, records.get(session, AiSystem, system), data)
        reference = item.reference
    if approved:
        with house.acting("asha") as session:
            service.submit(session, records.get(session, Indicator, reference))
        sign(house, "olivia", requested(house, reference)["compliance_lead"])
    return reference


def period(days: int = 0) -> dict[str, Any]:
    """The quarter that ended a number of days ago."""
    end = clock.today() - timedelta(days=days)
    return {"period_from": end - timedelta(days=90), "period_to": end}


def measure(
    house: House,
    indicator: str,
    groups: dict[str, Any] | None = None,
    *,
    who: str = "tess",
    days: int = 0,
    **more: Any,
) -> str:
    """A measurement by groups; returns its reference."""
    with house.acting(who) as session:
        data = MeasureGroups.model_validate({**period(days), "groups": groups or FAIR, **more})
        return service.measure(session, records.get(session, Indicator, indicator), data).reference


def measure_part(house: House, indicator: str, part: int, whole: int) -> str:
    """A measurement of a part; returns its reference."""
    with house.acting("tess") as session:
        data = MeasurePart.model_validate({**period(), "part": part, "whole": whole})
        return service.measure(session, records.get(session, Indicator, indicator), data).reference
