"""What a management review is told: each room declares what it knows, the review freezes it on the day (9.3.2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from governance.organisation.catalogue import rules


@dataclass(frozen=True)
class Told:
    """What a room says about a period: a sentence, and rows of a table if there are figures."""

    text: str
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


Source = Callable[[Session, date, date], Told]


@dataclass(frozen=True)
class ReviewInput:
    """An input of 9.3.2 that a room fills from what it keeps."""

    id: str
    clause: str
    title: str
    source: Source


_inputs: dict[str, ReviewInput] = {}


def review_input(id: str, *, clause: str, title: str) -> Callable[[Source], Source]:
    """Declare an input of the management review."""

    def declare(source: Source) -> Source:
        _inputs[id] = ReviewInput(id, clause, title, source)
        return source

    return declare


def every() -> tuple[ReviewInput, ...]:
    """All declared inputs, by clause."""
    return tuple(sorted(_inputs.values(), key=lambda item: (item.clause, item.id)))


def collected(session: Session, since: date, until: date) -> list[dict[str, Any]]:
    """Every input as it stands now: those of the rooms filled, those of people empty."""
    found: list[dict[str, Any]] = []
    for item in every():
        told = item.source(session, since, until)
        found.append(
            {
                "id": item.id,
                "clause": item.clause,
                "title": item.title,
                "text": told.text,
                "headers": list(told.headers),
                "rows": [list(row) for row in told.rows],
                "answer": "",
            }
        )
    for id, asked in rules().review_inputs.items():
        found.append(
            {
                "id": id,
                "clause": asked.clause,
                "title": asked.title,
                "text": "",
                "headers": [],
                "rows": [],
                "answer": "",
            }
        )
    return sorted(found, key=lambda item: (str(item["clause"]), str(item["id"])))
