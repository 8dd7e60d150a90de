"""Pages of schedules: by system, by rule and for the management system, with their next dates before anything is saved."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from governance.access import queries as people
from governance.audits import catalogue, queries, recurrence, retiming, scope, service, working_days
from governance.audits.ahead import Occasion, occasions
from governance.audits.models import AuditSchedule, ScheduleState
from governance.audits.schemas import (
    ChangeSchedule,
    Recurrence,
    ScheduleAudits,
    ScheduleByRule,
    ScheduleForAims,
    Why,
)
from governance.core import clock, records
from governance.core.errors import NotFound
from governance.systems import queries as systems
from governance.systems.classification import TIERS
from governance.systems.models import AiSystem, Stage, Status
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form, words

blueprint = Blueprint("audit_schedules", __name__)
_SORTABLE = ("reference", "title", "state", "changed_at")
_SCHEDULE_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in ScheduleState])

R = TypeVar("R", bound=Recurrence)


@blueprint.route("/audit-schedules")
def schedules() -> ResponseReturnValue:
    """All schedules."""
    query = lists.read("/audit-schedules", request.args, (_SCHEDULE_STATES,), _SORTABLE)
    found = queries.schedules(
        g.session,
        g.actor,
        words=query.words,
        sort=query.sort,
        descending=query.descending,
        after=query.after,
        **query.filters,
    )
    names, today = people.names(g.session), clock.today()
    return render_template(
        "audits/schedules.html",
        heading="Audit schedules",
        query=query,
        known=(_SCHEDULE_STATES,),
        found=found,
        columns=(
            ("Reference", "reference"),
            ("Schedule", "title"),
            ("System", ""),
            ("State", "state"),
            ("Recurs", ""),
            ("Next due", ""),
            ("Lead auditor", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("record", item.system)
            if item.system
            else ("text", scope.in_words(g.session, item.systems_where)),
            ("badge", item.state),
            ("text", recurrence.describe(item.rule)),
            ("date", _next_due(item, today)),
            ("text", names.get(item.lead_auditor_id)),
        ),
        empty=(
            "No schedule yet",
            "An audit programme that recurs is what 9.2.2 asks for. Begin with the management system; add a rule for the systems that matter most.",
            "/audit-schedules/new-for-aims",
            "Schedule audits of the management system",
        ),
    )


def _next_due(item: AuditSchedule, today: date) -> date | None:
    coming = occasions(item.rule, item.starts_on, today, 1, item.shift, item.holidays)
    return coming[0].due_on if coming else None


def _choices(about: str) -> dict[str, list[tuple[str, str]]]:
    tiers = [(tier, f"{words(tier)} or above") for tier in TIERS]
    return {
        "audit_type": [(item.id, item.title) for item in catalogue.programme().types if item.about == about],
        "unit": [(unit, unit) for unit in recurrence.UNITS],
        "lead_auditor_id": people.choices(g.session, "auditor"),
        "owner_id": people.choices(g.session, "compliance_officer", "executive"),
        "state": [("", "any")] + [(item.value, words(item.value)) for item in Status if item not in AiSystem.FROZEN],
        "tier_at_least": [("", "any"), *tiers],
        "stage": [("", "any")] + [(item.value, words(item.value)) for item in Stage],
        "supplier": [("", "any"), *systems.supplier_choices(g.session)],
    }  # fmt: skip


@blueprint.route("/audit-schedules/new", methods=["GET", "POST"])
def new_schedule() -> ResponseReturnValue:
    """Schedule audits of a system."""
    system = systems.get(g.session, g.actor, request.args.get("system", ""))
    tier = system.tier.value if system.tier else "moderate"
    months = catalogue.programme().interval_months["system_internal"].get(tier) or 12
    initial = {"audit_type": "system_internal", "every": months, "unit": "months", "starts_on": clock.today()}
    form = _typed(ScheduleAudits, initial, _choices("systems"))
    back = (f"{system.reference} {system.title}", system.path)
    return _made(form, lambda: service.schedule(g.session, system, form.value)) or _schedule_form(
        "Schedule audits", form, back, "Schedule", ()
    )


_BACK = ("Audit schedules", "/audit-schedules")


@blueprint.route("/audit-schedules/new-by-rule", methods=["GET", "POST"])
def new_by_rule() -> ResponseReturnValue:
    """Schedule audits of every system that a rule finds."""
    initial = {
        "audit_type": "system_internal", "every": 12, "unit": "months", "starts_on": clock.today(), "state": "active",
        "tier_at_least": "high", "owner_id": g.actor.person_id,
    }  # fmt: skip
    form = _typed(ScheduleByRule, initial, _choices("systems"))
    return _made(form, lambda: service.schedule_by_rule(g.session, form.value)) or _schedule_form(
        "Schedule audits by rule", form, _BACK, "Schedule", (), _found(form)
    )


@blueprint.route("/audit-schedules/new-for-aims", methods=["GET", "POST"])
def new_for_aims() -> ResponseReturnValue:
    """Schedule audits of the management system."""
    initial = {
        "audit_type": "aims_internal", "every": 12, "unit": "months", "starts_on": clock.today(), "owner_id": g.actor.person_id,
    }  # fmt: skip
    form = _typed(ScheduleForAims, initial, _choices("management_system"))
    return _made(form, lambda: service.schedule_for_aims(g.session, form.value)) or _schedule_form(
        "Schedule audits of the management system", form, _BACK, "Schedule", ()
    )


def _made(form: Form[Any], act: Callable[[], AuditSchedule]) -> ResponseReturnValue | None:
    if not form.valid or not (item := attempt(form, act)):
        return None
    flash(f"{item.reference}: {recurrence.describe(item.rule)}. The worker makes the occurrences.", "success")
    return redirect(item.path, 303)


def _found(form: Form[Any]) -> list[AiSystem] | None:
    """The systems that the typed rule finds now, if a preview is asked for."""
    if "preview" not in request.form:
        return None
    where = {name: request.form.get(name, "").strip() for name in scope.PARTS}
    return attempt(form, lambda: scope.found(g.session, scope.checked(g.session, where)))


def _typed(schema: type[R], initial: dict[str, Any], choices: dict[str, list[tuple[str, str]]]) -> Form[R]:
    """The form as it was sent, or, if only its dates are asked for, as it was typed and not judged yet."""
    if "preview" in request.form:
        return Form(schema, initial={**initial, **request.form.to_dict()}, choices=choices)
    sent = request.form if request.method == "POST" else None
    return Form(schema, sent, initial=initial, choices=choices)


def _schedule_form(
    heading: str,
    form: Form[Any],
    back: tuple[str, str],
    submit: str,
    now: Sequence[Occasion],
    found: Sequence[AiSystem] | None = None,
) -> ResponseReturnValue:
    """The form of a recurrence, with its next ten dates if they are asked for, beside those of `now`."""
    rule, ahead = _previewed(form) if "preview" in request.form else ("", [])
    page = render_template(
        "audits/schedule_form.html",
        heading=heading,
        form=form,
        crumbs=(back,),
        submit=submit,
        cancel=back[1],
        rule=rule[:1].upper() + rule[1:],
        ahead=ahead,
        now=now,
        present={item.due_on for item in now},
        coming={item.due_on for item in ahead},
        found=found,
    )
    return page, 422 if form.errors else 200


def _previewed(form: Form[Any]) -> tuple[str, list[Occasion]]:
    """The recurrence that was typed, in plain words, and its first ten occasions; errors go to the form."""
    fields = MultiDict({name: request.form.get(name, "") for name in Recurrence.model_fields})
    wanted = Form(Recurrence, fields)
    if wanted.valid and (found := attempt(wanted, lambda: _first_ten(wanted.value))):
        return found
    form.errors |= wanted.errors
    return "", []


def _first_ten(data: Recurrence) -> tuple[str, list[Occasion]]:
    rule = recurrence.build_rule(data.every, data.unit, data.on)
    before = data.starts_on - timedelta(days=1)
    region = working_days.known(data.holidays)
    return recurrence.describe(rule), occasions(rule, data.starts_on, before, 10, data.shift, region)


@blueprint.route("/audit-schedules/<reference>")
def schedule(reference: str) -> ResponseReturnValue:
    """One schedule with its next ten dates and what it made."""
    item = records.get(g.session, AuditSchedule, reference)
    return render_template(
        "audits/schedule.html",
        item=item,
        names=people.names(g.session),
        rule=recurrence.describe(item.rule),
        about=scope.in_words(g.session, item.systems_where),
        ahead=occasions(item.rule, item.starts_on, clock.today(), 10, item.shift, item.holidays),
        wanted=retiming.wanted_months(item, retiming.open_majors(g.session, [item])),
        months=retiming.present_months(item),
        made=queries.of_schedule(g.session, item),
    )


@blueprint.route("/audit-schedules/<reference>/edit", methods=["GET", "POST"])
def edit_schedule(reference: str) -> ResponseReturnValue:
    """Let a schedule recur otherwise; the page shows which dates change before anything does."""
    item = records.get(g.session, AuditSchedule, reference)
    today = recurrence.today_in(item.zone, clock.now())
    yesterday = today - timedelta(days=1)
    coming = occasions(item.rule, item.starts_on, yesterday, 10, item.shift, item.holidays)
    every, unit, on = recurrence.in_words(item.rule)
    initial = {
        "every": every, "unit": unit, "on": on, "starts_on": coming[0].occurs_on if coming else today,
        "lead_days": item.lead_days, "grace_days": item.grace_days, "version": item.version,
        "shift": item.shift, "holidays": item.holidays, "catch_up": item.catch_up,
    }  # fmt: skip
    form = _typed(ChangeSchedule, initial, {"unit": [(name, name) for name in recurrence.UNITS]})
    if form.valid:
        cancelled = attempt(form, lambda: service.change_schedule(g.session, item, form.value))
        if cancelled is not None:
            flash(f"{item.reference} recurs {recurrence.describe(item.rule)}.", "success")
            if cancelled:
                flash(f"Cancelled: {', '.join(audit.reference for audit in cancelled)}.", "warning")
            return redirect(item.path, 303)
    return _schedule_form(
        f"Change {item.reference}", form, (f"{item.reference} {item.title}", item.path), "Change", coming
    )


_CHANGES = {
    "pause": ("Pause the schedule", service.pause),
    "resume": ("Let the schedule go on", service.resume),
    "end": ("End the schedule", service.end_schedule),
}


@blueprint.route("/audit-schedules/<reference>/<change>", methods=["GET", "POST"])
def change_schedule(reference: str, change: str) -> ResponseReturnValue:
    """Pause, resume or end a schedule, with the reason."""
    if change not in _CHANGES:
        raise NotFound("There is no such page.")
    heading, act = _CHANGES[change]
    item = records.get(g.session, AuditSchedule, reference)
    form = Form(Why, request.form if request.method == "POST" else None, initial={"version": item.version})
    if form.valid and done(form, lambda: act(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(heading, form, item.path, item.reference)
