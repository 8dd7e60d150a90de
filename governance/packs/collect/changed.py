"""What changed around a system since an earlier day: figures, what is new, what is other, and the signatures."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from governance.consultations.models import ConsultedGroup, is_small
from governance.packs.collect.trail import label, readable
from governance.packs.content.blocks import RecordBlock, Row, Table
from governance.packs.content.labels import say
from governance.packs.content.system import Fact
from governance.trail import changes
from governance.trail.as_of import Difference
from governance.trail.changes import Change

_SECTION = 18
_MOST_ROWS = 300
_AT_ONCE = 100
_LONGEST = 200
_SIGNATURE = "sign_off"

Names = dict[int, str]


def blocks(
    session: Session, ids: frozenset[int], since: date | None, until: datetime, names: Names
) -> tuple[RecordBlock, ...]:
    """The block for the records with these ids; none if no earlier day was asked for."""
    if since is None:
        return ()
    after = datetime.combine(since, time.max, UTC)
    every = changes.overview(session, after, until, ids).every
    found = tuple(_all(session, ids, after, until))
    signatures = [item for item in found if item.kind == _SIGNATURE]
    others = [item for item in found if item.kind != _SIGNATURE]
    tables = (
        *_table("Records that are new", (50, 25, 25), ("Record", "Kind", "State"), [_new(item) for item in others if item.how == "created"]),
        *_table("What is other", (30, 20, 25, 25), ("Record", "Field", "Before", "Now"), [row for item in others if item.how != "created" for row in _other(item, names)]),
        *_table("Signatures", (50, 25, 25), ("Signature", "Before", "Now"), [_signature(item) for item in signatures]),
    )  # fmt: skip
    figures = (
        ("Records created", every.created),
        ("Records changed", every.changed),
        ("Records removed", every.removed),
        ("Records in another state", every.moved),
        ("Signatures made", every.signed),
        ("Signatures gone stale", every.stale),
    )
    block = RecordBlock(
        section=_SECTION,
        title=f"What changed since the end of {since.isoformat()}",
        note=""
        if found
        else f"Nothing: no record was created, changed or removed since {since.isoformat()}.",
        facts=tuple(Fact(label=name, value=str(number)) for name, number in figures),
        tables=tables,
    )
    return (block,)


def _all(session: Session, ids: frozenset[int], after: datetime, until: datetime) -> Iterator[Change]:
    beyond = ""
    while True:
        some, beyond = changes.page(session, after, until, ids=ids, beyond=beyond, limit=_AT_ONCE)
        yield from some
        if not beyond:
            return


def _table(
    caption: str, widths: tuple[int, ...], columns: tuple[str, ...], rows: Sequence[Row]
) -> tuple[Table, ...]:
    if not rows:
        return ()
    if len(rows) > _MOST_ROWS:
        caption = f"{caption} (the first {_MOST_ROWS} of {len(rows)}; section 20 has every event)"
    return (Table(caption=caption, columns=columns, rows=tuple(rows[:_MOST_ROWS]), widths=widths),)


def _new(item: Change) -> Row:
    return Row(reference=item.reference, cells=(item.title, say(item.kind), say(item.state[1] or "")))


def _signature(item: Change) -> Row:
    before, now = (say(state) if state else "" for state in item.state)
    return Row(reference=item.reference, cells=(item.title, before, now))


def _other(item: Change, names: Names) -> Iterator[Row]:
    for field in item.fields:
        part = "" if field.key == item.reference else f" ({say(field.kind).lower()} {field.key})"
        before, now = (_said(field, value, names) for value in (field.before, field.after))
        yield Row(
            reference=item.reference, cells=(f"{item.title}{part}", say(label(field.name)), before, now)
        )


def _said(field: Difference, value: object, names: Names) -> str:
    if field.kind == ConsultedGroup.__tablename__ and isinstance(value, int) and is_small(value):
        return "fewer than five people"
    found = readable(field.name, value, names)
    if found in (None, "", [], {}):
        return ""
    text = {True: "yes", False: "no"}[found] if isinstance(found, bool) else str(found)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
