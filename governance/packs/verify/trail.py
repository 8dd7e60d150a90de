"""The trail in a pack of one record: events, their proofs, the tree head, who signed it, and the heads before it."""

from __future__ import annotations

import base64

from governance.packs.content.assurance import Checkpoint, TrailEventLine
from governance.packs.content.audit import AuditFile
from governance.packs.content.system_pack import SystemPack
from governance.packs.seal.attach import REGISTRY, checkpoint_text, trail_line
from governance.packs.verify.results import FailedCheckError, KnownHead
from governance.trail import notes
from governance.trail.merkle import is_consistent, is_included, leaf_hash
from governance.trail.notes import Verifier


def check_trail(written: bytes, snapshot: SystemPack | AuditFile) -> str:
    """Each event hashes to its leaf, and each leaf leads to the tree head (RFC 9162, 2.1.3.2).

    `written` is trail.jsonl. Raises FailedCheckError.
    """
    if not snapshot.trail:
        return "The pack carries no events of the trail."
    if written != b"".join(trail_line(event) + b"\n" for event in snapshot.trail):
        raise FailedCheckError(f"It says something else than {REGISTRY}.")
    head, proven = snapshot.checkpoint, 0
    for event in snapshot.trail:
        leaf = bytes.fromhex(event.leaf_hash)
        if event.leaf is not None and leaf_hash(event.leaf.encode()) != leaf:
            raise FailedCheckError(f"Event {event.sequence} does not have the hash that stands beside it.")
        if head and _has_proof(event, head):
            proof = [bytes.fromhex(sibling) for sibling in event.inclusion_proof]
            if not is_included(leaf, event.index, head.tree_size, proof, bytes.fromhex(head.root_hash)):
                raise FailedCheckError(f"Event {event.sequence} does not lead to the tree head.")
            proven += 1
    if len({event.index for event in snapshot.trail}) != len(snapshot.trail):
        raise FailedCheckError("Two events claim the same place in the tree.")
    return f"{len(snapshot.trail)} events have their hashes; {proven} of them are proven to be in the tree."


def _has_proof(event: TrailEventLine, head: Checkpoint) -> bool:
    """A tree of one leaf needs no sibling to be proven."""
    return bool(event.inclusion_proof) or head.tree_size == 1


def check_checkpoint(
    written: bytes, head: Checkpoint, known: KnownHead | None, keys: tuple[Verifier, ...]
) -> str:
    """The tree head as checkpoint.txt has it (`written`), who signed it, and that earlier heads are its beginning.

    `known` is a tree head that the reader kept, `keys` those of whom one must have signed. Raises FailedCheckError.
    """
    text = written.decode()
    if text != checkpoint_text(head):
        raise FailedCheckError(f"It says something else than {REGISTRY}.")
    _, size, root = text.split("\n")[:3]
    if (int(size), base64.b64decode(root, validate=True).hex()) != (head.tree_size, head.root_hash):
        raise FailedCheckError("The signed text names another tree head than the records.")
    signature = _signatures(text, keys, tuple(notes.verifier(key) for key in head.keys))
    earlier = earlier_heads(head)
    before = f" Earlier tree heads that it goes on from, as proven: {len(earlier)}." if earlier else ""
    if known is None:
        return f"{head.tree_size} events, root {head.root_hash}. {signature}{before}"
    roots = {**earlier, head.tree_size: head.root_hash}
    if known.tree_size not in roots:
        raise FailedCheckError(
            f"The pack's tree has {head.tree_size} events, yours {known.tree_size}: two sizes cannot be "
            "compared without a consistency proof; ask the registry for one."
        )
    if known.root_hash != roots[known.tree_size]:
        raise FailedCheckError("The trail behind this pack is not the one behind your tree head.")
    same = "the same as yours" if known.tree_size == head.tree_size else "which goes on from yours, as proven"
    return f"{head.tree_size} events, root {head.root_hash}, {same}. {signature}{before}"


def earlier_heads(head: Checkpoint) -> dict[int, str]:
    """Size and root of each earlier tree head that is proven to be the beginning of this one (RFC 9162, 2.1.4.2).

    Raises FailedCheckError if a proof does not hold.
    """
    for item in head.earlier:
        proof = [bytes.fromhex(node) for node in item.proof]
        roots = bytes.fromhex(item.root_hash), bytes.fromhex(head.root_hash)
        if item.tree_size < 1 or not is_consistent(item.tree_size, head.tree_size, *roots, proof):
            raise FailedCheckError(f"The tree of {item.tree_size} events is not the beginning of this one.")
    return {item.tree_size: item.root_hash for item in head.earlier}


def _signatures(text: str, trusted: tuple[Verifier, ...], own: tuple[Verifier, ...]) -> str:
    """Who signed the checkpoint, as far as the keys that the reader gave, or else those in the pack, tell."""
    if "\n\n" not in text:
        if trusted or own:
            raise FailedCheckError("It is not signed, and there are keys that must have signed it.")
        return "It is not signed."
    note = notes.note(text)
    if own and not note.signed_by(own):
        raise FailedCheckError("None of the keys that the records name signed it.")
    if not trusted:
        by = ", ".join(f"{line.name} ({line.key_id.hex()})" for line in note.lines)
        holds = "The signature holds by the key in the pack; the key is" if own else "The signature was"
        return f"Signed by {by}. {holds} not compared with a published one, for none was given."
    found = note.signed_by(trusted)
    if not found:
        raise FailedCheckError("None of the keys that you gave signed it.")
    return (
        "Signed by " + ", ".join(f"{key.name} ({key.key_id.hex()})" for key, _ in found) + ", as you trust."
    )
