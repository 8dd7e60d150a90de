"""Pages of indicators: list, one indicator with its trend, one measurement, the chain from value to evidence, tokens."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from governance.access import queries as people
from governance.access import tokens
from governance.access.models import ApiToken
from governance.access.schemas import IssueToken
from governance.core import charts, records, trends
from governance.core.errors import NotFound
from governance.core.records import Record
from governance.evidence import queries as evidence
from governance.indicators import chain, queries, service
from governance.indicators.catalogue import rules
from governance.indicators.models import Indicator, IndicatorState, Measurement
from governance.indicators.schemas import DefineIndicator, ReviseIndicator, WithReason
from governance.indicators.verdicts import Verdict
from governance.signoffs import queries as signatures
from governance.systems import lifecycle
from governance.systems import queries as systems
from governance.systems.models import Stage
from governance.values.models import Norm, NormState, Value
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Choices, Form, words

blueprint = Blueprint("indicators", __name__)
_SORTABLE = ("reference", "title", "state", "changed_at")
_FILTERS = (
    lists.Filter("state", "State", [(item.value, words(item.value)) for item in IndicatorState]),
    lists.Filter("verdict", "Newest result", [(item.value, words(item.value)) for item in Verdict]),
    lists.Filter("rhythm", "Rhythm", [("kept", "Measured in time"), ("missed", "Overdue or never measured")]),
)
SHAPES = {
    Verdict.PASS: "met",
    Verdict.FAIL: "missing",
    Verdict.WARN: "waived",
    Verdict.INCONCLUSIVE: "waived",
    Verdict.UNDEFINED: "neutral",
}


@blueprint.route("/indicators")
def listing() -> ResponseReturnValue:
    """All indicators with their newest result."""
    query = lists.read("/indicators", request.args, _FILTERS, _SORTABLE, descending=True)
    found = queries.listing(
        g.session,
        g.actor,
        words=query.words,
        sort=query.sort,
        descending=query.descending,
        after=query.after,
        **query.filters,
    )
    names = people.names(g.session)
    newest = {row[0].id: queries.latest(row[0]) for row in found.rows}

    def cells(item: Indicator) -> tuple[tuple[str, Any], ...]:
        last = newest[item.id]
        return (
            ("record", item),
            ("text", item.title),
            ("record", item.system),
            ("badge", item.state),
            ("text", service.threshold_of(item).words),
            ("text", "–" if last is None or last.value is None else f"{last.value:.3g}"),
            ("badge", last.verdict if last else "not measured"),
            ("date", last.period_to if last else None),
            ("date", queries.due_on(item)),
            ("text", names.get(item.owner_id or 0)),
        )

    return render_template(
        "layout/list.html",
        heading="Indicators",
        query=query,
        known=_FILTERS,
        found=found,
        columns=(
            ("Reference", "reference"),
            ("Indicator", "title"),
            ("System", ""),
            ("State", "state"),
            ("Must be", ""),
            ("Newest", ""),
            ("Verdict", ""),
            ("Up to", ""),
            ("Next due", ""),
            ("Owner", ""),
        ),
        cells=cells,
        empty=(
            "No indicator yet",
            "An indicator measures a norm: formula, threshold, how often, by whom (9.1). Define it on the page of an AI system.",
            "/systems",
            "AI systems",
        ),
    )


@blueprint.route("/indicators/new", methods=["GET", "POST"])
def define() -> ResponseReturnValue:
    """Define an indicator of a system."""
    system = systems.get(g.session, g.actor, request.args.get("system", ""))
    choices: dict[str, Choices] = {
        "formula": [(name, f"{item.title}: {item.says}") for name, item in rules().indicators.items()],
        "norm_id": [(str(item.id), f"{item.reference} {item.title}") for item in _norms()],
        "owner_id": people.choices(g.session),
    }
    initial = {
        "cadence_months": 3,
        "owner_id": system.technical_owner_id or "",
        "norm_id": request.args.get("norm", ""),
    }
    form = Form(DefineIndicator, _posted(), initial=initial, choices=choices)
    if form.valid and (item := attempt(form, lambda: service.define(g.session, system, form.value))):
        flash(f"{item.reference} is drafted; its threshold is to be approved.", "success")
        return redirect(item.path, 303)
    back = f"{system.path}/indicators"
    return form_page("Define an indicator", form, back, system.reference, submit="Define")


def _norms() -> list[Norm]:
    in_force = select(Norm).where(Record.kind == "norm", Norm.state == NormState.IN_FORCE)
    return list(g.session.scalars(in_force.order_by(Record.reference).limit(500)))


def _posted() -> Any:
    return request.form if request.method == "POST" else None


@blueprint.route("/indicators/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One indicator with its trend."""
    item = records.get(g.session, Indicator, reference)
    return render_template(
        "indicators/record.html",
        item=item,
        formula=service.formula_of(item),
        threshold=service.threshold_of(item),
        picture=picture(item),
        rows=sorted(item.measurements, key=lambda row: (row.period_to, row.id), reverse=True),
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )


def picture(item: Indicator) -> str:
    """Standing values over time against the threshold; empty without any."""
    standing = [row for row in item.measurements if row.state in queries.STANDING and row.value is not None]
    if not standing:
        return ""
    points = [
        trends.Point(
            row.period_to, row.value or 0.0, row.interval_low, row.interval_high, SHAPES[row.verdict]
        )
        for row in standing
    ]
    limit = service.threshold_of(item)
    limits = [
        trends.Limit(float(value), word)
        for value, word in ((limit.low, "at least"), (limit.high, "at most"))
        if value is not None
    ]
    said = "; ".join(f"{row.period_to}: {row.value:.3g}, {row.verdict}" for row in standing)
    return trends.trend(
        points, limits=limits, title=item.title, desc=said, unit=service.formula_of(item).unit
    )


_ON_INDICATOR: dict[str, tuple[str, Any, Callable[..., Record]]] = {
    "revise": ("Another threshold", ReviseIndicator, service.revise),
    "retire": ("Stop measuring", WithReason, service.retire),
}


@blueprint.route("/indicators/<reference>/submit", methods=["POST"])
def submit(reference: str) -> ResponseReturnValue:
    """Ask for approval."""
    item = service.submit(g.session, records.get(g.session, Indicator, reference))
    flash("The signature of compliance is requested.", "success")
    return redirect(item.path, 303)


@blueprint.route("/indicators/<reference>/<change>", methods=["GET", "POST"])
def change(reference: str, change: str) -> ResponseReturnValue:
    """Revise or retire an indicator."""
    if change not in _ON_INDICATOR:
        raise NotFound("There is no such page.")
    item = records.get(g.session, Indicator, reference)
    heading, schema, act = _ON_INDICATOR[change]
    initial = {"version": item.version, "low": item.low, "high": item.high}
    form = Form(schema, _posted(), initial=initial)
    if form.valid and (made := attempt(form, lambda: act(g.session, item, form.value))):
        return redirect(made.path, 303)
    return form_page(heading, form, item.path, item.reference)


@blueprint.route("/measurements/<reference>")
def measurement(reference: str) -> ResponseReturnValue:
    """One measurement: counts, rates, interval, verdict, and the way up to the value it serves."""
    row = records.get(g.session, Measurement, reference)
    return render_template(
        "indicators/measurement.html",
        row=row,
        formula=service.formula_of(row.indicator),
        bars=group_rates(row),
        names=people.names(g.session),
        evidence=evidence.of_record(g.session, row),
    )


_PARTS = 1000


def group_rates(row: Measurement) -> str:
    """The groups' rates as bars from 0 to 1; empty where nothing is compared. A small group is paler and says so."""
    rates: dict[str, float | None] = row.detail.get("rates", {})
    small = row.detail.get("too_small", [])
    if len(rates) < 2 or any(rate is not None and not 0 <= rate <= 1 for rate in rates.values()):
        return ""

    def bar(name: str, rate: float | None) -> charts.Bar:
        if rate is None:
            return charts.Bar(name, (charts.Part(0, "neutral", "undefined"), _rest(0)), "undefined")
        kind, note = ("waived", f"{rate:.1%}, too small") if name in small else ("met", f"{rate:.1%}")
        part = round(rate * _PARTS)
        return charts.Bar(name, (charts.Part(part, kind, note), _rest(part)), note)

    drawn = [bar(name, rate) for name, rate in rates.items()]
    said = "; ".join(f"{item.label}: {item.note}" for item in drawn)
    return charts.bars(drawn, title=f"{row.indicator.title} by group", desc=said)


def _rest(part: int) -> charts.Part:
    return charts.Part(_PARTS - part, "neutral", "")


_ON_MEASUREMENT: dict[str, tuple[str, Callable[..., Record]]] = {
    "dispute": ("Doubt this measurement", service.dispute),
    "invalidate": ("Invalidate this measurement", service.invalidate),
}


@blueprint.route("/measurements/<reference>/verify", methods=["POST"])
def verify(reference: str) -> ResponseReturnValue:
    """Confirm it as a second person."""
    row = service.verify(g.session, records.get(g.session, Measurement, reference))
    return redirect(row.path, 303)


@blueprint.route("/measurements/<reference>/<change>", methods=["GET", "POST"])
def change_measurement(reference: str, change: str) -> ResponseReturnValue:
    """Dispute or invalidate it, with the reason."""
    if change not in _ON_MEASUREMENT:
        raise NotFound("There is no such page.")
    row = records.get(g.session, Measurement, reference)
    heading, act = _ON_MEASUREMENT[change]
    form = Form(WithReason, _posted(), initial={"version": row.version})
    if form.valid and done(form, lambda: act(g.session, row, form.value)):
        return redirect(row.path, 303)
    return form_page(heading, form, row.path, row.reference)


@blueprint.route("/systems/<reference>/indicators")
def of_system(reference: str) -> ResponseReturnValue:
    """A system's indicators, and the chain from value to evidence."""
    system = systems.get(g.session, g.actor, reference)
    return render_template(
        "indicators/system.html",
        system=system,
        indicators=queries.of_system(g.session, system.id),
        latest=queries.latest,
        threshold=service.threshold_of,
        links=chain.of_system(g.session, system),
        names=people.names(g.session),
        stages=list(Stage),
        passed=lifecycle.passed_gates(g.session, system),
    )


@blueprint.route("/values/<reference>/chain")
def of_value(reference: str) -> ResponseReturnValue:
    """A value's chain over all systems."""
    value = records.get(g.session, Value, reference)
    return render_template("indicators/value_chain.html", value=value, links=chain.of_value(g.session, value))


@blueprint.route("/tokens", methods=["GET", "POST"])
def all_tokens() -> ResponseReturnValue:
    """Tokens of pipelines; a new one is shown once."""
    form, secret = Form(IssueToken, _posted()), ""
    if form.valid and (issued := attempt(form, lambda: tokens.issue(g.session, form.value))):
        secret, form = issued.secret, Form(IssueToken)
    page = render_template(
        "indicators/tokens.html",
        form=form,
        secret=secret,
        tokens=tokens.every(g.session),
        names=people.names(g.session),
        systems={item.id: item for item in _bound()},
    )
    return page, 422 if form.errors else 200


def _bound() -> list[Record]:
    bound = [item.system_id for item in tokens.every(g.session) if item.system_id]
    return list(g.session.scalars(select(Record).where(Record.id.in_(bound)))) if bound else []


@blueprint.route("/tokens/<int(max=9000000000000000000):token_id>/revoke", methods=["POST"])
def revoke_token(token_id: int) -> ResponseReturnValue:
    """Take a token back."""
    token = g.session.get(ApiToken, token_id)
    if token is None:
        raise NotFound("There is no such token.")
    tokens.revoke(g.session, token)
    flash(f"The token {token.name} is revoked.", "warning")
    return redirect("/tokens", 303)
