"""Signed notes and checkpoints, against what other programs sign and against whoever changes them."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.core.errors import Refused
from governance.trail import notes
from governance.trail.notes import LOG, WITNESS, Head

# The example of golang.org/x/mod/sumdb/note, the program that the format comes from.
THEIR_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
THEIR_PRIVATE = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
THEIR_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SEED = bytes(range(32))


def test_a_note_of_another_program_verifies_and_signing_makes_the_same_one() -> None:
    key = notes.verifier(THEIR_KEY)
    read = notes.note(THEIR_NOTE)
    assert str(key) == THEIR_KEY and key.kind == LOG and str(read) == THEIR_NOTE
    assert read.signed_by((key,)) == ((key, None),)
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(THEIR_PRIVATE)[1:])
    assert notes.signer("PeterNeumann", private).line(read.text) == str(read.lines[0])


def test_a_changed_note_is_refused() -> None:
    changed = notes.note(THEIR_NOTE.replace("answer", "reason"))
    with pytest.raises(Refused, match="does not belong"):
        changed.signed_by((notes.verifier(THEIR_KEY),))


def test_the_line_of_an_unknown_key_is_passed_over() -> None:
    other = notes.signer("PeterNeumann", Ed25519PrivateKey.generate())
    assert notes.note(THEIR_NOTE).signed_by((other.verifier,)) == ()


def test_a_witness_signs_the_time_with_the_text() -> None:
    """Signature: eight bytes of seconds, then Ed25519 over `cosignature/v1`, `time N` and the text (tlog-cosignature)."""
    at = datetime(2023, 3, 20, 12, 25, 47, tzinfo=UTC)
    text = Head("example.com/behind-the-sofa", 20852163, "0a" * 32).text
    witness = notes.signer("witness.example/w1", Ed25519PrivateKey.from_private_bytes(SEED), WITNESS)
    line = notes.line(witness.line(text, at))
    assert line.signature[:8] == int(at.timestamp()).to_bytes(8) and len(line.signature) == 72
    assert notes.Note(text, (line,)).signed_by((witness.verifier,)) == ((witness.verifier, at),)
    later = notes.Line(line.name, line.key_id, (int(at.timestamp()) + 1).to_bytes(8) + line.signature[8:])
    with pytest.raises(Refused, match="does not belong"):
        notes.Note(text, (later,)).signed_by((witness.verifier,))


def test_a_checkpoint_is_three_lines() -> None:
    head = Head("example.com/log", 5, "ab" * 32)
    assert head.text == f"example.com/log\n5\n{base64.b64encode(bytes.fromhex('ab' * 32)).decode()}\n"
    assert notes.head(head.text) == head


@pytest.mark.parametrize(
    "text",
    ["", "a\n5\n", "a\n05\nq6s=\n", "a\nfive\nq6s=\n", "a\n5\nnot base64\n", "\n5\nq6s=\n", "a\n²\nq6s=\n"],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="no checkpoint"):
        notes.head(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n- name AAAA\n",
        "text\n\n— name AAAA",
        "text\n\n— name !!\n",
        "a\tb\n\n" + THEIR_NOTE,
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        notes.note(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+c74f20a3+AAAA",
        THEIR_KEY.replace("c74f20a3", "c74f20a4"),
        THEIR_KEY.replace("Peter", "Pet er"),
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        notes.verifier(text)


def test_a_key_has_a_name_without_spaces_and_plus() -> None:
    with pytest.raises(Refused):
        notes.signer("two words", Ed25519PrivateKey.generate())
