"""Pages of the stakeholder register and the map of who is affected and who was heard."""

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.consultations import affected, figures, queries, stakeholders
from governance.consultations.models import key_of
from governance.consultations.participation_models import Relation, Stakeholder, StakeholderState
from governance.consultations.participation_schemas import (
    Deactivate,
    DescribeStakeholder,
    EditStakeholder,
    IdentifyStakeholder,
)
from governance.core import records
from governance.systems import queries as systems
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form, words

blueprint = Blueprint("stakeholders", __name__)
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in StakeholderState])
_RELATIONS = lists.Filter("relation", "Relation", [(item.value, words(item.value)) for item in Relation])
_SORTABLE = ("reference", "title", "state", "changed_at")


@blueprint.route("/stakeholders")
def listing() -> ResponseReturnValue:
    """The stakeholder register."""
    query = lists.read("/stakeholders", request.args, (_STATES, _RELATIONS), _SORTABLE, sort="title")
    found = queries.stakeholders(
        g.session,
        g.actor,
        words=query.words,
        sort=query.sort,
        descending=query.descending,
        after=query.after,
        state=query.filters.get("state", ""),
        relation=query.filters.get("relation", ""),
    )
    concerned = queries.concerned(g.session, [row[0] for row in found.rows])
    return render_template(
        "layout/list.html",
        heading="Stakeholders",
        query=query,
        known=(_STATES, _RELATIONS),
        found=found,
        action=("/stakeholders/new", "Identify a group"),
        columns=(
            ("Reference", "reference"),
            ("Group", "title"),
            ("State", "state"),
            ("Relation", ""),
            ("People", ""),
            ("Vulnerable", ""),
            ("Systems", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("badge", item.state),
            ("words", item.relation),
            ("text", queries.said(item.size) if item.size else None),
            ("text", item.vulnerable),
            ("text", concerned.get(item.id, 0)),
        ),
        empty=(
            "No group yet",
            "Everybody whom an AI system can help or harm stands here, consulted or not (4.2, A.5.4). The register entries name the first groups.",
            "/stakeholders/new",
            "Identify a group",
        ),
    )


@blueprint.route("/stakeholders/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Enter a group."""
    initial = {
        "title": request.args.get("name", "")[:200],
        "systems": [request.args["system"][:20]] if request.args.get("system") else [],
        "relation": Relation.DIRECTLY_AFFECTED,
        "party": "affected_people",
    }
    form = Form(IdentifyStakeholder, request.form if request.method == "POST" else None, initial=initial)
    if form.valid and (item := attempt(form, lambda: stakeholders.identify(g.session, form.value))):
        flash(f"{item.reference} is in the register.", "success")
        return redirect(item.path, 303)
    return form_page("Identify a group", form, "/stakeholders", "Stakeholders")


@blueprint.route("/stakeholders/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One group: how it is affected, and where it was heard."""
    item = records.get(g.session, Stakeholder, reference)
    found = affected.of_stakeholders(g.session, [item])
    return render_template(
        "consultations/stakeholder.html",
        item=item,
        map=found,
        said=queries.said,
        consulted=queries.consulted(g.session, item),
    )


@blueprint.route("/stakeholders/<reference>/edit", methods=["GET", "POST"])
def edit(reference: str) -> ResponseReturnValue:
    """Change an entry."""
    item = records.get(g.session, Stakeholder, reference)
    initial = {name: getattr(item, name) for name in DescribeStakeholder.model_fields if name != "systems"}
    initial |= {"systems": [link.system.reference for link in item.systems], "version": item.version}
    form = Form(EditStakeholder, request.form if request.method == "POST" else None, initial=initial)
    if form.valid and done(form, lambda: stakeholders.edit(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(f"Change {item.title}", form, item.path, item.reference)


@blueprint.route("/stakeholders/<reference>/confirm", methods=["POST"])
def confirm(reference: str) -> ResponseReturnValue:
    """Confirm an entry."""
    item = stakeholders.confirm(g.session, records.get(g.session, Stakeholder, reference))
    flash(f"{item.reference} is confirmed.", "success")
    return redirect(item.path, 303)


@blueprint.route("/stakeholders/<reference>/deactivate", methods=["GET", "POST"])
def deactivate(reference: str) -> ResponseReturnValue:
    """Say that a group is no longer affected."""
    item = records.get(g.session, Stakeholder, reference)
    form = Form(
        Deactivate, request.form if request.method == "POST" else None, initial={"version": item.version}
    )
    if form.valid and done(form, lambda: stakeholders.deactivate(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page("No longer affected", form, item.path, item.reference, submit="Make it inactive")


@blueprint.route("/affected-groups")
def affected_groups() -> ResponseReturnValue:
    """The map: of one system, or of the register from a place in it onwards."""
    query = lists.read("/affected-groups", request.args, (), ("title",), sort="title")
    system, next_cursor = None, None
    if reference := request.args.get("system", ""):
        system = systems.get(g.session, g.actor, reference)
        found = affected.of_system(g.session, system)
    else:
        page = queries.stakeholders(
            g.session, g.actor, words=query.words, after=query.after, with_systems=True
        )
        shown = [row[0] for row in page.rows if row[0].state != StakeholderState.INACTIVE]
        found, next_cursor = affected.of_stakeholders(g.session, shown), page.next_cursor
    return render_template(
        "consultations/map.html",
        map=found,
        system=system,
        query=query,
        next_cursor=next_cursor,
        picture=figures.affected_map(found),
        most=figures.MOST_COLUMNS,
        key_of=key_of,
    )
