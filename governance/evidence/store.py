"""Files by the SHA-256 of their content: put, open, verify. Nothing is ever overwritten."""

import os
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from governance.core.errors import NotFound, Refused

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """A file in the store: its hash in hex and its size in bytes."""

    sha256: str
    size: int


class Store:
    """A folder of files named after their hash, in 256 sub-folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, stream: BinaryIO, *, limit: int) -> Stored:
        """Stream a file in, hashing as it comes. Raises Refused if it is empty or larger than `limit` bytes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        digest, size = sha256(), 0
        descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix="incoming-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise Refused(f"The file is larger than {limit // (1024 * 1024)} MB.", field="file")
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if size == 0:
                raise Refused("The file is empty.", field="file")
            target = self._path(digest.hexdigest())
            target.parent.mkdir(exist_ok=True)
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return Stored(digest.hexdigest(), size)

    def open(self, digest: str) -> BinaryIO:
        """The content of a file. Raises NotFound."""
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError as error:
            raise NotFound(
                "The file of this evidence is not in the store; restore it from the backup."
            ) from error

    def read_verified(self, digest: str) -> bytes:
        """The content, after its hash was checked (INV-EVI1). Raises NotFound, or Refused if it was tampered with."""
        with self.open(digest) as file:
            content = file.read()
        if sha256(content).hexdigest() != digest:
            raise Refused("The stored file no longer has the hash it had when it was received.")
        return content

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest
