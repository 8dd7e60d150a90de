"""The Merkle tree of RFC 9162 (Certificate Transparency 2.0), section 2.1, over SHA-256. Pure."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
# Of the inner nodes those at every fourth level are stored: a sixteenth of a row an event, at most fifteen reads a level.
STORED_EVERY = 4
_WIDTH = 1 << STORED_EVERY


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 ‖ data), 32 bytes (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 ‖ left ‖ right), 32 bytes (RFC 9162, 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The complete subtrees of a growing tree, largest first; enough to append and to know the root.

    `finished` collects the nodes to be stored that appending completed: (level, position, hash), until it is emptied.
    """

    __slots__ = ("finished", "peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        self.size, self.peaks = size, list(peaks)
        self.finished: list[tuple[int, int, bytes]] = []

    def append(self, leaf: bytes) -> None:
        """Grow by one leaf hash."""
        self._carry(leaf, 0)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Grow by many leaf hashes; the same as appending them one by one, and twice as fast."""
        alone = min(-self.size % _WIDTH, len(leaves))
        for leaf in leaves[:alone]:
            self.append(leaf)
        together = alone + (len(leaves) - alone) // _WIDTH * _WIDTH
        level = leaves[alone:together]
        for _ in range(STORED_EVERY):
            level = [
                sha256(b"\x01" + left + right).digest()
                for left, right in zip(level[::2], level[1::2], strict=True)
            ]
        for node in level:
            self._carry(node, STORED_EVERY)
        for leaf in leaves[together:]:
            self.append(leaf)

    def _carry(self, carried: bytes, level: int) -> None:
        """Add a complete subtree of 2^level leaves; the size must be a multiple of that."""
        rest = self.size >> level
        self.size += 1 << level
        while True:
            if level and level % STORED_EVERY == 0:
                self.finished.append((level, rest, carried))
            if not rest & 1:
                break
            carried = node_hash(self.peaks.pop(), carried)
            rest, level = rest >> 1, level + 1
        self.peaks.append(carried)

    @property
    def root(self) -> bytes:
        """The tree head, 32 bytes."""
        return fold(self.peaks)


def fold(subtrees: Sequence[bytes]) -> bytes:
    """Tree head over neighbouring complete subtrees, largest first."""
    if not subtrees:
        return EMPTY_ROOT
    root = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        root = node_hash(left, root)
    return root


def chained(link: bytes, leaf: bytes) -> bytes:
    """The next link of the chain beside the tree: SHA-256(0x02 ‖ link before ‖ leaf hash), 32 bytes.

    It costs one hash an event where the root costs twenty, and names the first event that was rewritten with its leaf
    hash. It starts with EMPTY_ROOT. Nobody outside needs it: proofs and checkpoints rest on the tree alone.
    """
    return sha256(b"\x02" + link + leaf).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Tree head of a list of leaf hashes (RFC 9162, 2.1.1)."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def complete_subtrees(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees (level, position) that make up the leaves from `low` to before `high`, largest first.

    `low` must be a multiple of the largest of them, as it is in every range that proofs are made of.
    """
    while low < high:
        level = (high - low).bit_length() - 1
        yield level, low >> level
        low += 1 << level


def inclusion_ranges(index: int, size: int) -> tuple[tuple[int, int], ...]:
    """The ranges of leaves whose hashes prove leaf `index` (from 0), from the leaf upwards (RFC 9162, 2.1.3.1).

    Raises IndexError if there is no such leaf.
    """
    if not 0 <= index < size:
        raise IndexError(f"There is no leaf {index} in a tree of {size}.")
    ranges: list[tuple[int, int]] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return tuple(reversed(ranges))


def consistency_ranges(old: int, new: int) -> tuple[tuple[int, int], ...]:
    """The ranges of leaves whose hashes prove that the tree of `new` begins with that of `old` (RFC 9162, 2.1.4.1).

    Raises IndexError if the older tree is the larger one.
    """
    if not 0 <= old <= new:
        raise IndexError(f"A tree of {new} does not begin with one of {old}.")
    if old == 0:
        return ()
    ranges: list[tuple[int, int]] = []
    low, high, whole = 0, new, True
    while old < high:
        middle = low + _split(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low, whole = middle, False
    return tuple(reversed(ranges if whole else [*ranges, (low, high)]))


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Sibling hashes from leaf `index` (from 0) up to the root (RFC 9162, 2.1.3.1).

    Raises IndexError if there is no such leaf.
    """
    return tuple(root_of(leaves[low:high]) for low, high in inclusion_ranges(index, len(leaves)))


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof shows that the leaf hash stands at `index` in the tree of `size` with `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    first, last, carried = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            carried = node_hash(sibling, carried)
            while not first & 1 and first != 0:
                first, last = first >> 1, last >> 1
        else:
            carried = node_hash(carried, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and carried == root


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the tree of `new` leaves begins with the tree of `old` (RFC 9162, 2.1.4.2)."""
    if old == new or old == 0:
        return not proof and old_root == (new_root if old else EMPTY_ROOT)
    if not 0 < old < new or not proof:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not first & 1 and first != 0:
                first, last = first >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
