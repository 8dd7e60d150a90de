"""Archive, signature and proofs of a management-system pack, with nothing but Python's standard library.

The first half of the `verify.py` that every pack carries; `standalone_verify.py` is the second. A pack is written with
the same functions that check it, so its form is said once: a ZIP whose every byte is accounted for, files stored as they
are (PKWARE APPNOTE 6.3), and a detached CMS signature with RSA and SHA-256 (RFC 5652, RFC 8017). The proofs are those of
RFC 9162, 2.1, and the signature of a tree head is Ed25519 (RFC 8032).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

_CHUNK = 1 << 20
_TOP16, _TOP32 = 0xFFFF, 0xFFFFFFFF


class CheckError(Exception):
    """A check that does not hold; the message is the sentence for the reader."""


def demand(holds: object, message: str) -> None:
    """Raise CheckError with the message unless it holds."""
    if not holds:
        raise CheckError(message)


def one_line(text: str) -> str:
    """The text with each sign that is none, as a line break or a command to the terminal, as its code point: `[U+000A]`.

    Names in a pack are whatever its maker chose: a line break in one could pretend to be another check that holds.
    """
    return "".join(sign if sign.isprintable() else f"[U+{ord(sign):04X}]" for sign in text)


# --- the archive -----------------------------------------------------------------------------------------------------


def local_header(name: bytes, crc: int, size: int) -> bytes:
    """What stands before a stored file in the one form that a pack has: no date, no attributes, UTF-8 names."""
    return struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0x800, 0, 0, 33, crc, size, size, len(name), 0) + name


def central_record(name: bytes, crc: int, size: int, offset: int) -> bytes:
    """The file's line in the directory at the end; beyond 4 GiB its place stands in a ZIP64 field."""
    extra = struct.pack("<HHQ", 1, 8, offset) if offset >= _TOP32 else b""
    need = 45 if extra else 20
    fixed = (b"PK\1\2", 0x300 | need, need, 0x800, 0, 0, 33, crc, size, size, len(name), len(extra), 0, 0, 0)
    mode = 0o100644 << 16
    return struct.pack("<4s6H3I5HII", *fixed, mode, min(offset, _TOP32)) + name + extra


def end_record(count: int, start: int, length: int) -> bytes:
    """The end of the archive; with ZIP64 records before it where a number does not fit."""
    large = b""
    if count >= _TOP16 or start >= _TOP32:
        large = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 0x300 | 45, 45, 0, 0, count, count, length, start)
        large += struct.pack("<4sIQI", b"PK\6\7", 0, start + length, 1)
    few = min(count, _TOP16)
    return large + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, few, few, length, min(start, _TOP32), 0)


class Archive:
    """The files of a ZIP by name, after every byte between them was compared with what must stand there."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.places: dict[str, tuple[int, int]] = {}
        size = file.seek(0, 2)
        demand(size >= 22, "It is too short to be a ZIP.")
        start, length, count = self._end(size)
        demand(length <= size, "The directory of the ZIP is not where its end says.")
        directory = self._at(start, length)
        position = offset = 0
        for _ in range(count):
            name, crc, stored, used = self._record(directory, position)
            known = name.decode("utf-8")
            demand(known not in self.places, f"{known} is in the archive twice.")
            head = local_header(name, crc, stored)
            where = f"The bytes before {known} are not those of a pack."
            demand(self._at(offset, len(head)) == head, where)
            line = central_record(name, crc, stored, offset)
            demand(
                directory[position : position + used] == line, f"The directory's line of {known} is wrong."
            )
            self.places[known] = (offset + len(head), stored)
            offset += len(head) + stored
            position += used
        demand(offset == start, "Something stands between the files and the directory.")
        tail = end_record(count, start, length)
        demand(start + length + len(tail) == size, "Something was appended to the archive, or cut off.")
        demand(
            position == length and self._at(size - len(tail), len(tail)) == tail, "Its end is not a pack's."
        )

    def _at(self, offset: int, length: int) -> bytes:
        self.file.seek(offset)
        return self.file.read(length)

    def _end(self, size: int) -> tuple[int, int, int]:
        sign, _, _, _, count, length, start, comment = struct.unpack("<4s4H2IH", self._at(size - 22, 22))
        demand(sign == b"PK\5\6" and comment == 0, "It does not end like a ZIP of ours.")
        if count == _TOP16 or start == _TOP32:
            demand(size >= 98, "It does not end like a ZIP of ours.")
            large = struct.unpack("<4sQHHIIQQQQ", self._at(size - 98, 56))
            return large[9], large[8], large[7]
        return start, length, count

    @staticmethod
    def _record(directory: bytes, position: int) -> tuple[bytes, int, int, int]:
        demand(position + 46 <= len(directory), "The directory of the ZIP is cut off.")
        fields = struct.unpack("<4s6H3I5HII", directory[position : position + 46])
        used = 46 + fields[10] + fields[11]
        return directory[position + 46 : position + 46 + fields[10]], fields[7], fields[8], used

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of a file, a mebibyte at a time. Raises CheckError if its CRC-32 is not the one in the archive."""
        offset, left = self.places[name]
        while left:
            self.file.seek(offset)
            data = self.file.read(min(left, _CHUNK))
            demand(data, f"{name} is cut off.")
            offset, left = offset + len(data), left - len(data)
            yield data

    def read(self, name: str) -> bytes:
        """The content of a file. Raises CheckError if there is none."""
        demand(name in self.places, f"{name} is missing.")
        return b"".join(self.chunks(name))

    def sha256(self, name: str) -> str:
        """The SHA-256 of a file; its CRC-32 was fixed by the headers and is compared on the way."""
        digest, crc = hashlib.sha256(), 0
        for data in self.chunks(name):
            digest.update(data)
            crc = zlib.crc32(data, crc)
        offset = self.places[name][0] - len(name.encode()) - 16
        demand(struct.unpack("<I", self._at(offset, 4))[0] == crc, f"{name} does not have its CRC-32.")
        return digest.hexdigest()


# --- the signature ---------------------------------------------------------------------------------------------------

_DATA, _SIGNED = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")
_RSA, _SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500"), bytes.fromhex("300b0609608648016503040201")
_DIGEST, _CERTIFICATE = bytes.fromhex("06092a864886f70d010904"), bytes.fromhex("060b2a864886f70d010910022f")
_TYPE = bytes.fromhex("06092a864886f70d010903")
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def tlv(tag: int, *parts: bytes) -> bytes:
    """A DER element (X.690, 8.1)."""
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def elements(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """The DER elements of some bytes: (tag, content, the whole element). Raises CheckError if they are not whole."""
    found, position = [], 0
    while position < len(data):
        demand(position + 2 <= len(data), "The signature is cut off.")
        length, start = data[position + 1], position + 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[position + 2 : start], "big")
        demand(start + length <= len(data), "The signature is cut off.")
        found.append((data[position], data[start : start + length], data[position : start + length]))
        position = start + length
    return found


def attributes(content_sha256: bytes, certificate: bytes) -> bytes:
    """What is signed: that it is data, its digest, and which certificate signs (RFC 5652, 11; RFC 5035)."""
    digest = hashlib.sha256(certificate).digest()
    named = tlv(0x30, tlv(0x30, tlv(0x30, tlv(0x04, digest))))
    every = (
        tlv(0x30, _TYPE, tlv(0x31, _DATA)),
        tlv(0x30, _DIGEST, tlv(0x31, tlv(0x04, content_sha256))),
        tlv(0x30, _CERTIFICATE, tlv(0x31, named)),
    )
    return b"".join(sorted(every))


def container(content_sha256: bytes, certificate: bytes, signature: bytes) -> bytes:
    """The detached CMS signature in the one form that a pack has."""
    body = elements(elements(elements(certificate)[0][1])[0][1])
    who = tlv(0x30, body[3][2], body[1][2])
    signed = tlv(0xA0, attributes(content_sha256, certificate))
    signer = tlv(0x30, tlv(0x02, b"\1"), who, _SHA256, signed, _RSA, tlv(0x04, signature))
    parts = (
        tlv(0x02, b"\1"),
        tlv(0x31, _SHA256),
        tlv(0x30, _DATA),
        tlv(0xA0, certificate),
        tlv(0x31, signer),
    )
    return tlv(0x30, _SIGNED, tlv(0xA0, tlv(0x30, *parts)))


def check_signature(cms: bytes, content: bytes) -> bytes:
    """The certificate (DER) whose key signed the content. Raises CheckError.

    The container is built again from its protected parts and compared byte by byte, so nothing in it can change.
    """
    try:
        fields = elements(elements(elements(elements(cms)[0][1])[1][1])[0][1])
        certificate, signer = fields[3][1], elements(elements(fields[4][1])[0][1])
        body = elements(elements(elements(certificate)[0][1])[0][1])
        key = elements(elements(elements(body[6][1])[1][1][1:])[0][1])
        modulus, exponent = (int.from_bytes(number[1], "big") for number in key)
        signature = signer[5][1]
    except (IndexError, ValueError) as error:
        raise CheckError("The signature is not in the form that a pack's has.") from error
    digest = hashlib.sha256(content).digest()
    built = container(digest, certificate, signature)
    demand(built == cms, "It belongs to another tag manifest, or its container was changed.")
    length = (modulus.bit_length() + 7) // 8
    demand(modulus.bit_length() >= 2048 and exponent >= 3, "The key is too weak to prove anything.")
    demand(
        len(signature) == length and int.from_bytes(signature, "big") < modulus, "It has the wrong length."
    )
    opened = pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(length, "big")
    signed = hashlib.sha256(tlv(0x31, attributes(digest, certificate))).digest()
    padded = b"\0\1" + b"\xff" * (length - 54) + b"\0" + _DIGEST_INFO + signed
    demand(opened == padded, "The signature was not made with the key of the certificate in it.")
    return certificate


# --- the trail -------------------------------------------------------------------------------------------------------


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def is_included(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Whether the leaf hash stands at `index` of the tree with `size` leaves and `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    first, last, carried = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            carried = _node(sibling, carried)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            carried = _node(carried, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and carried == root


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> bool:
    """Whether the tree with `new` leaves begins with the one with `old` (RFC 9162, 2.1.4.2)."""
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new or not proof:
        return False
    path = proof if old & (old - 1) else [old_root, *proof]
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            before, after = _node(sibling, before), _node(sibling, after)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            after = _node(after, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


_P, _Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_G_Y = 4 * pow(5, _P - 2, _P) % _P
_Point = tuple[int, int, int, int]


def _add(one: _Point, two: _Point) -> _Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % _P, (one[1] + one[0]) * (two[1] + two[0]) % _P
    c, d = 2 * one[3] * two[3] * _D % _P, 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, point: _Point) -> _Point:
    result: _Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, point)
        point, number = _add(point, point), number >> 1
    return result


def _point(data: bytes) -> _Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if y >= _P or (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature holds (RFC 8032, 5.1.7); the arithmetic is the RFC's own, slow and plain."""
    if len(public) != 32 or len(signature) != 64:
        return False
    base = _point(_G_Y.to_bytes(32, "little"))
    key, first, second = _point(public), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if base is None or key is None or first is None or second >= _Q:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    left, right = _times(second, base), _add(first, _times(int.from_bytes(digest, "little") % _Q, key))
    same_x = (left[0] * right[2] - right[0] * left[2]) % _P == 0
    return same_x and (left[1] * right[2] - right[1] * left[2]) % _P == 0
