"""A minute of the worker in which nothing is due, over 1,000 and 20,000 schedules with their planned audits, beside one empty transaction as the floor."""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import insert

from governance import rooms
from governance.access.actor import INSTALLER, SCHEDULER
from governance.audits import jobs
from governance.audits.models import Audit, AuditSchedule, AuditState, ScheduleProgress, ScheduleState
from governance.core import clock
from governance.core.database import Database
from governance.core.records import Record, table_of
from governance.core.settings import load
from governance.trail import schema

_MINUTES = 200
_PAST = 4


def run() -> None:
    """Measure both sizes."""
    rooms.open_all()
    for size in (1_000, 20_000):
        with tempfile.TemporaryDirectory() as folder:
            database = Database(load({"AIMS_DATA": str(Path(folder))}).database_url)
            schema.upgrade(database)
            fill(database, size)
            database.tune()
            floor = _milliseconds(database, lambda _: None)
            minute = _milliseconds(database, lambda session: jobs.materialise(session, clock.now()))
            database.dispose()
        print(
            f"  {size:,} schedules, {size * (_PAST + 1):,} audits: an ordinary minute {minute:.2f} ms; "
            f"floor: an empty transaction {floor:.2f} ms; {minute / floor:.1f} ×"
        )


def fill(database: Database, number: int) -> None:
    """Add yearly schedules that are due on some day of the next year, each with one planned audit and closed ones before."""
    today = clock.today()
    records, schedules, progress, audits = [], [], [], []
    for n in range(number):
        id, due = 1 + n * (_PAST + 2), today + timedelta(days=40 + n % 300)
        records.append(_record(id, "audit_schedule", f"ASC-{n + 1:05d}", ScheduleState.ACTIVE))
        schedules.append(_schedule(id, due))
        progress.append({"schedule_id": id, "look_again_on": due - timedelta(days=30)})
        for past in range(_PAST + 1):
            state = AuditState.CLOSED if past else AuditState.PLANNED
            day = due - timedelta(days=365 * past)
            records.append(_record(id + past + 1, "audit", f"AUD-{past}-{n + 1:05d}", state))
            audits.append(_audit(id + past + 1, id, day))
    with database.transaction(INSTALLER, source="benchmark") as session:
        connection = session.connection()
        for kind, rows in (
            (Record, records),
            (AuditSchedule, schedules),
            (ScheduleProgress, progress),
            (Audit, audits),
        ):
            connection.execute(insert(table_of(kind)), rows)


def _record(id: int, kind: str, reference: str, state: str) -> dict[str, object]:
    return {
        "id": id, "kind": kind, "reference": reference, "title": reference, "state": str(state), "version": 1,
        "created_at": clock.now(), "changed_at": clock.now(),
    }  # fmt: skip


def _schedule(id: int, due: date) -> dict[str, object]:
    return {
        "id": id, "audit_type": "follow_up", "checklist": "CL-FOLLOW", "rule": "FREQ=YEARLY;INTERVAL=1",
        "starts_on": due, "zone": "Europe/Berlin", "state_reason": "",
    }  # fmt: skip


def _audit(id: int, schedule_id: int, due: date) -> dict[str, object]:
    return {
        "id": id, "schedule_id": schedule_id, "period_key": due.isoformat(), "audit_type": "follow_up",
        "checklist": "CL-FOLLOW", "checklist_hash": "", "due_on": due, "grace_until": due + timedelta(days=14),
    }  # fmt: skip


def _milliseconds(database: Database, act: Callable[..., None]) -> float:
    """The median of many runs, each in a transaction of its own."""
    times = []
    for _ in range(_MINUTES):
        begin = time.perf_counter()
        with database.transaction(SCHEDULER, source="scheduler") as session:
            session.connection()
            act(session)
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times)
