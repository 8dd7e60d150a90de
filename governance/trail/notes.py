"""Signed notes and checkpoints as the C2SP writes them down (signed-note, tlog-checkpoint, tlog-cosignature). Pure.

A note is text, a blank line, and signature lines; a checkpoint is a note of origin, tree size and root. The log signs
with plain Ed25519 (type 0x01), witnesses with timestamped Ed25519 (type 0x04).
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from governance.core.errors import Refused

LOG: Final = 0x01
WITNESS: Final = 0x04
_MOST_LINES = 100
_LARGEST = 100_000


@dataclass(frozen=True)
class Verifier:
    """A public key with the name that signs: `name+id+base64`, as verifier keys are passed around."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes: SHA-256(name ‖ newline ‖ type ‖ public key), cut off."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.public)}"

    def check(self, text: str, signature: bytes) -> datetime | None:
        """The time that a witness says it signed at; None for the log's own. Raises Refused if it does not hold."""
        moment, message = None, text.encode()
        if self.kind == WITNESS:
            seconds = int.from_bytes(signature[:8])
            signature, message = signature[8:], f"cosignature/v1\ntime {seconds}\n".encode() + message
            try:
                moment = datetime.fromtimestamp(seconds, UTC)
            except (OverflowError, ValueError, OSError):
                raise Refused(f"The signature of {self.name} names no time that there is.") from None
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            raise Refused(f"The signature of {self.name} does not belong to this text.") from None
        return moment


def verifier(text: str) -> Verifier:
    """Read a verifier key. Raises Refused if it is none, or of a type that is not Ed25519."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    data = _decoded(encoded)
    if not is_name(name) or len(data) != 33 or data[0] not in (LOG, WITNESS):
        raise Refused(f"{text[:80]!r} is no Ed25519 verifier key; it looks like name+1234abcd+base64.")
    found = Verifier(name, data[0], data[1:])
    if found.key_id.hex() != key_id.lower():
        raise Refused(
            f"The id {key_id[:20]} is not the one of the key of {name}; was it cut off or mistyped?"
        )
    return found


def is_name(name: str) -> bool:
    """Whether this may be the name of a key: not empty, no spaces, no plus, nothing unprintable."""
    return bool(name) and name.isprintable() and not any(part.isspace() or part == "+" for part in name)


@dataclass(frozen=True)
class Signer:
    """A private key with its verifier."""

    verifier: Verifier
    private: Ed25519PrivateKey

    def line(self, text: str, at: datetime | None = None) -> str:
        """The signature line under a text; a witness says when it signs."""
        message, before = text.encode(), b""
        if self.verifier.kind == WITNESS:
            seconds = int((at or datetime.fromtimestamp(0, UTC)).timestamp())
            before = seconds.to_bytes(8)
            message = f"cosignature/v1\ntime {seconds}\n".encode() + message
        signature = before + self.private.sign(message)
        return str(Line(self.verifier.name, self.verifier.key_id, signature))


def signer(name: str, private: Ed25519PrivateKey, kind: int = LOG) -> Signer:
    """A signer of this name. Raises Refused if it is no name for a key."""
    if not is_name(name):
        raise Refused(f"{name!r} cannot name a key: it holds spaces or a plus.")
    return Signer(Verifier(name, kind, private.public_key().public_bytes_raw()), private)


@dataclass(frozen=True)
class Line:
    """One signature line; printed it ends without a newline."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {_base64(self.key_id + self.signature)}"


def line(text: str) -> Line:
    """Read one signature line. Raises Refused if it is none."""
    dash, _, rest = text.strip("\n").partition(" ")
    name, _, encoded = rest.partition(" ")
    data = _decoded(encoded)
    if dash != "—" or not is_name(name) or len(data) < 5:
        raise Refused(f"{text[:80]!r} is no signature line; it looks like: — name base64")
    return Line(name, data[:4], data[4:])


@dataclass(frozen=True)
class Note:
    """A text that ends with a newline, and the lines under it."""

    text: str
    lines: tuple[Line, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(f"{item}\n" for item in self.lines)

    def signed_by(self, known: Iterable[Verifier]) -> tuple[tuple[Verifier, datetime | None], ...]:
        """Which of the known keys signed, each with the time that it says, if it says one.

        Lines of keys that nobody knows are passed over. Raises Refused if the line of a known key does not hold.
        """
        by_id = {(item.name, item.key_id): item for item in known}
        return tuple(
            (found, found.check(self.text, item.signature))
            for item in self.lines
            if (found := by_id.get((item.name, item.key_id)))
        )


def note(text: str) -> Note:
    """Read a signed note. Raises Refused if it is none."""
    body, blank, under = text.rpartition("\n\n")
    lines = under.split("\n")
    if (
        len(text) > _LARGEST
        or not body
        or not blank
        or lines.pop() != ""
        or not 0 < len(lines) <= _MOST_LINES
    ):
        raise Refused("This is no signed note: a text, a blank line, and lines that begin with an em dash.")
    if any(character < " " and character != "\n" for character in text):
        raise Refused("A signed note holds no control characters.")
    return Note(body + "\n", tuple(line(item) for item in lines))


@dataclass(frozen=True)
class Head:
    """What a checkpoint says: the log, how many events it has, and the root over them (hexadecimal)."""

    origin: str
    size: int
    root: str

    @property
    def text(self) -> str:
        """The text of the note."""
        return f"{self.origin}\n{self.size}\n{_base64(bytes.fromhex(self.root))}\n"


def head(text: str) -> Head:
    """Read the text of a checkpoint. Raises Refused if it is none."""
    lines = text.split("\n")
    if len(lines) < 4 or not all(lines[:-1]) or lines[-1] or not (lines[1].isascii() and lines[1].isdigit()):
        raise Refused("This is no checkpoint: origin, number of events and root, one a line.")
    root = _decoded(lines[2])
    if len(root) != 32 or str(int(lines[1])) != lines[1]:
        raise Refused(
            "This is no checkpoint: its number of events or its root is not written as it should be."
        )
    return Head(lines[0], int(lines[1]), root.hex())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    """The bytes, or none if the text is no base64 or not spelled the one way."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if _base64(data) == text else b""
