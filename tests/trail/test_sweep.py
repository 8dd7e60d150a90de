"""One value of one column changed at a time, in every table that there is: what `aims trail verify --records` misses."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import inspect

from governance.access.actor import INSTALLER
from governance.core import clock
from governance.core.database import Database
from governance.core.records import Base
from governance.core.settings import Settings
from governance.trail import checkpoints, guards, keys, notes, present, verification
from tests.trail.test_present import other, told

__all__ = ["told"]
pytestmark = pytest.mark.slow

# What the trail consists of; `verification.verify` looks after it, and the openings after themselves.
TRAIL = (
    "trail_event", "trail_head", "trail_node", "trail_checkpoint", "trail_cosignature", "trail_opening",
    "reference_counter",
)  # fmt: skip

# Machinery: what is lost or changed here changes no record, no signature and no proof.
OUTSIDE = {
    "alembic_version": "which migration ran last; the models and the tables are compared by a test of their own",
    "job": "work that waits or is done; what it made is a record",
    "heartbeat": "that a worker lives",
    "notification": "mails that were sent or wait; what they tell of stands in the trail",
    "sign_in_attempt": "slows down guessing; kept for a while only",
    "sign_in_session": "who is signed in now; ends with the session",
    "public_attempt": "slows down floods; kept for a while only",
    "concern_try": "slows down floods; kept for a day",
    "schedule_progress": "on which day the worker looks again; computed from the schedule, which is audited",
    "calendar_fetch": "when a calendar was last read",
    "answer_draft": "what nobody saved yet",
    "record_search": "found again from the records when the index is rebuilt",
    "record_search_config": "as record_search", "record_search_content": "as record_search",
    "record_search_data": "as record_search", "record_search_docsize": "as record_search",
    "record_search_idx": "as record_search",
}  # fmt: skip

# Content with very many rows, without an event each: an audited row holds their digests (trail/bound.py).
BOUND = ("import_row",)

# Columns of the trail's own tables that prove nothing, so that changing them takes nothing away.
MEANINGLESS = {
    "trail_checkpoint.id": "a handle; what a checkpoint says stands in its signed note",
    "trail_checkpoint.made_at": "the registry's word; a time that counts is that of a witness, which is signed",
    "trail_cosignature.id": "a handle",
    "trail_cosignature.added_at": "the registry's word; the time of the witness is signed_at",
}


class Table:
    """A table of an SQLite file, in which one value at a time is changed and put back."""

    def __init__(self, path: Path, name: str) -> None:
        self.file = sqlite3.connect(path, isolation_level=None, timeout=30)
        self.name = name
        self.file.execute("PRAGMA ignore_check_constraints = ON")
        self.rows = [row[0] for row in self.file.execute(f"SELECT rowid FROM {name} ORDER BY rowid")]

    def value(self, row: int, column: str) -> Any:
        return self.file.execute(f"SELECT {column} FROM {self.name} WHERE rowid = ?", (row,)).fetchone()[0]

    def write(self, row: int, column: str, expression: str, *values: Any) -> None:
        """Past triggers, foreign keys and checks, as somebody with the file in hand."""
        triggers = self.file.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (self.name,)
        ).fetchall()
        self.file.execute("BEGIN IMMEDIATE")
        for name, _ in triggers:
            self.file.execute(f"DROP TRIGGER {name}")
        self.file.execute(f"UPDATE {self.name} SET {column} = {expression} WHERE rowid = ?", (*values, row))
        for _, statement in triggers:
            self.file.execute(statement)
        self.file.execute("COMMIT")


def faults(database: Database, *, whole: bool) -> tuple[str, ...]:
    """What `aims trail verify --records` says; without `whole` only its second half, for tables that the first never reads."""
    with database.transaction(readonly=True) as session:
        found = tuple(present.compare(session).faults)
        return (*verification.verify(session).faults, *found) if whole else found


def swept(
    database: Database, path: Path, name: str, rows: int, *, whole: bool, every: int = 1
) -> Iterator[tuple[str, bool]]:
    """Each column, or every so many, of some rows of a table: its name, and whether the change is noticed."""
    table, mapped = Table(path, name), Base.metadata.tables[name]
    step = max(len(table.rows) // rows, 1)
    for row in table.rows[step // 2 :: step][:rows]:
        for column in list(mapped.columns)[len(name) % every :: every]:
            # SQLite counts rows by an integer key, so a changed key is another row number.
            kept = table.value(row, column.name)
            table.write(row, column.name, other(column.type, kept))
            is_key = column.primary_key and len(mapped.primary_key) == 1 and isinstance(kept, int)
            now = table.file.execute(f"SELECT max(rowid) FROM {name}").fetchone()[0] if is_key else row
            yield f"{name}.{column.name}", bool(faults(database, whole=whole))
            table.write(now, column.name, "?", kept)
    table.file.close()


def test_every_table_is_audited_or_the_trail_or_named_here(told: Database) -> None:
    there = set(inspect(told.engine).get_table_names())
    audited = {mapper.local_table.name for mapper in Base.registry.mappers if mapper.class_.__audited__}
    assert there - audited == set(TRAIL) | set(OUTSIDE) | set(BOUND)
    # Nothing is called machinery that another test of the trail holds for audited.
    assert not audited & (set(TRAIL) | set(OUTSIDE) | set(BOUND))
    bound = {mapper.local_table.name for mapper in Base.registry.mappers if mapper.class_.BOUND}
    assert bound == set(BOUND)


def test_no_value_of_a_row_that_is_bound_by_a_digest_changes_unnoticed(told: Database) -> None:
    """Every column of every row: an import's report of three rows."""
    path = Path(str(told.url.database))
    assert faults(told, whole=False) == ()
    found = [item for name in BOUND for item in swept(told, path, name, 3, whole=False)]
    assert len(found) == 30 and [place for place, noticed in found if not noticed] == []
    assert faults(told, whole=False) == (), "everything was put back"


@pytest.mark.parametrize("name", ["import_run", "dry_audit_run", "framework_version"])
def test_no_value_of_what_came_inside_later_changes_unnoticed(told: Database, name: str) -> None:
    """Every column of imports, dry audits and framework versions, which the trail left out at first."""
    path = Path(str(told.url.database))
    found = list(swept(told, path, name, 1, whole=False))
    assert len(found) > 4 and [place for place, noticed in found if not noticed] == []
    assert faults(told, whole=False) == (), "everything was put back"


def test_no_value_of_an_audited_table_changes_unnoticed(told: Database) -> None:
    """One at a time, in a row from the middle of each table; every fourth column, for all of them take eight minutes.

    That each column is looked at, when all are changed at once, is shown in test_present.py.
    """
    path, tried, missed = Path(str(told.url.database)), 0, []
    names = {mapper.local_table.name for mapper in Base.registry.mappers if mapper.class_.__audited__}
    assert faults(told, whole=False) == ()
    for name in sorted(names):
        for place, noticed in swept(told, path, name, 1, whole=False, every=4):
            tried += 1
            missed += [] if noticed else [place]
    assert missed == [] and tried > 200, f"{len(missed)} of {tried} unnoticed"
    assert faults(told, whole=False) == (), "everything was put back"


@pytest.fixture
def sealed(demo_settings: Settings) -> Iterator[Database]:
    """The demonstration with checkpoints, a key that was handed over, and the lines of a witness."""
    database = Database(demo_settings.database_url)
    witness = notes.signer("witness.example", Ed25519PrivateKey.generate(), notes.WITNESS)
    first = keys.load_or_make(demo_settings.keys_dir, "Sankt Elin")
    for act in ("first", "second", "third"):
        with database.transaction(INSTALLER, source="test") as session:
            if act == "third":
                old, new = keys.rotate(demo_settings.keys_dir, "Sankt Elin")
                made = checkpoints.hand_over(session, old, new, clock.now())
            else:
                made = checkpoints.make(session, first, clock.now())
            if act == "first":
                checkpoints.add_witness(session, str(witness.verifier), clock.now())
            line = witness.line(notes.note(made.note).text, clock.now())
            checkpoints.add_witness_lines(session, line, clock.now())
    yield database
    database.dispose()


def test_no_value_of_the_trail_itself_changes_unnoticed(sealed: Database) -> None:
    path, tried, missed = Path(str(sealed.url.database)), 0, set()
    assert faults(sealed, whole=True) == ()
    for name in TRAIL:
        for place, noticed in swept(sealed, path, name, 3 if name != "trail_head" else 1, whole=True):
            tried += 1
            missed |= set() if noticed else {place}
    assert missed <= set(MEANINGLESS) and tried > 80, f"{tried} tried"
    assert faults(sealed, whole=True) == (), "everything was put back"


def test_a_row_taken_out_of_a_table_of_the_trail_is_noticed(sealed: Database) -> None:
    for name in ("trail_event", "trail_node", "trail_opening", "reference_counter"):
        table = Table(Path(str(sealed.url.database)), name)
        row = table.rows[len(table.rows) // 2]
        columns = [column.name for column in Base.metadata.tables[name].columns]
        kept = [table.value(row, column) for column in columns]
        triggers = guards._SQLITE
        table.file.execute(f"DROP TRIGGER IF EXISTS {name}_no_delete")
        table.file.execute(f"DELETE FROM {name} WHERE rowid = ?", (row,))
        if f"{name}_no_delete" in triggers:
            table.file.execute(triggers[f"{name}_no_delete"])
        assert faults(sealed, whole=True) != (), name
        marks = ", ".join("?" for _ in columns)
        table.file.execute(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", kept)
        table.file.close()
        assert faults(sealed, whole=True) == (), f"{name} was put back"
