"""How fast the pages of the calendar are read with 100,000 audited systems, each with a schedule of its own and an audit."""

import random
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from benchmarks.population import fill
from governance import rooms
from governance.access.actor import INSTALLER
from governance.audits import calendar_feed_queries, calendar_layers, calendar_queries
from governance.audits.calendar import Month, Window, month_of
from governance.audits.calendar_selection import Selection
from governance.audits.calendar_workload import loads
from governance.audits.models import Audit, AuditSchedule
from governance.core import clock
from governance.core.database import Database
from governance.core.records import Base, Record, table_of
from governance.core.settings import load
from governance.trail import schema

_SYSTEMS = 100_000
_BATCH = 5_000
_MONTHS = (3, 6, 12, 24)

Rows = dict[type[Base], list[dict[str, object]]]


def run() -> None:
    """Measure what each page reads, the first time and again."""
    rooms.open_all()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(load({"AIMS_DATA": str(Path(folder))}).database_url)
        schema.upgrade(database)
        fill(database, _SYSTEMS)
        _audit_all(database)
        database.tune()
        with database.transaction(readonly=True) as session:
            for name, act in _pages(session).items():
                first, again = _seconds(act), _seconds(act)
                print(f"  {name}: {first * 1000:.0f} ms at first, {again * 1000:.0f} ms again")
        database.dispose()


def _pages(session: Session) -> dict[str, Callable[[], object]]:
    today = clock.today()
    every, some = Selection(), Selection(tier="high", auditor="none")
    this, following = month_of(today), month_of(today).plus(3)
    year = Window(date(today.year, 1, 1), date(today.year, 12, 31))

    def month(chosen: Selection, which: Month) -> Callable[[], object]:
        window = Window(which.weeks[0][0], which.weeks[-1][-1])
        return lambda: calendar_layers.days(session, INSTALLER, chosen, window, per_day=3)

    def of_the_year() -> None:
        calendar_queries.by_day_and_state(session, INSTALLER, every, year)
        calendar_queries.projection(session, every, year)
        calendar_queries.first_audits_of_systems(session, INSTALLER, every, year)
        calendar_queries.systems_in_use(session, every)

    return {
        "this month": month(every, this),
        "a month ahead": month(every, following),
        "a month ahead of high systems without an auditor": month(some, following),
        "a year": of_the_year,
        "a day": lambda: calendar_queries.audits_on(session, INSTALLER, every, today, after="", limit=100),
        "workload": lambda: loads(session, INSTALLER, every),
        "a subscription without a filter": lambda: calendar_feed_queries.occurrences(
            session, INSTALLER, every
        ),
        "units": lambda: calendar_queries.units(session),
    }


def _audit_all(database: Database) -> None:
    random.seed(42)
    today = clock.today()
    with database.transaction(INSTALLER, source="benchmark") as session:
        connection = session.connection()
        systems = list(connection.scalars(text("SELECT id FROM ai_system ORDER BY id")))
        first = max(systems) + 1
        for start in range(0, len(systems), _BATCH):
            made: Rows = {Record: [], AuditSchedule: [], Audit: []}
            for number, system in enumerate(systems[start : start + _BATCH], start=start):
                _add(made, first + 2 * number, number, system, today)
            for kind, rows in made.items():
                connection.execute(insert(table_of(kind)), rows)


def _add(made: Rows, id: int, number: int, system: int, today: date) -> None:
    begins = today + timedelta(days=random.randint(-365, 365))
    due = today + timedelta(days=random.randint(-180, 30))
    about = {
        "title": f"Fairness audit {number}",
        "owner_id": None,
        "version": 1,
        "created_at": clock.now(),
        "changed_at": clock.now(),
    }
    schedule = {"kind": "audit_schedule", "reference": f"ASC-{number:06d}", "state": "active"}
    audit = {
        "kind": "audit",
        "reference": f"AUD-{number:06d}",
        "state": "planned" if due > today else random.choice(("closed", "missed")),
    }
    made[Record] += [{"id": id, **about, **schedule}, {"id": id + 1, **about, **audit}]
    same = {
        "system_id": system,
        "audit_type": "fairness",
        "checklist": "CL-FAIR",
        "lead_auditor_id": None,
        "state_reason": "",
    }
    made[AuditSchedule].append(
        {
            "id": id,
            **same,
            "rule": f"FREQ=MONTHLY;INTERVAL={random.choice(_MONTHS)}",
            "starts_on": begins,
            "zone": "Europe/Berlin",
            "lead_days": 30,
            "grace_days": 14,
        }
    )
    made[Audit].append(
        {
            "id": id + 1,
            **same,
            "schedule_id": id,
            "period_key": due.isoformat(),
            "due_on": due,
            "grace_until": due,
            "checklist_hash": "",
            "objectives": "",
            "criteria": [],
            "scope_text": "",
            "method": "",
            "created_late": False,
            "impartiality_statement": "",
            "conclusion": "",
        }
    )


def _seconds(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin
