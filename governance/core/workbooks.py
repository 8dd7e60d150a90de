"""XLSX workbooks as records of text, and back: values only, never formulas, with a limit on what they
unpack to.
"""

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.worksheet.worksheet import Worksheet

from governance.core.errors import Refused

MAX_UNPACKED_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Sheet:
    """One worksheet as text, and the names of the others."""

    title: str
    records: list[list[str]]
    others: tuple[str, ...]


def workbook_sheet(data: bytes, sheet: str, most: int) -> Sheet:
    """The named worksheet, or the first. Raises Refused when there is none, or more than `most` records."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise Refused("The workbook unpacks to {n:.0f} MB; that is too much.", n=unpacked / 1e6)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
        raise Refused("The file is not a readable XLSX workbook ({why}).", why=type(error).__name__) from None
    try:
        names = tuple(worksheet.title for worksheet in book.worksheets)
        title = sheet or (names[0] if names else "")
        if title not in names:
            raise Refused(
                "The workbook has no sheet {sheet!r}; it has: {names}.", sheet=title, names=", ".join(names)
            )
        records: list[list[str]] = []
        for record in book[title].iter_rows(values_only=True):
            records.append([cell_text(value) for value in record])
            if len(records) > most + 1:
                raise Refused("The sheet has more than {n:,} records. Split it.", n=most)
    finally:
        book.close()
    return Sheet(title, records, tuple(name for name in names if name != title))


def workbook_bytes(records: Iterable[Sequence[str]], title: str) -> bytes:
    """An XLSX workbook of one sheet with these records as text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    for record in records:
        sheet.append([_text_cell(sheet, text) for text in record])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _text_cell(sheet: Worksheet, text: str) -> WriteOnlyCell:
    # openpyxl takes "=…" for a formula unless told that it is text; XML has no room for control characters.
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("\ufffd", text))
    cell.data_type = "s"
    return cell


def cell_text(value: object) -> str:
    """A cell as a CSV export would show it: whole numbers without .0, days as YYYY-MM-DD, TRUE and FALSE."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
