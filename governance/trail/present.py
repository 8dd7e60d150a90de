"""Compares what the tables say now with what the trail said last: every row and column of every audited table."""

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from sqlalchemy import inspect, select
from sqlalchemy.orm import Mapper, Session

from governance.core.canonical import NotCanonicalError, canonical
from governance.core.records import Base, Record, ReferenceCounter, table_of
from governance.trail import bound
from governance.trail.capture import as_written, commitment, natural_key
from governance.trail.models import TrailEvent, TrailOpening

_BATCH = 2_000
_KEPT = 20_000
_LONGEST = 60


@dataclass
class Agreement:
    """What the comparison found: how many rows were compared, and each that disagrees.

    `unsealed` counts secret values that were last written before the trail held anything to compare them with.
    """

    most: int
    rows: int = 0
    unsealed: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def is_enough(self) -> bool:
        """Whether more is wrong than anybody wants to read."""
        return len(self.faults) > self.most


def compare(session: Session, *, most: int = 200) -> Agreement:
    """Compare every audited row with the trail's last events for it.

    Named are rows with another value in any column, rows that the trail does not know, and rows that are gone. The
    states stand in a temporary file meanwhile, so memory does not grow with the trail; at most `most` faults are named.
    """
    found = Agreement(most)
    mappers = {_kind(mapper): mapper for mapper in _audited()}
    numbers: dict[str, int] = {}
    with _States() as states:
        for body in _bodies(session):
            if (mapper := mappers.get(body["kind"])) is not None:
                if body["op"] == "create" and issubclass(mapper.class_, Record):
                    _count(numbers, body["key"])
                states.fold(body["kind"], natural_key(mapper, body), body)
        states.settle()
        for kind, mapper in sorted(mappers.items()):
            _compare_table(session, states, kind, mapper, found)
        _compare_spine(session, states, found, numbers)
        _compare_joined(session, found)
        _compare_counters(session, numbers, found)
        for text in bound.faults(session):
            found.faults.append(text)
            if found.is_enough:
                break
        for kind, key in states.unseen():
            found.faults.append(
                f"{_named(kind, key)} is not there any more, and no event says that it was deleted."
            )
            if found.is_enough:
                break
    if found.is_enough:
        found.faults[most:] = ["There is more wrong than is named here."]
    return found


def _audited() -> Iterator[Mapper[Any]]:
    for mapper in Base.registry.mappers:
        if mapper.class_.__audited__ and mapper.class_ is not Record:
            yield mapper


def _kind(mapper: Mapper[Any]) -> str:
    return str(mapper.polymorphic_identity or mapper.class_.__tablename__)


def _named(kind: str, key: str) -> str:
    return key if "-" in key and not key[:1].isdigit() else f"{kind.replace('_', ' ')} {key}"


def _bodies(session: Session) -> Iterator[dict[str, Any]]:
    events = table_of(TrailEvent).c
    statement = select(events.seq, events.body).order_by(events.seq).limit(_BATCH)
    last = 0
    while rows := session.execute(statement.where(events.seq > last)).all():
        for row in rows:
            yield json.loads(row.body)
        last = rows[-1].seq


class _States:
    """The last state of each row, by kind and key, in a temporary file with a part of it in memory."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._file = sqlite3.connect(f"{self._folder.name}/states.db", isolation_level=None)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(
            "CREATE TABLE state (kind TEXT, key TEXT, seen INTEGER, state TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID"
        )
        self._recent: dict[tuple[str, str], dict[str, Any] | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._folder.cleanup()

    def fold(self, kind: str, key: str, body: dict[str, Any]) -> None:
        """Bring the state of a row to what it was after an event."""
        place = (kind, key)
        if body["op"] == "delete":
            self._recent[place] = None
        else:
            if place not in self._recent:
                self._recent[place] = self.of(kind, key)
            state = self._recent[place] or {"values": {}, "sealed": {}}
            sealed = body.get("sealed", {})
            for name, (_, after) in body["changes"].items():
                state["values"][name] = after
                state["sealed"].pop(name, None)
            state["sealed"].update(sealed)
            self._recent[place] = state
        if len(self._recent) >= _KEPT:
            self.settle()

    def settle(self) -> None:
        """Write what stands in memory to the file."""
        rows = [(kind, key, json.dumps(state)) for (kind, key), state in self._recent.items()]
        self._file.execute("BEGIN")
        self._file.executemany("INSERT OR REPLACE INTO state VALUES (?, ?, 0, ?)", rows)
        self._file.execute("COMMIT")
        self._recent.clear()

    def of(self, kind: str, key: str) -> dict[str, Any] | None:
        """The state of a row; None if it was deleted or never was."""
        where = "SELECT state FROM state WHERE kind = ? AND key = ?"
        row = self._file.execute(where, (kind, key)).fetchone()
        state: dict[str, Any] | None = json.loads(row[0]) if row else None
        return state

    def saw(self, kind: str, keys: Iterable[str]) -> None:
        """Remember that these rows are there."""
        self._file.execute("BEGIN")
        statement = "UPDATE state SET seen = 1 WHERE kind = ? AND key = ?"
        self._file.executemany(statement, ((kind, key) for key in keys))
        self._file.execute("COMMIT")

    def unseen(self) -> Iterator[tuple[str, str]]:
        """Kind and key of the rows that should be there and were not seen."""
        yield from self._file.execute(
            "SELECT kind, key FROM state WHERE seen = 0 AND state <> 'null' ORDER BY kind, key"
        )


def _compare_table(
    session: Session, states: _States, kind: str, mapper: Mapper[Any], found: Agreement
) -> None:
    columns = {attribute.key: attribute.columns[0] for attribute in mapper.column_attrs}
    statement = select(*(bound.readable(column).label(name) for name, column in columns.items()))
    statement = statement.select_from(mapper.persist_selectable).execution_options(yield_per=500)
    for rows in session.execute(statement).partitions(500):
        dicts = (dict(zip(columns, row, strict=True)) for row in rows)
        present = {_key(mapper, values): values for values in dicts}
        openings = _openings(session, kind, list(present)) if _has_secrets(mapper) else {}
        states.saw(kind, present)
        for key, values in present.items():
            found.rows += 1
            if (state := states.of(kind, key)) is None:
                found.faults.append(f"{_named(kind, key)} is there, but no event of the trail made it.")
                continue
            for name, column in columns.items():
                _compare_value(_Value(kind, key, name, column, values[name]), state, openings, found)
        if found.is_enough:
            return


def _count(numbers: dict[str, int], reference: str) -> None:
    """Keep the highest number of each prefix: of AUD-2026-003 three, under AUD-2026."""
    prefix, _, number = reference.rpartition("-")
    if prefix and number.isascii() and number.isdigit():
        numbers[prefix] = max(numbers.get(prefix, 0), int(number))


def _compare_counters(session: Session, numbers: dict[str, int], found: Agreement) -> None:
    """The counters of references stand where the last record left them: no number is given twice or left out."""
    kept = {row.prefix: row.last for row in session.execute(select(table_of(ReferenceCounter)))}
    for prefix in sorted(kept.keys() | numbers.keys()):
        if kept.get(prefix, 0) != numbers.get(prefix, 0):
            found.faults.append(
                f"The counter of {prefix} says {kept.get(prefix, 0)}, the last record that was made is {numbers.get(prefix, 0)}."
            )


def _compare_spine(session: Session, states: _States, found: Agreement, numbers: dict[str, int]) -> None:
    """Rows of the spine alone: one whose own table lacks it, or whose kind was changed, has joined nothing above.

    The references of records that the trail leaves out are counted in `numbers`.
    """
    records = table_of(Record).c
    outside = {
        str(mapper.polymorphic_identity)
        for mapper in Record.__mapper__.self_and_descendants
        if not mapper.class_.__audited__
    }
    statement = select(records.kind, records.reference).order_by(records.id).execution_options(yield_per=500)
    for kind, reference in session.execute(statement):
        if kind in outside:
            _count(numbers, reference)
        if kind not in outside and states.of(kind, reference) is None:
            found.faults.append(f"{reference} is there as {kind}, but no event of the trail made it one.")


def _compare_joined(session: Session, found: Agreement) -> None:
    """Rows of a kind's own table that no row of the spine goes with, so that no join has them."""
    spine = select(table_of(Record).c.id)
    for mapper in Record.__mapper__.self_and_descendants:
        if mapper.class_ is not Record:
            own = table_of(mapper.class_).c.id
            alone = select(own).where(own.not_in(spine)).order_by(own).limit(found.most + 1)
            for number in session.scalars(alone):
                found.faults.append(
                    f"{_named(_kind(mapper), str(number))} is there, but it belongs to no record."
                )


@dataclass(frozen=True)
class _Value:
    """One value of one row, as it is in the table now."""

    kind: str
    key: str
    name: str
    column: Any
    raw: Any

    @property
    def where(self) -> str:
        return f"{_named(self.kind, self.key)}, {self.name}"


def _compare_value(
    value: _Value, state: dict[str, Any], openings: dict[tuple[str, str], str], found: Agreement
) -> None:
    info, known = value.column.info, value.name in state["values"]
    try:
        present = bound.parsed(value.raw, value.column.type)
        written = as_written(value.column, present)
    except (ValueError, NotCanonicalError):
        found.faults.append(f"{value.where}: it holds something that cannot be read.")
        return
    if not known:
        # A column that is younger than the row has its default; whatever else was never written is empty.
        if present is not None and (value.column.nullable or present != _default(value.column)):
            found.faults.append(f"{value.where}: it holds a value, and no event of the trail wrote one.")
        return
    if info.get("secret") or info.get("least"):
        sealed, opening = state["sealed"].get(value.name), openings.get((value.key, value.name))
        if sealed is not None:
            if opening is None or not _opens(opening, present, sealed):
                found.faults.append(f"{value.where}: its value is not the one that the trail has sealed.")
            return
        if info.get("secret"):
            found.unsealed += 1
            return
        found.unsealed += present is not None
    if canonical(written) != canonical(state["values"][value.name]):
        found.faults.append(_disagreement(value, written, state["values"][value.name]))


def _opens(opening: str, present: Any, sealed: str) -> bool:
    try:
        nonce = bytes.fromhex(opening)
    except ValueError:
        return False
    # In the one spelling: `fromhex` passes over spaces and capitals.
    return nonce.hex() == opening and commitment(opening, present) == sealed


def _disagreement(value: _Value, present: Any, last: Any) -> str:
    if value.column.info:
        return f"{value.where}: its value is not the one of the trail's last event."
    return f"{value.where}: it says {_short(present)}, the trail's last event says {_short(last)}."


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _default(column: Any) -> Any:
    default = column.default
    if default is None:
        return column.server_default and str(column.server_default.arg)
    return default.arg(None) if default.is_callable else default.arg


def _key(mapper: Mapper[Any], values: dict[str, Any]) -> str:
    if issubclass(mapper.class_, Record):
        return str(values["reference"])
    return "/".join(str(values[mapper.get_property_by_column(column).key]) for column in mapper.primary_key)


def _has_secrets(mapper: Mapper[Any]) -> bool:
    columns = (attribute.columns[0].info for attribute in inspect(mapper.class_).column_attrs)
    return any(info.get("secret") or info.get("least") for info in columns)


def _openings(session: Session, kind: str, keys: list[str]) -> dict[tuple[str, str], str]:
    openings = table_of(TrailOpening).c
    statement = select(openings.key, openings.name, openings.nonce)
    rows = session.execute(statement.where(openings.kind == kind, openings.key.in_(keys)))
    return {(row.key, row.name): row.nonce for row in rows}
