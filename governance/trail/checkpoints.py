"""Checkpoints: tree heads as signed notes, the keys that they were signed with, and the lines of witnesses."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from governance.core.errors import Refused
from governance.trail import notes, queries
from governance.trail.models import CheckpointKey, TrailCheckpoint, TrailCosignature
from governance.trail.notes import Head, Line, Note, Signer, Verifier

EVERY = timedelta(hours=1)
# A line that comes without its checkpoint is tried under the latest ones.
_TRIED = 500


def is_due(session: Session, now: datetime) -> bool:
    """Whether the trail grew since the last checkpoint, and that one is an hour old."""
    last = session.execute(
        select(TrailCheckpoint.size, TrailCheckpoint.made_at).order_by(TrailCheckpoint.id.desc()).limit(1)
    ).first()
    size = queries.head(session)[0]
    return size > 0 if last is None else size > last.size and now - last.made_at >= EVERY


def signed(head_size: int, root: str, signers: Iterable[Signer]) -> Note:
    """A tree head as a note signed by these keys, which have one name."""
    keys = tuple(signers)
    text = Head(keys[0].verifier.name, head_size, root).text
    return Note(text, tuple(notes.line(item.line(text)) for item in keys))


def make(
    session: Session, signer: Signer, now: datetime, *, beside: tuple[Signer, ...] = ()
) -> TrailCheckpoint:
    """Sign the present tree head and keep it; the one of this size and key that is there already is given back.

    `beside` are keys that sign as well, such as the one that is being retired.
    """
    size, root = queries.head(session)
    return keep(session, str(signed(size, root, (signer, *beside))), signer.verifier, now)


def hand_over(session: Session, old: Signer, new: Signer, now: datetime) -> TrailCheckpoint:
    """Retire a key for the next one, with a checkpoint that both sign: who trusts the old one may trust the new one."""
    _known(session, old.verifier, now)
    return make(session, new, now, beside=(old,))


def keep(session: Session, text: str, key: Verifier, made_at: datetime) -> TrailCheckpoint:
    """Keep a checkpoint that was signed with our key, which is made known if it is new. Raises Refused if it does not hold."""
    read = notes.note(text)
    if key not in [found for found, _ in read.signed_by((key,))]:
        raise Refused(f"The checkpoint is not signed by {key.name}.")
    head, row = notes.head(read.text), _known(session, key, made_at)
    there = select(TrailCheckpoint).where(TrailCheckpoint.size == head.size, TrailCheckpoint.key_id == row.id)
    found = session.scalars(there).first()
    if found is None:
        found = TrailCheckpoint(size=head.size, root=head.root, made_at=made_at, key_id=row.id, note=text)
        session.add(found)
        session.flush()
    return found


def _known(session: Session, key: Verifier, now: datetime) -> CheckpointKey:
    """The row of our own key; a new one retires the one before it."""
    row = session.scalars(select(CheckpointKey).where(CheckpointKey.verifier == str(key))).first()
    if row is None:
        for old in session.scalars(_keys(is_witness=False).where(CheckpointKey.retired_at.is_(None))):
            old.retired_at = now
        row = CheckpointKey(verifier=str(key), is_witness=False, since=now)
        session.add(row)
        session.flush()
    return row


def _keys(*, is_witness: bool) -> Select[CheckpointKey]:
    return select(CheckpointKey).where(CheckpointKey.is_witness.is_(is_witness)).order_by(CheckpointKey.id)


def own_keys(session: Session) -> tuple[CheckpointKey, ...]:
    """The registry's own keys, oldest first; all but the last are retired."""
    return tuple(session.scalars(_keys(is_witness=False)))


def handovers(session: Session) -> tuple[str, ...]:
    """The notes in which a key that was retired and the next one sign the same tree head, oldest first."""
    own = own_keys(session)
    known = [notes.verifier(row.verifier) for row in own]
    found = []
    for row in own[1:]:
        first = (
            select(TrailCheckpoint.note).where(TrailCheckpoint.key_id == row.id).order_by(TrailCheckpoint.id)
        )
        text = session.scalars(first.limit(1)).first()
        if text is not None and len(notes.note(text).signed_by(known)) > 1:
            found.append(text)
    return tuple(found)


def witnesses(session: Session) -> tuple[CheckpointKey, ...]:
    """The keys of witnesses that were made known."""
    return tuple(session.scalars(_keys(is_witness=True)))


def add_witness(session: Session, text: str, now: datetime) -> Verifier:
    """Make the key of a witness known (once). Raises Refused if it is no key for timestamped cosignatures."""
    key = notes.verifier(text)
    if key.kind != notes.WITNESS:
        raise Refused(f"The key of {key.name} signs notes, not cosignatures; a witness has one of type 0x04.")
    if session.scalars(select(CheckpointKey).where(CheckpointKey.verifier == str(key))).first() is None:
        session.add(CheckpointKey(verifier=str(key), is_witness=True, since=now))
        session.flush()
    return key


def add_witness_lines(session: Session, text: str, now: datetime) -> tuple[TrailCosignature, ...]:
    """Put the lines of known witnesses under their checkpoint, once each.

    `text` is a whole checkpoint with their lines, or the lines alone, which are then tried under the latest checkpoints.
    Raises Refused if no line is of a known witness, if one does not hold, or if the checkpoint is not ours.
    """
    known = {
        (key.name, key.key_id): (row, key)
        for row in witnesses(session)
        for key in (notes.verifier(row.verifier),)
    }
    given = notes.note(text) if "\n\n" in text else None
    lines = given.lines if given else tuple(notes.line(item) for item in text.splitlines() if item)
    mine = [(item, *known[item.name, item.key_id]) for item in lines if (item.name, item.key_id) in known]
    if not mine:
        raise Refused("No line is of a witness whose key is known; give its key with --key.")
    return tuple(
        _cosigned(session, _signed_checkpoint(session, given, item, key), row, item, key, now)
        for item, row, key in mine
    )


def _signed_checkpoint(session: Session, given: Note | None, item: Line, key: Verifier) -> TrailCheckpoint:
    """The checkpoint that a line stands under."""
    latest = select(TrailCheckpoint).order_by(TrailCheckpoint.id.desc())
    if given is not None:
        key.check(given.text, item.signature)
        for checkpoint in session.scalars(latest.where(TrailCheckpoint.size == notes.head(given.text).size)):
            if notes.note(checkpoint.note).text == given.text:
                return checkpoint
        raise Refused("This registry never made the checkpoint that the line stands under.")
    for checkpoint in session.scalars(latest.limit(_TRIED)):
        try:
            key.check(notes.note(checkpoint.note).text, item.signature)
        except Refused:
            continue
        return checkpoint
    raise Refused(f"The line of {item.name} belongs to none of the latest {_TRIED} checkpoints.")


def _cosigned(
    session: Session,
    checkpoint: TrailCheckpoint,
    row: CheckpointKey,
    item: Line,
    key: Verifier,
    now: datetime,
) -> TrailCosignature:
    there = select(TrailCosignature).where(
        TrailCosignature.checkpoint_id == checkpoint.id, TrailCosignature.key_id == row.id
    )
    found = session.scalars(there).first()
    if found is None:
        signed_at = key.check(notes.note(checkpoint.note).text, item.signature) or now
        found = TrailCosignature(
            checkpoint_id=checkpoint.id, key_id=row.id, line=str(item), signed_at=signed_at, added_at=now
        )
        session.add(found)
        session.flush()
    return found


def whole_note(session: Session, checkpoint: TrailCheckpoint) -> str:
    """The checkpoint with the lines of its witnesses, as it is downloaded."""
    lines = session.scalars(
        select(TrailCosignature.line)
        .where(TrailCosignature.checkpoint_id == checkpoint.id)
        .order_by(TrailCosignature.id)
    )
    return checkpoint.note + "".join(f"{item}\n" for item in lines)


def read(session: Session, text: str) -> Head:
    """What a checkpoint says that somebody kept, if one of our keys, present or retired, signed it. Raises Refused."""
    found = notes.note(text)
    if not found.signed_by(notes.verifier(row.verifier) for row in own_keys(session)):
        raise Refused("No key of this registry signed this checkpoint.")
    return notes.head(found.text)


def faults(session: Session) -> Iterator[str]:
    """What is wrong with the checkpoints kept here, apart from their roots: text, signatures, retired keys."""
    rows: dict[int, tuple[CheckpointKey, Verifier]] = {}
    for row in (*own_keys(session), *witnesses(session)):
        try:
            rows[row.id] = row, notes.verifier(row.verifier)
        except Refused:
            yield f"Key {row.id}, which checkpoints are verified with, cannot be read."
    everything = select(TrailCheckpoint).order_by(TrailCheckpoint.id).execution_options(yield_per=500)
    for checkpoint in session.scalars(everything):
        if fault := _fault(checkpoint, rows.get(checkpoint.key_id)):
            yield f"Checkpoint {checkpoint.id} of {checkpoint.size} events: {fault}"
    lines = select(TrailCosignature, TrailCheckpoint.note).outerjoin(
        TrailCheckpoint, TrailCheckpoint.id == TrailCosignature.checkpoint_id
    )
    for item, text in session.execute(lines):
        if fault := _fault_of_line(item, text, rows.get(item.key_id)):
            yield f"Witness line {item.id}: {fault}"


def _fault_of_line(
    item: TrailCosignature, text: str | None, known: tuple[CheckpointKey, Verifier] | None
) -> str:
    if text is None:
        return "the checkpoint that it stands under is not there."
    if known is None:
        return "it cannot be verified without its key."
    try:
        signed_at = known[1].check(notes.note(text).text, notes.line(item.line).signature)
    except Refused as error:
        return error.message
    if signed_at is not None and signed_at != item.signed_at:
        return "its column says that it was signed at another time than the line does."
    return ""


def _fault(checkpoint: TrailCheckpoint, known: tuple[CheckpointKey, Verifier] | None) -> str:
    if known is None:
        return "it cannot be verified without its key."
    row, key = known
    try:
        found = notes.note(checkpoint.note)
        if key not in [by for by, _ in found.signed_by((key,))]:
            return "it is not signed by the key kept with it."
        head = notes.head(found.text)
    except Refused as error:
        return error.message
    if (head.origin, head.size, head.root) != (key.name, checkpoint.size, checkpoint.root):
        return "its columns say something else than its signed text."
    if row.retired_at and checkpoint.made_at > row.retired_at:
        return "it was signed with a key that was retired before."
    return ""


def heads(session: Session) -> Iterator[tuple[int, str]]:
    """Size and root of every checkpoint kept here."""
    yield from (
        (size, root) for size, root in session.execute(select(TrailCheckpoint.size, TrailCheckpoint.root))
    )


def listing(
    session: Session, *, before: int | None = None, limit: int = 100
) -> tuple[tuple[TrailCheckpoint, int], ...]:
    """Checkpoints, newest first, each with the number of its witnesses, and before an id."""
    lines = (
        select(TrailCosignature.checkpoint_id, func.count().label("number"))
        .group_by(TrailCosignature.checkpoint_id)
        .subquery()
    )
    statement = (
        select(TrailCheckpoint, func.coalesce(lines.c.number, 0))
        .outerjoin(lines, lines.c.checkpoint_id == TrailCheckpoint.id)
        .order_by(TrailCheckpoint.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(TrailCheckpoint.id < before)
    return tuple((checkpoint, number) for checkpoint, number in session.execute(statement))
