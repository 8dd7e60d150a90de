"""Imports, dry audits and framework versions are inside the trail

From here on their rows are audited; those of an import's report are bound by two digests in the import. Rows that are
there already have no event. Each gets one now that says what was found, at the moment of finding it, and claims
nothing about the time before: who made the row, and whether it was changed, the trail does not know.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

# The form of events and the tree over them are for ever, so what computes them cannot change under this step.
from governance.core.canonical import canonical, plain
from governance.trail.merkle import EMPTY_ROOT, Frontier, chained, leaf_hash

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_REASON = (
    "Found in its table when the trail began to hold it. "
    "Who made it, and whether it was changed before, no event says."
)
_MOMENT, _JSON = sa.DateTime(timezone=True), sa.JSON(none_as_null=True)


def _table(name: str, plain_columns: str, **typed: Any) -> sa.TableClause:
    columns = [sa.column(item) for item in plain_columns.split()]
    return sa.table(name, *columns, *(sa.column(item, kind) for item, kind in typed.items()))


_RECORD = _table(
    "record",
    "id kind reference title state owner_id version created_by_id changed_by_id",
    created_at=_MOMENT,
    changed_at=_MOMENT,
)
_IMPORT = _table(
    "import_run",
    "id mapping mapping_hash filename sha256 size job_id state_reason report_digest rows_digest",
    counts=_JSON,
)
_ROW = _table(
    "import_row",
    "id import_id record_number natural_key name outcome reason system_id",
    changed_fields=_JSON,
    problems=_JSON,
)
_DRY_AUDIT = _table(
    "dry_audit_run", "id critical major minor suppressed", at=_MOMENT, counts=_JSON, faults=_JSON
)
_FRAMEWORK = _table("framework_version", "id framework content_hash", seen_at=_MOMENT, requirements=_JSON)
_EVENT = _table("trail_event", "seq actor_id verb kind record_id body leaf_hash chain", at=_MOMENT)
_HEAD = _table("trail_head", "id size root chain", peaks=_JSON)
_NODE = _table("trail_node", "level position hash")

_BECAME = {"reason", "system_id"}


def upgrade() -> None:
    op.add_column("import_run", sa.Column("report_digest", sa.String(length=64), nullable=True))
    op.add_column("import_run", sa.Column("rows_digest", sa.String(length=64), nullable=True))
    _bind_rows()
    _append(list(_found()))


def downgrade() -> None:
    # Events stay: nothing is taken out of the trail.
    op.drop_column("import_run", "rows_digest")
    op.drop_column("import_run", "report_digest")


def _bind_rows() -> None:
    """The digests of each import's rows as they are now; of one that runs, only what its preview said."""
    runs = sa.select(_RECORD.c.id, _RECORD.c.state).where(_RECORD.c.kind == "import_run")
    for number, state in op.get_bind().execute(runs).all():
        whole, report = EMPTY_ROOT, EMPTY_ROOT
        rows = sa.select(*(item for item in _ROW.c if item.name != "import_id"))
        is_empty = True
        for row in (
            op.get_bind().execute(rows.where(_ROW.c.import_id == number).order_by(_ROW.c.id)).mappings()
        ):
            is_empty = False
            values = {name: value for name, value in row.items() if value is not None}
            whole = chained(whole, leaf_hash(canonical(values)))
            said = {name: value for name, value in values.items() if name not in _BECAME}
            report = chained(report, leaf_hash(canonical(said)))
        held = {"report_digest": report.hex(), "rows_digest": None if state == "importing" else whole.hex()}
        if not is_empty:
            op.get_bind().execute(sa.update(_IMPORT).where(_IMPORT.c.id == number).values(**held))


def _found() -> Iterator[dict[str, Any]]:
    """An event for each row that the trail does not know as it is."""
    known = _known()
    imports = sa.select(_RECORD, *(item for item in _IMPORT.c if item.name != "id")).join_from(
        _RECORD, _IMPORT, _RECORD.c.id == _IMPORT.c.id
    )
    for kind, rows in (
        ("import_run", imports.order_by(_RECORD.c.id)),
        ("dry_audit_run", sa.select(_DRY_AUDIT).order_by(_DRY_AUDIT.c.id)),
        ("framework_version", sa.select(_FRAMEWORK).order_by(_FRAMEWORK.c.id)),
    ):
        for row in op.get_bind().execute(rows).mappings():
            values = {name: plain(_aware(value)) for name, value in row.items()}
            key = str(row["reference"] if kind == "import_run" else row["id"])
            before = known.get((kind, key), {})
            changes = {
                name: [before.get(name), value] for name, value in values.items() if before.get(name) != value
            }
            if changes:
                whole = {"id": row["id"], "reference": key} if kind == "import_run" else None
                yield _body(kind, key, "update" if before else "create", changes, whole)


def _known() -> dict[tuple[str, str], dict[str, Any]]:
    """What the trail says already, if this step was taken back and is taken again."""
    known: dict[tuple[str, str], dict[str, Any]] = {}
    kinds = ("import_run", "dry_audit_run", "framework_version")
    events = sa.select(_EVENT.c.body).where(_EVENT.c.kind.in_(kinds)).order_by(_EVENT.c.seq)
    for text in op.get_bind().scalars(events):
        body = json.loads(text)
        state = known.setdefault((body["kind"], body["key"]), {})
        state.update((name, after) for name, (_, after) in body["changes"].items())
    return known


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _body(
    kind: str, key: str, what: str, changes: dict[str, Any], whole: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "actor": {"id": None, "name": "AIMS installer"},
        "at": plain(datetime.now(UTC)),
        "changes": changes,
        "key": key,
        "kind": kind,
        "op": what,
        "reason": _REASON,
        "record": whole,
        "request": "",
        "source": "migration 0032",
        "verb": "trail.begin",
    }


def _append(bodies: list[dict[str, Any]]) -> None:
    if not bodies:
        return
    bind = op.get_bind()
    head = bind.execute(sa.select(_HEAD).where(_HEAD.c.id == 1)).one()
    frontier, link = (
        Frontier(head.size, [bytes.fromhex(peak) for peak in head.peaks]),
        bytes.fromhex(head.chain),
    )
    rows = []
    for seq, body in enumerate(bodies, start=head.size + 1):
        text = canonical({"seq": seq, **body})
        leaf = leaf_hash(text)
        frontier.append(leaf)
        link = chained(link, leaf)
        rows.append(
            {
                "seq": seq,
                "at": datetime.fromisoformat(body["at"]),
                "actor_id": None,
                "verb": body["verb"],
                "kind": body["kind"],
                "record_id": body["record"]["id"] if body["record"] else None,
                "body": text.decode(),
                "leaf_hash": leaf.hex(),
                "chain": link.hex(),
            }
        )
    bind.execute(sa.insert(_EVENT), rows)
    nodes = [{"level": level, "position": at, "hash": found.hex()} for level, at, found in frontier.finished]
    if nodes:
        bind.execute(sa.insert(_NODE), nodes)
    peaks = [peak.hex() for peak in frontier.peaks]
    values = {"size": frontier.size, "root": frontier.root.hex(), "peaks": peaks, "chain": link.hex()}
    bind.execute(sa.update(_HEAD).where(_HEAD.c.id == 1).values(**values))
