"""Pages of impact assessments: list, one assessment, its sections with autosave, its impacts and measures."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from governance.access import queries as people
from governance.assessments import scales
from governance.assessments.models import AssessmentState
from governance.core import charts, clock, records
from governance.core.errors import DomainError, NotFound
from governance.evidence import queries as evidence
from governance.impacts import completeness, queries, service
from governance.impacts.catalogue import rules
from governance.impacts.models import Effect, Impact, ImpactAssessment, ImpactMeasure, Triage
from governance.impacts.schemas import (
    BeginAssessment,
    CarryOut,
    DeclareUnaffected,
    EditAssessment,
    PlanMeasure,
    RateImpact,
    RemoveImpact,
    section_form,
)
from governance.signoffs import queries as signatures
from governance.systems import queries as systems
from governance.systems.models import AiSystem
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Choices, Form, words

blueprint = Blueprint("impacts", __name__)
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in AssessmentState])
_SORTABLE = ("reference", "title", "state", "changed_at")
_PATH = "/impact-assessments"


@blueprint.route(_PATH)
def listing() -> ResponseReturnValue:
    """All impact assessments."""
    query = lists.read(_PATH, request.args, (_STATES,), _SORTABLE, descending=True)
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
        "layout/list.html",
        heading="Impact assessments",
        query=query,
        known=(_STATES,),
        found=found,
        columns=(
            ("Reference", "reference"),
            ("Title", "title"),
            ("System", ""),
            ("State", "state"),
            ("Triage", ""),
            ("Impacts", ""),
            ("Next review", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("record", item.system),
            ("badge", item.state),
            ("words", item.triage_result),
            ("text", len(item.impacts)),
            ("date", item.next_review_on),
        ),
        empty=(
            "No impact assessment yet",
            "What the system does to people, to groups and to society, in normal use, failure and misuse (ISO/IEC 42001, 8.4 and A.5). Begin on the page of an AI system.",
            "/systems",
            "AI systems",
        ),
    )


def _scope_choices() -> dict[str, Choices]:
    return {
        "sensitive": [(name, item.ask) for name, item in rules().triage.items()],
        "facets": list(rules().facets.items()),
    }


@blueprint.route(f"{_PATH}/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Begin an assessment of a system with its triage."""
    system = systems.get(g.session, g.actor, request.args.get("system", ""))
    months = scales.criteria().review_months[system.tier.value if system.tier else "moderate"]
    initial = {
        "title": f"Impact assessment of {system.title}"[:300],
        "contexts": [*system.regions, *([system.sector] if system.sector else [])],
        "next_review_on": clock.today() + timedelta(days=30 * months),
        "triage_result": Triage.FULL if completeness.needs_whole(system) else "",
    }
    form = Form(BeginAssessment, _posted(), initial=initial, choices=_scope_choices())
    if form.valid and (item := attempt(form, lambda: service.begin(g.session, system, form.value))):
        flash(f"{item.reference} is begun; what the register knows is filled in.", "success")
        return redirect(item.path, 303)
    return form_page("Assess impacts", form, system.path, system.reference, submit="Begin")


def _posted() -> Any:
    return request.form if request.method == "POST" else None


def _assessment(reference: str) -> ImpactAssessment:
    return records.get(g.session, ImpactAssessment, reference)


@blueprint.route(f"{_PATH}/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One assessment."""
    item = _assessment(reference)
    return render_template(
        "impacts/record.html",
        item=item,
        rules=rules(),
        names=people.names(g.session),
        answered=completeness.answered(item),
        asked=completeness.asked,
        missing=completeness.missing(g.session, item) if item.state == AssessmentState.DRAFT else [],
        picture=picture(item),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
        evidence=evidence.of_record(g.session, item),
    )


def picture(item: ImpactAssessment) -> str:
    """Harms before and after measures in the matrix; empty without harms."""
    harms = [row for row in item.impacts if row.effect is Effect.HARM]
    if not harms:
        return ""
    after = [
        (row.residual_likelihood, row.residual_severity)
        if row.residual_likelihood and row.residual_severity
        else None
        for row in harms
    ]
    return charts.risk_matrix(
        [
            charts.RiskMarker(str(row.number), (row.likelihood, row.severity), rest)
            for row, rest in zip(harms, after, strict=True)
        ],
        matrix=[scales.criteria().matrix[str(step)] for step in range(1, 6)],
        likelihood=scales.likelihood_names(),
        severity=scales.severity_names(),
        title="Harms before and after measures",
        desc="; ".join(
            f"{row.number} {row.group}: {row.level}, after measures {row.residual_level or 'as before'}"
            for row in harms
        ),
    )


@blueprint.route(f"{_PATH}/<reference>/edit", methods=["GET", "POST"])
def edit(reference: str) -> ResponseReturnValue:
    """Change scope and triage of a draft."""
    item = _assessment(reference)
    initial = {name: getattr(item, name) for name in EditAssessment.model_fields if hasattr(item, name)}
    initial["sensitive"] = [name for name, yes in item.triage.items() if yes]
    form = Form(EditAssessment, _posted(), initial=initial, choices=_scope_choices())
    if form.valid and done(form, lambda: service.edit(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page("Scope and triage", form, item.path, item.reference)


@blueprint.route(f"{_PATH}/<reference>/sections/<section_id>", methods=["GET", "POST"])
def section(reference: str, section_id: str) -> ResponseReturnValue:
    """The questions of one section. A script saves while one types; without it the button does."""
    item = _assessment(reference)
    if section_id not in {found.id for found in rules().sections}:
        raise NotFound(f"There is no section {section_id}.")
    typed = None
    if request.method == "POST":
        # Which button was pressed is no answer.
        typed = MultiDict((name, text) for name, text in request.form.items(multi=True) if name != "then")
    form = Form(section_form(section_id), typed, initial={**item.answers, "version": item.version})
    by_script = request.headers.get("X-Autosave") == "1"
    try:
        saved = form.valid and done(form, lambda: service.answer(g.session, item, form.value))
    except DomainError as error:
        if by_script:
            return jsonify(message=error.message), error.status
        raise
    if saved and by_script:
        return jsonify(version=item.version, message="Saved")
    if saved:
        flash(f"Section {section_id} is saved.", "success")
        return redirect(_after(item, section_id), 303)
    if by_script:
        return jsonify(message=" ".join(text for found in form.errors.values() for text in found)), 422
    page = render_template(
        "impacts/section.html",
        item=item,
        section=rules().section(section_id),
        sections=rules().sections,
        answered=completeness.answered(item),
        form=form,
    )
    return page, 422 if form.errors else 200


def _after(item: ImpactAssessment, section_id: str) -> str:
    ids = [found.id for found in rules().sections]
    following = ids[ids.index(section_id) + 1 :]
    return f"{item.path}/sections/{following[0]}" if following and request.form.get("then") else item.path


def _impact(item: ImpactAssessment, number: int) -> Impact:
    found = next((row for row in item.impacts if row.number == number), None)
    if found is None:
        raise NotFound(f"{item.reference} has no impact {number}.")
    return found


def _rating_choices(system: AiSystem) -> dict[str, Choices]:
    rule = rules()
    groups = [*system.affected_groups, "Society", "Environment"]
    return {
        "group": [(name, name) for name in groups],
        "dimension": [(name, text.capitalize()) for name, text in rule.dimensions.items()],
        "cause": [(name, words(name)) for name in rule.causes],
        "scale": [(name, step.say.capitalize()) for name, step in rule.scale.items()],
        "reversibility": [(name, step.say.capitalize()) for name, step in rule.reversibility.items()],
        "duration": [(name, words(name)) for name in rule.durations],
        "confidence": [(name, words(name)) for name in rule.confidences],
    }


@blueprint.route(f"{_PATH}/<reference>/impacts/new", methods=["GET", "POST"])
def add_impact(reference: str) -> ResponseReturnValue:
    """Add an impact."""
    item = _assessment(reference)
    initial = {"version": item.version, "group": request.args.get("group", "")}
    form = Form(RateImpact, _posted(), initial=initial, choices=_rating_choices(item.system))
    if form.valid and done(form, lambda: service.rate(g.session, item, form.value)):
        return redirect(f"{item.path}#impacts", 303)
    return form_page("Add an impact", form, item.path, item.reference, submit="Add")


@blueprint.route(f"{_PATH}/<reference>/impacts/<int(max=100000):number>", methods=["GET", "POST"])
def edit_impact(reference: str, number: int) -> ResponseReturnValue:
    """Rate an impact anew."""
    item = _assessment(reference)
    impact = _impact(item, number)
    initial = {name: getattr(impact, name) for name in RateImpact.model_fields if hasattr(impact, name)}
    initial["version"] = item.version
    form = Form(RateImpact, _posted(), initial=initial, choices=_rating_choices(item.system))
    if form.valid and done(form, lambda: service.rate(g.session, item, form.value, impact)):
        return redirect(f"{item.path}#impacts", 303)
    return form_page(f"Impact {number}", form, item.path, item.reference)


@blueprint.route(f"{_PATH}/<reference>/impacts/<int(max=100000):number>/remove", methods=["GET", "POST"])
def remove_impact(reference: str, number: int) -> ResponseReturnValue:
    """Take an impact out of a draft."""
    item = _assessment(reference)
    impact = _impact(item, number)
    form = Form(RemoveImpact, _posted(), initial={"version": item.version})
    if form.valid and done(form, lambda: service.remove(g.session, item, impact, form.value)):
        return redirect(f"{item.path}#impacts", 303)
    return form_page(f"Take impact {number} out", form, item.path, item.reference, submit="Take out")


@blueprint.route(f"{_PATH}/<reference>/impacts/<int(max=100000):number>/measure", methods=["GET", "POST"])
def plan_measure(reference: str, number: int) -> ResponseReturnValue:
    """Plan a measure against a harm."""
    item = _assessment(reference)
    impact = _impact(item, number)
    initial = {"version": item.version, "due_on": clock.today() + timedelta(days=60)}
    form = Form(PlanMeasure, _posted(), initial=initial, choices={"owner_id": people.choices(g.session)})
    if form.valid and done(form, lambda: service.plan_measure(g.session, item, impact, form.value)):
        return redirect(f"{item.path}#impacts", 303)
    return form_page(f"Measure against impact {number}", form, item.path, item.reference, submit="Plan")


@blueprint.route(
    f"{_PATH}/<reference>/measures/<int(max=9000000000000000000):measure_id>", methods=["GET", "POST"]
)
def carry_out(reference: str, measure_id: int) -> ResponseReturnValue:
    """Record that a measure was carried out."""
    item = _assessment(reference)
    measure: ImpactMeasure | None = next(
        (found for row in item.impacts for found in row.measures if found.id == measure_id), None
    )
    if measure is None:
        raise NotFound(f"{item.reference} has no such measure.")
    form = Form(CarryOut, _posted(), initial={"done_on": clock.today()})
    if form.valid and done(form, lambda: service.carry_out(g.session, item, measure, form.value)):
        return redirect(f"{item.path}#impacts", 303)
    return form_page("Carried out", form, item.path, item.reference)


@blueprint.route(f"{_PATH}/<reference>/unaffected", methods=["GET", "POST"])
def unaffected(reference: str) -> ResponseReturnValue:
    """Say why a group has no material impact."""
    item = _assessment(reference)
    choices = {"group": [(name, name) for name in item.system.affected_groups]}
    initial = {"version": item.version, "group": request.args.get("group", "")}
    form = Form(DeclareUnaffected, _posted(), initial=initial, choices=choices)
    if form.valid and done(form, lambda: service.declare_unaffected(g.session, item, form.value)):
        return redirect(f"{item.path}#impacts", 303)
    return form_page("No material impact", form, item.path, item.reference)


@blueprint.route(f"{_PATH}/<reference>/submit", methods=["POST"])
def submit(reference: str) -> ResponseReturnValue:
    """Give it to the reviewers."""
    item = service.submit(g.session, _assessment(reference))
    flash(f"{item.reference} is in review; signatures are requested.", "success")
    return redirect(item.path, 303)


@blueprint.route(f"{_PATH}/<reference>/revise", methods=["POST"])
def revise(reference: str) -> ResponseReturnValue:
    """Start a new revision."""
    copy = service.revise(g.session, _assessment(reference))
    flash(
        f"{copy.reference} is the new revision; the approved one stays in force until it is approved.",
        "success",
    )
    return redirect(copy.path, 303)
