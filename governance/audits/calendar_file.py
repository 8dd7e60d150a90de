"""An iCalendar file (RFC 5545, RFC 7986) of audits as events of whole days. Pure; the same input gives the same bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from icalendar import STATUS, TRANSP, Alarm, Calendar, Event, vDuration, vText

PRODUCT: Final = "-//AIMS Registry//Audit calendar//EN"
REFRESH: Final = timedelta(hours=6)


@dataclass(frozen=True)
class Occurrence:
    """One audit, or a date that a schedule will make one of.

    `uid` never changes, also when the audit is made; `sequence` only grows. `remind_days` before the day a program reminds
    of it; None: not at all.
    """

    uid: str
    day: date
    summary: str
    status: STATUS
    sequence: int
    changed_at: datetime
    category: str
    url: str
    remind_days: int | None


def unique(key: str, house: str) -> str:
    """A UID that is the same for ever: the key of something and the name of the installation it is in."""
    return f"{key}.{house}@aims-registry"


def calendar_file(
    occurrences: Iterable[Occurrence], *, uid: str, name: str, description: str, address: str
) -> bytes:
    """The file: lines folded and texts escaped, as RFC 5545 wants them. `address` is the page of the calendar itself."""
    calendar = Calendar.new(
        prodid=PRODUCT,
        uid=uid,
        method="PUBLISH",
        calscale="GREGORIAN",
        url=address,
    )
    # The library's own setters leave commas of names unescaped, and the type away that RFC 7986, 5.7 asks for.
    for field, text in (("NAME", name), ("X-WR-CALNAME", name), ("DESCRIPTION", description)):
        calendar.add(field, vText(text))
    calendar.add("REFRESH-INTERVAL", vDuration(REFRESH, params={"VALUE": "DURATION"}))
    # Older programs do not know REFRESH-INTERVAL.
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH))
    for occurrence in occurrences:
        calendar.add_component(_event(occurrence))
    file: bytes = calendar.to_ical()
    return file


def _event(item: Occurrence) -> Event:
    moment = item.changed_at.replace(microsecond=0)
    reminders = []
    if item.remind_days is not None:
        reminders.append(Alarm.new_display(item.summary, -timedelta(days=item.remind_days)))
    return Event.new(
        uid=item.uid,
        # DTEND is the first day that no longer belongs to it (RFC 5545, 3.6.1).
        start=item.day,
        end=item.day + timedelta(days=1),
        summary=item.summary,
        status=item.status,
        sequence=item.sequence,
        stamp=moment,
        last_modified=moment,
        categories=[item.category],
        url=item.url,
        # A day until which an audit is due keeps nobody from meeting.
        transparency=TRANSP.TRANSPARENT,
        subcomponents=reminders,
    )
