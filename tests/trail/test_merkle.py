"""The Merkle tree against the published vectors of certificate transparency and against its own definition."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.trail.merkle import (
    Frontier,
    consistency_ranges,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    node_hash,
    root_of,
)

# The eight leaves and the roots that every implementation of RFC 6962 and RFC 9162 is tested with
# (certificate-transparency's merkletree tests; the tree hash of both RFCs is the same).
INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = tuple(leaf_hash(bytes.fromhex(text)) for text in INPUTS)


def test_the_empty_tree_has_the_published_root() -> None:
    assert Frontier().root.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_equal_the_published_vectors(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size - 1]


def recursive_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(recursive_root(leaves[:split]), recursive_root(leaves[split:]))


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_frontier_equals_the_definition(data: list[bytes]) -> None:
    leaves = [leaf_hash(item) for item in data]
    assert root_of(leaves) == recursive_root(leaves)


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=70), st.data())
def test_inclusion_proofs_hold_for_their_leaf_only(data: list[bytes], draw: st.DataObject) -> None:
    leaves = [leaf_hash(item) for item in data]
    index = draw.draw(st.integers(0, len(leaves) - 1))
    proof, root = inclusion_proof(leaves, index), recursive_root(leaves)
    assert is_included(leaves[index], index, len(leaves), proof, root)
    assert not is_included(leaf_hash(b"something else entirely"), index, len(leaves), proof, root)
    assert not is_included(leaves[index], index, len(leaves), (*proof, root), root)
    if proof:
        assert not is_included(leaves[index], index, len(leaves), proof[:-1], root)


# The consistency proofs that every implementation is tested with, over the same eight leaves: old size, new size, hashes.
CONSISTENCY = (
    (1, 1, ()),
    (
        1,
        8,
        (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ),
    ),
    (
        6,
        8,
        (
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ),
    ),
)


@pytest.mark.parametrize(("old", "new", "hashes"), CONSISTENCY)
def test_consistency_proofs_equal_the_published_vectors(old: int, new: int, hashes: tuple[str, ...]) -> None:
    proof = [root_of(LEAVES[low:high]) for low, high in consistency_ranges(old, new)]
    assert tuple(item.hex() for item in proof) == hashes
    assert is_consistent(old, new, root_of(LEAVES[:old]), root_of(LEAVES[:new]), proof)


@given(st.integers(0, 90), st.integers(0, 90))
def test_consistency_proofs_hold_for_their_trees_only(one: int, other: int) -> None:
    old, new = sorted((one, other))
    leaves = [leaf_hash(bytes([number])) for number in range(new)]
    before, after = recursive_root(leaves[:old]), recursive_root(leaves)
    proof = [recursive_root(leaves[low:high]) for low, high in consistency_ranges(old, new)]
    assert is_consistent(old, new, before, after, proof)
    forged = recursive_root([leaf_hash(b"forged"), *leaves[1:]])
    assert not is_consistent(old, new, before, forged, proof) or (new == 0 or old == 0)
    assert not is_consistent(old, new, leaf_hash(b"x"), after, proof)
    assert not is_consistent(old, new, before, after, [*proof, after])


@given(st.lists(st.integers(0, 60), max_size=6))
def test_many_leaves_at_once_grow_the_same_tree(portions: list[int]) -> None:
    slow, fast = Frontier(), Frontier()
    for portion in portions:
        leaves = [leaf_hash(f"{slow.size + number}".encode()) for number in range(portion)]
        fast.extend(leaves)
        for leaf in leaves:
            slow.append(leaf)
        assert (fast.size, fast.peaks, sorted(fast.finished)) == (
            slow.size,
            slow.peaks,
            sorted(slow.finished),
        )
