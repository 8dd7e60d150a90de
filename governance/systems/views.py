"""Pages of the register: the list, a system with all that belongs to it, its forms."""

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import checks, records
from governance.core.canonical import content_hash
from governance.core.errors import NotFound
from governance.core.tables import csv_lines
from governance.evidence import queries as evidence
from governance.signoffs import queries as signatures
from governance.systems import lifecycle, queries, service
from governance.systems.models import (
    AiSystem,
    EuClass,
    Scope,
    Sourcing,
    Stage,
    StageBasis,
    Status,
    SystemVersion,
    Tier,
)
from governance.systems.schemas import (
    AddSupplier,
    AddVersion,
    EditSystem,
    RegisterSystem,
    Suspend,
)
from governance.trail import queries as trail
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form
from governance.web.templating import spoken

blueprint = Blueprint("systems", __name__)

SORTABLE = ("reference", "title", "state", "changed_at")
_EXPORT_LIMIT = 200_000
_EXPORTED = (
    "reference",
    "title",
    "state",
    "stage",
    "stage_basis",
    "tier",
    "eu_class",
    "declared_class",
    "organisation",
    "unit",
    "scope",
)


def _choices(members: Any, *, none: str = "") -> list[tuple[str, str]]:
    return [(item.value, spoken(item)) for item in members] + ([("none", none)] if none else [])


def known_filters() -> tuple[lists.Filter, ...]:
    """What the register can be filtered by, with the choices as the reader's language says them."""
    return (
        lists.Filter("state", "Status", _choices(Status)),
        lists.Filter("stage", "Stage", _choices(Stage)),
        lists.Filter("stage_basis", "Basis", _choices(StageBasis)),
        lists.Filter("tier", "Tier", _choices(Tier, none="Not classified")),
        lists.Filter("eu_class", "EU class", _choices(EuClass, none="Not classified")),
        lists.Filter("scope", "AIMS scope", _choices(Scope)),
        lists.Filter("sourcing", "Sourcing", _choices(Sourcing)),
        lists.Filter("owner", "Owner", [(str(key), name) for key, name in people.names(g.session).items()]),
        lists.Filter(
            "organisation", "Organisation", [(name, name) for name in queries.organisations(g.session)]
        ),
    )


@blueprint.route("/systems")
def listing() -> ResponseReturnValue:
    """The register, filtered, sorted, a page at a time."""
    known = known_filters()
    query = lists.read("/systems", request.args, known, SORTABLE)
    found = queries.listing(
        g.session,
        g.actor,
        words=query.words,
        filters=query.filters,
        sort=query.sort,
        descending=query.descending,
        after=query.after,
    )
    total = queries.number(g.session, query.words, query.filters)
    names = people.names(g.session)
    return render_template(
        "systems/list.html", query=query, found=found, known=known, total=total, names=names
    )


@blueprint.route("/systems.csv")
def export() -> ResponseReturnValue:
    """Exactly the listed systems as CSV."""
    query = lists.read("/systems", request.args, known_filters(), SORTABLE)
    found = queries.listing(
        g.session,
        g.actor,
        words=query.words,
        filters=query.filters,
        sort=query.sort,
        descending=query.descending,
        limit=_EXPORT_LIMIT,
    )
    rows = ([str(getattr(row[0], name) or "") for name in _EXPORTED] for row in found.rows)
    headers = {"Content-Disposition": "attachment; filename=ai-systems.csv"}
    return Response(csv_lines(_EXPORTED, rows), mimetype="text/csv", headers=headers)


def _person_choices() -> dict[str, list[tuple[str, str]]]:
    everybody = people.choices(g.session)
    return {"owner_id": everybody, "technical_owner_id": everybody}


@blueprint.route("/systems/new", methods=["GET", "POST"])
def register() -> ResponseReturnValue:
    """Log a system."""
    form = Form(RegisterSystem, request.form if request.method == "POST" else None, choices=_person_choices())
    if form.valid and (system := attempt(form, lambda: service.register(g.session, form.value))):
        flash(f"{system.reference} is logged as a draft. Gate G0 registers it.", "success")
        return redirect(system.path, 303)
    return render_template("systems/edit.html", form=form, system=None), 422 if form.errors else 200


def _system(reference: str) -> AiSystem:
    return queries.get(g.session, g.actor, reference)


@blueprint.route("/systems/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """A system's page: where it stands, what is missing, what belongs to it."""
    system = _system(reference)
    possible = lifecycle.next_gates(system, queries.gates(g.session, system))
    return _page(
        "systems/record.html",
        system,
        views=[lifecycle.view(g.session, system, gate) for gate in possible],
        related=queries.related(g.session, system, most=100),
        claims=queries.claims(g.session, system),
        suspend=Form(Suspend, initial={"version": system.version}),
    )


def _page(template: str, system: AiSystem, **values: Any) -> str:
    return render_template(
        template,
        system=system,
        names=people.names(g.session),
        stages=list(Stage),
        passed=lifecycle.passed_gates(g.session, system),
        **values,
    )


@blueprint.route("/systems/<reference>/edit", methods=["GET", "POST"])
def edit(reference: str) -> ResponseReturnValue:
    """Change what the register says."""
    system = _system(reference)
    initial = {name: getattr(system, name) for name in EditSystem.model_fields if hasattr(system, name)}
    form = Form(
        EditSystem,
        request.form if request.method == "POST" else None,
        initial=initial,
        choices=_person_choices(),
    )
    if form.valid and done(form, lambda: service.edit(g.session, system, form.value)):
        flash(f"{system.reference} is changed.", "success")
        return redirect(system.path, 303)
    return render_template("systems/edit.html", form=form, system=system), 422 if form.errors else 200


@blueprint.route("/systems/<reference>/versions", methods=["GET", "POST"])
def versions(reference: str) -> ResponseReturnValue:
    """Versions of a system, and a new one."""
    system = _system(reference)
    form = Form(
        AddVersion, request.form if request.method == "POST" else None, initial={"version": system.version}
    )
    if form.valid and done(form, lambda: service.add_version(g.session, system, form.value)):
        flash(f"Version {form.value.label} is recorded.", "success")
        return redirect(f"{system.path}/versions", 303)
    return _page("systems/versions.html", system, form=form), 422 if form.errors else 200


@blueprint.route("/systems/<reference>/versions/<int:number>/freeze", methods=["POST"])
def freeze(reference: str, number: int) -> ResponseReturnValue:
    """Freeze a version."""
    system = _system(reference)
    version: SystemVersion | None = next((item for item in system.versions if item.number == number), None)
    if version is None:
        raise NotFound(f"{system.reference} has no version number {number}.")
    service.freeze_version(g.session, system, version)
    flash(f"Version {version.label} is frozen: from now on it cannot change.", "success")
    return redirect(f"{system.path}/versions", 303)


@blueprint.route("/systems/<reference>/suppliers", methods=["GET", "POST"])
def suppliers(reference: str) -> ResponseReturnValue:
    """Third parties of a system, and one more."""
    system = _system(reference)
    form = Form(
        AddSupplier, request.form if request.method == "POST" else None, initial={"version": system.version}
    )
    if form.valid and (
        supplier := attempt(form, lambda: service.add_supplier(g.session, system, form.value))
    ):
        flash(f"{supplier.title} ({supplier.reference}) is recorded.", "success")
        return redirect(f"{system.path}/suppliers", 303)
    return _page("systems/suppliers.html", system, form=form), 422 if form.errors else 200


@blueprint.route("/systems/<reference>/evidence")
def evidence_of(reference: str) -> ResponseReturnValue:
    """Evidence of a system and of the records that belong to it."""
    system = _system(reference)
    belonging: dict[int, records.Record] = {system.id: system}
    belonging |= {item.id: item for _, group in queries.related(g.session, system) for item in group}
    items = evidence.of_subjects(g.session, set(belonging))
    return _page(
        "systems/evidence.html", system, items=[(belonging[subject], item) for subject, item in items]
    )


@blueprint.route("/systems/<reference>/sign-offs")
def sign_offs(reference: str) -> ResponseReturnValue:
    """Signatures on a system and on the records that belong to it."""
    system = _system(reference)
    belonging: list[records.Record] = [system]
    belonging += [item for _, group in queries.related(g.session, system) for item in group]
    signed = signatures.of_records(g.session, [item.id for item in belonging])
    found = [(item, signed[item.id]) for item in belonging if item.id in signed]
    return _page("systems/sign_offs.html", system, found=found, holds=signatures.holds)


@blueprint.route("/systems/<reference>/history")
def history(reference: str) -> ResponseReturnValue:
    """Who changed what, field by field."""
    system = _system(reference)
    return _page(
        "systems/history.html",
        system,
        events=trail.history(g.session, system),
        present=content_hash(system.signed_content()),
    )


@blueprint.route("/systems/<reference>/checks")
def all_checks(reference: str) -> ResponseReturnValue:
    """Every check asked of the system where it stands, and those that come later."""
    system = _system(reference)
    relevant = lifecycle.relevant_checks(system, queries.gates(g.session, system))
    asked = [item for item in checks.about_systems() if item.id in relevant]
    gaps = checks.gaps_of(g.session, system.id, [item.id for item in asked])
    later = [item for item in checks.about_systems() if item.id not in relevant]
    return _page("systems/checks.html", system, gaps=gaps, asked=asked, later=later)


@blueprint.route("/systems/<reference>/approval", methods=["POST"])
def ask_approval(reference: str) -> ResponseReturnValue:
    """Ask owner and compliance to sign the register entry."""
    system = _system(reference)
    service.ask_approval(g.session, system)
    flash("The signatures of the owner and of compliance are requested.", "success")
    return redirect(f"{system.path}/sign-offs", 303)


@blueprint.route("/systems/<reference>/reject", methods=["GET", "POST"])
def reject(reference: str) -> ResponseReturnValue:
    """Decide that a logged system is not going to be used."""
    system = _system(reference)
    form = Form(
        Suspend, request.form if request.method == "POST" else None, initial={"version": system.version}
    )
    if form.valid and done(form, lambda: service.reject(g.session, system, form.value)):
        flash(f"{system.reference} is rejected.", "warning")
        return redirect(system.path, 303)
    intro = "It stays in the register with everything that was recorded, and cannot change any more."
    return form_page(
        f"Reject {system.title}", form, system.path, system.reference, submit="Reject", intro=intro
    )


@blueprint.route("/systems/<reference>/accept-ownership", methods=["POST"])
def accept_ownership(reference: str) -> ResponseReturnValue:
    """The new accountable owner accepts."""
    system = _system(reference)
    service.accept_ownership(g.session, system)
    flash(f"You answer for {system.title}.", "success")
    return redirect(system.path, 303)


@blueprint.route("/systems/<reference>/suspend", methods=["POST"])
def suspend(reference: str) -> ResponseReturnValue:
    """Take a system out of operation."""
    system = _system(reference)
    form = Form(Suspend, request.form)
    if not form.valid:
        flash("Say why the system is suspended; nothing was changed.", "danger")
    elif done(form, lambda: service.suspend(g.session, system, form.value)):
        flash(f"{system.reference} is suspended.", "warning")
    else:
        flash(" ".join(message for found in form.errors.values() for message in found), "danger")
    return redirect(system.path, 303)
