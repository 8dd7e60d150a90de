"""Tables from and to files: CSV, XLSX and JSON become columns and numbered rows, or a sentence that says
why not.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from governance.core.errors import Refused
from governance.core.json_records import json_records
from governance.core.workbooks import workbook_bytes, workbook_sheet

Format = Literal["csv", "xlsx", "json"]

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 1_000
MAX_CELL = 1_000_000

_DELIMITERS = ",;\t|"
_REPLACEMENT = "\ufffd"


@dataclass(frozen=True)
class Layout:
    """How to read one file; every part may be left to detection.

    `encoding` is "auto" or a Python codec name, `delimiter` "auto" or one character, `sheet` a worksheet
    name (first sheet when empty), `header_row` the record that holds the column names (counted from 1),
    `path` the dotted place of the list inside a JSON file (the file itself when empty).
    """

    format: Format | Literal["auto"] = "auto"
    encoding: str = "auto"
    delimiter: str = "auto"
    sheet: str = ""
    header_row: int = 1
    path: str = ""


@dataclass(frozen=True)
class Row:
    """One record: its number (the first record of the file, usually the header, is 1) and its cells as text.

    `fault` says what is wrong with its shape; a short row is padded with blanks, the surplus cells of a
    long row are in `surplus`.
    """

    record: int
    cells: tuple[str, ...]
    fault: str = ""
    surplus: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A file as columns and rows, with how it was read and what a reader should know about it.

    `columns` are unique: the second column of the same name is `name#2`, a column without a name is `column
    7`.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    format: Format
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    warnings: tuple[str, ...] = field(default=())


def read(source: Path | bytes, layout: Layout | None = None, name: str = "") -> Table:
    """Read a file, or its bytes with its `name`, into a Table.

    Raises Refused when the file cannot be read as a table: too large, binary, wrong encoding, no header, no
    list at the JSON path. The message says what was found and what to change.
    """
    layout = layout or Layout()
    if isinstance(source, Path):
        name = name or source.name
        if not source.is_file():
            raise Refused("There is no file {name}.", name=name)
        if source.stat().st_size > MAX_BYTES:
            raise Refused(_too_large(name, source.stat().st_size))
        data = source.read_bytes()
    else:
        data = source
    if len(data) > MAX_BYTES:
        raise Refused(_too_large(name, len(data)))
    if not data.strip():
        raise Refused("The file is empty.")
    kind = layout.format if layout.format != "auto" else _format_of(data, name)
    if kind == "xlsx":
        return _read_xlsx(data, layout)
    text, encoding = decode(data, layout.encoding)
    table = _read_json(text, layout) if kind == "json" else _read_csv(text, layout)
    warnings = table.warnings
    if damaged := text.count(_REPLACEMENT):
        warnings += (f"The file holds {damaged} replacement characters (U+FFFD): letters were lost before.",)
    return Table(table.columns, table.rows, kind, encoding, table.delimiter, "", warnings)


def decode(data: bytes, encoding: str = "auto") -> tuple[str, str]:
    """Text of a file and the encoding used: "utf-8 with BOM", "utf-8", "utf-16", "cp1252", or as asked for.

    Raises Refused, with the place of the byte, when the bytes are not text in that encoding, and when they
    hold NUL.
    """
    used = encoding
    if encoding == "auto":
        used = _encoding_of(data)
    codec = "utf-8-sig" if used == "utf-8 with BOM" else used
    if codec.lower().replace("_", "-") in ("utf-8", "utf8"):
        codec = "utf-8-sig"
    try:
        text = data.decode(codec)
    except LookupError:
        raise Refused("The encoding {name!r} is not known. Try utf-8 or cp1252.", name=encoding) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Refused(
            "Line {line} holds the byte 0x{byte:02x}, which is not text in {codec}. "
            "Set the encoding of the file, such as cp1252, mac_roman or latin-1.",
            line=line,
            byte=data[error.start],
            codec=used,
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Refused(
            "Line {line} holds a NUL character. The file is binary or damaged; save it again as CSV.",
            line=line,
        )
    return text, used


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """CSV text (RFC 4180, CRLF) line by line, for streaming.

    Cells that a spreadsheet would run as a formula get a leading apostrophe (CWE-1236).
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in _chain(columns, rows):
        writer.writerow([guard_formula(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def xlsx_bytes(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "Sheet1") -> bytes:
    """An XLSX workbook of one sheet; all cells are text, so nothing is run and no identifier loses its
    zeros.
    """
    return workbook_bytes(_chain(columns, rows), title)


def guard_formula(cell: str) -> str:
    """The cell with an apostrophe before a leading = + - @ (of any width), tab or line end, unless it is a plain number."""
    if cell and cell[0] in "=+-@\t\r\n＝＋－＠" and not cell[1:].replace(".", "", 1).isdigit():
        return "'" + cell
    return cell


def unique_columns(headers: Sequence[str]) -> tuple[str, ...]:
    """Column addresses from header cells: line breaks folded to spaces, repeated names numbered `name#2`,
    `name#3`.
    """
    seen: dict[str, int] = {}
    columns: list[str] = []
    for position, header in enumerate(headers, start=1):
        name = " ".join(header.replace("\ufeff", "").split()) or f"column {position}"
        seen[name] = seen.get(name, 0) + 1
        columns.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return tuple(columns)


def _chain(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield columns
    yield from rows


def _too_large(name: str, size: int) -> str:
    return f"{name or 'The file'} has {size / 1e6:.0f} MB; the limit is {MAX_BYTES / 1e6:.0f} MB. Split it."


def _format_of(data: bytes, name: str) -> Format:
    if data[:4] == b"PK\x03\x04":
        return "xlsx"
    if data[:4] == b"\xd0\xcf\x11\xe0":
        raise Refused("This is an old Excel file (.xls). Save it as .xlsx or as CSV and try again.")
    if data[:5] == b"%PDF-":
        raise Refused("This is a PDF, not a table. Ask for the inventory as CSV, XLSX or JSON.")
    suffix = Path(name).suffix.lower()
    if suffix in (".json", ".jsonl", ".ndjson") or (
        suffix not in (".csv", ".tsv", ".txt") and _looks_like_json(data)
    ):
        return "json"
    return "csv"


def _looks_like_json(data: bytes) -> bool:
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{")


def _encoding_of(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8 with BOM"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _read_csv(text: str, layout: Layout) -> Table:
    delimiter = {"tab": "\t", "\\t": "\t"}.get(layout.delimiter, layout.delimiter)
    if delimiter == "auto":
        delimiter = _delimiter_of(text)
    elif len(delimiter) != 1:
        raise Refused(
            "The delimiter must be one character, or the word tab; it is {given!r}.", given=delimiter
        )
    warnings: tuple[str, ...] = ()
    csv.field_size_limit(MAX_CELL)
    try:
        records = _csv_records(text, delimiter, strict=True)
    except _MalformedError as malformed:
        records = _csv_records(text, delimiter, strict=False)
        warnings = (
            f"The quotation marks near record {malformed.record} do not close as CSV asks; read as meant.",
        )
    columns, rows, more = _shape(records, layout.header_row)
    return Table(columns, rows, "csv", delimiter=delimiter, warnings=warnings + more)


class _MalformedError(Exception):
    def __init__(self, record: int) -> None:
        super().__init__(record)
        self.record = record


def _csv_records(text: str, delimiter: str, *, strict: bool) -> list[list[str]]:
    records: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    try:
        for record in reader:
            records.append(record)
            if len(records) > MAX_ROWS + 1:
                raise Refused("The file has more than {n:,} records. Split it.", n=MAX_ROWS)
    except csv.Error as error:
        if "field larger" in str(error):
            raise Refused(
                "Record {n} has a cell of more than {max:,} characters. Is a quotation mark left open?",
                n=len(records) + 1,
                max=MAX_CELL,
            ) from None
        if strict:
            raise _MalformedError(len(records) + 1) from None
        raise Refused("Record {n} is not CSV: {why}.", n=len(records) + 1, why=str(error)) from None
    return records


def _delimiter_of(text: str) -> str:
    """The character that cuts the first records into the most columns, evenly."""
    sample = text[:65536]
    best, best_score = ",", 0.0
    for candidate in _DELIMITERS:
        widths: list[int] = []
        for record in csv.reader(io.StringIO(sample, newline=""), delimiter=candidate):
            widths.append(len(record))
            if len(widths) == 20:
                break
        header = widths[0] if widths else 0
        score = header * (1 + sum(width == header for width in widths) / max(len(widths), 1))
        if header > 1 and score > best_score:
            best, best_score = candidate, score
    return best


def _shape(
    records: Sequence[Sequence[str]], header_row: int
) -> tuple[tuple[str, ...], tuple[Row, ...], tuple[str, ...]]:
    if len(records) < header_row or not any(cell.strip() for cell in records[header_row - 1]):
        filled = next((n for n, record in enumerate(records, start=1) if sum(map(bool, record)) > 1), 0)
        hint = f" The first record with several cells is {filled}; set header_row." if filled else ""
        raise Refused("Record {n} should hold the column names and is blank.{hint}", n=header_row, hint=hint)
    header = list(records[header_row - 1])
    while header and not header[-1].strip():
        header.pop()
    if len(header) > MAX_COLUMNS:
        raise Refused("The file has {n:,} columns; the limit is {max:,}.", n=len(header), max=MAX_COLUMNS)
    columns = unique_columns(header)
    rows: list[Row] = []
    blank = 0
    for number, record in enumerate(records[header_row:], start=header_row + 1):
        if not any(cell and not cell.isspace() for cell in record):
            blank += 1
            continue
        rows.append(_row(number, record, len(columns)))
    warnings = []
    if header_row > 1:
        warnings.append(f"{header_row - 1} record(s) before the column names were not read.")
    if blank:
        warnings.append(f"{blank} blank record(s) were passed over.")
    return columns, tuple(rows), tuple(warnings)


def _row(number: int, record: Sequence[str], width: int) -> Row:
    given = len(record)
    if given == width:
        return Row(number, tuple(record))
    if given < width:
        fault = f"The record has {given} cells, the header {width}; the missing ones are read as blank."
        return Row(number, tuple(record) + ("",) * (width - given), fault)
    surplus = tuple(record[width:])
    if not any(cell.strip() for cell in surplus):
        return Row(number, tuple(record[:width]))
    fault = f"The record has {given} cells, the header {width}; the surplus is kept as it came."
    return Row(number, tuple(record[:width]), fault, surplus)


def _read_xlsx(data: bytes, layout: Layout) -> Table:
    sheet = workbook_sheet(data, layout.sheet, MAX_ROWS)
    try:
        columns, rows, warnings = _shape(sheet.records, layout.header_row)
    except Refused as refused:
        others = f" The other sheets are: {', '.join(sheet.others)}." if sheet.others else ""
        raise Refused(f"Sheet {sheet.title}: {refused.message}{others}") from None
    if sheet.others and not layout.sheet:
        warnings += (f"Only the first sheet was read; the others are: {', '.join(sheet.others)}.",)
    return Table(columns, rows, "xlsx", sheet=sheet.title, warnings=warnings)


def _read_json(text: str, layout: Layout) -> Table:
    headers, records = json_records(text, layout.path, MAX_ROWS)
    if len(headers) > MAX_COLUMNS:
        raise Refused(
            "The records have {n:,} different fields; the limit is {max:,}.", n=len(headers), max=MAX_COLUMNS
        )
    rows = tuple(
        Row(number, tuple(record.get(name, "") for name in headers))
        for number, record in enumerate(records, start=2)
        if any(value.strip() for value in record.values())
    )
    blank = len(records) - len(rows)
    warnings = (f"{blank} blank record(s) were passed over.",) if blank else ()
    return Table(unique_columns(headers), rows, "json", warnings=warnings)
