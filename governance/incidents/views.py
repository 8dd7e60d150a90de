"""Pages of incidents: list with its picture, one incident as a timeline, its clocks."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import clock, records
from governance.core.charts import Bar, Part, bars
from governance.core.errors import NotFound
from governance.evidence import queries as evidence
from governance.improvement import queries as findings
from governance.improvement.schemas import RecordFinding
from governance.incidents import queries, service
from governance.incidents.catalogue import rules
from governance.incidents.models import Incident, IncidentState
from governance.incidents.schemas import (
    Contain,
    CorrectAwareness,
    RecordStep,
    ReportIncident,
    Resolve,
    Tell,
    Triage,
)
from governance.signoffs import queries as signatures
from governance.systems import lifecycle
from governance.systems import queries as systems
from governance.systems.models import Stage
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Choices, Form, words

blueprint = Blueprint("incidents", __name__)
_SORTABLE = ("reference", "title", "state", "changed_at")
_SHADES = {"S1": "missing", "S2": "critical", "S3": "waived", "S4": "neutral", "not triaged": "low"}


def _filters() -> tuple[lists.Filter, ...]:
    return (
        lists.Filter("state", "State", [(item.value, words(item.value)) for item in IncidentState]),
        lists.Filter("severity", "Severity", [(name, name) for name in rules().severities]),
    )


@blueprint.route("/incidents")
def listing() -> ResponseReturnValue:
    """All incidents."""
    known = _filters()
    query = lists.read("/incidents", request.args, known, _SORTABLE, descending=True)
    found = queries.listing(
        g.session,
        g.actor,
        words=query.words,
        sort=query.sort,
        descending=query.descending,
        after=query.after,
        **query.filters,
    )
    return render_template(
        "incidents/list.html",
        heading="Incidents",
        query=query,
        known=known,
        found=found,
        months=queries.by_month(g.session),
        picture=_picture(),
        running=queries.running(g.session),
        clocks=rules().clocks,
        severities=list(_SHADES),
        now=clock.now(),
        columns=(
            ("Reference", "reference"),
            ("Incident", "title"),
            ("System", ""),
            ("Kind", ""),
            ("Severity", ""),
            ("State", "state"),
            ("Aware", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("record", item.system),
            ("words", item.incident_kind),
            ("badge", item.severity or "not triaged"),
            ("badge", item.state),
            ("date", item.aware_at),
        ),
        empty=(
            "No incident",
            "What went wrong, and what nearly did: near misses stand in the same register, and a register without any is hard to believe (A.8.4). Report one on the page of an AI system.",
            "/systems",
            "AI systems",
        ),
    )


def _picture() -> str:
    months = queries.by_month(g.session)
    if not any(counts for _, counts in months):
        return ""
    rows = [
        Bar(
            month,
            tuple(Part(counts.get(name, 0), shade, name) for name, shade in _SHADES.items()),
            ", ".join(f"{total} {name}" for name, total in counts.items()) or "none",
        )
        for month, counts in months
    ]
    return bars(
        rows,
        title="Incidents by month and severity",
        desc="One bar a month, the last twelve.",
        label_width=80,
    )


def _incident(reference: str) -> Incident:
    return records.get(g.session, Incident, reference)


def _posted() -> Any:
    return request.form if request.method == "POST" else None


@blueprint.route("/incidents/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Report an incident of a system."""
    system = systems.get(g.session, g.actor, request.args.get("system", ""))
    choices: dict[str, Choices] = {"incident_kind": [(name, words(name)) for name in rules().kinds]}
    initial = {"aware_on": clock.today(), "aware_time": f"{clock.now():%H:%M}"}
    form = Form(ReportIncident, _posted(), initial=initial, choices=choices)
    if form.valid and (item := attempt(form, lambda: service.report(g.session, system, form.value))):
        flash(f"{item.reference} is reported. Say how grave it is; the clocks run already.", "warning")
        return redirect(item.path, 303)
    return form_page("Report an incident", form, system.path, system.reference, submit="Report")


@blueprint.route("/incidents/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One incident."""
    item = _incident(reference)
    return render_template(
        "incidents/record.html",
        item=item,
        rules=rules(),
        now=clock.now(),
        names=people.names(g.session),
        findings=findings.from_source(g.session, item),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
        evidence=evidence.of_record(g.session, item),
    )


_CHANGES: dict[str, tuple[str, Any, Callable[..., object]]] = {
    "triage": ("How grave is it?", Triage, service.triage),
    "awareness": ("When did we become aware?", CorrectAwareness, service.correct_awareness),
    "step": ("What was done", RecordStep, service.record_step),
    "contain": ("Containment", Contain, service.contain),
    "resolve": ("Safe again", Resolve, service.resolve),
}


@blueprint.route("/incidents/<reference>/<change>", methods=["GET", "POST"])
def change(reference: str, change: str) -> ResponseReturnValue:
    """Triage, correct, note a step, contain, resolve."""
    item = _incident(reference)
    if change == "finding":
        return _finding(item)
    if change not in _CHANGES:
        raise NotFound("There is no such page.")
    heading, schema, act = _CHANGES[change]
    initial = {
        "version": item.version,
        "severity": item.severity,
        "clocks": item.clocks,
        "containment": item.containment,
        "aware_on": item.aware_at.date(),
        "aware_time": f"{item.aware_at:%H:%M}",
        "cause": item.cause,
        "lessons": item.lessons,
        "communication": item.communication,
    }
    choices: dict[str, Choices] = {
        "severity": [(name, f"{name}: {level.say}") for name, level in rules().severities.items()],
        "clocks": [(name, found.ask) for name, found in rules().clocks.items()],
    }
    form = Form(schema, _posted(), initial=initial, choices=choices)
    if form.valid and done(form, lambda: act(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(heading, form, item.path, item.reference)


def _finding(item: Incident) -> ResponseReturnValue:
    initial = {"title": item.title, "evidence_statement": item.description}
    form = Form(RecordFinding, _posted(), initial=initial)
    if form.valid and (finding := attempt(form, lambda: service.open_finding(g.session, item, form.value))):
        return redirect(finding.path, 303)
    return form_page("Open a finding", form, item.path, item.reference, submit="Record")


@blueprint.route("/incidents/<reference>/close", methods=["POST"])
def close(reference: str) -> ResponseReturnValue:
    """Ask for the signatures that close it."""
    item = service.ask_to_close(g.session, _incident(reference))
    flash("The signatures of compliance and of top management are requested.", "success")
    return redirect(item.path, 303)


@blueprint.route("/incidents/<reference>/clocks/<clock_id>", methods=["GET", "POST"])
def tell(reference: str, clock_id: str) -> ResponseReturnValue:
    """Somebody was told, or need not be."""
    item = _incident(reference)
    notice = next((found for found in item.notices if found.clock == clock_id), None)
    if notice is None:
        raise NotFound(f"{item.reference} has no such clock.")
    form = Form(Tell, _posted(), initial={"version": item.version})
    if form.valid and done(form, lambda: service.tell(g.session, item, notice, form.value)):
        return redirect(item.path, 303)
    found = rules().clocks[clock_id]
    return form_page(
        found.title, form, item.path, item.reference, intro=f"{found.source}, within {found.hours} hours"
    )


@blueprint.route("/systems/<reference>/incidents")
def of_system(reference: str) -> ResponseReturnValue:
    """Incidents of a system, and how many concerns there are about it."""
    system = systems.get(g.session, g.actor, reference)
    return render_template(
        "incidents/system.html",
        system=system,
        incidents=queries.of_system(g.session, system.id),
        concerns=queries.concern_counts(g.session, system.id),
        names=people.names(g.session),
        stages=list(Stage),
        passed=lifecycle.passed_gates(g.session, system),
    )
