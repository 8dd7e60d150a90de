"""Pages of the audit calendar: a month, an agenda by weeks, a year on a page, one day, and the workload of auditors."""

from collections import Counter
from datetime import date, timedelta

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from governance.audits import calendar, calendar_layers, calendar_queries
from governance.audits.calendar import FIRST_YEAR, LAST_YEAR, WEEK, Window
from governance.audits.calendar_selection import OPEN_STATES
from governance.audits.calendar_shared_views import (
    Frame,
    day_name,
    frame,
    kind_of_audit,
    month_name,
    month_short,
    weekdays,
)
from governance.audits.calendar_workload import Load, loads
from governance.audits.models import AuditState
from governance.core import clock
from governance.core.charts import Bar, Part, bars
from governance.core.errors import DomainError
from governance.web import i18n

blueprint = Blueprint("calendar", __name__)
_IN_A_CELL = 3
_IN_THE_AGENDA = 8
_ON_A_PAGE = 100
_AGENDA_WEEKS = 4
_MOST_BARS = 20


def _known_year(day: date) -> bool:
    return FIRST_YEAR <= day.year <= LAST_YEAR


@blueprint.route("/calendar")
def month() -> ResponseReturnValue:
    """One month as a grid of weeks."""
    today = clock.today()
    shown = calendar.read_month(request.args.get("month", ""), today)
    here = frame("month", today if today in shown else shown.first)
    weeks = shown.weeks
    window = Window(weeks[0][0], weeks[-1][-1])
    days = calendar_layers.days(g.session, g.actor, here.chosen, window, per_day=_IN_A_CELL)
    return render_template(
        "audits/calendar_month.html",
        frame=here,
        kind_of_audit=kind_of_audit,
        month=shown,
        weeks=weeks,
        days=days,
        weekdays=weekdays(),
        heading=month_name(shown),
        today=today,
        total=sum(days[day].total for week in weeks for day in week if day in shown),
        before=shown.plus(-1).first,
        after=shown.plus(1).first,
        known=_known_year,
        week_name=calendar.week_name,
        day_name=day_name,
    )


@blueprint.route("/calendar/agenda")
def agenda() -> ResponseReturnValue:
    """Four weeks as a list."""
    today = clock.today()
    first = calendar.monday_of(calendar.read_day(request.args.get("from", ""), today))
    here = frame("agenda", first)
    window = Window(first, first + _AGENDA_WEEKS * WEEK - timedelta(days=1))
    days = calendar_layers.days(g.session, g.actor, here.chosen, window, per_day=_IN_THE_AGENDA)
    weeks = [
        (calendar.week_name(week[0]), week, [days[day] for day in week if days[day].total])
        for week in calendar.weeks_between(window.first, window.last)
    ]
    return render_template(
        "audits/calendar_agenda.html",
        frame=here,
        kind_of_audit=kind_of_audit,
        weeks=weeks,
        today=today,
        total=sum(day.total for day in days.values()),
        before=first - _AGENDA_WEEKS * WEEK,
        after=first + _AGENDA_WEEKS * WEEK,
        known=_known_year,
        day_name=day_name,
        window=window,
    )


@blueprint.route("/calendar/day")
def day() -> ResponseReturnValue:
    """Everything on one day."""
    today = clock.today()
    shown = calendar.read_day(request.args.get("on", ""), today)
    here = frame("day", shown)
    after = request.args.get("after", "")
    if len(after) > 20 or "\0" in after:
        raise DomainError("This link to a page of a list is broken; start at its first page.")
    found, following = calendar_queries.audits_on(
        g.session, g.actor, here.chosen, shown, after=after, limit=_ON_A_PAGE
    )
    window = Window(shown, shown)
    further, more = calendar_layers.entries(g.session, g.actor, here.chosen, window, per_day=_ON_A_PAGE)
    coming = calendar_queries.projection(g.session, here.chosen, window)
    expected = calendar_queries.totals_of(coming).get(shown, 0)
    rest = [
        *further,
        *calendar_queries.projected(g.session, here.chosen, coming, {shown: _ON_A_PAGE}),
    ]
    return render_template(
        "audits/calendar_day.html",
        frame=here,
        kind_of_audit=kind_of_audit,
        heading=day_name(shown),
        entries=found,
        following=following,
        rest=rest,
        unseen=more.get(shown, 0) + expected - len(rest),
        today=today,
        before=shown - timedelta(days=1),
        after=shown + timedelta(days=1),
        known=_known_year,
    )


@blueprint.route("/calendar/year")
def year() -> ResponseReturnValue:
    """A year on a page: each day with how many audits it has, and how far the programme covers the systems."""
    today = clock.today()
    shown = calendar.read_year(request.args.get("year", ""), today)
    here = frame("year", today if today.year == shown else date(shown, 1, 1))
    window = Window(date(shown, 1, 1), date(shown, 12, 31))
    counted = calendar_queries.by_day_and_state(g.session, g.actor, here.chosen, window)
    coming = calendar_queries.totals_of(calendar_queries.projection(g.session, here.chosen, window))
    totals = Counter(coming)
    for (on, _), number in counted.items():
        totals[on] += number
    firsts = calendar_queries.first_audits_of_systems(g.session, g.actor, here.chosen, window)
    return render_template(
        "audits/calendar_year.html",
        frame=here,
        year=shown,
        months=[(item, month_short(item), month_name(item)) for item in calendar.months_of(shown)],
        totals=totals,
        coverage=_coverage(shown, counted, coming, firsts),
        systems=calendar_queries.systems_in_use(g.session, here.chosen),
        weekdays=weekdays(),
        today=today,
        total=sum(totals.values()),
        known=_known_year,
        before=date(shown - 1, 1, 1),
        after=date(shown + 1, 1, 1),
        day_name=day_name,
    )


def _coverage(
    year: int, counted: dict[tuple[date, str], int], coming: dict[date, int], firsts: dict[date, int]
) -> list[tuple[calendar.Month, dict[str, int]]]:
    """For each month how many audits are in which state, and how many systems have had one in the year so far."""
    found = []
    reached = 0
    for item in calendar.months_of(year):
        numbers: Counter[str] = Counter()
        for (on, state), number in counted.items():
            if on in item:
                numbers[state] += number
        numbers["projected"] = sum(number for on, number in coming.items() if on in item)
        reached += sum(number for on, number in firsts.items() if on in item)
        numbers["systems"] = reached
        numbers["under_way"] = sum(numbers[state] for state in OPEN_STATES if state != AuditState.PLANNED)
        found.append((item, dict(numbers)))
    return found


@blueprint.route("/calendar/workload")
def workload() -> ResponseReturnValue:
    """Who has how many audits ahead in the next twelve months, and what is assigned to nobody."""
    here = frame("workload", clock.today())
    months, found = loads(g.session, g.actor, here.chosen)
    return render_template(
        "audits/calendar_workload.html",
        frame=here,
        months=[(item, month_name(item)) for item in months],
        loads=found,
        by_month=_bars_by_month(months, found),
        by_auditor=_bars_by_auditor(here, found),
        total=sum(item.total for item in found),
    )


def _bars_by_month(months: list[calendar.Month], found: list[Load]) -> str:
    rows = []
    for number, item in enumerate(months):
        assigned = sum(load.planned[number] for load in found if load.person_id is not None)
        nobody = sum(load.planned[number] for load in found if load.person_id is None)
        coming = sum(load.projected[number] for load in found)
        parts = (
            Part(assigned, "met", "assigned"),
            Part(nobody, "missing", "not assigned"),
            Part(coming, "waived", "projected"),
        )
        rows.append(Bar(str(item), parts, f"{assigned} / {nobody} / {coming}"))
    return bars(
        rows,
        title=i18n.term("Audits by month"),
        desc=i18n.term("Assigned, not assigned and projected audits by month."),
    )


def _bars_by_auditor(here: Frame, found: list[Load]) -> str:
    rows = []
    for load in found[:_MOST_BARS]:
        planned, coming = sum(load.planned), sum(load.projected)
        parts = (
            Part(load.overdue, "missing", "overdue"),
            Part(planned, "met", "planned"),
            Part(coming, "waived", "projected"),
        )
        name = here.names.get(load.person_id or 0) or i18n.term("Nobody assigned")
        rows.append(Bar(name, parts, f"{load.overdue} / {planned} / {coming}"))
    return bars(
        rows,
        title=i18n.term("Audits by lead auditor"),
        desc=i18n.term("Overdue, planned and projected audits of each lead auditor."),
    )
