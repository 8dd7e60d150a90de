"""Two worker processes on one database, one of them killed in the middle, on SQLite and PostgreSQL: no duplicate and no loss."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.audits import service
from governance.audits.schemas import ScheduleAudits
from governance.core import clock, records
from governance.core.database import Database
from governance.core.settings import Settings
from governance.systems.models import AiSystem
from governance.trail import verification
from tests.audits import oracle
from tests.audits.oracle import Observed, Plan
from tests.audits.simulation import gaps, made
from tests.audits.test_service import time_passes
from tests.house_fixtures import House
from tests.systems.build import a_system

ROOT = Path(__file__).resolve().parents[2]
SCHEDULED = datetime(2026, 11, 20, 8, tzinfo=UTC)
BACK = SCHEDULED + timedelta(days=60)

# What the alarm clock of a worker does, at a held moment, after the starting shot. It kills itself without a chance to
# clean up, at the commit or when it has written so many audits of one transaction.
WORKER = """
import os, signal, sys
from datetime import datetime
from sqlalchemy import event
from sqlalchemy.orm import Session
from governance import rooms
from governance.audits.models import Audit
from governance.core import clock
from governance.core.database import Database
from governance.core.settings import load
from governance.jobs.registry import all_recurring
from governance.worker import run_recurring

rooms.open_all()
moment, death = datetime.fromisoformat(sys.argv[1]), sys.argv[2]
written = 0

def count(session, *_):
    global written
    now = sum(isinstance(row, Audit) for row in session.new)
    if now and not written:
        print("writing", flush=True)
    written += now
    if death.isdigit() and written >= int(death):
        os.kill(os.getpid(), signal.SIGKILL)

def die(session):
    if written and not session.in_nested_transaction():
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Session, "after_flush", count)
if death in ("before_commit", "after_commit"):
    event.listen(Session, death, die)
database = Database(load().database_url)
jobs = [job for job in all_recurring() if job.name.startswith("audits.")]
print("ready", flush=True)
sys.stdin.readline()
with clock.held_at(moment):
    for _ in range(3):
        for job in jobs:
            run_recurring(database, job)
"""


def schedules(house: House) -> dict[str, Plan]:
    """Schedules that are all due while the workers were away, several times each."""
    found = {}
    with clock.held_at(SCHEDULED):
        system = a_system(house)
        for number in range(18):
            plan = Plan(
                every=(5, 2, 1)[number % 3], unit=("days", "weeks", "months")[number % 3], on="",
                starts_on=SCHEDULED.date() + timedelta(days=number % 5), zone=("Europe/Berlin", "Pacific/Apia")[number % 2],
                lead_days=7, grace_days=10, shift=("none", "next", "previous")[number // 6], region="DE",
                catch_up=("each", "latest")[number % 4 == 0],
            )  # fmt: skip
            with house.acting("olivia") as session:
                data = ScheduleAudits(
                    audit_type="follow_up", every=plan.every, unit=plan.unit, starts_on=plan.starts_on, zone=plan.zone,
                    lead_days=plan.lead_days, grace_days=plan.grace_days, shift=plan.shift, holidays=plan.region,
                    catch_up=plan.catch_up,
                )  # fmt: skip
                item = records.get(session, AiSystem, system)
                found[service.schedule(session, item, data).reference] = plan
    return found


def worker(settings: Settings, death: str) -> subprocess.Popen[str]:
    """A worker process that waits for the starting shot."""
    environment = {
        **os.environ, "AIMS_DATA": str(settings.data_dir), "AIMS_DATABASE": settings.database_url, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, BACK.isoformat(), death],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def says(item: subprocess.Popen[str], word: str) -> None:
    """Wait until a worker says a word."""
    assert item.stdout is not None and item.stderr is not None
    assert item.stdout.readline() == f"{word}\n", item.stderr.read()


def go(item: subprocess.Popen[str]) -> None:
    """The starting shot."""
    assert item.stdin is not None
    item.stdin.write("go\n")
    item.stdin.flush()


def end(item: subprocess.Popen[str]) -> tuple[int, str]:
    """How a worker ended, and what it said of errors."""
    return (item.communicate(timeout=120)[1], item.returncode)[::-1]


@pytest.mark.slow
@pytest.mark.parametrize("death", ["4", "before_commit"])
def test_of_two_workers_one_is_killed_and_each_occurrence_is_there_once(
    house: House, settings: Settings, death: str
) -> None:
    """INV-SCH1: killed after four audits of a transaction, or right before its commit; then started again."""
    plans = schedules(house)
    doomed, other = worker(settings, death), worker(settings, "never")
    says(doomed, "ready")
    says(other, "ready")
    go(doomed)
    says(doomed, "writing")
    go(other)
    assert end(doomed)[0] == -9
    restarted = Database(settings.database_url)
    with clock.held_at(BACK):
        time_passes(restarted, BACK)
    restarted.dispose()
    assert end(other) == (0, "")
    with house.reading() as session:
        there = made(session)
        seen = Observed(runs=[BACK])
        wanted = {
            reference: oracle.expected(plan, seen, BACK.date() + timedelta(days=60))
            for reference, plan in plans.items()
        }
        assert there == wanted
        assert gaps(session) == []
        assert verification.verify(session).intact
