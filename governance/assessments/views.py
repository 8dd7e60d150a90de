"""Pages of risk assessments: list, one assessment with its matrix, risks, treatments, acceptances."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.assessments import queries, scales, service
from governance.assessments.models import (
    AssessmentState,
    Risk,
    RiskAcceptance,
    RiskAssessment,
    Treatment,
)
from governance.assessments.schemas import (
    AskAcceptance,
    DraftAssessment,
    EditAssessment,
    PlanTreatment,
    RateRisk,
    RecordProgress,
    RemoveRisk,
    Revoke,
)
from governance.core import charts, clock, records
from governance.core.errors import NotFound
from governance.evidence import queries as evidence
from governance.signoffs import queries as signatures
from governance.systems import queries as systems
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form, words

blueprint = Blueprint("assessments", __name__)
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in AssessmentState])
_SORTABLE = ("reference", "title", "state", "changed_at")


@blueprint.route("/risk-assessments")
def listing() -> ResponseReturnValue:
    """All risk assessments."""
    query = lists.read("/risk-assessments", request.args, (_STATES,), _SORTABLE, descending=True)
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
        heading="Risk assessments",
        query=query,
        known=(_STATES,),
        found=found,
        columns=(
            ("Reference", "reference"),
            ("Title", "title"),
            ("System", ""),
            ("State", "state"),
            ("Risks", ""),
            ("Assessed", ""),
            ("Next review", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("record", item.system),
            ("badge", item.state),
            ("text", len(item.risks)),
            ("date", item.assessed_on),
            ("date", item.next_review_on),
        ),
        empty=(
            "No risk assessment yet",
            "What could go wrong, for whom, how badly, and what is done about it (ISO/IEC 42001, 6.1.2 and 8.2). Begin on the page of an AI system.",
            "/systems",
            "AI systems",
        ),
    )


def _assessment(reference: str) -> RiskAssessment:
    return records.get(g.session, RiskAssessment, reference)


@blueprint.route("/risk-assessments/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Begin an assessment of a system."""
    system = systems.get(g.session, g.actor, request.args.get("system", ""))
    today = clock.today()
    months = scales.criteria().review_months[system.tier.value if system.tier else "moderate"]
    initial = {
        "title": f"Risk assessment of {system.title}"[:300],
        "assessed_on": today,
        "next_review_on": today + timedelta(days=30 * months),
        "scope_text": f"{system.title}, current version" if system.current_version else system.title,
    }
    form = Form(DraftAssessment, request.form if request.method == "POST" else None, initial=initial)
    if form.valid and (item := attempt(form, lambda: service.draft(g.session, system, form.value))):
        flash(f"{item.reference} is begun. Add its risks.", "success")
        return redirect(item.path, 303)
    return form_page("Assess risks", form, system.path, system.reference, submit="Begin")


@blueprint.route("/risk-assessments/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One assessment."""
    item = _assessment(reference)
    rule = scales.criteria()
    return render_template(
        "assessments/record.html",
        item=item,
        names=people.names(g.session),
        matrix=matrix(item) if item.risks else "",
        above=scales.is_above_appetite,
        appetite=rule.appetite,
        acceptances=queries.acceptances_of(g.session, item),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
        evidence=evidence.of_record(g.session, item),
    )


def matrix(item: RiskAssessment) -> str:
    """The risk matrix of an assessment as a picture."""
    rule = scales.criteria()
    markers = [
        charts.RiskMarker(
            label=str(risk.number),
            before=(risk.likelihood, scales.effective_severity(risk.severity, risk.modifiers)),
            after=(
                risk.residual_likelihood,
                scales.effective_severity(risk.residual_severity, risk.modifiers),
            )
            if risk.residual_likelihood and risk.residual_severity
            else None,
        )
        for risk in item.risks
    ]
    return charts.risk_matrix(
        markers,
        matrix=[rule.matrix[str(row)] for row in range(1, 6)],
        likelihood=scales.likelihood_names(),
        severity=scales.severity_names(),
        title=f"Risk matrix of {item.reference}",
        desc="Each risk before treatment (open circle) and after (filled circle)",
    )


@blueprint.route("/risk-assessments/<reference>/edit", methods=["GET", "POST"])
def edit(reference: str) -> ResponseReturnValue:
    """Change a draft."""
    item = _assessment(reference)
    initial = {name: getattr(item, name) for name in EditAssessment.model_fields}
    form = Form(EditAssessment, request.form if request.method == "POST" else None, initial=initial)
    if form.valid and done(form, lambda: service.edit(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(f"Edit {item.reference}", form, item.path, item.reference)


def _rating_choices() -> dict[str, list[tuple[str, str]]]:
    rule = scales.criteria()
    likelihood = [(key, f"{key}: {text}") for key, text in rule.likelihood.items()]
    severity = [(key, f"{key}: {row['individual']}") for key, row in rule.severity.items()]
    return {
        "source": [(item, words(item)) for item in rule.sources],
        "dimension": [(item, words(item)) for item in rule.dimensions],
        "likelihood": likelihood,
        "severity": severity,
        "residual_likelihood": likelihood,
        "residual_severity": severity,
        "modifiers": list(rule.modifiers.items()),
        "basis": [(item, words(item)) for item in rule.bases],
        "confidence": [(item, words(item)) for item in ("low", "medium", "high")],
        "owner_id": people.choices(g.session),
    }


@blueprint.route("/risk-assessments/<reference>/risks/new", methods=["GET", "POST"])
def add_risk(reference: str) -> ResponseReturnValue:
    """Add a risk."""
    item = _assessment(reference)
    form = Form(
        RateRisk,
        request.form if request.method == "POST" else None,
        initial={"version": item.version},
        choices=_rating_choices(),
    )
    if form.valid and (risk := attempt(form, lambda: service.add_risk(g.session, item, form.value))):
        flash(
            f"Risk {risk.number} is {risk.level}{', then ' + risk.residual_level if risk.residual_level else ''}.",
            "success",
        )
        return redirect(item.path, 303)
    return form_page(
        "Add a risk",
        form,
        item.path,
        item.reference,
        submit="Add",
        intro="The level is looked up in the matrix, never typed.",
    )


def _risk(item: RiskAssessment, number: int) -> Risk:
    found = next((risk for risk in item.risks if risk.number == number), None)
    if found is None:
        raise NotFound(f"{item.reference} has no risk {number}.")
    return found


@blueprint.route("/risk-assessments/<reference>/risks/<int:number>", methods=["GET", "POST"])
def edit_risk(reference: str, number: int) -> ResponseReturnValue:
    """Change a risk."""
    item = _assessment(reference)
    risk = _risk(item, number)
    initial = {name: getattr(risk, name) for name in RateRisk.model_fields if name != "version"} | {
        "version": item.version
    }
    form = Form(
        RateRisk,
        request.form if request.method == "POST" else None,
        initial=initial,
        choices=_rating_choices(),
    )
    if form.valid and done(form, lambda: service.edit_risk(g.session, item, risk, form.value)):
        return redirect(item.path, 303)
    return form_page(f"Risk {number}", form, item.path, item.reference)


@blueprint.route("/risk-assessments/<reference>/risks/<int:number>/remove", methods=["GET", "POST"])
def remove_risk(reference: str, number: int) -> ResponseReturnValue:
    """Take a risk out of a draft."""
    item = _assessment(reference)
    risk = _risk(item, number)
    form = Form(
        RemoveRisk, request.form if request.method == "POST" else None, initial={"version": item.version}
    )
    if form.valid and done(form, lambda: service.remove_risk(g.session, item, risk, form.value)):
        flash(f"Risk {number} is taken out; the history keeps it.", "warning")
        return redirect(item.path, 303)
    return form_page(
        f"Take out risk {number}", form, item.path, item.reference, submit="Take out", intro=risk.title
    )


@blueprint.route("/risk-assessments/<reference>/risks/<int:number>/treatment", methods=["GET", "POST"])
def treat(reference: str, number: int) -> ResponseReturnValue:
    """Plan a treatment."""
    item = _assessment(reference)
    risk = _risk(item, number)
    form = _treatment_form({"version": item.version})
    if form.valid and done(form, lambda: service.plan_treatment(g.session, item, risk, form.value)):
        return redirect(item.path, 303)
    return form_page(f"Treat risk {number}: {risk.title}", form, item.path, item.reference, submit="Plan")


def _treatment_form(initial: dict[str, Any]) -> Form[PlanTreatment]:
    choices = {
        "option": [(name, words(name)) for name in scales.criteria().treatment_options],
        "owner_id": people.choices(g.session),
    }
    typed = request.form if request.method == "POST" else None
    return Form(PlanTreatment, typed, initial=initial, choices=choices)


def _treatment(item: RiskAssessment, treatment_id: int) -> Treatment:
    found = next((row for risk in item.risks for row in risk.treatments if row.id == treatment_id), None)
    if found is None:
        raise NotFound(f"{item.reference} has no such treatment.")
    return found


@blueprint.route("/risk-assessments/<reference>/treatments/<int:treatment_id>/edit", methods=["GET", "POST"])
def edit_treatment(reference: str, treatment_id: int) -> ResponseReturnValue:
    """Change what is planned."""
    item = _assessment(reference)
    treatment = _treatment(item, treatment_id)
    initial = {name: getattr(treatment, name) for name in PlanTreatment.model_fields if name != "version"}
    form = _treatment_form({**initial, "version": item.version})
    if form.valid and done(form, lambda: service.edit_treatment(g.session, item, treatment, form.value)):
        return redirect(item.path, 303)
    return form_page("Edit the treatment", form, item.path, item.reference)


@blueprint.route("/risk-assessments/<reference>/treatments/<int:treatment_id>", methods=["GET", "POST"])
def progress(reference: str, treatment_id: int) -> ResponseReturnValue:
    """Record that a treatment is done."""
    item = _assessment(reference)
    treatment = _treatment(item, treatment_id)
    form = Form(
        RecordProgress, request.form if request.method == "POST" else None, initial={"done_on": clock.today()}
    )
    if form.valid and done(form, lambda: service.record_progress(g.session, item, treatment, form.value)):
        return redirect(item.path, 303)
    return form_page("Treatment carried out", form, item.path, item.reference, intro=treatment.action)


@blueprint.route("/risk-assessments/<reference>/submit", methods=["POST"])
def submit(reference: str) -> ResponseReturnValue:
    """Give the draft to its reviewers."""
    item = _assessment(reference)
    service.submit(g.session, item)
    flash(f"{item.reference} is in review; the signatures are requested.", "success")
    return redirect(item.path, 303)


@blueprint.route("/risk-assessments/<reference>/revise", methods=["POST"])
def revise(reference: str) -> ResponseReturnValue:
    """Start a new revision."""
    copy = service.revise(g.session, _assessment(reference))
    flash(
        f"{copy.reference} is revision {copy.revision}, a draft; {reference} stays in force until it is approved.",
        "success",
    )
    return redirect(copy.path, 303)


@blueprint.route("/risk-assessments/<reference>/risks/<int:number>/accept", methods=["GET", "POST"])
def ask_acceptance(reference: str, number: int) -> ResponseReturnValue:
    """Ask for acceptance of what remains."""
    item = _assessment(reference)
    risk = _risk(item, number)
    form = Form(AskAcceptance, request.form if request.method == "POST" else None)
    if form.valid and (
        asked := attempt(form, lambda: service.ask_acceptance(g.session, item, risk, form.value))
    ):
        flash(f"{asked.reference} is asked for.", "success")
        return redirect(asked.path, 303)
    level = risk.residual_level or risk.level
    return form_page(
        f"Accept what remains of risk {number}",
        form,
        item.path,
        item.reference,
        submit="Ask",
        intro=f"{risk.title}: {level} remains.",
    )


@blueprint.route("/risk-acceptances/<reference>", methods=["GET", "POST"])
def acceptance(reference: str) -> ResponseReturnValue:
    """One acceptance; revoke it here."""
    item = records.get(g.session, RiskAcceptance, reference)
    form = Form(Revoke, request.form if request.method == "POST" else None)
    if form.valid and done(form, lambda: service.revoke_acceptance(g.session, item, form.value)):
        return redirect(item.path, 303)
    page = render_template(
        "assessments/acceptance.html",
        item=item,
        form=form,
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )
    return page, 422 if form.errors else 200
