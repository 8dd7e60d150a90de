"""Whether packs of different dates come from one registry whose trail only ever grew, shown from the packs alone.

Three things can show it: a proof in the later pack that the earlier tree head is its beginning (RFC 9162, 2.1.4); a third
pack that proves both to be its beginning; or the later pack's own inclusion proofs, where they make up the earlier root.
One thing refutes it: an event that both carry at the same place, and that is not the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from governance.core import clock
from governance.core.errors import Refused
from governance.packs.content.assurance import Checkpoint
from governance.packs.verify.results import CheckResult, FailedCheckError, OpenCheckError, result
from governance.trail import notes
from governance.trail.merkle import complete_subtrees, fold, inclusion_ranges, node_hash
from governance.trail.notes import Verifier

# A long transaction notes its events before it commits them; nothing takes this long.
_LONGEST_TRANSACTION: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Proven:
    """An event that leads to the tree head: `index` from 0, `at` unless its text is withheld, siblings from the leaf up."""

    index: int
    leaf: bytes
    proof: tuple[bytes, ...]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Statement:
    """What a pack that verified says of the trail. `earlier` are the heads (size → root) that it proves to be its beginning."""

    name: str
    made_at: datetime
    head: Checkpoint
    earlier: Mapping[int, str]
    certificate_sha256: str
    events: Callable[[], Iterable[Proven]]


def proven(line: Mapping[str, object]) -> Proven:
    """An event of trail.jsonl, parsed."""
    leaf = line["leaf"]
    return Proven(
        index=int(str(line["index"])),
        leaf=bytes.fromhex(str(line["leaf_hash"])),
        proof=tuple(bytes.fromhex(str(item)) for item in _list(line["inclusion_proof"])),
        at=clock.parse(json.loads(str(leaf))["at"]) if leaf is not None else None,
    )


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def compare(packs: Sequence[Statement], keys: tuple[Verifier, ...] = ()) -> list[CheckResult]:
    """Each pack with the next later one, in the order in which they were made, whatever the order they come in.

    `keys` are those that the reader trusts to sign tree heads. Packs of different registries cannot be compared; that is
    said, and left open.
    """
    found = []
    ordered = sorted(packs, key=lambda item: (item.made_at, item.head.tree_size))
    for older, newer in pairwise(ordered):
        between = _Between(older, newer, ordered, keys)
        label = f"{older.name} → {newer.name}"
        found.append(result(f"{label}: registry", between.check_registry))
        if older.head.origin == newer.head.origin:
            found.append(result(f"{label}: growth", between.check_growth))
            found.append(result(f"{label}: trail", between.check_trail))
    return found


class _Between:
    """Two packs, the older one first; `others` are all that were given."""

    def __init__(
        self, older: Statement, newer: Statement, others: Sequence[Statement], keys: tuple[Verifier, ...]
    ) -> None:
        self.older, self.newer, self.others, self.keys = older, newer, others, keys

    def check_registry(self) -> str:
        """One origin, one key or one that was handed over, one certificate."""
        old, new = self.older.head, self.newer.head
        if old.origin != new.origin:
            also = self.older.certificate_sha256 == self.newer.certificate_sha256
            raise OpenCheckError(
                f"They are of different registries, {old.origin} and {new.origin}"
                f"{', although sealed with the same certificate' if also else ''}: nothing can be compared."
            )
        said = self._key()
        if self.older.certificate_sha256 != self.newer.certificate_sha256:
            raise OpenCheckError(
                f"{said} They were sealed with different certificates; compare both with the published ones."
            )
        return f"{said} The certificate of the seal is the same."

    def _key(self) -> str:
        old, new = self.older.head, self.newer.head
        named = {notes.verifier(key) for key in (*old.keys, *new.keys)} | set(self.keys)
        own = {key for key in named if key.name == new.origin}
        before, after = _signers(old.text, own), _signers(new.text, own)
        if not before or not after:
            raise OpenCheckError(
                f"Both say that they are of {new.origin}, but a key that shows it is in neither pack: "
                "give it with --checkpoint-key."
            )
        if before & after:
            return f"Both tree heads are signed by the same key of {new.origin}."
        reached = set(before)
        for note in (*old.handovers, *new.handovers) * 2:
            signers = _signers(note, own)
            if signers & reached:
                reached |= signers
        if not reached & after:
            raise OpenCheckError(
                f"The tree heads of {new.origin} are signed by different keys, and no hand-over that both "
                "signed leads from one to the other: compare both with the published ones."
            )
        return f"The key of {new.origin} was changed, and the old one signed for the new one."

    def check_growth(self) -> str:
        """Later means more events; and no event is dated as if it stood on the other side of the older tree head."""
        old, new = self.older, self.newer
        if new.head.tree_size < old.head.tree_size:
            raise FailedCheckError(
                f"{new.name} was made on {_day(new)}, later than {old.name} on {_day(old)}, and has fewer "
                f"events, {new.head.tree_size} after {old.head.tree_size}: the trail was rolled back, or a clock was."
            )
        early = None
        for event in new.events():
            if event.at is None:
                continue
            if event.index < old.head.tree_size and event.at > old.made_at + _LONGEST_TRANSACTION:
                early = early or event
            if event.index >= old.head.tree_size and event.at < old.made_at - _LONGEST_TRANSACTION:
                raise FailedCheckError(
                    f"Event {event.index + 1} is dated {event.at:%Y-%m-%d %H:%M} UTC, but {old.name} of {_day(old)} does not have it: "
                    "it was dated back, or a clock was."
                )
        if early is not None:
            # A pack as of an earlier day is sealed later; only one whose trail does not follow its dates has such events.
            raise OpenCheckError(
                f"Event {early.index + 1} is dated {early.at:%Y-%m-%d %H:%M} UTC, and {old.name} of {_day(old)} has it already: "
                "the trail's clock was moved, or the pack is of another day than it says. Ask when it was sealed."
            )
        return (
            f"From {old.head.tree_size} events on {_day(old)} to {new.head.tree_size} on {_day(new)}; "
            "no event is dated on the wrong side."
        )

    def check_trail(self) -> str:
        """The older tree is the beginning of the newer one."""
        old, new = self.older.head, self.newer.head
        if new.tree_size < old.tree_size:
            raise FailedCheckError("A shorter trail cannot go on from a longer one.")
        if new.tree_size == old.tree_size:
            if new.root_hash != old.root_hash:
                raise FailedCheckError(_FORKED)
            return f"The same {new.tree_size} events."
        return self._by_proof() or self._by_events()

    def _by_events(self) -> str:
        """What the events and proofs that both packs carry say about the two heads. Raises FailedCheckError or OpenCheckError."""
        old, new = self.older.head, self.newer.head
        here = {event.index: event.leaf for event in self.older.events()}
        same = 0
        peaks = dict.fromkeys(_peaks(old.tree_size), b"")
        for event in self.newer.events():
            leaf = here.get(event.index, event.leaf)
            if leaf != event.leaf:
                raise FailedCheckError(f"Event {event.index + 1} is another in each. {_FORKED}")
            same += event.index in here
            for place, node in _nodes(event, new.tree_size):
                if place in peaks:
                    peaks[place] = node
        if all(peaks.values()):
            if fold(list(peaks.values())).hex() != old.root_hash:
                raise FailedCheckError(_FORKED)
            return f"The newer pack's proofs contain the older tree of {old.tree_size} events whole."
        raise OpenCheckError(
            f"Not proven: no pack here carries a proof for the tree of {old.tree_size} events. "
            f"{same} events stand in both and are the same. Ask the registry whether it knows the older pack."
        )

    def _by_proof(self) -> str:
        """What a proof in one of the packs says about the two heads; empty if none does. Raises FailedCheckError."""
        old, new = self.older.head, self.newer.head
        if known := self.newer.earlier.get(old.tree_size):
            if known != old.root_hash:
                raise FailedCheckError(f"{self.newer.name} goes on from another tree of {old.tree_size} events. {_FORKED}")  # fmt: skip
            return f"The first {old.tree_size} of {new.tree_size} events are those of the older pack, by a consistency proof."
        for third in self.others:
            roots = third.earlier.get(old.tree_size), third.earlier.get(new.tree_size)
            if roots == (old.root_hash, new.root_hash):
                return f"Both are the beginning of {third.name}, by its consistency proofs."
        return ""


_FORKED: Final = (
    "The trail behind these packs is not one: it was rewritten, or the registry was forked or rolled back."
)


def _signers(text: str, known: Iterable[Verifier]) -> frozenset[Verifier]:
    """Which of the keys signed a note; none if a line does not hold, or there is no note."""
    found = set()
    for key in known:
        try:
            found |= {by for by, _ in notes.note(text).signed_by((key,))}
        except Refused:
            continue
    return frozenset(found)


def _day(pack: Statement) -> str:
    return f"{pack.made_at.astimezone(UTC):%Y-%m-%d}"


def _peaks(size: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees that a tree consists of, as (first leaf, leaf after the last), largest first."""
    for level, at in complete_subtrees(0, size):
        yield at << level, (at + 1) << level


def _nodes(event: Proven, size: int) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Every node that an inclusion proof names or leads through, from the leaf to the root."""
    low, high, carried = event.index, event.index + 1, event.leaf
    yield (low, high), carried
    for (left, right), sibling in zip(inclusion_ranges(event.index, size), event.proof, strict=True):
        yield (left, right), sibling
        carried = node_hash(carried, sibling) if left == high else node_hash(sibling, carried)
        low, high = min(low, left), max(high, right)
        yield (low, high), carried
