"""Where a rebuild begins: with a copy of an earlier rebuilt file, if it is whole and of this very trail, or with nothing."""

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from pathlib import Path

from sqlalchemy.orm import Session

from governance.trail import queries
from governance.trail.merkle import EMPTY_ROOT, fold
from governance.trail.nodes import Proofs

_PIECE = 1 << 20


@dataclass(frozen=True)
class Beginning:
    """What a rebuilt file holds: so many events with this tree, the latest date of those in its rows, and how many are not.

    `known` is the living trail's size and root when the file was made; what it shows of hidden values was true then.
    """

    size: int
    root: str
    peaks: tuple[str, ...]
    chain: str
    latest: str
    left_out: int
    known: tuple[int, str]


NOTHING = Beginning(0, EMPTY_ROOT.hex(), (), EMPTY_ROOT.hex(), "", 0, (0, EMPTY_ROOT.hex()))


def write(file: sqlite3.Connection, found: Beginning) -> None:
    """Put the tree head in its table, and beside it what a later rebuild has to know."""
    file.execute("DELETE FROM trail_head")
    file.execute(
        "INSERT INTO trail_head (id, size, root, peaks, chain) VALUES (1, ?, ?, ?, ?)",
        (found.size, found.root, json.dumps(found.peaks), found.chain),
    )
    file.execute("DROP TABLE IF EXISTS moment_made")
    file.execute(
        "CREATE TABLE moment_made (latest TEXT, left_out INTEGER, known_size INTEGER, known_root TEXT)"
    )
    file.execute("INSERT INTO moment_made VALUES (?, ?, ?, ?)", (found.latest, found.left_out, *found.known))


def read(path: Path) -> Beginning:
    """What a rebuilt file says of itself. Raises sqlite3.Error or ValueError if it is none."""
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
        row = file.execute(
            "SELECT size, root, peaks, chain, latest, left_out, known_size, known_root FROM trail_head, moment_made"
        ).fetchone()
    if row is None:
        raise ValueError(f"{path} is no rebuilt registry.")
    size, root, peaks, chain, latest, left_out, *known = row
    return Beginning(size, root, tuple(json.loads(peaks)), chain, latest, left_out, (known[0], known[1]))


def is_of(live: Session, found: Beginning) -> bool:
    """Whether the living trail begins with the one that the file was made from.

    A file of another registry is not, nor one that was made before the registry was set back to an earlier backup.
    """
    size, root = found.known
    return (
        found.size <= size <= queries.head(live)[0]
        and Proofs(live, size).root().hex() == root
        and Proofs(live, found.size).root().hex() == found.root
        and fold([bytes.fromhex(peak) for peak in found.peaks]).hex() == found.root
    )


def seal(path: Path, target: Path) -> None:
    """Give a finished file its name, and write its SHA-256 beside it."""
    # First the hash: a file that has its name and no hash would be taken for a broken one.
    beside(target).write_text(f"{_digest(path)}  {target.name}\n")
    os.replace(path, target)


def is_whole(path: Path) -> bool:
    """Whether a rebuilt file is the one whose SHA-256, and whose name, stand beside it: not cut off, changed or exchanged."""
    try:
        return beside(path).read_text() == f"{_digest(path)}  {path.name}\n"
    except (OSError, UnicodeDecodeError):
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def beside(path: Path) -> Path:
    """The file with the SHA-256 of a rebuilt one, as `sha256sum -c` reads it."""
    return path.with_name(f"{path.name}.sha256")


def nearest(live: Session, files: Iterable[Path], size: int, until: datetime | None) -> Beginning | None:
    """What the file holds that a rebuild of so many events would go on from, if it is whole."""
    return next((found for found, _ in _by_size(files) if _fits(live, found, size, until)), None)


def copy_nearest(
    live: Session, files: Iterable[Path], target: Path, size: int, until: datetime | None
) -> Beginning | None:
    """Copy the file with most events to `target`, and say what it holds; None if there is none to begin with.

    What it holds is read from the copy, after the SHA-256 of the very bytes that were copied was found to be the one beside it.
    """
    for found, path in _by_size(files):
        if not _fits(live, found, size, until):
            continue
        with contextlib.suppress(sqlite3.Error, ValueError, OSError):
            if _copied(path, target) and _fits(live, copied := read(target), size, until):
                return copied
        target.write_bytes(b"")
    return None


def _by_size(files: Iterable[Path]) -> list[tuple[Beginning, Path]]:
    """The files that can be read, those with most events first."""
    found = []
    for path in files:
        with contextlib.suppress(sqlite3.Error, ValueError, OSError):
            found.append((read(path), path))
    return sorted(found, key=lambda item: item[0].size, reverse=True)


def _fits(live: Session, found: Beginning, size: int, until: datetime | None) -> bool:
    """Whether replaying the rest leads to the same as replaying everything: nothing in it was left out, or should be."""
    last = "" if until is None else until.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return (
        0 < found.size <= size
        and not found.left_out
        and (not last or found.latest <= last)
        and is_of(live, found)
    )


def _copied(source: Path, target: Path) -> bool:
    """Copy a file, and say whether it is the one whose SHA-256 stands beside it."""
    digest = sha256()
    with source.open("rb") as reading, target.open("wb") as writing:
        while piece := reading.read(_PIECE):
            digest.update(piece)
            writing.write(piece)
    return beside(source).read_text().partition(" ")[0] == digest.hexdigest()
