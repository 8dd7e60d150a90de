"""The trail's part of a pack: the events of its records with their inclusion proofs, and the tree head they lead to."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.consultations.models import SMALLEST_GROUP, ConsultedGroup, is_small
from governance.core import clock
from governance.core.records import table_of
from governance.packs.content.assurance import Checkpoint, EarlierHead, TrailEventLine
from governance.packs.content.system_pack import Redaction
from governance.packs.models import AuditPack, EvidencePack, ManagementSystemPack
from governance.signoffs.models import SignOff
from governance.trail import checkpoints, queries
from governance.trail.models import TrailEvent
from governance.trail.nodes import Proofs
from governance.trail.notes import Signer

_BOOK_KEEPING = frozenset(
    {"id", "version", "changed_at", "changed_by_id", "created_at", "created_by_id", "kind"}
)
_LONGEST = 60
# Of each kind of pack; a proof is some twenty hashes long in a trail of a million events.
_EARLIER = 30
# Columns that end so hold a person, by the house rule that people end in `_by`, and by their office.
_PERSONS = ("_by_id", "owner_id", "auditor_id", "verifier_id", "signer_id", "person_id")

_WITHHELD = "numbers withheld: fewer than five people"

Names = dict[int, str]
# Size and root of each.
Heads = tuple[tuple[int, str], ...]


def with_signatures(session: Session, record_ids: Collection[int]) -> frozenset[int]:
    """The ids of these records and of the signatures on them."""
    signed = select(SignOff.id).where(SignOff.subject_id.in_(record_ids))
    return frozenset(record_ids) | frozenset(session.scalars(signed))


def events(session: Session, record_ids: Collection[int], names: Names) -> tuple[TrailEventLine, ...]:
    """Every event of these records, oldest first, with proof against the present head; `names` are people by id."""
    table = TrailEvent.__table__
    rows = session.execute(
        select(table.c.seq, table.c.body, table.c.leaf_hash)
        .where(table.c.record_id.in_(record_ids))
        .order_by(table.c.seq)
    ).all()
    proofs = Proofs(session, queries.head(session)[0])
    proofs.expect(row.seq - 1 for row in rows)
    return tuple(
        _line(seq, body, leaf_hash, tuple(item.hex() for item in proofs.inclusion(seq - 1)), names)
        for seq, body, leaf_hash in rows
    )


def _line(seq: int, body: str, leaf_hash: str, proof: tuple[str, ...], names: Names) -> TrailEventLine:
    event = json.loads(body)
    withheld = reveals_few(event)
    subject = event["record"]["reference"] if event["record"] else event["key"]
    return TrailEventLine(
        sequence=seq,
        index=seq - 1,
        at=clock.parse(event["at"]),
        actor=event["actor"]["name"],
        verb=event["verb"] or event["op"],
        subject=subject if event["key"] == subject else f"{subject} ({event['kind'].replace('_', ' ')})",
        leaf_hash=leaf_hash,
        changes=(_WITHHELD,) if withheld else tuple(_said(event, names)),
        source=event["source"],
        leaf=None if withheld else body,
        inclusion_proof=proof,
    )


def _said(event: dict[str, Any], names: Names) -> Iterator[str]:
    """What changed, and why if somebody said so."""
    for name, pair in _shown(event["op"], event["changes"]):
        yield _change(event["op"], name, *(readable(name, value, names) for value in pair))
    if event.get("reason"):
        yield f"because: {event['reason']}"


def _shown(op: str, changes: dict[str, list[object]]) -> list[tuple[str, list[object]]]:
    if op == "create":
        return [(name, pair) for name, pair in changes.items() if name in ("title", "state", "label")]
    return [(name, pair) for name, pair in sorted(changes.items()) if name not in _BOOK_KEEPING]


def reveals_few(event: dict[str, Any]) -> bool:
    """Whether an event says of a consulted group a number of people so small that it is not reported (CON-5).

    Events written since the trail itself says such numbers in words never do.
    """
    return event["kind"] == ConsultedGroup.__tablename__ and any(
        isinstance(value, int) and is_small(value)
        for name in ("invited", "took_part")
        for value in event["changes"].get(name, ())
    )


def redactions(lines: Iterable[TrailEventLine]) -> tuple[Redaction, ...]:
    """The events whose text is withheld; their hashes and proofs stay."""
    return tuple(
        Redaction(
            reference=f"Event {item.sequence}",
            what="The text of this event of the trail; its hash and proof are here",
            reason=f"It says numbers of fewer than {SMALLEST_GROUP} people",
        )
        for item in lines
        if item.leaf is None
    )


def readable(name: str, value: object, names: Names) -> object:
    """A person's name for a person's id, words for a list; everything else as it is."""
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, int) and name.endswith(_PERSONS):
        return names.get(value, f"person {value}")
    return value


def label(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ")


def _change(op: str, name: str, before: object, after: object) -> str:
    if op == "create":
        return f"{name}: {_short(after)}"
    return f"{label(name)}: {_short(before)} → {_short(after)}"


def _short(value: object) -> str:
    text = "–" if value in (None, "", []) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def latest_heads(session: Session, system_id: int | None = None) -> Heads:
    """Tree heads (size, root) of the latest packs of each kind, and of the latest of a system, smallest first."""
    heads: set[tuple[int, str]] = set()
    for kind in (EvidencePack, AuditPack, ManagementSystemPack):
        table = table_of(kind)
        latest = select(table.c.trail_size, table.c.trail_root).where(table.c.trail_size > 0)
        latest = latest.order_by(table.c.id.desc()).limit(_EARLIER)
        heads |= {(row.trail_size, row.trail_root) for row in session.execute(latest)}
        if kind is EvidencePack and system_id is not None:
            of_it = latest.where(table.c.system_id == system_id)
            heads |= {(row.trail_size, row.trail_root) for row in session.execute(of_it)}
    return tuple(sorted(heads))


def checkpoint(
    session: Session, organisation: str, now: datetime, heads: Iterable[tuple[int, str]] = ()
) -> Checkpoint:
    """The tree head at this moment, with the proofs that `heads` (size, root) of earlier packs are its beginning."""
    size, root = queries.head(session)
    before = [(old, old_root) for old, old_root in heads if 0 < old <= size]
    proofs = Proofs(session, size)
    proofs.expect_consistency(old for old, _ in before)
    earlier = (
        EarlierHead(
            tree_size=old, root_hash=old_root, proof=tuple(node.hex() for node in proofs.consistency(old))
        )
        for old, old_root in before
    )
    return Checkpoint(
        tree_size=size,
        root_hash=root,
        origin=f"AIMS Registry of {organisation}",
        made_at=now,
        earlier=tuple(earlier),
        keys=tuple(row.verifier for row in checkpoints.own_keys(session)),
        handovers=checkpoints.handovers(session),
    )


def signed(head: Checkpoint, signer: Signer) -> Checkpoint:
    """The tree head as a note signed by the registry's key, which is named: the first pack comes before it is kept."""
    note = str(checkpoints.signed(head.tree_size, head.root_hash, (signer,)))
    own = str(signer.verifier)
    named = head.keys if own in head.keys else (*head.keys, own)
    return replace(head, origin=signer.verifier.name, text=note, keys=named)
