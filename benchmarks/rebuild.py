"""The registry of an earlier day at scale: a million events replayed from the first one, and from the nearest earlier file."""

import json
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks.trail import hashed
from governance import rooms
from governance.access.actor import INSTALLER
from governance.consultations.participation_models import Relation, Stakeholder, StakeholderKind
from governance.core import clock, records
from governance.core.canonical import plain
from governance.core.database import Database
from governance.core.settings import load
from governance.systems.models import AiSystem, SystemVersion
from governance.trail import capture, queries, rebuild, schema
from governance.trail.models import TrailEvent

_EVENTS = 1_000_000
_LATER = 10_000
_BATCH = 5_000
# Of a thousand events so many make a record or a part; the others change what is there, now and then one is removed.
_SYSTEMS, _VERSIONS, _GROUPS, _LINKS, _REMOVED = 20, 40, 5, 20, 5


def run() -> None:
    """Measure a million events that lead to records."""
    rooms.open_all()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(load({"AIMS_DATA": folder}).database_url)
        schema.upgrade(database)
        fill(database, _EVENTS)
        before = peak_megabytes()
        found = measured(database, Path(folder), _LATER)
        database.dispose()
    print(
        f"  rebuilding {found.size:,} events {found.whole:.1f} s, {found.size / found.whole:,.0f} events/s; "
        f"reading and hashing them {found.floor:.1f} s; ours is {found.whole / found.floor:.1f} ×"
    )
    print(
        f"  the last {_LATER:,} of them after an earlier file {found.later:.1f} s; {found.later / found.floor:.1f} ×"
    )
    print(
        f"  files of {found.megabytes:.0f} MB; memory: {before:.0f} MB before, at most {peak_megabytes():.0f} MB during"
    )


@dataclass(frozen=True)
class Measured:
    """Seconds of a rebuild from the first event, of one that goes on from an earlier file, and of reading and hashing all."""

    size: int
    whole: float
    later: float
    floor: float
    megabytes: float


def measured(database: Database, folder: Path, later: int) -> Measured:
    """Rebuild all events but the last ones, then go on to the end, both as the worker does it."""
    with database.transaction(readonly=True) as session:
        size = queries.head(session)[0]
        floor = hashed(session)
        first, last = folder / "earlier.db", folder / "then.db"
        begin = time.perf_counter()
        rebuild.rebuild(session, size - later, first)
        whole = (time.perf_counter() - begin) * size / (size - later)
        begin = time.perf_counter()
        made = rebuild.rebuild(session, size, last, starts=[first])
        assert made.replayed == later
        return Measured(size, whole, time.perf_counter() - begin, floor, last.stat().st_size / 1e6)


def fill(database: Database, number: int) -> None:
    """Append events that can be replayed: systems, their versions, groups of few people, links, and changes of them."""
    story = _Story(_templates(database))
    with database.transaction(readonly=True) as session:
        todo = number - queries.head(session)[0]
    while todo > 0:
        bodies = [story.next() for _ in range(min(_BATCH, todo))]
        with database.transaction(INSTALLER, source="benchmark") as session:
            capture.append(session, bodies)
        todo -= len(bodies)


def _templates(database: Database) -> dict[str, dict[str, Any]]:
    """What the trail says of one real row of each kind."""
    with database.transaction(INSTALLER, source="benchmark") as session:
        one, two = (AiSystem(title=f"System {number}", state="draft") for number in range(2))
        one.versions.append(SystemVersion(number=1, label="1.0", state="draft"))
        session.add_all((one, two))
        session.flush()
        records.link(session, one, two, "feeds")
        session.add(
            Stakeholder(
                title="Group", state="confirmed", name_key="group", party=next(iter(StakeholderKind)),
                relation=next(iter(Relation)), contact="Room 1", size=3,
            )
        )  # fmt: skip
    with database.transaction(readonly=True) as session:
        found = {}
        for text in session.scalars(select(TrailEvent.body).order_by(TrailEvent.seq)):
            body = json.loads(text)
            del body["seq"]
            if body["op"] == "create":
                found[body["kind"]] = body
    return found


@dataclass
class _Row:
    """A row that later events may change."""

    kind: str
    key: str
    record: dict[str, Any]
    count: int = 1


class _Story:
    """Events one after the other; the same every time."""

    def __init__(self, templates: dict[str, dict[str, Any]]) -> None:
        self._templates, self._number, self._id = templates, 0, 1_000
        self._rows: list[_Row] = []
        self._links: list[dict[str, Any]] = []

    def next(self) -> dict[str, Any]:
        """The next event's body."""
        self._number += 1
        at = (self._number * 7_919) % 1_000
        if at < _SYSTEMS or len(self._rows) < 2:
            return self._created("ai_system", "SYS")
        if (at := at - _SYSTEMS) < _VERSIONS:
            return self._part("system_version")
        if (at := at - _VERSIONS) < _GROUPS:
            return self._created("stakeholder", "STK")
        if (at := at - _GROUPS) < _LINKS:
            return self._linked()
        if at - _LINKS < _REMOVED and self._links:
            return self._unlinked()
        return self._changed()

    def _like(self, kind: str, **values: Any) -> dict[str, Any]:
        body = json.loads(json.dumps(self._templates[kind]))
        body["request"], body["at"] = f"{self._number:032x}", plain(clock.now())
        for name, value in values.items():
            body["changes"][name] = [None, value]
        return body

    def _next_id(self) -> int:
        self._id += 1
        return self._id

    def _created(self, kind: str, prefix: str) -> dict[str, Any]:
        id = self._next_id()
        reference = f"{prefix}-{id}"
        body = self._like(kind, id=id, reference=reference, title=f"{kind} number {id}")
        body["key"], body["record"] = reference, {"id": id, "reference": reference}
        if kind == "ai_system":
            self._rows.append(_Row(kind, reference, body["record"]))
        return body

    def _some(self) -> _Row:
        return self._rows[(self._number * 104_729) % len(self._rows)]

    def _part(self, kind: str) -> dict[str, Any]:
        id, parent = self._next_id(), self._some().record
        body = self._like(kind, id=id, system_id=parent["id"], number=self._number)
        body["key"], body["record"] = str(id), parent
        return body

    def _linked(self) -> dict[str, Any]:
        id, one, two = self._next_id(), self._some().record, self._rows[-1].record
        body = self._like("link", id=id, source_id=one["id"], target_id=two["id"])
        body["key"], body["record"] = str(id), one
        self._links.append(body)
        if len(self._links) > 10_000:
            del self._links[:5_000]
        return body

    def _unlinked(self) -> dict[str, Any]:
        made = self._links.pop()
        return {
            **made, "op": "delete", "at": plain(clock.now()),
            "changes": {name: [pair[1], None] for name, pair in made["changes"].items()},
        }  # fmt: skip

    def _changed(self) -> dict[str, Any]:
        row, at = self._some(), plain(clock.now())
        row.count += 1
        changes = {
            "intended_purpose": [f"Purpose number {self._number}", f"Purpose number {self._number + 1}, said in more words"],
            "unit": ["Ward 6", f"Ward {self._number % 900}"],
            "changed_at": [at, at],
            "version": [row.count - 1, row.count],
        }  # fmt: skip
        return {
            "actor": {"id": self._number % 300, "name": "Olivia Officer"}, "at": at, "changes": changes, "key": row.key, "kind": row.kind,
            "op": "update", "reason": "", "record": row.record, "request": f"{self._number:032x}", "source": "web", "verb": "systems.edit",
        }  # fmt: skip


def peak_megabytes() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
