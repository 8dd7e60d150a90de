"""Pieces of documents kept on disk until all systems have passed, and documents written from them without holding one whole."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from governance.core.canonical import canonical

_PIECE: Final = 1 << 16


class Kept:
    """Canonical JSON by document, list, parent and key, in a temporary file; close it when done."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(
            "CREATE TABLE piece (list TEXT, parent TEXT, key TEXT, value BLOB, PRIMARY KEY (list, parent, key))"
        )
        self._file.execute("BEGIN")

    def close(self) -> None:
        """Forget the connection; the file goes with its folder."""
        self._file.close()

    def put(self, kind: str, key: str, value: object, parent: str = "") -> None:
        """Keep a value; what is there under the key stays."""
        row = (kind, parent, key, canonical(value))
        self._file.execute("INSERT OR IGNORE INTO piece VALUES (?, ?, ?, ?)", row)

    def has(self, kind: str, parent: str = "") -> bool:
        """Whether a list has anything."""
        asked = "SELECT EXISTS (SELECT 1 FROM piece WHERE list = ? AND parent = ?)"
        return bool(self._file.execute(asked, (kind, parent)).fetchone()[0])

    def keyed(self, kind: str, parent: str = "") -> Iterator[tuple[str, bytes]]:
        """The keys and values of a list, by key."""
        asked = "SELECT key, value FROM piece WHERE list = ? AND parent = ? ORDER BY key"
        yield from self._file.execute(asked, (kind, parent))

    def rows(self, kind: str, parent: str = "") -> Iterator[bytes]:
        """The values of a list, by key."""
        return (value for _, value in self.keyed(kind, parent))

    def objects(self, kind: str, parent: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
        """The keys and values of a list, read back."""
        return ((key, json.loads(value)) for key, value in self.keyed(kind, parent))


def written(document: object) -> Iterator[bytes]:
    """A document as canonical JSON (RFC 8785), in pieces: bytes stand for what is canonical already, iterators for lists."""
    gathered = bytearray()
    for part in _parts(document):
        gathered += part
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)


def _parts(value: object) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, Mapping):
        # The names of OSCAL are ASCII, which RFC 8785 and Python sort alike.
        names = sorted(value)
        yield from _joined(b"{", ((canonical(name) + b":", value[name]) for name in names), b"}")
    elif isinstance(value, Iterator):
        yield from _joined(b"[", ((b"", item) for item in value), b"]")
    else:
        yield canonical(value)


def _joined(first: bytes, items: Iterable[tuple[bytes, object]], last: bytes) -> Iterator[bytes]:
    yield first
    for number, (name, item) in enumerate(items):
        yield (b"," if number else b"") + name
        yield from _parts(item)
    yield last
