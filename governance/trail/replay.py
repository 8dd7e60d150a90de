"""Events of the trail as statements on a SQLite file: what is replayed there ends up with the rows that the events speak of."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, Column, Date, Index, MetaData, Table, UniqueConstraint
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Mapper

from governance.core.records import Base, Record
from governance.core.types import UtcDateTime
from governance.trail.capture import natural_key

_DIALECT: Any = sqlite.dialect()
NOT_KEPT = "(not kept: the trail has its hash only)"

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Hidden:
    """A value that the trail has not in words: where it stands, and the text or hash that stands for it."""

    kind: str
    key: str
    name: str
    stands_for_it: str


@dataclass(frozen=True)
class _Attribute:
    """A column as events name it: where it stands (a record's id in two tables), and how its value is stored."""

    places: tuple[tuple[str, str], ...]
    convert: Convert
    column: Column[Any]

    @property
    def is_hidden(self) -> bool:
        return bool({"secret", "digest", "least"} & set(self.column.info))


@dataclass
class Plan:
    """How rows of a kind are written."""

    mapper: Mapper[Any]
    tables: tuple[Table, ...]
    attributes: dict[str, _Attribute]
    whole: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for table in self.tables:
            names = tuple(column.name for column in table.columns)
            marks = ", ".join("?" * len(names))
            quoted = ", ".join(f'"{name}"' for name in names)
            self.whole[table.name] = (f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})', names)  # noqa: S608 - names of our own schema


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
        attributes[item.key] = _Attribute(places, stored(columns[0]), columns[0])
    return Plan(mapper, tuple(mapper.tables), attributes)  # type: ignore[arg-type]  # as above


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
    """Rows of a SQLite file, brought forward event by event. What the trail hides is left out and noted in `hidden`."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file, self._plans = file, plans()
        self._updates: dict[tuple[str, tuple[str, ...]], str] = {}
        file.execute(
            "CREATE TABLE IF NOT EXISTS moment_hidden (kind TEXT, key TEXT, name TEXT, stands TEXT, "
            "PRIMARY KEY (kind, key, name)) WITHOUT ROWID"
        )

    def apply(self, body: dict[str, Any]) -> None:
        """Do to the rows what an event says. Kinds that the program has no more are passed over."""
        plan = self._plans.get(body["kind"])
        if plan is None:
            return
        key, op = natural_key(plan.mapper, body), body["op"]
        if op == "create":
            self._create(plan, body, key)
        elif op == "update":
            self._update(plan, body, key)
        else:
            for table in plan.tables:
                where, values = self._where(plan, table.name, body, key)
                self._file.execute(f'DELETE FROM "{table.name}" WHERE {where}', values)  # noqa: S608 - as above
            self._file.execute("DELETE FROM moment_hidden WHERE kind = ? AND key = ?", (body["kind"], key))

    def _create(self, plan: Plan, body: dict[str, Any], key: str) -> None:
        values: dict[tuple[str, str], Any] = {}
        for name, attribute in plan.attributes.items():
            found = None
            if name in body["changes"]:
                found = self._value(attribute, body, key, name)
            elif not attribute.column.nullable:
                found = attribute.convert(default(attribute.column))
            values.update((place, found) for place in attribute.places)
        for table in plan.tables:
            statement, names = plan.whole[table.name]
            self._file.execute(statement, [values.get((table.name, name)) for name in names])

    def _update(self, plan: Plan, body: dict[str, Any], key: str) -> None:
        by_table: dict[str, dict[str, Any]] = {}
        for name in body["changes"]:
            if (attribute := plan.attributes.get(name)) is not None:
                found = self._value(attribute, body, key, name)
                for table, column in attribute.places:
                    by_table.setdefault(table, {})[column] = found
        for table, changed in by_table.items():
            where, values = self._where(plan, table, body, key)
            names = tuple(changed)
            statement = self._updates.get((table, names))
            if statement is None:
                sets = ", ".join(f'"{name}" = ?' for name in names)
                statement = f'UPDATE "{table}" SET {sets} WHERE {where}'  # noqa: S608 - as above
                self._updates[table, names] = statement
            self._file.execute(statement, (*changed.values(), *values))

    def _value(self, attribute: _Attribute, body: dict[str, Any], key: str, name: str) -> Any:
        after = body["changes"][name][1]
        if not attribute.is_hidden or not (isinstance(after, str) or name in body.get("sealed", {})):
            return attribute.convert(after)
        stands = body.get("sealed", {}).get(name) or after
        place = (body["kind"], key, name)
        if after is None and attribute.column.info.get("digest"):
            self._file.execute("DELETE FROM moment_hidden WHERE kind = ? AND key = ? AND name = ?", place)
            return None
        self._file.execute("INSERT OR REPLACE INTO moment_hidden VALUES (?, ?, ?, ?)", (*place, stands))
        return after if isinstance(after, int) else instead(attribute.column)

    def _where(self, plan: Plan, table: str, body: dict[str, Any], key: str) -> tuple[str, tuple[Any, ...]]:
        if issubclass(plan.mapper.class_, Record):
            return '"id" = ?', (body["record"]["id"],)
        columns = [column.name for column in plan.mapper.primary_key]
        parts = key.split("/") if len(columns) > 1 else [key]
        return " AND ".join(f'"{name}" = ?' for name in columns), tuple(parts)


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
