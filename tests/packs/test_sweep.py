"""One bit changed at a time, in each part of a pack: what `aims verify` and the program in the bag do not notice."""

from __future__ import annotations

import re
import struct
import types
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from governance.packs.verify import standalone
from governance.packs.verify.bag import SealedPack
from governance.packs.verify.pdf import Verification
from governance.packs.verify.results import result
from governance.packs.verify.standalone_verify import verify as checked
from tests.packs.test_bag import pack, registry

__all__ = ["pack", "registry"]
pytestmark = pytest.mark.slow

# Where each field begins: of a local header, of a line of the directory, and all of the end (PKWARE APPNOTE 6.3).
LOCAL = (0, 4, 6, 8, 10, 12, 14, 18, 22, 26, 28)
CENTRAL = (0, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 30, 32, 34, 36, 38, 42)
END = 22


def is_noticed(data: bytes) -> bool:
    """Whether `aims verify` finds anything wrong with a PDF; it is asked up to the first fault."""
    return any(not result(name, check).passed for name, check in Verification(data, None, None).checks())


def flipped(data: bytes, place: int) -> bytes:
    """The data with one bit turned; which one goes round with the place."""
    changed = bytearray(data)
    changed[place] ^= 1 << place % 8
    return bytes(changed)


def parts_of_pdf(data: bytes) -> Iterator[tuple[str, range]]:
    """Header, each object, each reference table, the signed ranges and the place of the seal."""
    starts = [match.start() for match in re.finditer(rb"\n\d+ 0 obj\b", data)]
    marks = [match.start() for match in re.finditer(rb"\n(xref|trailer|startxref|%%EOF)", data)]
    edges = sorted({0, *starts, *marks, len(data)})
    for low, high in pairwise(edges):
        name = re.match(rb"\s*(\d+ 0 obj|xref|trailer|startxref|%\S+)", data[low : low + 40])
        yield (name.group(1).decode("latin-1") if name else "beginning"), range(low, high)


def places(part: range) -> set[int]:
    """Beginning, middle and end of a part."""
    return {part[0], part[len(part) // 2], part[-1]}


def test_no_bit_of_any_part_of_a_pdf_changes_unnoticed(sealed: bytes) -> None:
    """Every object (pages, fonts, structure, each embedded file), the tables, and the hole that the signature stands in."""
    assert not is_noticed(sealed)
    parts = list(parts_of_pdf(sealed))
    where = {place for _, part in parts for place in places(part)}
    hole = sealed.index(b"/Contents <") + len(b"/Contents <")
    end = sealed.index(b">", hole)
    where |= {*range(hole - 2, hole + 40), *range(hole, end, 61), *range(end - 4, end + 2)}
    ranges = sealed.index(b"/ByteRange")
    where |= set(range(ranges, ranges + 60, 3)) | set(range(len(sealed) - 40, len(sealed)))
    missed = [place for place in sorted(where) if not is_noticed(flipped(sealed, place))]
    assert missed == [] and len(parts) > 80, f"{len(missed)} of {len(where)} in {len(parts)} parts"


def test_no_bit_of_any_part_of_a_bag_changes_unnoticed(pack: Path, tmp_path: Path) -> None:
    """Each file in it (with each line of both lists), each field of each header, of the directory and of the end."""
    data, where = pack.read_bytes(), set[int]()
    with zipfile.ZipFile(pack) as archive:
        line = archive.start_dir
        for item in archive.infolist():
            name, size = item.filename.encode(), item.file_size
            start = item.header_offset + 30 + len(name)
            where |= {item.header_offset + field for field in LOCAL} | {start - len(name) // 2, start - 1}
            if size:
                where |= places(range(start, start + size)) | {start + size // 4}
            if re.search(r"manifest-sha256\.txt$|bag-info\.txt$|bagit\.txt$", item.filename):
                for match in re.finditer(rb"[^\n]*\n", data[start : start + size]):
                    where |= {start + place for place in places(range(*match.span()))}
            where |= {line + field for field in CENTRAL} | {line + 46 + len(name) // 2}
            extra, comment = struct.unpack("<HH", data[line + 30 : line + 34])
            line += 46 + len(name) + extra + comment
    where |= set(range(len(data) - END, len(data)))
    program = types.ModuleType("verify_in_the_bag")
    exec(compile(standalone.source(), "verify.py", "exec"), program.__dict__)
    path, missed = tmp_path / "flipped.zip", []
    assert all(holds for _, holds, _ in program.verify(program.Pack(pack)))
    for place in sorted(where):
        path.write_bytes(flipped(data, place))
        if all(holds for _, holds, _ in program.verify(program.Pack(path))):
            missed.append(place)
    # `aims verify` runs the same checks first and its own after them.
    assert missed == [] and len(where) > 800, f"{len(missed)} of {len(where)}"
    assert [name for name, holds, _ in checked(SealedPack(path)) if not holds]
