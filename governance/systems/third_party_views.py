"""Pages of third parties: the list, one with its split, documents and reviews, and the decisions about it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import clock, records
from governance.systems import queries, third_parties
from governance.systems.supplier_models import Criticality, Supplier, SupplierState
from governance.systems.third_party_rules import rules
from governance.systems.third_party_schemas import (
    EditSupplier,
    GiveReason,
    RecordDocument,
    RecordSplit,
    ReviewSupplier,
)
from governance.web import lists
from governance.web.application import done, form_page
from governance.web.forms import Choices, Form, words

blueprint = Blueprint("third_parties", __name__)


def _filters() -> tuple[lists.Filter, ...]:
    return (
        lists.Filter("state", "State", [(item.value, words(item.value)) for item in SupplierState]),
        lists.Filter("criticality", "Criticality", [(item.value, words(item.value)) for item in Criticality]),
    )


@blueprint.route("/third-parties")
def listing() -> ResponseReturnValue:
    """Third parties and how many systems each supplies."""
    known = _filters()
    query = lists.read(
        "/third-parties", request.args, known, ("title", "reference", "state", "changed_at"), sort="title"
    )
    found = queries.suppliers(
        g.session,
        g.actor,
        words=query.words,
        sort=query.sort,
        descending=query.descending,
        after=query.after,
        **query.filters,
    )
    return render_template(
        "systems/third_parties.html", query=query, found=found, known=known, today=clock.today()
    )


def _third_party(reference: str) -> Supplier:
    return records.get(g.session, Supplier, reference)


@blueprint.route("/third-parties/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One third party: what is known, divided, received and found."""
    supplier = _third_party(reference)
    here = {item.document for item in supplier.documents}
    return render_template(
        "systems/third_party.html",
        supplier=supplier,
        rules=rules(),
        missing=third_parties.missing_for_approval(supplier),
        never_asked=[name for name in rules().wanted_of(supplier.criticality) if name not in here],
        supplied=queries.supplied_by(g.session, supplier),
        names=people.names(g.session),
        today=clock.today(),
    )


def _ask(
    reference: str,
    schema: type[Any],
    act: Callable[[Supplier, Any], object],
    *,
    heading: str,
    submit: str,
    said: str,
    choices: dict[str, Choices] | None = None,
    intro: str = "",
    initial: Callable[[Supplier], dict[str, Any]] | None = None,
) -> ResponseReturnValue:
    supplier = _third_party(reference)
    form = Form(
        schema,
        request.form if request.method == "POST" else None,
        initial={**(initial(supplier) if initial else {}), "version": supplier.version},
        choices=choices or {},
    )
    if form.valid and done(form, lambda: act(supplier, form.value)):
        flash(said.format(name=supplier.title), "success")
        return redirect(supplier.path, 303)
    label = f"{reference.upper()} {supplier.title}"
    return form_page(heading, form, supplier.path, label, submit=submit, intro=intro)


@blueprint.route("/third-parties/<reference>/edit", methods=["GET", "POST"])
def edit(reference: str) -> ResponseReturnValue:
    """Change what is known."""
    return _ask(
        reference,
        EditSupplier,
        lambda supplier, data: third_parties.edit_supplier(g.session, supplier, data),
        heading="What we know about the third party",
        submit="Save",
        said="{name} is changed.",
        initial=lambda supplier: {name: getattr(supplier, name) for name in EditSupplier.model_fields},
    )


@blueprint.route("/third-parties/<reference>/split", methods=["GET", "POST"])
def split(reference: str) -> ResponseReturnValue:
    """Who answers for which activity."""
    activities: Choices = list(rules().activities.items())

    def initial(supplier: Supplier) -> dict[str, Any]:
        return {
            holder: [name for name, value in supplier.split.items() if value == holder]
            for holder in ("us", "them", "both")
        }

    return _ask(
        reference,
        RecordSplit,
        lambda supplier, data: third_parties.record_split(g.session, supplier, data),
        heading="Who answers for what",
        submit="Save",
        said="The division of responsibilities with {name} is recorded.",
        choices={"us": activities, "them": activities, "both": activities},
        intro="Each activity of the life cycle stands in one of the three lists (A.10.2).",
        initial=initial,
    )


@blueprint.route("/third-parties/<reference>/documents", methods=["GET", "POST"])
def documents(reference: str) -> ResponseReturnValue:
    """A document that was asked for, or came."""

    def initial(supplier: Supplier) -> dict[str, Any]:
        wanted = request.args.get("document", "")
        item = next((item for item in supplier.documents if item.document == wanted), None)
        if item is None:
            return {"document": wanted, "requested_on": clock.today()}
        return {
            "document": wanted,
            "requested_on": item.requested_on,
            "received_on": item.received_on,
            "evidence": item.evidence.reference if item.evidence else "",
            "note": item.note,
        }

    return _ask(
        reference,
        RecordDocument,
        lambda supplier, data: third_parties.record_document(g.session, supplier, data),
        heading="A document of the third party",
        submit="Record",
        said="The document of {name} is recorded.",
        choices={"document": [(name, item.say) for name, item in rules().documents.items()]},
        initial=initial,
    )


@blueprint.route("/third-parties/<reference>/review", methods=["GET", "POST"])
def review(reference: str) -> ResponseReturnValue:
    """Look at a third party again."""
    return _ask(
        reference,
        ReviewSupplier,
        lambda supplier, data: third_parties.review(g.session, supplier, data),
        heading="Review of the third party",
        submit="Record the review",
        said="The review of {name} is recorded.",
        choices={"result": [(name, words(name)) for name in rules().results]},
        intro="An unsatisfactory review suspends it: release gates of its systems say no until it is approved again.",
    )


@blueprint.route("/third-parties/<reference>/approve", methods=["POST"])
def approve(reference: str) -> ResponseReturnValue:
    """Approve a third party."""
    supplier = _third_party(reference)
    third_parties.approve_supplier(g.session, supplier)
    flash(f"{supplier.title} is approved.", "success")
    return redirect(supplier.path, 303)


@blueprint.route("/third-parties/<reference>/condition", methods=["GET", "POST"])
def condition(reference: str) -> ResponseReturnValue:
    """Approve under a condition."""
    return _ask(
        reference,
        GiveReason,
        lambda supplier, data: third_parties.approve_conditionally(g.session, supplier, data),
        heading="Approve under a condition",
        submit="Approve",
        said="{name} is approved under a condition.",
        intro="Give the condition as the reason; it is shown with the third party and in evidence packs.",
    )


@blueprint.route("/third-parties/<reference>/suspend", methods=["GET", "POST"])
def suspend(reference: str) -> ResponseReturnValue:
    """Rely on it no longer for now."""
    return _ask(
        reference,
        GiveReason,
        lambda supplier, data: third_parties.suspend_supplier(g.session, supplier, data),
        heading="Suspend the third party",
        submit="Suspend",
        said="{name} is suspended.",
        intro="Release gates of the systems it supplies say no until it is approved again (INV-SUP1).",
    )


@blueprint.route("/third-parties/<reference>/end", methods=["GET", "POST"])
def end(reference: str) -> ResponseReturnValue:
    """The relation is over."""
    return _ask(
        reference,
        GiveReason,
        lambda supplier, data: third_parties.end_supplier(g.session, supplier, data),
        heading="End the relation",
        submit="End",
        said="The relation with {name} is ended.",
        intro="This cannot be undone; its record and its history stay.",
    )
