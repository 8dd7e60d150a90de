"""Years of recurring audits with a moving clock: standstills, crashes in the middle, two workers, pauses; then the registry beside the oracle."""

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from governance.access.actor import SCHEDULER
from governance.audits import jobs, service
from governance.audits.models import Audit, AuditSchedule
from governance.audits.schemas import ScheduleAudits, Why
from governance.core import clock, records
from governance.core.database import Database
from governance.core.records import Record
from governance.systems.models import AiSystem
from governance.trail import verification
from tests.audits import oracle
from tests.audits.oracle import NAMES, Expected, Observed, Plan
from tests.house_fixtures import House
from tests.systems.build import a_system

# Years in which clocks did what one would not think of: changes at midnight and a minute after it, half hours, quarters,
# Ramadan, changed rules, and a day that Samoa left out.
FIRST_DAY = date(2008, 1, 1)
ZONES = (
    "Europe/Berlin", "UTC", "America/New_York", "America/St_Johns", "America/Goose_Bay", "America/Sao_Paulo", "America/Havana",
    "America/Asuncion", "America/Santiago", "America/Caracas", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut",
    "Asia/Gaza", "Asia/Tehran", "Asia/Kathmandu", "Asia/Amman", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia",
    "Pacific/Fakaofo", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Antarctica/Troll", "Europe/Istanbul", "Europe/Samara",
)  # fmt: skip
REGIONS = ("", "", "DE", "DE-BE", "DE-BY", "FR", "US", "US-CA", "IL", "EG", "CN", "JP", "HU", "BR", "IN")
CRASHES, TOGETHER, BOUNDARY = 0.12, 0.05, 0.35


class Killed(BaseException):
    """The worker is gone in the middle of its transaction."""


@dataclass
class Scheduled:
    """A schedule under test: its plan, its reference once it is there, and what happened to it."""

    plan: Plan
    since: datetime
    reference: str = ""
    paused_at: datetime | None = None
    seen: Observed = field(default_factory=Observed)


def plans(chance: random.Random, number: int, years: int) -> list[Scheduled]:
    """Schedules of all shapes; the first of them so that every shape is there however few are wanted."""
    shapes = (_months, _named_months, _years, _leap_day, _weeks, _days, _month_end, _often)
    weights = (24, 20, 12, 6, 16, 14, 12, 3)
    return [
        _scheduled(chance, years, shapes[n] if n < len(shapes) else chance.choices(shapes, weights)[0])
        for n in range(number)
    ]


def _scheduled(
    chance: random.Random, years: int, shape: Callable[[random.Random], dict[str, Any]]
) -> Scheduled:
    span = 365 * years
    day = FIRST_DAY + timedelta(days=chance.randrange(span if chance.random() < 0.2 else span // 6))
    since = datetime.combine(day, time(chance.randrange(24), chance.randrange(60)), UTC)
    shift = chance.choice(("none", "none", "next", "previous"))
    # Most start within the year, some only later, some in the past.
    given: dict[str, Any] = {
        "starts_on": day + timedelta(days=chance.randrange(-50, 300)),
        "zone": chance.choice(ZONES),
        "lead_days": chance.choice((0, 0, 1, 7, 30, 30, 60, 365)),
        "grace_days": chance.choice((0, 3, 14, 14, 30)),
        "shift": shift,
        "region": "" if shift == "none" else chance.choice(REGIONS),
        "catch_up": chance.choice(("each", "latest")),
        "on": "",
    }
    given |= shape(chance)
    if given["unit"] in ("days", "weeks") and given["every"] <= 1:
        # A daily audit for ten years would be most of the occurrences; such a schedule comes at the end.
        day = FIRST_DAY + timedelta(days=span - 80)
        since, given["starts_on"] = datetime.combine(day, time(7), UTC), day + timedelta(days=3)
    if given["on"] == "month end":
        given |= {"on": "", "starts_on": _with_day(given["starts_on"], chance.choice((29, 30, 31)))}
    if given["on"] == "leap day":
        given |= {"on": "", "starts_on": date(2008, 2, 29)}
    return Scheduled(Plan(**given), since)


def _with_day(day: date, wanted: int) -> date:
    while True:
        if day.day == wanted:
            return day
        day += timedelta(days=1)


def _months(chance: random.Random) -> dict[str, Any]:
    return {"unit": "months", "every": chance.choice((1, 2, 3, 6, 6, 12, 12, 18, 24, 36))}


def _named_months(chance: random.Random) -> dict[str, Any]:
    which = chance.choice(("first", "second", "third", "fourth", "last"))
    named = [f"{which} {chance.choice(NAMES)}", "last weekday", "first weekday", "last day", "first day"]
    return {
        "unit": "months",
        "every": chance.choice((1, 3, 3, 6, 12, 12)),
        "on": chance.choices(named, (5, 2, 1, 1, 1))[0],
    }


def _years(chance: random.Random) -> dict[str, Any]:
    return {"unit": "years", "every": chance.choice((1, 1, 2, 3))}


def _leap_day(chance: random.Random) -> dict[str, Any]:
    return {"unit": "years", "every": chance.choice((1, 1, 2)), "on": "leap day"}


def _weeks(chance: random.Random) -> dict[str, Any]:
    on = ", ".join(chance.sample(NAMES, chance.choice((0, 1, 1, 2))))
    return {"unit": "weeks", "every": chance.choice((4, 6, 13, 26, 26, 52)), "on": on}


def _days(chance: random.Random) -> dict[str, Any]:
    return {"unit": "days", "every": chance.choice((28, 45, 90, 100, 180, 365))}


def _month_end(chance: random.Random) -> dict[str, Any]:
    return {"unit": "months", "every": chance.choice((1, 3, 5, 6)), "on": "month end"}


def _often(chance: random.Random) -> dict[str, Any]:
    return chance.choice(
        ({"unit": "days", "every": 1}, {"unit": "weeks", "every": 1}, {"unit": "days", "every": 10})
    )


class Simulation:
    """A registry whose worker comes and goes."""

    def __init__(self, house: House, number: int, years: int, seed: int) -> None:
        self.house, self.chance = house, random.Random(seed)
        self.now = datetime.combine(FIRST_DAY, time(), UTC)
        self.end = self.now + timedelta(days=round(365.25 * years))
        self.waiting = sorted(plans(self.chance, number, years), key=lambda item: item.since, reverse=True)
        self.there: list[Scheduled] = []
        self.runs: list[datetime] = []
        self.moments: list[datetime] = []
        self.happened: Counter[str] = Counter()
        self.workers = (house.database, Database(house.database.url.render_as_string(hide_password=False)))
        with clock.held_at(self.now):
            self.system = a_system(house)
            self.olivia = house.actor("olivia")

    def run(self) -> None:
        """Let the years pass."""
        while self.now < self.end:
            self.now = min(self._next_moment(), self.end)
            with clock.held_at(self.now):
                self._people_act()
                self._worker_comes()
        with clock.held_at(self.end):
            self._work(self.workers[0])
        self.workers[1].dispose()

    def _next_moment(self) -> datetime:
        """Minutes, hours, days or weeks later, or around the instant at which an occurrence appears, is late or is missed."""
        if self.chance.random() < BOUNDARY:
            position = bisect_left(self.moments, self.now + timedelta(seconds=1))
            if position < len(self.moments):
                jitter = self.chance.choice((-1, 0, 0, 1, 40, 59, 90, 3700))
                return max(self.now, self.moments[position] + timedelta(seconds=jitter))
        least, most = self.chance.choices(
            ((1, 3), (60, 1_440), (1_440, 7_200), (7_200, 57_600)), (15, 30, 40, 15)
        )[0]
        return self.now + timedelta(minutes=self.chance.uniform(least, most))

    def _people_act(self) -> None:
        while self.waiting and self.waiting[-1].since <= self.now:
            self._schedule(self.waiting.pop())
        for _ in range(1 + len(self.there) // 400):
            if self.there and self.chance.random() < 0.5:
                self._interfere(self.chance.choice(self.there))

    def _schedule(self, item: Scheduled) -> None:
        plan = item.plan
        with self._acting() as session:
            data = ScheduleAudits(
                audit_type="follow_up", every=plan.every, unit=plan.unit, on=plan.on, starts_on=plan.starts_on,
                zone=plan.zone, lead_days=plan.lead_days, grace_days=plan.grace_days, shift=plan.shift,
                holidays=plan.region, catch_up=plan.catch_up,
            )  # fmt: skip
            system = records.get(session, AiSystem, self.system)
            item.reference = service.schedule(session, system, data).reference
        item.since = self.now
        self.there.append(item)
        self._remember_moments(plan)

    def _remember_moments(self, plan: Plan) -> None:
        dues = [oracle.due_of(plan, day) for day in oracle.days_of(plan, self.end.date())]
        found = [
            oracle.begins(due + timedelta(days=other), plan.tz)
            for due in dues
            for other in (-plan.lead_days, 1, plan.grace_days + 1)
        ]
        self.moments = sorted([*self.moments, *self.chance.sample(found, min(3, len(found)))])

    def _interfere(self, item: Scheduled) -> None:
        """Somebody pauses a schedule, lets it go on, or ends it."""
        if item.seen.ended_at is not None:
            return
        with self._acting() as session:
            row = records.get(session, AuditSchedule, item.reference)
            why = Why(reason="As the simulation has it", version=row.version)
            if self.chance.random() < 0.03:
                service.end_schedule(session, row, why)
                item.seen.ended_at = self.now
            elif item.paused_at is None:
                service.pause(session, row, why)
            else:
                service.resume(session, row, why)
        if item.paused_at is not None:
            item.seen.pauses.append((item.paused_at, self.now))
            item.paused_at = None
        elif item.seen.ended_at is None:
            item.paused_at = self.now

    def _acting(self) -> Any:
        return self.house.database.transaction(self.olivia, source="test")

    def _worker_comes(self) -> None:
        dice = self.chance.random()
        if dice < CRASHES:
            self._crash()
        elif dice < CRASHES + TOGETHER:
            self.happened["two at once"] += 1
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(self._work, self.workers))
        else:
            self._work(self.chance.choice(self.workers))

    def _work(self, database: Database, flushes: int = 0) -> None:
        """A run of the worker; killed at a flush if its number is given, at the latest before the commit."""
        with database.transaction(SCHEDULER, source="scheduler") as session:
            if flushes:
                event.listen(session, "after_flush", _bomb(flushes))
            jobs.materialise(session, self.now)
            if flushes:
                session.flush()
                raise Killed
        self.runs.append(self.now)

    def _crash(self) -> None:
        try:
            self._work(self.chance.choice(self.workers), flushes=self.chance.randint(1, 6))
        except Killed:
            self.happened["killed"] += 1

    def differences(self) -> list[str]:
        """Where the registry and the oracle do not agree."""
        found = []
        with self.house.reading() as session:
            registry = made(session)
            last = self.end.date() + timedelta(days=500)
            for item in self.there:
                if item.paused_at is not None:
                    item.seen.pauses.append((item.paused_at, datetime.max.replace(tzinfo=UTC)))
                item.seen.runs = [moment for moment in self.runs if moment >= item.since]
                wanted, has = oracle.expected(item.plan, item.seen, last), registry.get(item.reference, {})
                for day in sorted(wanted.keys() | has.keys()):
                    one, other = wanted.get(day), has.get(day)
                    self.happened["occurrences"] += 1
                    self.happened[one.state if one else "unexpected"] += 1
                    self.happened["late"] += bool(one and one.late)
                    if one != other:
                        found.append(f"{item.reference} {item.plan}: expected {one}, made {other}")
            found += gaps(session)
            if not verification.verify(session).intact:
                found.append("The trail does not verify.")
        return found


def _bomb(flushes: int) -> Callable[..., None]:
    left = flushes

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    return count


def made(session: Session) -> dict[str, dict[date, Expected]]:
    """The occurrences in the registry, by schedule and day; one that is there twice raises."""
    of_schedule = Record.__table__.alias()
    rows = session.execute(
        select(of_schedule.c.reference, Audit).join(of_schedule, of_schedule.c.id == Audit.schedule_id)
    )
    found: dict[str, dict[date, Expected]] = {}
    for reference, audit in rows:
        there = found.setdefault(reference, {})
        if audit.occurs_on in there:
            raise AssertionError(f"{reference} has {audit.occurs_on} twice.")
        there[audit.occurs_on] = Expected(
            audit.occurs_on,
            audit.due_on,
            audit.created_late,
            str(audit.state),
            audit.created_at,
            audit.changed_at,
            audit.state_reason,
        )
    return found


def gaps(session: Session) -> list[str]:
    """References of audits that are missing or there twice in their year."""
    numbers: dict[str, list[int]] = {}
    for reference in session.scalars(select(Record.reference).where(Record.kind == "audit")):
        prefix, _, number = reference.rpartition("-")
        numbers.setdefault(prefix, []).append(int(number))
    return [
        f"{prefix} has gaps or doubles."
        for prefix, there in sorted(numbers.items())
        if sorted(there) != list(range(1, len(there) + 1))
    ]
