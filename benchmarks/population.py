"""Fills a registry with generated AI systems, past the trail and in bulk: ballast for measuring, never for use."""

import random
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, text

from governance.access.actor import INSTALLER
from governance.core.database import Database
from governance.core.records import Record, ReferenceCounter
from governance.systems.models import AiSystem, Stage, Status, Tier

_WORDS = (
    "triage",
    "forecast",
    "chatbot",
    "fraud",
    "image",
    "speech",
    "routing",
    "hiring",
    "maintenance",
    "scoring",
    "search",
    "imaging",
)
_BATCH = 5_000


def fill(database: Database, number: int, *, seed: int = 42) -> None:
    """Add `number` systems with varied names, stages, tiers and owners."""
    random.seed(seed)
    with database.transaction(INSTALLER, source="benchmark") as session:
        connection = session.connection()
        first = connection.execute(text("SELECT coalesce(max(id), 0) + 1 FROM record")).scalar_one()
        for start in range(first, first + number, _BATCH):
            ids = range(start, min(start + _BATCH, first + number))
            connection.execute(insert(Record.__table__), [_record(id, id - first + 1) for id in ids])
            connection.execute(insert(AiSystem.__table__), [_system(id) for id in ids])
            words = "to_tsvector('simple', :words)" if not database.is_sqlite else ":words"
            connection.execute(
                text(f"INSERT INTO record_search (rowid, document) VALUES (:id, {words})"),
                [{"id": id, "words": _name(id)} for id in ids],
            )
        connection.execute(insert(ReferenceCounter.__table__).values(prefix="SYS", last=number))


def _name(id: int) -> str:
    return (
        f"{random.Random(id).choice(_WORDS).capitalize()} {random.Random(id + 1).choice(_WORDS)} model {id}"
    )


def _record(id: int, number: int) -> dict[str, object]:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    return {
        "id": id, "kind": "ai_system", "reference": f"SYS-{number:04d}", "title": _name(id), "state": random.choice(list(Status)).value,
        "owner_id": None, "version": 1, "created_at": moment, "changed_at": moment,
    }  # fmt: skip


def _system(id: int) -> dict[str, object]:
    values: dict[str, object] = {
        column.name: column.default.arg(None)
        if column.default and column.default.is_callable
        else column.default.arg
        if column.default
        else None
        for column in AiSystem.__table__.columns
        if column.name != "id"
    }
    return values | {
        "id": id, "stage": random.choice(list(Stage)), "tier": random.choice([*Tier, None]),
        "organisation": f"Organisation {random.randrange(40)}", "unit": f"Unit {random.randrange(400)}",
    }  # fmt: skip
