"""The door for pipelines: deliver a measurement, ask about an indicator."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from governance.access.service import TooManyTries
from governance.access.tokens import MEASUREMENTS
from governance.core import clock, records
from governance.core.errors import Refused
from governance.indicators import queries, service
from governance.indicators.models import Indicator, Measurement
from governance.indicators.schemas import MeasureBins, MeasureGroups, MeasureNumber, MeasurePart
from governance.web import api

blueprint = Blueprint("indicators_api", __name__, url_prefix="/api/v1")
_HASH_DIGITS = 64
# A pipeline that runs wild would else fill the trail: what is recorded cannot be taken out again.
_WINDOW = timedelta(minutes=15)
_MOST_IN_A_WINDOW = 60


def _indicator(reference: str) -> Indicator:
    item = records.get(g.session, Indicator, reference)
    api.require(MEASUREMENTS, item.system_id)
    return item


@blueprint.route("/indicators/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """An indicator with its newest measurement."""
    item = _indicator(reference)
    newest = queries.latest(item)
    return api.answer_json(
        {
            "reference": item.reference,
            "title": item.title,
            "system": item.system.reference,
            "state": item.state,
            "formula": item.formula,
            "takes": service.formula_of(item).takes,
            "threshold": service.threshold_of(item).words,
            "reference_group": item.reference_group,
            "cadence_months": item.cadence_months,
            "latest": _shown(newest) if newest else None,
        }
    )


@blueprint.route("/indicators/<reference>/measurements", methods=["POST"])
def deliver(reference: str) -> ResponseReturnValue:
    """Deliver a measurement as counts; the registry computes value and verdict. The same `run_ref` is recorded once."""
    item = _indicator(reference)
    takes = service.formula_of(item).takes
    digest = request.headers.get("X-Dataset-SHA256", "").lower()
    if digest and (len(digest) != _HASH_DIGITS or set(digest) - set("0123456789abcdef")):
        raise Refused("X-Dataset-SHA256 is a SHA-256 in hex.")
    data: MeasureGroups | MeasurePart | MeasureBins | MeasureNumber
    match takes:
        case "groups":
            data = api.given(MeasureGroups)
        case "part":
            data = api.given(MeasurePart)
        case "bins":
            data = api.given(MeasureBins)
        case _:
            data = api.given(MeasureNumber)
    known = queries.of_run(g.session, item, data.run_ref)
    if known is None and queries.delivered_since(g.session, item, clock.now() - _WINDOW) >= _MOST_IN_A_WINDOW:
        raise TooManyTries(
            f"{item.reference} took {_MOST_IN_A_WINDOW} measurements in the last quarter of an hour; measure less often, or over longer periods."
        )
    row = service.measure(g.session, item, data, dataset_hash=digest)
    return api.answer_json(_shown(row), 200 if known else 201)


def _shown(row: Measurement) -> dict[str, Any]:
    return {
        "reference": row.reference,
        "state": row.state,
        "period_from": row.period_from.isoformat(),
        "period_to": row.period_to.isoformat(),
        "value": row.value,
        "interval": [row.interval_low, row.interval_high],
        "verdict": row.verdict.value,
        "declared": row.declared,
        "post_hoc": row.post_hoc,
        "rates": row.detail.get("rates", {}),
        "too_small": row.detail.get("too_small", []),
    }
