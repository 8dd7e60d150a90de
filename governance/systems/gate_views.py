"""Pages of the gates: every item passed, missing or waived; asking, deciding, waiving."""

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import checks, records
from governance.core.errors import NotFound
from governance.signoffs import queries as signatures
from governance.systems import lifecycle, queries, reopening
from governance.systems.models import AiSystem, LifecycleGate, Stage, Waiver
from governance.systems.schemas import AskWaiver, RefuseGate
from governance.systems.stages import lifecycle as rules
from governance.web.application import attempt
from governance.web.forms import Form

blueprint = Blueprint("gates", __name__)


@blueprint.route("/systems/<reference>/gates")
def gates(reference: str) -> ResponseReturnValue:
    """All gates of a system: decided, possible now, later."""
    system = queries.get(g.session, g.actor, reference)
    decided = queries.gates(g.session, system)
    possible = lifecycle.next_gates(system, decided)
    again = reopening.reopened_gate(decided)
    return render_template(
        "systems/gates.html",
        system=system,
        views=[lifecycle.view(g.session, system, gate) for gate in possible],
        decided=decided,
        waivers=queries.waivers(g.session, system),
        every=rules().gates,
        open_gates={gate.id: lifecycle.open_gate(g.session, system, gate.id) for gate in possible},
        names=people.names(g.session),
        stages=list(Stage),
        passed=lifecycle.passed_gates(g.session, system),
        reopened=again,
        reopened_by=reopening.reopened_by(g.session, again),
        waivable=lambda gate_id, check_id: _waivable(system, gate_id, check_id),
    )


def _waivable(system: AiSystem, gate_id: str, check_id: str) -> bool:
    gate = rules().gate(gate_id)
    may_be_missing = check_id in gate.required and check_id not in gate.blockers
    return may_be_missing and not rules().waivers.forbids(check_id, system.tier or "")


@blueprint.route("/systems/<reference>/gates/<gate_id>/ask", methods=["POST"])
def ask(reference: str, gate_id: str) -> ResponseReturnValue:
    """Ask for the decision on a gate."""
    system = queries.get(g.session, g.actor, reference)
    decision = lifecycle.ask(g.session, system, gate_id)
    flash(f"{decision.reference}: everything is there. The signatures are requested.", "success")
    return redirect(decision.path, 303)


@blueprint.route("/systems/<reference>/gates/<gate_id>/waiver", methods=["GET", "POST"])
def ask_waiver(reference: str, gate_id: str) -> ResponseReturnValue:
    """Ask to pass a gate without one item for a limited time."""
    system = queries.get(g.session, g.actor, reference)
    try:
        gate = rules().gate(gate_id)
    except KeyError as error:
        raise NotFound(f"There is no gate {gate_id}.") from error
    choices = [(name, checks.named(name).title) for name in gate.required if _waivable(system, gate_id, name)]
    form = Form(
        AskWaiver,
        request.form if request.method == "POST" else None,
        initial={"check_id": request.args.get("item", "")},
        choices={"check_id": choices},
    )
    if form.valid and (
        waiver := attempt(form, lambda: lifecycle.ask_waiver(g.session, system, gate_id, form.value))
    ):
        flash(f"{waiver.reference} is asked for; it takes two signatures.", "success")
        return redirect(waiver.path, 303)
    return render_template(
        "systems/ask_waiver.html", system=system, gate=gate, form=form
    ), 422 if form.errors else 200


@blueprint.route("/gates/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One gate decision with its frozen items and signatures."""
    decision = records.get(g.session, LifecycleGate, reference)
    return render_template(
        "systems/gate.html",
        decision=decision,
        gate=rules().gate(decision.gate),
        signed=signatures.of_record(g.session, decision),
        holds=signatures.holds,
        refusal=Form(RefuseGate, initial={"version": decision.version}),
    )


@blueprint.route("/gates/<reference>/refuse", methods=["POST"])
def refuse(reference: str) -> ResponseReturnValue:
    """Decide against a gate."""
    decision = records.get(g.session, LifecycleGate, reference)
    form = Form(RefuseGate, request.form)
    if form.valid:
        lifecycle.refuse(g.session, decision, form.value)
        flash(f"{decision.reference} is refused.", "warning")
    else:
        flash("Say why the gate is refused; nothing was changed.", "danger")
    return redirect(decision.path, 303)


@blueprint.route("/waivers/<reference>")
def waiver(reference: str) -> ResponseReturnValue:
    """One waiver and its signatures."""
    found = records.get(g.session, Waiver, reference)
    return render_template(
        "systems/waiver.html",
        waiver=found,
        check=checks.named(found.check_id),
        signed=signatures.of_record(g.session, found),
        holds=signatures.holds,
    )
