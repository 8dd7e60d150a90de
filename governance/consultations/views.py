"""Pages of consultations: plan, groups, concerns and what became of them, feedback, closing."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.consultations import affected, decisions, figures, queries, service
from governance.consultations.catalogue import rules
from governance.consultations.models import (
    Anonymity,
    Consultation,
    ConsultationConcern,
    ConsultationState,
)
from governance.consultations.participation_models import ConsultationDecision
from governance.consultations.schemas import (
    AskToClose,
    Cancel,
    EditPlan,
    GiveFeedback,
    Merge,
    PlanConsultation,
    RecordConcern,
    RecordGroup,
    Respond,
)
from governance.consultations.states import gate_ahead
from governance.core import clock, records
from governance.core.errors import NotFound
from governance.evidence import queries as evidence
from governance.signoffs import queries as signatures
from governance.systems import queries as systems
from governance.systems.stages import lifecycle
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Choices, Form, words

blueprint = Blueprint("consultations", __name__)
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in ConsultationState])
SEVERITIES: Choices = [
    ("0", "not rated"),
    ("1", "1 negligible"),
    ("2", "2 minor"),
    ("3", "3 serious"),
    ("4", "4 severe"),
    ("5", "5 catastrophic"),
]
_VALUES = ("Autonomy", "Fairness", "Privacy", "Transparency", "Explainability", "Redress", "Safety", "Reliability", "Honesty", "Accountability", "Inclusion", "Well-being")  # fmt: skip


@blueprint.route("/consultations")
def listing() -> ResponseReturnValue:
    """All consultations."""
    query = lists.read(
        "/consultations",
        request.args,
        (_STATES,),
        ("reference", "title", "state", "changed_at"),
        descending=True,
    )
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
        heading="Consultations",
        query=query,
        known=(_STATES,),
        found=found,
        columns=(
            ("Reference", "reference"),
            ("Title", "title"),
            ("System", ""),
            ("State", "state"),
            ("Method", ""),
            ("To", ""),
            ("Concerns", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("record", item.system),
            ("badge", item.state),
            ("words", item.method),
            ("date", item.ends_on),
            ("text", len(item.concerns)),
        ),
        empty=(
            "No consultation yet",
            "Who is affected, what they said, and what became of it: an auditor reads this for A.5.4 and A.8.3. Plan one on the page of an AI system.",
            "/systems",
            "AI systems",
        ),
    )


def _get(reference: str) -> Consultation:
    return records.get(g.session, Consultation, reference)


def _plan_choices() -> dict[str, Choices]:
    return {
        "level": [
            (str(item.level), f"{item.level} {words(item.name)}: {item.promise}") for item in rules().levels
        ],
        "method": [(item, words(item)) for item in rules().methods],
        "informs_gate": [(gate.id, f"{gate.id} {gate.name}") for gate in lifecycle().gates],
        "facilitator_id": people.choices(g.session),
    }


@blueprint.route("/consultations/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Plan a consultation about a system."""
    system = systems.get(g.session, g.actor, request.args.get("system", ""))
    initial = {
        "title": f"People affected by {system.title}"[:300],
        "groups": [item.name for item in affected.of_system(g.session, system).groups],
        "languages": system.languages,
        "starts_on": clock.today(),
        "ends_on": clock.today() + timedelta(days=21),
        "level": rules().least(system.tier.value if system.tier else None).level,
        "informs_gate": gate_ahead(g.session, system),
        "consent_version": "1",
        "anonymity": Anonymity.ANONYMOUS,
    }
    form = Form(
        PlanConsultation,
        request.form if request.method == "POST" else None,
        initial=initial,
        choices=_plan_choices(),
    )
    if form.valid and (item := attempt(form, lambda: service.plan(g.session, system, form.value))):
        flash(f"{item.reference} is planned.", "success")
        return redirect(item.path, 303)
    return form_page("Plan a consultation", form, system.path, system.reference, submit="Plan")


@blueprint.route("/consultations/<reference>/edit", methods=["GET", "POST"])
def edit(reference: str) -> ResponseReturnValue:
    """Change a plan."""
    item = _get(reference)
    initial = {name: getattr(item, name) for name in PlanConsultation.model_fields}
    initial |= {"groups": [group.name for group in item.groups], "version": item.version}
    form = Form(
        EditPlan,
        request.form if request.method == "POST" else None,
        initial=initial,
        choices=_plan_choices(),
    )
    if form.valid and done(form, lambda: service.edit_plan(g.session, item, form.value)):
        flash(f"The plan of {item.reference} is changed.", "success")
        return redirect(item.path, 303)
    return form_page("Change the plan", form, item.path, item.reference)


@blueprint.route("/consultations/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One consultation."""
    item = _get(reference)
    took_part = queries.heads(g.session, item)
    shares = affected.representativeness(g.session, item)
    names = people.names(g.session)
    return render_template(
        "consultations/record.html",
        item=item,
        level=next(row for row in rules().levels if row.level == item.level),
        facilitator=names.get(item.facilitator_id or 0, item.facilitator_outside),
        took_part=took_part,
        said=queries.said,
        shares=shares,
        picture=figures.took_part(shares),
        voices={row.id: queries.voice(item, row, took_part) for row in item.concerns},
        support=queries.support(g.session, item),
        decisions=queries.decisions(g.session, item),
        needs_signed_plan=decisions.needs_signed_plan(item),
        invitations=len(queries.invitations(g.session, item)),
        unread=len(queries.unread(g.session, item)),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
        evidence=evidence.of_record(g.session, item),
    )


@blueprint.route("/consultations/<reference>/ask-approval", methods=["POST"])
def ask_approval(reference: str) -> ResponseReturnValue:
    """Ask for the signature under the plan."""
    item = decisions.ask_plan_approval(g.session, _get(reference))
    flash(f"{item.reference} waits for its signature.", "success")
    return redirect(item.path, 303)


@blueprint.route("/consultation-decisions/<reference>")
def decision(reference: str) -> ResponseReturnValue:
    """A decision about a consultation with what is signed."""
    item = records.get(g.session, ConsultationDecision, reference)
    return render_template(
        "consultations/decision.html",
        item=item,
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )


@blueprint.route("/consultations/<reference>/open", methods=["POST"])
def open_(reference: str) -> ResponseReturnValue:
    """Open it."""
    item = service.open_(g.session, _get(reference))
    flash(f"{item.reference} is open.", "success")
    return redirect(item.path, 303)


@blueprint.route("/consultations/<reference>/analyse", methods=["POST"])
def analyse(reference: str) -> ResponseReturnValue:
    """Close it for contributions."""
    item = service.begin_analysing(g.session, _get(reference))
    flash(f"{item.reference} takes no more contributions.", "success")
    return redirect(item.path, 303)


@blueprint.route("/consultations/<reference>/respond", methods=["POST"])
def begin_responding(reference: str) -> ResponseReturnValue:
    """Begin to answer."""
    item = service.begin_responding(g.session, _get(reference))
    flash(f"{item.reference}: the concerns can be answered now.", "success")
    return redirect(item.path, 303)


@blueprint.route("/consultations/<reference>/groups", methods=["GET", "POST"])
def groups(reference: str) -> ResponseReturnValue:
    """Record who came."""
    item = _get(reference)
    name = request.args.get("name", "")
    there = next((group for group in item.groups if group.name == name), None)
    initial: dict[str, Any] = {"version": item.version, "name": name}
    if there is not None:
        initial |= {
            key: getattr(there, key)
            for key in ("how_reached", "vulnerable", "spoke_for", "invited", "took_part")
        }
    form = Form(RecordGroup, request.form if request.method == "POST" else None, initial=initial)
    if form.valid and done(form, lambda: service.record_group(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page("Who came", form, item.path, item.reference)


@blueprint.route("/consultations/<reference>/concerns/new", methods=["GET", "POST"])
def concern(reference: str) -> ResponseReturnValue:
    """Record a concern."""
    item = _get(reference)
    choices = {
        "value": [(name, name) for name in _VALUES],
        "strength": [(name, words(name)) for name in rules().strengths],
        "severity": SEVERITIES,
    }
    form = Form(
        RecordConcern,
        request.form if request.method == "POST" else None,
        initial={"version": item.version},
        choices=choices,
    )
    if form.valid and done(form, lambda: service.record_concern(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page("A concern or position heard", form, item.path, item.reference, submit="Record")


def _concern(item: Consultation, number: int) -> ConsultationConcern:
    found = next((row for row in item.concerns if row.number == number), None)
    if found is None:
        raise NotFound(f"{item.reference} has no concern {number}.")
    return found


@blueprint.route("/consultations/<reference>/concerns/<int:number>", methods=["GET", "POST"])
def respond(reference: str, number: int) -> ResponseReturnValue:
    """Say what becomes of a concern."""
    item = _get(reference)
    row = _concern(item, number)
    initial = {
        "version": item.version,
        "disposition": row.disposition,
        "reason": row.disposition_reason,
        "change_reference": row.change_reference,
        "severity": row.severity,
        "touches_red_line": row.touches_red_line,
    }
    form = Form(
        Respond,
        request.form if request.method == "POST" else None,
        initial=initial,
        choices={"severity": SEVERITIES},
    )
    if form.valid and done(form, lambda: service.respond(g.session, item, row, form.value)):
        return redirect(item.path, 303)
    return form_page(
        f"Answer concern {number}",
        form,
        item.path,
        item.reference,
        submit="Answer",
        intro=row.summary,
    )


@blueprint.route("/consultations/<reference>/concerns/<int:number>/merge", methods=["GET", "POST"])
def merge(reference: str, number: int) -> ResponseReturnValue:
    """Merge a concern into another."""
    item = _get(reference)
    row = _concern(item, number)
    into = row.merged_into.number if row.merged_into else None
    form = Form(
        Merge,
        request.form if request.method == "POST" else None,
        initial={"version": item.version, "into": into},
    )
    if form.valid and done(form, lambda: service.merge(g.session, item, row, form.value)):
        return redirect(item.path, 303)
    return form_page(
        f"Merge concern {number}", form, item.path, item.reference, submit="Merge", intro=row.summary
    )


@blueprint.route("/consultations/<reference>/feedback", methods=["GET", "POST"])
def feedback(reference: str) -> ResponseReturnValue:
    """Record what was told back."""
    item = _get(reference)
    form = Form(
        GiveFeedback,
        request.form if request.method == "POST" else None,
        initial={"version": item.version, "feedback_on": clock.today()},
    )
    if form.valid and done(form, lambda: service.give_feedback(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page("Tell back", form, item.path, item.reference)


@blueprint.route("/consultations/<reference>/close", methods=["GET", "POST"])
def close(reference: str) -> ResponseReturnValue:
    """Ask for the signature that closes it."""
    item = _get(reference)
    initial = {
        "version": item.version,
        "representativeness": item.representativeness,
        "missing_voices": item.missing_voices,
        "goals_met": item.goals_met,
        "lessons": item.lessons,
    }
    form = Form(AskToClose, request.form if request.method == "POST" else None, initial=initial)
    if form.valid and done(form, lambda: service.ask_to_close(g.session, item, form.value)):
        flash("The signature that closes it is requested.", "success")
        return redirect(item.path, 303)
    return form_page(
        "Close the consultation", form, item.path, item.reference, submit="Ask for the signature"
    )


@blueprint.route("/consultations/<reference>/cancel", methods=["GET", "POST"])
def cancel(reference: str) -> ResponseReturnValue:
    """Cancel it."""
    item = _get(reference)
    form = Form(Cancel, request.form if request.method == "POST" else None, initial={"version": item.version})
    if form.valid and done(form, lambda: service.cancel(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page("Cancel the consultation", form, item.path, item.reference, submit="Cancel it")
