"""The trail at scale: verifying it beside reading and hashing it, its memory, its proofs, and what a write costs with it."""

import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance import rooms
from governance.access.actor import INSTALLER
from governance.core import clock
from governance.core.canonical import plain
from governance.core.database import Database
from governance.core.records import Base
from governance.core.settings import load
from governance.systems.models import AiSystem
from governance.trail import capture, queries, schema, verification
from governance.trail.models import TrailEvent
from governance.trail.nodes import Proofs

_EVENTS = 1_000_000
_BATCH = 5_000
_WRITES = 300


def run() -> None:
    """Measure a million events, then audited writes beside unaudited ones."""
    rooms.open_all()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(load({"AIMS_DATA": str(Path(folder))}).database_url)
        schema.upgrade(database)
        fill(database, _EVENTS)
        before = _peak_megabytes()
        ours, floor = measured(database)
        print(
            f"  verifying {_EVENTS:,} events {ours:.1f} s; reading and hashing them {floor:.1f} s; ours is {ours / floor:.2f} ×"
        )
        print(f"  memory: {before:.0f} MB before, at most {_peak_megabytes():.0f} MB during")
        with database.transaction(readonly=True) as session:
            begin = time.perf_counter()
            proofs = [
                Proofs(session, _EVENTS).inclusion(index) for index in range(0, _EVENTS, _EVENTS // 100)
            ]
            each = (time.perf_counter() - begin) * 10
            print(f"  an inclusion proof of {len(proofs[1])} hashes: {each:.1f} ms")
        audited, unaudited = writes(database, _WRITES)
        print(
            f"  a write with trail {audited * 1000:.2f} ms, without {unaudited * 1000:.2f} ms; {audited / unaudited:.2f} ×"
        )
        database.dispose()


def fill(database: Database, number: int) -> None:
    """Append events of ordinary size to the trail, by its own way but many in a transaction."""
    at = plain(clock.now())
    for start in range(0, number, _BATCH):
        bodies = [_body(start + index, at) for index in range(min(_BATCH, number - start))]
        with database.transaction(INSTALLER, source="benchmark") as session:
            capture.append(session, bodies)


def _body(number: int, at: object) -> dict[str, object]:
    reference = f"SYS-{number % 20_000:04d}"
    changes = {
        "intended_purpose": [f"Purpose number {number}", f"Purpose number {number + 1}, said in more words"],
        "stage": ["design", "pilot"],
        "changed_at": [at, at],
        "version": [number % 40, number % 40 + 1],
    }
    return {
        "actor": {"id": number % 300, "name": "Olivia Officer"},
        "at": at,
        "changes": changes,
        "key": reference,
        "kind": "ai_system",
        "op": "update",
        "reason": "",
        "record": {"id": number % 20_000, "reference": reference},
        "request": f"{number:032x}",
        "source": "web",
        "verb": "systems.edit",
    }


def measured(database: Database) -> tuple[float, float]:
    """Seconds to verify the trail, and to read every event and hash it and do nothing else."""
    with database.transaction(readonly=True) as session:
        begin = time.perf_counter()
        verdict = verification.verify(session)
        ours = time.perf_counter() - begin
        assert (verdict.faults, verdict.size) == ((), queries.head(session)[0])
        return ours, hashed(session)


def hashed(session: Session) -> float:
    """Seconds to read every event and hash it and do nothing else: the plainest loop there is, with the driver's own cursor."""
    events = TrailEvent.__table__
    result = session.connection().execute(
        select(events).order_by(events.c.seq).execution_options(stream_results=True)
    )
    cursor = result.cursor
    assert cursor is not None
    place = list(events.columns.keys()).index("body")
    begin = time.perf_counter()
    while rows := cursor.fetchmany(4_096):
        for row in rows:
            sha256(b"\x00" + row[place].encode()).digest()
    floor = time.perf_counter() - begin
    # Who reads past the result has to close it: its cursor lives on the server.
    result.close()
    return floor


def writes(database: Database, number: int) -> tuple[float, float]:
    """Seconds of a transaction that adds one system, with the trail and without; alternating, so that both age alike."""
    spent = {True: 0.0, False: 0.0}
    for index in range(2 * number):
        is_audited = bool(index % 2)
        with _audited(is_audited):
            begin = time.perf_counter()
            with database.transaction(INSTALLER, source="benchmark") as session:
                session.add(AiSystem(title=f"System {index}", state="draft"))
            spent[is_audited] += time.perf_counter() - begin
    return spent[True] / number, spent[False] / number


@contextmanager
def _audited(wanted: bool) -> Iterator[None]:
    """Let the trail see changes, or none."""
    noted = Base.__audited__
    Base.__audited__ = wanted
    try:
        yield
    finally:
        Base.__audited__ = noted


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
