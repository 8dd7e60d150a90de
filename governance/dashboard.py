"""What Home shows: the figures that a role looks at first, and the pictures everybody sees."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.duties import SOON_DAYS, soon
from governance.audits import queries as audits
from governance.controls import queries as controls
from governance.core import clock
from governance.core.charts import Bar, Part, bars, ring
from governance.core.records import Record
from governance.improvement import queries as improvement
from governance.improvement.models import BEFORE_DONE, CorrectiveAction, Grade
from governance.signoffs.models import SignOffState
from governance.systems.models import AiSystem, Status, Waiver, WaiverState
from governance.values.models import RedLineState
from governance.web import i18n

HORIZON_DAYS = 90
_EVERYBODY = frozenset({"compliance_officer", "executive", "auditor", "approver", "assessor", "viewer"})


@dataclass(frozen=True)
class Tile:
    """A figure with the page behind it; `bad` if it should be zero and is not."""

    number: int
    words: str
    url: str
    bad: bool = False


@dataclass(frozen=True)
class _Kind:
    roles: frozenset[str]
    words: str
    url: str
    count: Callable[[Session, Actor], int]
    should_be_zero: bool = True


def _of_kind(session: Session, kind: str, state: str) -> int:
    table = Record.__table__
    counted = select(func.count()).where(table.c.kind == kind, table.c.state == state)
    return session.execute(counted).scalar_one()


def _without_owner(session: Session, _: Actor) -> int:
    table = Record.__table__
    counted = select(func.count()).where(table.c.kind == "ai_system", table.c.owner_id.is_(None))
    return session.execute(
        counted.where(table.c.state.not_in((Status.RETIRED, Status.REJECTED)))
    ).scalar_one()


def _unclassified(session: Session, _: Actor) -> int:
    return session.execute(select(func.count()).where(AiSystem.__table__.c.tier.is_(None))).scalar_one()


def _waivers_ending(session: Session, _: Actor) -> int:
    ending = select(func.count(Waiver.id)).where(
        Waiver.state == WaiverState.APPROVED, Waiver.expires_on.between(clock.today(), soon())
    )
    return session.execute(ending).scalar_one()


def _overdue_actions(session: Session, _: Actor) -> int:
    late = select(func.count(CorrectiveAction.id)).where(
        CorrectiveAction.state.in_(BEFORE_DONE),
        CorrectiveAction.due_on < clock.today(),
    )
    return session.execute(late).scalar_one()


def _mine(session: Session, actor: Actor) -> int:
    table = Record.__table__
    counted = select(func.count()).where(table.c.kind == "ai_system", table.c.owner_id == actor.person_id)
    return session.execute(counted).scalar_one()


_KINDS = (
    _Kind(
        frozenset({"system_owner"}),
        "AI systems you own",
        "/my-work",
        _mine,
        should_be_zero=False,
    ),
    _Kind(
        _EVERYBODY,
        "Red lines breached",
        "/red-lines",
        lambda session, _: _of_kind(session, "red_line_check", RedLineState.BREACHED),
    ),
    _Kind(
        _EVERYBODY,
        "Systems suspended",
        "/systems?state=suspended",
        lambda session, _: _of_kind(session, "ai_system", Status.SUSPENDED),
    ),
    _Kind(
        frozenset({"compliance_officer", "auditor", "executive"}),
        "Audits overdue",
        "/audits?state=missed",
        lambda session, _: len(audits.overdue(session)),
    ),
    _Kind(
        frozenset({"compliance_officer", "auditor", "executive"}),
        "Corrective actions overdue",
        "/corrective-actions",
        _overdue_actions,
    ),
    _Kind(
        frozenset({"compliance_officer", "approver"}),
        "Stale sign-offs",
        "/sign-offs?state=stale",
        lambda session, _: _of_kind(session, "sign_off", SignOffState.STALE),
    ),
    _Kind(
        frozenset({"compliance_officer"}),
        f"Waivers end within {SOON_DAYS} days",
        "/systems",
        _waivers_ending,
    ),
    _Kind(frozenset({"compliance_officer"}), "Systems without an owner", "/systems", _without_owner),
    _Kind(
        frozenset({"compliance_officer", "assessor"}),
        "Systems not classified",
        "/systems?tier=none",
        _unclassified,
    ),
)


def tiles(session: Session, actor: Actor) -> tuple[Tile, ...]:
    """The figures that the actor's roles look at first."""
    found = []
    for kind in _KINDS:
        if kind.roles & actor.roles:
            number = kind.count(session, actor)
            found.append(Tile(number, kind.words, kind.url, kind.should_be_zero and number > 0))
    return tuple(found)


@dataclass(frozen=True)
class Figure:
    """A drawing with the table behind it."""

    drawing: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Readiness:
    """The newest dry audit: its picture, when it was made, and what is wrong with trail or files."""

    figure: Figure
    at: datetime
    faults: tuple[str, ...]


def readiness(session: Session) -> Readiness | None:
    """The newest dry audit as a ring of checks that are met and that are not; None before the first."""
    run = controls.latest_run(session)
    if run is None:
        return None
    met = sum(total == 0 for total in run.counts.values())
    failing = len(run.counts) - met
    desc = i18n.in_sentence(f"{met} checks met, {failing} with gaps")
    drawing = ring(
        [Part(met, "met", "met"), Part(failing, "missing", "with gaps")],
        title=i18n.term("Readiness"),
        desc=desc,
        centre=f"{met}/{len(run.counts)}",
        below=i18n.term("Checks met"),
        size=150,
    )
    rows = (
        ("Critical", str(run.critical)),
        ("Major", str(run.major)),
        ("Minor", str(run.minor)),
        ("Suppressed", str(run.suppressed)),
    )
    return Readiness(Figure(drawing, ("Gaps", "Number"), rows), run.at, tuple(run.faults))


_AGES = ((30, "up to 30 days"), (90, "31 to 90 days"), (180, "91 to 180 days"), (None, "more than 180 days"))
_SHADES = {
    Grade.MAJOR: "missing",
    Grade.MINOR: "waived",
    Grade.OBSERVATION: "neutral",
    Grade.OPPORTUNITY: "low",
}


def findings_by_age(session: Session) -> Figure | None:
    """Open findings by how long they have been open and how grave they are; None if there are none."""
    counted = {label: dict.fromkeys(Grade, 0) for _, label in _AGES}
    found = improvement.open_findings(session)
    for item in found:
        counted[_age((clock.now() - item.created_at).days)][item.grade] += 1
    if not found:
        return None
    rows = [
        Bar(
            label,
            tuple(Part(total, _SHADES[grade], grade) for grade, total in by_grade.items()),
            _note(by_grade),
        )
        for label, by_grade in counted.items()
    ]
    drawing = bars(rows, title="Open findings by age", desc="One bar per age, one stretch per grade.")
    table = tuple((label, *(str(total) for total in grades.values())) for label, grades in counted.items())
    return Figure(drawing, ("Open for", *(grade.capitalize() for grade in Grade)), table)


def _age(days: int) -> str:
    return next(label for most, label in _AGES if most is None or days <= most)


def _note(by_grade: dict[Grade, int]) -> str:
    said = [f"{total} {grade}" for grade, total in by_grade.items() if total]
    return ", ".join(said) or "none"
