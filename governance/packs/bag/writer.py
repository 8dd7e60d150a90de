"""Writes a bag (BagIt 1.0, RFC 8493) as one ZIP, file by file, with as much memory as one piece of a file.

The few tag files are written here, because the `bagit` library comes without a wheel and wants the bag as a folder
first; a bag of a thousand systems is then written twice. The form of the ZIP is the one that `standalone_proofs` checks.
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from governance.packs.seal.seal import Sealer
from governance.packs.verify import standalone
from governance.packs.verify.standalone_proofs import (
    attributes,
    central_record,
    container,
    end_record,
    local_header,
    tlv,
)
from governance.packs.verify.standalone_verify import BAGIT, MANIFEST, SIGNATURE, TAG_MANIFEST

_CHUNK: Final = 1 << 20
# Without a ZIP64 field a file ends here; evidence larger than this is a gap.
LARGEST_FILE: Final = (1 << 32) - 2


class Bag:
    """A bag being written; `add` payload first, then `close` once."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._root = file, f"{name}/"
        self._directory: list[bytes] = []
        self._listed: dict[bool, list[str]] = {True: [], False: []}
        self._payload = [0, 0]

    def add(self, name: str, pieces: Iterable[bytes]) -> str:
        """Add a file and return its SHA-256; `name` begins with `data/` unless it is a tag file."""
        encoded = (self._root + name).encode()
        start = self._file.tell()
        self._file.write(local_header(encoded, 0, 0))
        digest, crc, size = hashlib.sha256(), 0, 0
        for piece in pieces:
            digest.update(piece)
            crc = zlib.crc32(piece, crc)
            size += len(piece)
            self._file.write(piece)
        if size > LARGEST_FILE:
            raise ValueError(f"{name} is larger than a file in a pack may be.")
        end = self._file.tell()
        # Checksum and length are known only now; they stand in front.
        self._file.seek(start + 14)
        self._file.write(struct.pack("<3I", crc, size, size))
        self._file.seek(end)
        self._directory.append(central_record(encoded, crc, size, start))
        in_manifest = name.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")
        is_payload = name.startswith("data/")
        self._listed[is_payload].append(f"{digest.hexdigest()}  {in_manifest}\n")
        if is_payload:
            self._payload = [self._payload[0] + size, self._payload[1] + 1]
        return digest.hexdigest()

    def close(self, info: Mapping[str, str], tags: Mapping[str, bytes], sealer: Sealer) -> str:
        """Write the tag files, the signature over their list and the end; returns the SHA-256 of that list."""
        size, count = self._payload
        lines = {**info, "Payload-Oxum": f"{size}.{count}"}
        text = "".join(f"{label}: {' '.join(value.split())}\n" for label, value in lines.items())
        self.add("bagit.txt", [BAGIT])
        self.add("bag-info.txt", [text.encode()])
        self.add(MANIFEST, ["".join(sorted(self._listed[True], key=lambda line: line[66:])).encode()])
        self.add(standalone.NAME, [standalone.source()])
        for name, data in tags.items():
            self.add(name, [data])
        listing = "".join(sorted(self._listed[False], key=lambda line: line[66:])).encode()
        self.add(TAG_MANIFEST, [listing])
        self.add(SIGNATURE, [signed(listing, sealer)])
        start, directory = self._file.tell(), b"".join(self._directory)
        self._file.write(directory + end_record(len(self._directory), start, len(directory)))
        return hashlib.sha256(listing).hexdigest()


def signed(content: bytes, sealer: Sealer) -> bytes:
    """A detached CMS signature (RFC 5652) with the key that seals packs; the same content gives the same bytes."""
    key = serialization.load_der_private_key(sealer.key_der, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("The sealing key is no RSA key.")
    digest = hashlib.sha256(content).digest()
    signature = key.sign(
        tlv(0x31, attributes(digest, sealer.certificate_der)), padding.PKCS1v15(), hashes.SHA256()
    )
    return container(digest, sealer.certificate_der, signature)


def pieces_of(path: Path) -> Iterator[bytes]:
    """The content of a file, a mebibyte at a time. Raises OSError."""
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece


@contextmanager
def written_whole(target: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name when the block ends well, and never otherwise."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f"writing-{target.stem}-*.part"):
        # An attempt that was killed while it wrote.
        left.unlink(missing_ok=True)
    descriptor, temporary = tempfile.mkstemp(
        dir=target.parent, prefix=f"writing-{target.stem}-", suffix=".part"
    )
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
