"""What all pages of the calendar share: the choice and the day a reader looks at, kept in every address; names of months and days."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date, get_day_names
from flask import g, request

from governance.access import queries as people
from governance.audits import calendar, calendar_queries, calendar_selection, catalogue
from governance.audits.calendar import Month
from governance.audits.calendar_selection import NOBODY, OPEN, OVERDUE, Selection
from governance.audits.models import AuditState
from governance.systems.models import Tier
from governance.web import i18n
from governance.web.templating import english

Choices = list[tuple[str, str]]

_LABELS = {
    "auditor": "Lead auditor",
    "unit": "Organisation unit",
    "type": "Kind of audit",
    "state": "State",
    "tier": "Tier",
    "also": "Also show",
}
_ALSO = (
    ("corrective_action", "Corrective actions"),
    ("management_review", "Management reviews"),
)


@dataclass(frozen=True)
class Frame:
    """The calendar as a reader has set it: which view, around which day, with what chosen.

    What is `kept` has no meaning in this view, and is handed on to the next one.
    """

    view: str
    day: date
    chosen: Selection
    names: Mapping[int, str]
    auditors: Choices
    units: list[str]
    kept: tuple[tuple[str, str], ...] = ()

    def url(self, view: str = "", day: date | None = None, **changes: str) -> str:
        """A view around a day, with the choice as it is but for what changes; an empty text takes something away."""
        view = view or self.view
        pairs = [(name, value) for name, value in self.chosen.pairs() if name not in changes]
        pairs += [*self.kept, *((name, value) for name, value in changes.items() if value)]
        return f"{_PATHS[view]}?{urlencode([*position(view, day or self.day), *pairs])}"

    @property
    def tabs(self) -> list[tuple[str, str, bool]]:
        """Label, address and whether it is the present one, for each view."""
        labels = (
            ("month", "Month"),
            ("agenda", "Agenda"),
            ("year", "Year"),
            ("workload", "Workload"),
            ("links", "Subscribe"),
        )
        return [(label, self.url(view), view == self.view) for view, label in labels]

    @property
    def position(self) -> list[tuple[str, str]]:
        """Name and value of where the view stands, for the form of the filters."""
        return position(self.view, self.day)

    @property
    def path(self) -> str:
        """The view's own path."""
        return _PATHS[self.view]

    @property
    def bare_url(self) -> str:
        """The view where it stands, with nothing chosen."""
        return f"{self.path}?{urlencode(self.position)}"

    @property
    def chips(self) -> list[tuple[str, str]]:
        """Label and address without it, for everything that is chosen."""
        found = []
        for label, name, value in self.labels(self.chosen):
            rest = next((other for other in self.chosen.also if name == "also" and other != value), "")
            without: Any = {name: rest}
            found.append((label, self.url(**without)))
        return found

    def labels(self, chosen: Selection) -> list[tuple[str, str, str]]:
        """For everything in a choice: what it is called, its name and its value."""
        return [
            (f"{i18n.term(_LABELS[name])}: {self._said(name, value)}", name, value)
            for name, value in chosen.pairs()
        ]

    def _said(self, name: str, value: str) -> str:
        if name == "unit":
            return value
        if name == "auditor" and value.isdigit():
            return self.names.get(int(value), value)
        return i18n.term(dict(self.filters[name]).get(value, value))

    @property
    def filters(self) -> dict[str, Choices]:
        """The choices of each filter that has a list."""
        return {
            "auditor": self.auditors,
            "type": [(item.id, item.title) for item in catalogue.programme().types],
            "state": [
                (OPEN, "Open"),
                (OVERDUE, "Overdue"),
                *((item.value, english(item)) for item in AuditState),
                (calendar_selection.PROJECTED, "Projected"),
            ],
            "tier": [(item.value, english(item)) for item in Tier],
            "also": list(_ALSO),
        }


_PATHS = {
    "month": "/calendar",
    "agenda": "/calendar/agenda",
    "year": "/calendar/year",
    "day": "/calendar/day",
    "workload": "/calendar/workload",
    "links": "/calendar/links",
}


_WITHOUT_MEANING = {"year": ("also",), "links": ("also",), "workload": ("also", "state")}


def position(view: str, day: date) -> list[tuple[str, str]]:
    """How a view says in its address where it stands."""
    match view:
        case "month":
            return [("month", str(calendar.month_of(day)))]
        case "agenda":
            return [("from", calendar.monday_of(day).isoformat())]
        case "year":
            return [("year", str(day.year))]
        case "day":
            return [("on", day.isoformat())]
    return []


def frame(view: str, day: date) -> Frame:
    """The frame of the present request. Raises DomainError (400) for a filter that makes no sense."""
    chosen = calendar_selection.read(request.args.items(multi=True))
    names = people.names(g.session)
    auditors = [(str(item.id), item.name) for item in people.with_role(g.session, "auditor")]
    if chosen.auditor.isdigit() and chosen.auditor not in dict(auditors):
        # Somebody who led audits and does so no longer.
        auditors.append((chosen.auditor, names.get(int(chosen.auditor), "–")))
    without: Any = {name: () if name == "also" else "" for name in _WITHOUT_MEANING.get(view, ())}
    return Frame(
        view,
        day,
        replace(chosen, **without),
        names,
        [(NOBODY, "Nobody assigned"), *auditors],
        calendar_queries.units(g.session),
        tuple(pair for pair in chosen.pairs() if pair[0] in without),
    )


def kind_of_audit(id: str) -> str:
    """The title of a kind of audit, also of one that is no longer in the catalogue."""
    try:
        return i18n.term(catalogue.audit_type(id).title)
    except KeyError:
        return i18n.term(english(id))


def _locale() -> str:
    # Day before month, as in the two other languages.
    return "en_GB" if i18n.language() == "en" else i18n.language()


def month_name(month: Month) -> str:
    """A month with its year in the reader's language, such as November 2026."""
    return format_date(month.first, "LLLL y", locale=_locale())


def month_short(month: Month) -> str:
    """A month without its year."""
    return format_date(month.first, "LLLL", locale=_locale())


def day_name(day: date) -> str:
    """A day in full in the reader's language, such as Friday, 20 November 2026."""
    return format_date(day, "full", locale=_locale())


def weekdays() -> list[tuple[str, str]]:
    """Short and full names of the days of a week, from Monday on."""
    locale: Any = _locale()
    short = get_day_names("abbreviated", context="stand-alone", locale=locale)
    full = get_day_names("wide", context="stand-alone", locale=locale)
    return [(short[number], full[number]) for number in range(7)]
