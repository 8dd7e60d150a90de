"""Any record as the auditor's room shows it: its content as it is signed, without numbers of the database and without what is not shared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.core.canonical import plain
from governance.core.records import Base, Record, table_of

_BOOK_KEEPING = frozenset(
    {
        "id",
        "kind",
        "reference",
        "title",
        "state",
        "version",
        "created_at",
        "created_by_id",
        "changed_at",
        "changed_by_id",
    }
)
# Machinery that says nothing to a reader.
_SILENT = frozenset({"job_id", "name_key"})


@dataclass(frozen=True)
class Table:
    """Parts of a record: the column names and the rows as text."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Sheet:
    """A record to read: facts by field name, parts as tables, and which shared records its fields point at."""

    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    points_at: tuple[tuple[str, Record], ...]


@dataclass
class _Reader:
    names: Mapping[int, str]
    visible: Mapping[int, Record]
    points_at: list[tuple[str, Record]] = field(default_factory=list)

    def text(self, name: str, value: Any) -> str | None:
        """A value as text; None for what is no content: a number of the database."""
        if not isinstance(value, int) or not name.endswith("_id"):
            return _flat(self, value)
        if name in _people():
            return self.names.get(value, "")
        record = self.visible.get(value) if name in _pointers() else None
        return f"{record.reference} {record.title}" if record else None


def sheet(session: Session, record: Record, visible: Mapping[int, Record]) -> Sheet:
    """The content of a record for somebody who may see `visible` and nothing else.

    That is what a signature binds, and progress columns (dates done, responses). What the trail keeps as a secret or as a
    digest, such as how a stakeholder is reached, stays out, and so do small numbers of people.
    """
    reader = _Reader(people.names(session), visible)
    content = {**record.signed_content(), **_progress(record)}
    private = _private(record)
    facts: list[tuple[str, str]] = []
    tables: list[Table] = []
    for name, value in content.items():
        if name in _BOOK_KEEPING | _SILENT | private:
            continue
        if name in _pointers() and isinstance(value, int) and value in visible and value != record.id:
            reader.points_at.append((_label(name), visible[value]))
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            tables.append(_table(reader, name, value))
        elif text := reader.text(name, value):
            facts.append((_label(name), text))
    return Sheet(tuple(facts), tuple(tables), tuple(reader.points_at))


def _progress(record: Record) -> dict[str, Any]:
    """Progress columns, of which no signature binds any."""
    columns = type(record).__mapper__.column_attrs
    return {item.key: plain(getattr(record, item.key)) for item in columns if item.key in record.FREE}


def _private(record: Record) -> frozenset[str]:
    """Columns of which the trail itself keeps a hash, a coarse number or nothing."""
    columns = type(record).__mapper__.column_attrs
    return frozenset(
        item.key for item in columns if item.columns[0].info.keys() & {"secret", "digest", "least"}
    )


def _table(reader: _Reader, name: str, rows: list[dict[str, Any]]) -> Table:
    keys = list(dict.fromkeys(key for row in rows for key in row if key not in _SILENT))
    texts = {key: [reader.text(key, row.get(key)) for row in rows] for key in keys}
    # A column that holds nothing for anybody is noise on a page that is wide already.
    keys = [key for key in keys if any(texts[key])]
    cells = tuple(tuple(texts[key][number] or "" for key in keys) for number in range(len(rows)))
    return Table(name, tuple(_label(key) for key in keys), cells)


def _flat(reader: _Reader, value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(text for item in value if (text := _flat(reader, item)))
        case dict():
            pairs = ((key, reader.text(str(key), item)) for key, item in value.items())
            return ", ".join(f"{_spaced(_label(str(key)))}: {_spaced(text)}" for key, text in pairs if text)
        case _:
            return str(value)


def _spaced(text: str) -> str:
    """A code as words; what people wrote, which has spaces or capitals, as it is."""
    return text.replace("_", " ") if text.islower() and " " not in text else text


def _label(name: str) -> str:
    return name.removesuffix("_id")


def _people() -> frozenset[str]:
    return _columns_to("person")


def _pointers() -> frozenset[str]:
    spine = {table_of(mapper.class_).name for mapper in Record.__mapper__.self_and_descendants}
    return _columns_to(*spine) - _people()


_known: dict[tuple[str, ...], frozenset[str]] = {}


def _columns_to(*tables: str) -> frozenset[str]:
    """Names of the columns, of any table, that point at one of these tables."""
    wanted = tuple(sorted(tables))
    if wanted not in _known:
        _known[wanted] = frozenset(
            key.parent.name
            for table in Base.metadata.tables.values()
            for key in table.foreign_keys
            if key.column.table.name in wanted and key.parent.name != "id"
        )
    return _known[wanted]
