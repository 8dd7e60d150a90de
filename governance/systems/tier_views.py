"""Pages of the own tier: raise it, or ask two others to sign for a lower one."""

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import records
from governance.signoffs import queries as signatures
from governance.systems import queries, tiers
from governance.systems.models import AiSystem, Tier, TierLowering
from governance.systems.schemas import OverrideTier
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form, words

blueprint = Blueprint("tiers", __name__)


def _form(system: AiSystem) -> Form[OverrideTier]:
    return Form(
        OverrideTier,
        request.form if request.method == "POST" else None,
        initial={"version": system.version},
        choices={"tier": [(item.value, words(item)) for item in Tier]},
    )


@blueprint.route("/systems/<reference>/tier", methods=["GET", "POST"])
def raise_tier(reference: str) -> ResponseReturnValue:
    """Raise the tier above the computed one."""
    system = queries.get(g.session, g.actor, reference)
    form = _form(system)
    if form.valid and done(form, lambda: tiers.override_tier(g.session, system, form.value)):
        flash(f"{system.reference} is tier {words(system.tier or '')} by override.", "warning")
        return redirect(system.path, 303)
    intro = "The tier is computed from class, flags and autonomy. It may be set higher with a reason, and shows as an override from then on."
    return form_page("Raise the tier", form, system.path, system.reference, submit="Raise", intro=intro)


@blueprint.route("/systems/<reference>/lower-tier", methods=["GET", "POST"])
def lower_tier(reference: str) -> ResponseReturnValue:
    """Ask for a tier below the computed one."""
    system = queries.get(g.session, g.actor, reference)
    form = _form(system)
    if form.valid and (asked := attempt(form, lambda: tiers.ask_lower_tier(g.session, system, form.value))):
        flash("Two signatures are requested; until both are there the tier stays.", "success")
        return redirect(asked.path, 303)
    intro = "A lower tier means fewer checks and longer intervals. A compliance officer and top management sign for it, neither of whom asked; a new classification ends it."
    return form_page("Lower the tier", form, system.path, system.reference, submit="Ask", intro=intro)


@blueprint.route("/tier-lowerings/<reference>")
def lowering(reference: str) -> ResponseReturnValue:
    """One request with its reason and signatures."""
    item = records.get(g.session, TierLowering, reference)
    return render_template(
        "systems/tier_lowering.html",
        item=item,
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )
