"""Readiness by clause and control: what evidences each, since when, who answers for it, and which months are bare."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from governance.controls import queries, trace
from governance.controls.frameworks import Requirement, iso42001
from governance.controls.models import ControlDecision
from governance.core import clock
from governance.core.charts import Part, ring
from governance.core.records import Record
from governance.evidence.checks import proves_from
from governance.evidence.models import Evidence, EvidenceState

MONTHS = 12


@dataclass(frozen=True)
class Readiness:
    """One requirement: how many records answer it, the newest, the decision on it, and the months of the last twelve that evidence covers."""

    requirement: Requirement
    records: int
    newest: date | None
    decision: ControlDecision | None
    months: tuple[bool, ...]

    @property
    def state(self) -> str:
        """met: there are records; excluded: the statement says so; bare: nothing answers it."""
        if self.decision is not None and self.decision.applicable is False:
            return "excluded"
        return "met" if self.records else "bare"


def every(session: Session, requirements: Sequence[Requirement] | None = None) -> tuple[Readiness, ...]:
    """Every clause and control, or every requirement given, in a handful of statements however many records there are."""
    counts, newest = trace.counts(session), _newest(session)
    statement = queries.in_force(session)
    decisions = {row.control: row for row in statement.entries} if statement else {}
    covered = _covered(session)
    return tuple(
        Readiness(
            item,
            sum(counts.get(kind, 0) for kind in item.evidenced_by),
            max((day for kind in item.evidenced_by if (day := newest.get(kind))), default=None),
            decisions.get(item.id),
            _months([span for kind in item.evidenced_by for span in covered.get(kind, ())]),
        )
        for item in (iso42001().requirements if requirements is None else requirements)
    )


def _newest(session: Session) -> dict[str, date]:
    table = Record.__table__
    rows = session.execute(select(table.c.kind, func.max(table.c.changed_at)).group_by(table.c.kind))
    found = {
        kind: clock.parse(at.isoformat()).date() if hasattr(at, "isoformat") else at for kind, at in rows
    }
    kinds = select(Evidence.evidence_kind, func.max(Evidence.received_at)).group_by(Evidence.evidence_kind)
    for kind, at in session.execute(kinds):
        found[f"evidence:{kind.value}"] = at.date()
    return found


def _covered(session: Session) -> dict[str, list[tuple[date, date]]]:
    """Periods that approved evidence covers, by kind; without an end it covers the time until it expires, or now."""
    spans: dict[str, list[tuple[date, date]]] = defaultdict(list)
    until = func.coalesce(Evidence.covers_to, Evidence.valid_until, clock.today())
    statement = select(Evidence.evidence_kind, proves_from(), until).where(
        Evidence.state == EvidenceState.APPROVED, until >= first_month(clock.today())
    )
    for kind, since, end in session.execute(statement):
        spans[f"evidence:{kind.value}"].append((_day(since), min(_day(end), clock.today())))
    return spans


def _day(value: date | str) -> date:
    # SQLite forgets the type of a coalesced column.
    return value if isinstance(value, date) else date.fromisoformat(value)


def first_month(today: date) -> date:
    """The first day of the month twelve months back, this one included."""
    months = today.year * 12 + today.month - MONTHS
    return date(months // 12, months % 12 + 1, 1)


def _months(spans: list[tuple[date, date]]) -> tuple[bool, ...]:
    """For each of the last twelve months whether a period touches it; empty without any period."""
    if not spans:
        return ()
    starts, here = [], first_month(clock.today())
    for _ in range(MONTHS + 1):
        starts.append(here)
        here = (here + timedelta(days=32)).replace(day=1)
    return tuple(
        any(since < after and until >= begin for since, until in spans) for begin, after in pairwise(starts)
    )


def group_of(item: Requirement) -> str:
    """Annex A area, or the clause's first number."""
    return item.area or f"Clause {item.id.split('.')[0]}"


def grouped(found: tuple[Readiness, ...]) -> list[tuple[str, list[Readiness]]]:
    """The requirements by group, in the order of the framework."""
    by_group: dict[str, list[Readiness]] = defaultdict(list)
    for item in found:
        by_group[group_of(item.requirement)].append(item)
    return list(by_group.items())


def rings(found: tuple[Readiness, ...]) -> list[tuple[str, str, int, int]]:
    """A ring per group: (group, drawing, answered, asked)."""
    return [
        (group, _ring(group, items), sum(item.state == "met" for item in items), len(items))
        for group, items in grouped(found)
    ]


def whole_ring(title: str, found: tuple[Readiness, ...]) -> str:
    """One ring for all of a framework."""
    return _ring(title, found)


def _ring(title: str, items: Sequence[Readiness]) -> str:
    met = sum(item.state == "met" for item in items)
    left_out = sum(item.state == "excluded" for item in items)
    bare = len(items) - met - left_out
    parts = (
        Part(met, "met", "answered"),
        Part(left_out, "waived", "excluded"),
        Part(bare, "missing", "bare"),
    )
    desc = f"{met} answered, {left_out} excluded, {bare} bare"
    return ring(parts, title=title, desc=desc, centre=f"{met}/{len(items)}", size=96)
