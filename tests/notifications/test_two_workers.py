"""Two workers at once, and one that is killed in the middle, on both databases: nothing is lost and nothing told twice."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from governance.core import clock
from governance.core.database import Database
from governance.core.settings import Settings
from governance.notifications import jobs, outbox
from governance.notifications.models import Delivery, How
from tests.house_fixtures import House
from tests.notifications.build import an_audit, choose, states, tell, told
from tests.notifications.conftest import Mailbox
from tests.notifications.test_reminders import DUE, at, on, who
from tests.two_databases import database_url

pytestmark = pytest.mark.slow

__all__ = ["database_url"]

ROOT = Path(__file__).resolve().parents[2]

# A worker that kills itself without a chance to clean up, right after the server took the mail, or right before.
DYING_POSTMAN = """
import os, signal, sys
from dataclasses import replace
from governance import rooms
from governance.core.database import Database
from governance.core.settings import load
from governance.notifications import jobs, mail, outbox

rooms.open_all()
settings = load()
sending = mail.Post.send

def die(*arguments):
    if sys.argv[1] == "after":
        sending(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)

mail.Post.send = die
jobs.mail(Database(settings.database_url), settings)
"""


def environment(settings: Settings) -> dict[str, str]:
    assert settings.mail is not None
    return {
        **os.environ, "AIMS_DATA": str(settings.data_dir), "AIMS_DATABASE": settings.database_url, "PYTHONPATH": str(ROOT),
        "AIMS_SMTP_HOST": "127.0.0.1", "AIMS_SMTP_PORT": str(settings.mail.port), "AIMS_SMTP_SECURITY": "none",
        "AIMS_SMTP_FROM": settings.mail.sender, "AIMS_URL": settings.url,
    }  # fmt: skip


@pytest.mark.parametrize(("moment", "copies"), [("before", 1), ("after", 2)])
def test_a_worker_killed_around_sending_loses_nothing_and_a_second_copy_has_the_same_id(
    house: House, mailing: Settings, mailbox: Mailbox, moment: str, copies: int
) -> None:
    tell(house, "ada")
    died = subprocess.run(
        [sys.executable, "-c", DYING_POSTMAN, moment],
        env=environment(mailing),
        capture_output=True,
        timeout=60,
    )
    assert died.returncode == -9, died.stderr.decode()
    jobs.mail(house.database, mailing)
    assert states(house) == [Delivery.QUEUED], "the dead worker's claim holds until it runs out"
    with clock.held_at(clock.now() + outbox.CLAIM + timedelta(seconds=1)):
        jobs.mail(house.database, mailing)
        jobs.mail(house.database, mailing)
    assert states(house) == [Delivery.SENT]
    assert len(mailbox.mails) == copies and len({mail["Message-ID"] for mail in mailbox.mails}) == 1


def test_two_workers_at_once_send_each_mail_once(house: House, mailing: Settings, mailbox: Mailbox) -> None:
    for number in range(10):
        tell(house, "ada", "owen", key=f"audit:{number}")
    gate = threading.Barrier(3)

    def work(name: str) -> int:
        done = 0
        gate.wait()
        while parcel := outbox.claim(house.database, name, outbox.to_people()):
            outbox.finish(house.database, name, parcel, outbox.SENT)
            done += 1
        return done

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(work, ["one", "two", "three"]))
    assert sum(done) == 20 and set(states(house)) == {Delivery.SENT}
    assert {item.attempts for item in told(house)} == {1}


def test_a_worker_whose_claim_was_lost_changes_nothing(house: House) -> None:
    tell(house, "ada")
    slow = outbox.claim(house.database, "slow", outbox.to_people())
    assert slow is not None
    with clock.held_at(clock.now() + outbox.CLAIM + timedelta(seconds=1)):
        quick = outbox.claim(house.database, "quick", outbox.to_people())
        assert quick is not None and quick.row.uid == slow.row.uid
        outbox.finish(house.database, "quick", quick, outbox.SENT)
        outbox.finish(house.database, "slow", slow, outbox.Outcome(Delivery.GIVEN_UP, "too late"))
    assert states(house) == [Delivery.SENT]


# A worker that kills itself around the commit of its reminders.
DYING_REMINDER = """
import os, signal, sys
from datetime import datetime
from sqlalchemy import event
from sqlalchemy.orm import Session
from governance import rooms
from governance.core import clock
from governance.core.database import Database
from governance.core.settings import load
from governance.notifications import jobs

rooms.open_all()
settings = load()
event.listen(Session, sys.argv[1], lambda session: session.info.get("readonly") or os.kill(os.getpid(), signal.SIGKILL))
with clock.held_at(datetime.fromisoformat(sys.argv[2])):
    jobs.remind(Database(settings.database_url), settings)
"""


def test_two_workers_at_once_remind_once(house: House, settings: Settings) -> None:
    with clock.held_at(at(DUE - timedelta(days=60))):
        an_audit(house, DUE)
    gate = threading.Barrier(4)

    def work(_: int) -> None:
        other = Database(settings.database_url)
        gate.wait()
        jobs.remind(other, settings)
        other.dispose()

    with clock.held_at(at(DUE + timedelta(days=7))), ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert who(house, told(house)) == [("ada", "audit", False), ("olivia", "escalation", False)]


@pytest.mark.parametrize(("moment", "written"), [("before_commit", 0), ("after_commit", 2)])
def test_a_worker_killed_in_the_middle_reminds_of_nothing_twice(
    house: House, settings: Settings, moment: str, written: int
) -> None:
    with clock.held_at(at(DUE - timedelta(days=60))):
        an_audit(house, DUE)
    day = DUE + timedelta(days=7)
    environment = {
        **os.environ, "AIMS_DATA": str(settings.data_dir), "AIMS_DATABASE": settings.database_url, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    died = subprocess.run(
        [sys.executable, "-c", DYING_REMINDER, moment, at(day).isoformat()],
        env=environment,
        capture_output=True,
        timeout=60,
    )
    assert died.returncode == -9, died.stderr.decode()
    assert len(told(house)) == written
    on(house, settings, day, times=2)
    assert who(house, told(house)) == [("ada", "audit", False), ("olivia", "escalation", False)]


def test_two_workers_at_once_make_one_digest(house: House, mailing: Settings, mailbox: Mailbox) -> None:
    choose(house, "ada", audit=How.DIGEST)
    for number in range(3):
        tell(house, "ada", key=f"audit:{number}")
    gate = threading.Barrier(3)

    def work(_: int) -> None:
        gate.wait()
        jobs.digest(house.database, mailing)

    with clock.held_at(at(clock.today() + timedelta(days=1))), ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
        jobs.mail(house.database, mailing)
    assert len(mailbox.mails) == 1 and [item.state for item in told(house)] == [Delivery.SENT] * 4
