"""Imports by the worker: killed at the worst moments, cancelled in the middle, retried, never doubled."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from governance.core import clock, records
from governance.core.database import Database
from governance.core.settings import Settings
from governance.jobs import service as jobs
from governance.systems import imports
from governance.systems.import_jobs import files
from governance.systems.import_models import ImportRun
from governance.trail import verification
from governance.worker import drain
from tests.house_fixtures import House
from tests.systems.inventory import Importing, many, table

ROOT = Path(__file__).resolve().parents[2]

# A worker that kills itself without a chance to clean up, at the moment given on its command line.
DYING = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.orm import Session
from governance import rooms
from governance.core.database import Database
from governance.core.settings import load
from governance.worker import drain

rooms.open_all()
moment, portion = sys.argv[1], int(sys.argv[2])
seen = 0

def die(session, *_):
    global seen
    if session.info.get("last_verb") == "imports.run":
        seen += 1
        if seen == portion:
            os.kill(os.getpid(), signal.SIGKILL)

settings = load()
event.listen(Session, moment, die)
drain(Database(settings.database_url), settings, "doomed-worker")
"""


@pytest.fixture
def importing(house: House, settings: Settings) -> Importing:
    return Importing(house, settings)


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "portion"), [("before_commit", 2), ("after_commit", 1)])
def test_a_killed_worker_loses_and_doubles_nothing(
    importing: Importing, database: Database, moment: str, portion: int
) -> None:
    reference = importing.preview(many(450))
    importing.confirm(reference)
    settings = importing.settings
    environment = {
        **os.environ,
        "AIMS_DATA": str(settings.data_dir),
        "AIMS_DATABASE": settings.database_url,
        "PYTHONPATH": str(ROOT),
    }
    died = subprocess.run(
        [sys.executable, "-c", DYING, moment, str(portion)], env=environment, capture_output=True, timeout=120
    )
    assert died.returncode == -9, died.stderr.decode()
    left = importing.size()["systems"]
    assert left == 200 * (portion if moment == "after_commit" else portion - 1)
    importing.work()
    assert importing.size()["systems"] == left, "the dead worker's claim holds until it runs out"
    with clock.held_at(clock.now() + jobs.CLAIM + timedelta(seconds=5)):
        drain(database, settings, "second-worker")
    assert importing.run(reference).state == "done"
    size = importing.size()
    assert (size["systems"], size["sources"], size["claims"], size["supplied"]) == (450, 450, 900, 450)
    rows = importing.rows(reference)
    assert len({row.system_id for row in rows}) == 450 and all(row.system_id for row in rows)
    with database.transaction(readonly=True) as session:
        assert verification.verify(session).intact


def test_a_cancelled_import_stops_between_portions_and_goes_on_with_the_next_upload(
    importing: Importing, house: House
) -> None:
    reference = importing.preview(many(250))
    importing.confirm(reference)
    with house.acting("olivia") as session:
        imports.cancel(session, records.get(session, ImportRun, reference))
    importing.work()
    assert importing.run(reference).state == "cancelled"
    assert importing.size()["systems"] == 0
    importing.bring(many(250))
    assert importing.size()["systems"] == 250


def test_a_cancel_outlives_the_end_of_the_job(importing: Importing, house: House) -> None:
    reference = importing.preview(table(("T1", "Triage")))
    with house.acting("olivia") as session:
        run = imports.cancel(session, records.get(session, ImportRun, reference))
        assert imports.finish(session, run).state == "cancelled"


def test_doing_the_whole_job_again_changes_nothing(importing: Importing) -> None:
    importing.bring(many(30))
    before = importing.size()
    again = importing.preview(many(31))
    importing.confirm(again)
    importing.work()
    after = importing.size()
    assert after["systems"] == before["systems"] + 1 == 31


def test_a_file_that_was_tampered_with_is_not_brought_in(importing: Importing) -> None:
    reference = importing.preview(many(3))
    importing.confirm(reference)
    digest = importing.run(reference).sha256
    path = files(importing.settings).folder / digest[:2] / digest
    path.write_bytes(path.read_bytes() + b"N9,Smuggled\n")
    importing.work()
    run = importing.run(reference)
    assert run.state == "failed" and "no longer has the hash" in run.state_reason
    assert importing.size()["systems"] == 0
    assert importing.job(reference).state == "failed"


def test_progress_counts_rows(importing: Importing) -> None:
    reference = importing.bring(many(250))
    job = importing.job(reference)
    assert (job.state, job.done, job.total) == ("done", 250, 250)
