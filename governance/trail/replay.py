"""Events of the trail as statements on a SQLite file: what is replayed there ends up with the rows that the events speak of."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Mapper

from governance.core.records import Base, Record
from governance.core.types import UtcDateTime
from governance.trail.capture import natural_key

_DIALECT: Any = sqlite.dialect()
_decode = json.JSONDecoder().raw_decode
# So much of events' text is held in memory until the rows are written.
_CHARACTERS = 8_000_000
NOT_KEPT = "(not kept: the trail has its hash only)"

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class _Attribute:
    """A column as events name it: where it stands (a record's id in two tables), and how its value is stored."""

    places: tuple[tuple[str, str], ...]
    convert: Convert | None
    column: Column[Any]

    def stored(self, value: Any) -> Any:
        """A value as SQLite keeps it."""
        return self.convert(value) if self.convert else value

    @property
    def is_hidden(self) -> bool:
        return bool({"secret", "digest", "least"} & set(self.column.info))


# The attribute of a cell, how its value is stored (None as it is), and what a new row has without it.
_Cell = tuple[str, Convert | None, Any]


@dataclass
class _Row:
    """What events lead to for one row: its last op, where it stands, and the last values."""

    op: str
    where: tuple[Any, ...]
    is_gone: bool
    values: dict[str, Any] = field(default_factory=dict)
    sealed: dict[str, str | None] = field(default_factory=dict)
    instead: dict[str, Any] = field(default_factory=dict)

    def cell(self, name: str, convert: Convert | None, default: Any) -> Any:
        """The value of a column as SQLite keeps it."""
        if name not in self.values:
            return default
        if name in self.instead:
            return self.instead[name]
        return self.values[name] if convert is None else convert(self.values[name])


@dataclass
class Plan:
    """How rows of a kind are written."""

    mapper: Mapper[Any]
    tables: tuple[Table, ...]
    attributes: dict[str, _Attribute]
    whole: dict[str, tuple[str, tuple[_Cell, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.is_record = issubclass(self.mapper.class_, Record)
        self.hidden = frozenset(name for name, attribute in self.attributes.items() if attribute.is_hidden)
        at = {place: name for name, item in self.attributes.items() for place in item.places}
        self._cells = {
            (table.name, column.name): self._cell(at.get((table.name, column.name), ""))
            for table in self.tables
            for column in table.columns
        }
        for table in self.tables:
            names = tuple(column.name for column in table.columns)
            marks = ", ".join("?" * len(names))
            quoted = ", ".join(f'"{name}"' for name in names)
            statement = f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})'  # noqa: S608 - names of our own schema
            self.whole[table.name] = (statement, tuple(self._cells[table.name, name] for name in names))

    def _cell(self, name: str) -> _Cell:
        if not name:
            return name, None, None
        attribute = self.attributes[name]
        is_filled = not attribute.column.nullable
        return name, attribute.convert, attribute.stored(default(attribute.column)) if is_filled else None

    def where(self, body: dict[str, Any], key: str) -> tuple[Any, ...]:
        """The primary key of an event's row."""
        if self.is_record:
            return (body["record"]["id"],)
        return tuple(key.split("/")) if len(self.mapper.primary_key) > 1 else (key,)

    def key_of(self, table: Table) -> str:
        """The condition that finds a row of a table by its primary key."""
        return " AND ".join(f'"{column.name}" = ?' for column in table.primary_key)

    def updates(self, names: Iterable[str]) -> Iterator[tuple[str, list[_Cell]]]:
        """For each table that has some of these attributes the statement that changes them, and its values."""
        for table in self.tables:
            found = [
                (place[1], self._cells[place])
                for name in names
                if name in self.attributes
                for place in self.attributes[name].places
                if place[0] == table.name
            ]
            if found:
                sets = ", ".join(f'"{column}" = ?' for column, _ in found)
                statement = f'UPDATE "{table.name}" SET {sets} WHERE {self.key_of(table)}'  # noqa: S608 - as above
                yield statement, [cell for _, cell in found]


@cache
def plans() -> dict[str, Plan]:
    """The plan of each audited kind, by the name that events use."""
    return {
        str(mapper.polymorphic_identity or mapper.class_.__tablename__): _plan(mapper)
        for mapper in Base.registry.mappers
        if mapper.class_.__audited__ and mapper.class_ is not Record
    }


def bare(tables: MetaData) -> MetaData:
    """The same tables and indexes without constraints: rows come in the order of events, which never leaves them broken."""
    made = MetaData()
    for table in tables.sorted_tables:
        columns = [
            Column(item.name, item.type, primary_key=item.primary_key, autoincrement=False, nullable=True)
            for item in table.columns
        ]
        copy = Table(table.name, made, *columns)
        for item in table.indexes:
            copy.indexes.add(_index(copy, str(item.name), [column.name for column in item.columns]))
        for number, constraint in enumerate(sorted(_unique(table))):
            copy.indexes.add(_index(copy, f"once_{table.name}_{number}", list(constraint)))
    return made


def _index(table: Table, name: str, columns: list[str]) -> Index:
    return Index(name, *(table.c[column] for column in columns))


def _unique(table: Table) -> Iterator[tuple[str, ...]]:
    for item in table.constraints:
        if isinstance(item, UniqueConstraint):
            yield tuple(column.name for column in item.columns)


def _plan(mapper: Mapper[Any]) -> Plan:
    attributes = {}
    for item in mapper.column_attrs:
        # Mapped classes have plain tables and columns.
        columns: list[Any] = list(item.columns)
        places = tuple((column.table.name, column.name) for column in columns)
        # Most values are kept as events write them.
        convert = None if _is_plain(columns[0].type) else stored(columns[0])
        attributes[item.key] = _Attribute(places, convert, columns[0])
    return Plan(mapper, tuple(mapper.tables), attributes)  # type: ignore[arg-type]  # as above


def _is_plain(kind: Any) -> bool:
    return isinstance(kind, (Integer, String)) and not isinstance(kind, TypeDecorator)


def stored(column: Column[Any]) -> Convert:
    """From the value as events write it to the value as SQLite keeps it."""
    parse = _parser(column.type)
    bind = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT) or (lambda value: value)
    return lambda value: None if value is None else bind(parse(value))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def _parser(kind: Any) -> Convert:
    if isinstance(kind, UtcDateTime):
        return lambda value: (
            datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) else value
        )
    if isinstance(kind, Date):
        return lambda value: date.fromisoformat(value) if isinstance(value, str) else value
    return lambda value: value


class Replay:
    """Rows of a SQLite file, brought forward event by event. What the trail hides is left out and noted in `moment_hidden`.

    Of several events about one row only what they lead to is written, by `settle`: when `is_full` says so, and at the end.
    """

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file, self._plans = file, plans()
        self._rows: dict[str, dict[str, _Row]] = {}
        self._characters = 0
        file.execute(
            "CREATE TABLE IF NOT EXISTS moment_hidden (kind TEXT, key TEXT, name TEXT, stands TEXT, "
            "PRIMARY KEY (kind, key, name)) WITHOUT ROWID"
        )
        # Records whose words have to be looked at again; on disk, because there may be many.
        file.execute("CREATE TEMPORARY TABLE touched (id INTEGER PRIMARY KEY)")

    @property
    def is_full(self) -> bool:
        """Whether enough is held in memory."""
        return self._characters >= _CHARACTERS

    def apply(self, text: str) -> None:
        """Do to the rows what an event's body says. Kinds that the program has no more are passed over."""
        body: dict[str, Any] = _decode(text)[0]
        plan = self._plans.get(body["kind"])
        if plan is None:
            return
        self._characters += len(text)
        rows = self._rows.setdefault(body["kind"], {})
        key, op = natural_key(plan.mapper, body), body["op"]
        row = rows.get(key)
        if row is None or op != "update":
            # The number of a row that was removed may be given again: then the old one goes first.
            is_gone = op == "delete" or (row is not None and row.is_gone)
            row = rows[key] = _Row(op, plan.where(body, key), is_gone)
        if row.op != "delete":
            # Only what came after: dicts of plain values cost the garbage collector nothing.
            row.values.update({name: pair[1] for name, pair in body["changes"].items()})
            if plan.hidden:
                sealed = body.get("sealed", {})
                row.sealed.update((name, sealed.get(name)) for name in plan.hidden & body["changes"].keys())

    def settle(self) -> None:
        """Write what is held in memory."""
        for kind, rows in self._rows.items():
            plan = self._plans[kind]
            if plan.is_record:
                self._many("INSERT OR IGNORE INTO touched VALUES (?)", [row.where for row in rows.values()])
            gone = [(key, row) for key, row in rows.items() if row.is_gone]
            for table in plan.tables if gone else ():
                statement = f'DELETE FROM "{table.name}" WHERE {plan.key_of(table)}'  # noqa: S608 - as above
                self._many(statement, [row.where for _, row in gone])
            if plan.hidden:
                self._many(
                    "DELETE FROM moment_hidden WHERE kind = ? AND key = ?", [(kind, key) for key, _ in gone]
                )
                self._hide(plan, kind, rows)
            self._insert(plan, [row for row in rows.values() if row.op == "create"])
            self._update(plan, [row for row in rows.values() if row.op == "update"])
        self._rows.clear()
        self._characters = 0

    def _many(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        if values:
            self._file.executemany(statement, values)

    def _hide(self, plan: Plan, kind: str, rows: dict[str, _Row]) -> None:
        """Note what stands for hidden values, and put something else in their places."""
        noted, shown_again = [], []
        for key, row in rows.items():
            for name, sealed in row.sealed.items():
                after = row.values[name]
                if sealed is None and not isinstance(after, str):
                    shown_again.append((kind, key, name))
                    continue
                noted.append((kind, key, name, sealed or after))
                row.instead[name] = after if isinstance(after, int) else instead(plan.attributes[name].column)
        self._many("DELETE FROM moment_hidden WHERE kind = ? AND key = ? AND name = ?", shown_again)
        self._many("INSERT OR REPLACE INTO moment_hidden VALUES (?, ?, ?, ?)", noted)

    def _insert(self, plan: Plan, rows: list[_Row]) -> None:
        for table in plan.tables if rows else ():
            statement, cells = plan.whole[table.name]
            self._many(statement, [[row.cell(*cell) for cell in cells] for row in rows])

    def _update(self, plan: Plan, rows: list[_Row]) -> None:
        alike: dict[tuple[str, ...], list[_Row]] = {}
        for row in rows:
            alike.setdefault(tuple(sorted(row.values)), []).append(row)
        for names, some in alike.items():
            for statement, cells in plan.updates(names):
                self._many(statement, [(*(row.cell(*cell) for cell in cells), *row.where) for row in some])


def default(column: Column[Any]) -> Any:
    """What a column that is younger than its row was filled with; the trail has no event of it."""
    given = column.default
    if given is None:
        return column.server_default and str(column.server_default.arg)  # type: ignore[attr-defined]
    return given.arg(None) if given.is_callable else given.arg  # type: ignore[attr-defined]


def instead(column: Column[Any]) -> Any:
    """What stands in a column whose value the trail hides and nothing proves."""
    if column.nullable:
        return None
    if column.info.get("least"):
        return 1
    if column.foreign_keys:
        return 0
    if isinstance(column.type, JSON):
        return json.dumps([])
    return NOT_KEPT if column.info.get("digest") else ""


def is_revealed(column: Column[Any]) -> bool:
    """Whether what the trail hides of a column is shown in the past: no secrets but references, and nothing that is for today's readers."""
    return not column.info.get("today") and bool(not column.info.get("secret") or column.foreign_keys)
