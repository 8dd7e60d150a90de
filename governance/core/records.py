"""The spine: every governed thing is a row of `record`, with a reference that is never reused and a version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    MetaData,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    func,
    select,
    tuple_,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, attributes, mapped_column, validates
from sqlalchemy.orm.interfaces import LoaderOption

from governance.core import clock
from governance.core.canonical import plain
from governance.core.database import upsert
from governance.core.errors import NotFound, Refused
from governance.core.types import BigId, Json, UtcDateTime

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


@dataclass(frozen=True)
class Bound:
    """How the rows of a table are bound without an event each: by digests that their whole, which is audited, holds.

    `whole` is the column that points at the whole. `digests` are columns of the whole, each with those columns of the
    rows that it leaves out; a digest that is None binds nothing at the moment. trail/bound.py computes and compares them.
    """

    whole: str
    digests: Mapping[str, frozenset[str]]


class Base(DeclarativeBase):
    """Base of all tables. `__audited__ = False` marks machinery that the trail leaves out."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, str: Text, list[str]: Json}

    __audited__: ClassVar[bool] = True

    FREE: ClassVar[frozenset[str]] = frozenset()
    """Columns that are progress rather than content: they may change after approval and no signature binds them."""
    OUTSIDE_CONTENT: ClassVar[bool] = False
    """Whether rows of this part stand beside the content of their record, so that approval does not freeze them."""
    DATED_BY: ClassVar[str] = ""
    """The column that dates the rows of a table that only grows; a registry rebuilt as it was has those, too, that no event made."""
    BOUND: ClassVar["Bound | None"] = None
    """For a table outside the trail with very many rows: which audited row holds their digests."""

    def whole(self) -> "Record | None":
        """The record this row is a part of; the trail files the row's changes under it."""
        return None


class ReferenceCounter(Base):
    """The last number given out per prefix; the row lock makes numbers gapless, a rollback gives them back."""

    __tablename__ = "reference_counter"
    __audited__ = False

    prefix: Mapped[str] = mapped_column(String(20), primary_key=True)
    last: Mapped[int]


class Record(Base):
    """A governed record. Kinds join their own table to it; everything that points at records points here."""

    __tablename__ = "record"
    __table_args__: Any = (
        Index("ix_record_kind_title", "kind", "title", "id"),
        Index("ix_record_kind_state", "kind", "state", "title", "id"),
        Index("ix_record_kind_changed", "kind", "changed_at", "id"),
        Index("ix_record_kind_reference", "kind", "reference", "id"),
    )

    PREFIX: ClassVar[str]
    NOUN: ClassVar[str]
    PATH: ClassVar[str]
    """First part of the record's address: the page of SYS-0001 is `/systems/SYS-0001`."""
    YEARLY: ClassVar[bool] = False
    FROZEN: ClassVar[frozenset[str]] = frozenset()
    """States in which the content may not change any more (INV-G2)."""
    WAY_OUT: ClassVar[str] = "Start a new revision instead."
    SEARCHED: ClassVar[tuple[str, ...]] = ()
    """Columns whose words find the record, besides its reference and title."""
    RUNS_OUT: ClassVar[str] = ""
    """The date column after which the record counts no more; its owner is told before (INV-G8)."""
    STANDS: ClassVar[frozenset[str]] = frozenset()
    """States in which the record counts as long as it has not run out."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    title: Mapped[str] = mapped_column(String(400), active_history=True)
    state: Mapped[str] = mapped_column(String(40), active_history=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True, active_history=True)
    version: Mapped[int] = mapped_column()
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __mapper_args__ = {"polymorphic_on": "kind", "version_id_col": version}

    def whole(self) -> "Record":
        """A record is itself the whole."""
        return self

    @property
    def path(self) -> str:
        """Address of the record's page."""
        return f"/{self.PATH}/{self.reference}"

    def field(self, name: str) -> Any:
        """The present value of a field as forms name it; None for a name that is no column."""
        return getattr(self, name) if name in type(self).__mapper__.column_attrs else None

    def touch(self) -> None:
        """Say that a part of this record changed, so that its version moves and stale saves are caught."""
        self.changed_at = clock.now()

    def signed_content(self) -> dict[str, Any]:
        """The field set a signature binds: all own columns except the spine's book-keeping, plus parts.

        Kinds with child rows extend it. See signoff_rules SO-03.
        """
        left_out = {
            "id",
            "state",
            "version",
            "created_at",
            "created_by_id",
            "changed_at",
            "changed_by_id",
        } | self.FREE
        return content_of(self, left_out)

    def content_signed_under(self, policy: str) -> dict[str, Any]:
        """What a signature under this policy binds; a kind that is signed step by step binds each step alone."""
        return self.signed_content()

    @validates("title")
    def _one_line(self, _: str, value: str) -> str:
        return " ".join(value.split())[:400]


def kinds_that_run_out() -> tuple[type["Record"], ...]:
    """The kinds of records that count no more after a date, in order of their names."""
    kinds = (mapper.class_ for mapper in Record.__mapper__.self_and_descendants)
    return tuple(sorted((kind for kind in kinds if kind.RUNS_OUT), key=lambda kind: kind.__name__))


def content_of(row: Base, left_out: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    """The content columns of a row as plain values, progress columns left out."""
    columns = type(row).__mapper__.column_attrs
    return {
        item.key: plain(getattr(row, item.key)) for item in columns if item.key not in left_out | row.FREE
    }


class Link(Base):
    """A named connection between two records: this evidence proves that assessment, this risk came from that concern."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("source_id", "target_id", "role"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("record.id"))
    target_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    role: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


R = TypeVar("R", bound=Record)
Row = TypeVar("Row")


def table_of(kind: type[Base]) -> Table:
    """The table of a mapped class, for statements that pass by the unit of work on purpose."""
    return cast(Table, kind.__table__)


def next_numbers(session: Session, prefix: str, count: int = 1) -> int:
    """Reserve `count` consecutive numbers of a prefix in this transaction and return the first."""
    counters = table_of(ReferenceCounter)
    statement = (
        upsert(session, counters)
        .values(prefix=prefix, last=count)
        .on_conflict_do_update(index_elements=["prefix"], set_={"last": counters.c.last + count})
        .returning(counters.c.last)
    )
    last = session.connection().execute(statement).scalar_one()
    return int(last) - count + 1


def _prefix(record: Record) -> str:
    return f"{record.PREFIX}-{clock.now().year}" if record.YEARLY else record.PREFIX


@event.listens_for(Session, "before_flush")
def _keep_the_books(session: Session, *_: object) -> None:
    """References, dates and people of new and changed records; frozen content stays as it is."""
    actor_id = getattr(session.info.get("actor"), "person_id", None)
    now = clock.now()
    new_by_prefix: dict[str, list[Record]] = {}
    for row in session.new:
        if isinstance(row, Record):
            row.created_at, row.created_by_id = now, actor_id
            row.changed_at, row.changed_by_id = now, actor_id
            if getattr(row, "reference", None) is None:
                new_by_prefix.setdefault(_prefix(row), []).append(row)
    for prefix, records in sorted(new_by_prefix.items()):
        first = next_numbers(session, prefix, len(records))
        width = 3 if records[0].YEARLY else 4
        for number, record in enumerate(records, start=first):
            record.reference = f"{prefix}-{number:0{width}d}"
    for row in list(session.dirty):
        if isinstance(row, Record) and session.is_modified(row):
            _refuse_frozen_change(row)
            row.changed_at, row.changed_by_id = now, actor_id
    for row in [*session.new, *session.dirty, *session.deleted]:
        if not isinstance(row, Record) and isinstance(row, Base) and (whole := row.whole()) is not None:
            _refuse_part_of_frozen(session, row, whole)


_BOOK_KEEPING = frozenset({"state", "version", "changed_at", "changed_by_id"})


def _former_state(record: Record) -> str:
    history = attributes.get_history(record, "state")
    return cast(str, history.deleted[0] if history.deleted else record.state)


def _refuse_frozen_change(record: Record) -> None:
    if _former_state(record) not in record.FROZEN:
        return
    if _content_changed(record):
        raise Refused(_frozen_message(record))


def _content_changed(row: Base) -> bool:
    for attribute in type(row).__mapper__.column_attrs:
        if attribute.key not in _BOOK_KEEPING | row.FREE:
            history = attributes.get_history(row, attribute.key)
            if history.added and (not history.deleted or history.added[0] != history.deleted[0]):
                return True
    return False


def _refuse_part_of_frozen(session: Session, part: Base, whole: Record) -> None:
    if part.OUTSIDE_CONTENT or whole in session.new:
        return
    changed = part in session.new or part in session.deleted or _content_changed(part)
    if changed and _former_state(whole) in whole.FROZEN:
        raise Refused(_frozen_message(whole))


def _frozen_message(record: Record) -> str:
    state = record.state.replace("_", " ")
    return f"{record.reference} is {state} and its content cannot change any more (INV-G2). {record.WAY_OUT}"


def get(session: Session, kind: type[R], reference: str, *options: LoaderOption) -> R:
    """Load a record of a kind by its reference, anew if `options` say what to load with it. Raises NotFound."""
    statement = select(kind).where(Record.reference == reference.upper()).options(*options)
    anew = {"populate_existing": bool(options)}
    found = session.scalars(statement, execution_options=anew).first()
    if found is None:
        raise NotFound(f"There is no {kind.NOUN} {reference}.")
    return found


def find(session: Session, reference: str) -> Record | None:
    """Any record by reference, or None."""
    return session.scalars(select(Record).where(Record.reference == reference.strip().upper())).first()


def link(session: Session, source: Record, target: Record, role: str) -> None:
    """Connect two records once; connecting them again changes nothing."""
    there = select(Link).where(Link.source_id == source.id, Link.target_id == target.id, Link.role == role)
    if session.scalars(there).first() is None:
        session.add(Link(source_id=source.id, target_id=target.id, role=role))


def linked(session: Session, source: Record, kind: type[R], role: str) -> list[R]:
    """Records of a kind that a record points at in a role, by reference."""
    statement = select(kind).join(Link, Link.target_id == Record.id)
    return list(
        session.scalars(
            statement.where(Link.source_id == source.id, Link.role == role).order_by(Record.reference)
        )
    )


def linking(session: Session, target: Record, kind: type[R], role: str) -> list[R]:
    """Records of a kind that point at a record in a role, by reference."""
    statement = select(kind).join(Link, Link.source_id == Record.id)
    return list(
        session.scalars(
            statement.where(Link.target_id == target.id, Link.role == role).order_by(Record.reference)
        )
    )


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list: its rows, and the cursor of the next page if there is one."""

    rows: tuple[Row, ...]
    next_cursor: tuple[str | int, ...] | None


SORTABLE = {
    "reference": Record.reference,
    "title": Record.title,
    "state": Record.state,
    "changed_at": Record.changed_at,
}


def page(
    session: Session,
    statement: Select[Any],
    *,
    kind: str,
    sort: str = "reference",
    descending: bool = False,
    after: tuple[str | int, ...] | None = None,
    limit: int = 50,
) -> Page[Any]:
    """Cut one page out of a SELECT over the spine, by keyset: (sort column, record id) after the cursor.

    The kind is part of the condition and only columns of `record` are sorted by: without either, the index is not
    used and a page of 100,000 records costs tens of milliseconds instead of one.
    """
    column: ColumnElement[Any] = cast(Any, SORTABLE[sort])
    record_id: ColumnElement[int] = cast(Any, Record.__table__.c.id)
    statement = statement.where(Record.__table__.c.kind == kind)
    if after is not None:
        value: Any = datetime.fromisoformat(str(after[0])) if sort == "changed_at" else after[0]
        position = tuple_(column, record_id)
        # Bound with the columns' own types: PostgreSQL compares a timestamp with a timestamp only.
        statement = statement.where(
            position < (value, after[1]) if descending else position > (value, after[1])
        )
    order = (column.desc(), record_id.desc()) if descending else (column, record_id)
    rows = tuple(session.execute(statement.order_by(*order).limit(limit + 1)).unique())
    more = len(rows) > limit
    rows = rows[:limit]
    if not more:
        return Page(rows, None)
    last: Record = rows[-1][0]
    key = getattr(last, sort)
    return Page(rows, (key.isoformat() if isinstance(key, datetime) else str(key), last.id))


def count(session: Session, statement: Select[Any]) -> int:
    """How many rows a SELECT finds."""
    return session.execute(select(func.count()).select_from(statement.order_by(None).subquery())).scalar_one()
