"""The dry audit: every declared check over everything, each one statement; what an auditor would miss today."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from governance.controls import queries
from governance.controls.models import DryAuditRun
from governance.core import checks, clock
from governance.core.checks import AI_SYSTEM, NO_RECORD, Check
from governance.core.errors import DomainError
from governance.core.records import Record
from governance.evidence.models import Evidence
from governance.evidence.store import Store
from governance.systems.models import Status
from governance.trail import verification

# Asked of every system that is not over; everything else about systems is asked once they are in operation.
_FROM_THE_START = ("systems.",)
_OVER = (Status.RETIRED, Status.REJECTED)
_IN_OPERATION = (Status.ACTIVE, Status.SUSPENDED)
# Only gates ask these: a stage that was declared, a missing review date of a draft.
_GATES_ONLY = frozenset({"systems.declared_stage"})
PAGE = 50
# Systems up to which every check is asked while a page is opened; it takes about 0.04 ms for each system.
ASKED_LIVE_UP_TO = 2_000


@dataclass(frozen=True)
class Answer:
    """A check and how many records fail it, counted and suppressed."""

    check: Check
    failing: int
    suppressed: int = 0


def asked() -> tuple[Check, ...]:
    """The checks the dry audit asks."""
    return tuple(item for item in checks.every() if item.id not in _GATES_ONLY)


def offending(check: Check) -> Select[Any]:
    """SELECT of (record id, reference, detail) of everything that fails a check and is old enough to be asked."""
    found = check.missing(clock.today()).subquery()
    columns = list(found.c)
    statement: Select[Any] = select(*columns)
    if check.about == AI_SYSTEM:
        spine = Record.__table__
        live: ColumnElement[bool] = spine.c.state.in_(_IN_OPERATION)
        if check.id.startswith(_FROM_THE_START):
            live = spine.c.state.not_in(_OVER)
        asked_now = select(spine.c.id).where(spine.c.kind == AI_SYSTEM, live)
        statement = statement.where(columns[0].in_(asked_now))
    return statement


def answers(session: Session) -> tuple[Answer, ...]:
    """Every check with its count: one statement each, however many records there are, and one more where gaps are suppressed."""
    borne: dict[str, list[str]] = {}
    for item in queries.suppressions(session):
        borne.setdefault(item.check_id, []).append(item.subject)
    found = []
    for check in asked():
        rows = offending(check).subquery()
        total = session.execute(select(func.count()).select_from(rows)).scalar_one()
        held = 0
        if total and check.id in borne:
            reference = list(rows.c)[1]
            held = session.execute(
                select(func.count()).select_from(rows).where(reference.in_(borne[check.id]))
            ).scalar_one()
        found.append(Answer(check, total - held, held))
    return tuple(found)


def newest_answers(session: Session) -> tuple[tuple[Answer, ...], datetime | None]:
    """What a page shows at once: the answers of this moment for a small register, else those kept of the newest run and its moment."""
    run = queries.latest_run(session)
    table = Record.__table__
    systems = select(func.count()).select_from(table).where(table.c.kind == AI_SYSTEM)
    if run is None or session.execute(systems).scalar_one() <= ASKED_LIVE_UP_TO:
        return answers(session), None
    borne = Counter(item.check_id for item in queries.suppressions(session))
    kept = tuple(Answer(check, run.counts.get(check.id, 0), borne[check.id]) for check in asked())
    return kept, run.at


@dataclass(frozen=True)
class Failing:
    """A record that fails a check; `record` is None for the organisation as a whole."""

    reference: str
    detail: str
    record: Record | None
    suppressed: bool


def failing(session: Session, check: Check, after: int = 0) -> tuple[tuple[Failing, ...], int]:
    """One page of the records that fail a check, in order of their id, and the id to go on from (0 at the end)."""
    rows = offending(check).subquery()
    id_column, reference, detail = list(rows.c)
    statement = select(id_column, reference, detail).where(or_(id_column > after, id_column == NO_RECORD))
    found = session.execute(statement.order_by(id_column).limit(PAGE + 1)).all()
    borne = {item.subject for item in queries.suppressions(session, check.id)}
    ids = [row[0] for row in found[:PAGE]]
    known = {item.id: item for item in session.scalars(select(Record).where(Record.id.in_(ids)))}
    page = tuple(Failing(row[1], row[2] or "", known.get(row[0]), row[1] in borne) for row in found[:PAGE])
    return page, ids[-1] if len(found) > PAGE else 0


def keep(session: Session, found: tuple[Answer, ...], faulty: tuple[str, ...]) -> DryAuditRun:
    """Keep a result for the trend."""
    by_severity = dict.fromkeys(("critical", "major", "minor"), 0)
    for item in found:
        by_severity[item.check.severity] += item.failing
    kept = DryAuditRun(
        at=clock.now(),
        **by_severity,
        suppressed=sum(item.suppressed for item in found),
        counts={item.check.id: item.failing for item in found},
        faults=list(faulty),
    )
    session.add(kept)
    session.flush()
    return kept


def faults(session: Session, evidence_dir: Path) -> tuple[str, ...]:
    """What is wrong with the trail or the evidence files, in words; empty if all is whole."""
    found = [f"Trail: {text}" for text in verification.verify(session).faults[:5]]
    store = Store(evidence_dir)
    kept = (
        select(Evidence.reference, Evidence.sha256).where(Evidence.sha256 != "").order_by(Evidence.reference)
    )
    for reference, digest in session.execute(kept):
        try:
            store.read_verified(digest)
        except DomainError as error:
            found.append(f"{reference}: {error.message}")
    return tuple(found)
