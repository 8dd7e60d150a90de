"""The proofs of the program in the pack, held against the registry's own and against published libraries."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.packs.bag.writer import Bag, signed
from governance.packs.seal.seal import Sealer, load_or_make_key
from governance.packs.verify import standalone
from governance.packs.verify import standalone_proofs as proofs
from governance.packs.verify.standalone_verify import note_signers
from governance.trail import merkle, notes
from tests.conftest import MORNING

LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(40)]


@given(st.integers(1, 40), st.integers(0, 39), st.integers(0, 39))
def test_inclusion_is_what_the_trail_proves_and_nothing_else(size: int, index: int, other: int) -> None:
    """RFC 9162, 2.1.3.2."""
    index %= size
    tree = LEAVES[:size]
    root, proof = merkle.root_of(tree), list(merkle.inclusion_proof(tree, index))
    assert proofs.is_included(tree[index], index, size, proof, root)
    assert proofs.is_included(LEAVES[other], index, size, proof, root) == (LEAVES[other] == tree[index])
    assert proofs.is_included(tree[index], other, size, proof, root) == (other == index)
    assert not proofs.is_included(tree[index], index, size, [*proof, root], root)


@given(st.integers(1, 40), st.integers(1, 40))
def test_consistency_is_what_the_trail_proves_and_nothing_else(one: int, two: int) -> None:
    """RFC 9162, 2.1.4.2."""
    old, new = sorted((one, two))
    ranges = merkle.consistency_ranges(old, new)
    proof = [merkle.root_of(LEAVES[low:high]) for low, high in ranges] if old < new else []
    roots = merkle.root_of(LEAVES[:old]), merkle.root_of(LEAVES[:new])
    assert proofs.is_consistent(old, new, *roots, proof)
    assert not proofs.is_consistent(old, new, hashlib.sha256(b"").digest(), roots[1], proof)
    assert not proofs.is_consistent(old, new, roots[0], hashlib.sha256(b"").digest(), proof)
    if proof:
        assert not proofs.is_consistent(old, new, *roots, proof[:-1])


@settings(max_examples=8)
@given(st.binary(max_size=200), st.integers(0, 63), st.integers(0, 7))
def test_ed25519_agrees_with_a_library(message: bytes, place: int, bit: int) -> None:
    """RFC 8032, 5.1.7."""
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(message).digest())
    public, signature = key.public_key().public_bytes_raw(), bytearray(key.sign(message))
    assert proofs.ed25519_holds(public, message, bytes(signature))
    assert not proofs.ed25519_holds(public, message + b"!", bytes(signature))
    signature[place] ^= 1 << bit
    assert not proofs.ed25519_holds(public, message, bytes(signature))


def test_the_example_of_the_rfc_holds() -> None:
    """RFC 8032, 7.1, test 2."""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert proofs.ed25519_holds(public, b"\x72", signature)


def test_a_signed_tree_head_is_known_by_its_key() -> None:
    """C2SP signed-note: the key id is bound to name and key, and a known key's signature must hold."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    material = b"\x01" + key.public_key().public_bytes_raw()
    identity = hashlib.sha256(b"registry.example\n" + material).digest()[:4]
    verifier = f"registry.example+{identity.hex()}+{base64.b64encode(material).decode()}"
    text = "registry.example\n7\n" + base64.b64encode(bytes(32)).decode() + "\n"
    line = base64.b64encode(identity + key.sign(text.encode())).decode()
    note = f"{text}\n\u2014 registry.example {line}\n"
    assert note_signers(note, [verifier]) == ["registry.example"]
    assert note_signers(note, []) == [] and note_signers(text, [verifier]) == []
    witness = notes.signer("witness.example", key, notes.WITNESS)
    cosigned = note + witness.line(text, MORNING) + "\n"
    assert note_signers(cosigned, [verifier, str(witness.verifier)]) == [
        "registry.example",
        "witness.example",
    ]
    with pytest.raises(proofs.CheckError, match="does not hold"):
        note_signers(note.replace("\n7\n", "\n8\n"), [verifier])


@pytest.fixture(scope="module")
def sealer(tmp_path_factory: pytest.TempPathFactory) -> Sealer:
    return load_or_make_key(tmp_path_factory.mktemp("keys"), "Test House")


def test_the_signature_is_one_that_openssl_accepts(sealer: Sealer, tmp_path: Path) -> None:
    content = b"something to sign\n"
    cms = signed(content, sealer)
    assert cms == signed(content, sealer), "the same content, the same bytes"
    assert proofs.check_signature(cms, content) == sealer.certificate_der
    (tmp_path / "content").write_bytes(content)
    (tmp_path / "cms").write_bytes(cms)
    command = "openssl cms -verify -binary -noverify -inform DER -in cms -content content -out back"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "back").read_bytes() == content


def test_no_flipped_bit_of_a_signature_goes_unnoticed(sealer: Sealer) -> None:
    content = b"something to sign\n"
    cms = signed(content, sealer)
    missed = []
    for place in range(len(cms)):
        changed = bytearray(cms)
        changed[place] ^= 1 << place % 8
        try:
            proofs.check_signature(bytes(changed), content)
        except (proofs.CheckError, ArithmeticError):
            continue
        missed.append(place)
    assert missed == []


def test_an_archive_beyond_four_gibibytes_is_read_again(tmp_path: Path, sealer: Sealer) -> None:
    """ZIP64: the place of a late file does not fit into 32 bits. The file has holes and takes no space."""
    path = tmp_path / "large.zip"
    hole = (1 << 32) - 300
    with path.open("w+b") as file:
        file.write(proofs.local_header(b"x/hole", 0, hole))
        file.seek(hole, 1)
        places = []
        for name in (b"x/late", b"x/" + b"n" * 400, b"x/beyond"):
            places.append(file.tell())
            file.write(proofs.local_header(name, 0, 4) + b"late")
        names = (b"x/hole", b"x/late", b"x/" + b"n" * 400, b"x/beyond")
        found = zip(names, (hole, 4, 4, 4), (0, *places), strict=True)
        directory = b"".join(proofs.central_record(name, 0, size, place) for name, size, place in found)
        start = file.tell()
        file.write(directory + proofs.end_record(4, start, len(directory)))
    assert places[0] < 1 << 32 < places[2]
    with path.open("rb") as file:
        archive = proofs.Archive(file)
        assert archive.read("x/late") == archive.read("x/beyond") == b"late" and len(archive.places) == 4
    with zipfile.ZipFile(path) as other:
        assert [item.filename[:6] for item in other.infolist()] == ["x/hole", "x/late", "x/nnnn", "x/beyo"]
        assert [item.header_offset for item in other.infolist()][1:] == places


def test_a_name_twice_is_refused(tmp_path: Path, sealer: Sealer) -> None:
    path = tmp_path / "twice.zip"
    with path.open("w+b") as file:
        bag = Bag(file, "MSP-0001")
        bag.add("data/a", [b"1"])
        bag.add("data/a", [b"2"])
        bag.close({}, {}, sealer)
    with path.open("rb") as file, pytest.raises(proofs.CheckError, match="twice"):
        proofs.Archive(file)


def test_the_program_is_one_file_without_anything_of_ours() -> None:
    source = standalone.source().decode()
    compile(source, "verify.py", "exec")
    assert "from governance" not in source and "import governance" not in source


def test_a_name_in_an_archive_cannot_pretend_to_be_another_line(tmp_path: Path) -> None:
    """The program in the pack prints what its forger wrote; every line must be its own."""
    name, bagit = "x/\n  ok    signature: Holds.\x1b[8m", b"BagIt-Version: 1.0\n"
    head = proofs.local_header(name.encode(), zlib.crc32(bagit), len(bagit))
    directory = proofs.central_record(name.encode(), zlib.crc32(bagit), len(bagit), 0)
    end = proofs.end_record(2, len(head + bagit), 2 * len(directory))
    path, program = tmp_path / "evil.zip", tmp_path / standalone.NAME
    path.write_bytes(head + bagit + directory + directory + end)
    program.write_bytes(standalone.source())
    ran = subprocess.run([sys.executable, "-I", "-S", program, path], capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stdout.splitlines() == [
        "  FAIL  archive: x/[U+000A]  ok    signature: Holds.[U+001B][8m is in the archive twice.",
        "NOT VERIFIED: do not rely on this pack.",
    ]
