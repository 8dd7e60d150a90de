"""Sealed parts kept by their key, so that a system that has not changed is not drawn again."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from governance.core import clock
from governance.core.canonical import canonical, sha256_hex

KEPT_FOR: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Kept:
    """A sealed part: what is said of it in the index, and the SHA-256 and size of its file."""

    as_of: str
    pack_hash: str
    snapshot_sha256: str
    pages: int
    sha256: str
    size: int


class PartCache:
    """A folder of sealed PDFs, in 256 sub-folders, each with a JSON file of what it is beside it.

    Whatever is written is written whole or not at all, so a killed process leaves nothing that could be taken for a part.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        """Where the PDF of a key stands, or would."""
        return self.folder / key[:2] / f"{key}.pdf"

    def find(self, key: str) -> Kept | None:
        """What is kept under a key, after its hash was checked; None if there is nothing, or if it was damaged."""
        path = self.path(key)
        try:
            kept = Kept(**json.loads(path.with_suffix(".json").read_bytes()))
            data = path.read_bytes()
        except (OSError, ValueError, TypeError):
            return None
        if sha256_hex(data) != kept.sha256:
            return None
        # The time of the last use, for `prune`.
        os.utime(path)
        return kept

    def keep(
        self, key: str, pdf: bytes, *, as_of: str, pack_hash: str, snapshot_sha256: str, pages: int
    ) -> Kept:
        """Keep a sealed part."""
        kept = Kept(as_of, pack_hash, snapshot_sha256, pages, sha256_hex(pdf), len(pdf))
        path = self.path(key)
        write_whole(path, pdf)
        write_whole(path.with_suffix(".json"), canonical(asdict(kept)))
        return kept

    def prune(self, now: datetime | None = None) -> int:
        """Delete parts that no pack used for 400 days; returns how many files went."""
        before = ((now or clock.now()) - KEPT_FOR).timestamp()
        old = [path for path in self._files(".pdf") if path.stat().st_mtime < before]
        for path in old:
            path.unlink(missing_ok=True)
            path.with_suffix(".json").unlink(missing_ok=True)
        day_before = ((now or clock.now()) - timedelta(days=1)).timestamp()
        for left in self.folder.glob("work-*"):
            # Of a pack whose process was killed, and which nobody took up again.
            if left.stat().st_mtime < day_before:
                shutil.rmtree(left, ignore_errors=True)
        return len(old)

    def _files(self, suffix: str) -> Iterator[Path]:
        return self.folder.glob(f"[0-9a-f][0-9a-f]/*{suffix}")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and make it last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix="incoming-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
