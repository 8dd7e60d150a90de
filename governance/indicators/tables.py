"""Counts per group from a table of predictions: CSV and Parquet in portions, XLSX whole. Bounded memory, nothing dropped unseen."""

import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from governance.core import tables
from governance.core.errors import Refused
from governance.indicators.formulas import Counts

MOST_GROUPS = 60
_PREVIEW = 8
_BETWEEN = " × "


@dataclass(frozen=True)
class Columns:
    """Which columns mean what. `favourable` is the prediction that people want; `cut_off` turns a score into one.

    `positive` is the label that counts as true; empty means the same word as `favourable`.
    """

    prediction: str
    groups: tuple[str, ...]
    favourable: str = ""
    label: str = ""
    positive: str = ""
    weight: str = ""
    cut_off: float | None = None

    @property
    def used(self) -> list[str]:
        """Every column that is read, once."""
        wanted = [self.prediction, *self.groups, self.label, self.weight]
        return [name for name in dict.fromkeys(wanted) if name]


@dataclass(frozen=True)
class Preview:
    """The columns of a table and its first rows as text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Tally:
    """Counts per group, and how many records were left out, by reason."""

    groups: dict[str, Counts]
    records: int
    left_out: dict[str, int]


def preview(path: Path, name: str) -> Preview:
    """What a file contains. Raises Refused if it cannot be read as a table."""
    for batch in _batches(path, name, None):
        names = tuple(batch.schema.names)
        rows = batch.slice(0, _PREVIEW).to_pylist()
        return Preview(names, tuple(tuple(_text(row[column]) for column in names) for row in rows))
    raise Refused("The table has no records.", field="file")


def tally(path: Path, name: str, columns: Columns) -> Tally:
    """Count. Raises Refused for a column that is not there, a third outcome, or more groups than can be compared."""
    if not columns.groups:
        raise Refused("Choose at least one column that tells the groups apart.", field="groups")
    sums: dict[tuple[str, bool, bool | None], tuple[int, Fraction]] = defaultdict(lambda: (0, Fraction(0)))
    left_out: Counter[str] = Counter()
    outcomes: set[str] = set()
    for batch in _batches(path, name, columns.used):
        for key, records, weight in _counted(batch, columns):
            _file_under(sums, left_out, outcomes, columns, key, records, weight)
        if len({group for group, _, _ in sums}) > MOST_GROUPS:
            raise Refused(f"More than {MOST_GROUPS} groups; choose a coarser column.", field="groups")
    if columns.cut_off is None and len(outcomes) > 2:
        found = ", ".join(sorted(outcomes)[:5])
        raise Refused(f"The predictions have more than two values ({found} …).", field="prediction")
    if columns.cut_off is None and outcomes and columns.favourable not in outcomes:
        found = ", ".join(sorted(outcomes))
        raise Refused(f"No prediction is {columns.favourable!r}; there are: {found}.", field="favourable")
    groups = {name: _counts(name, sums, bool(columns.label)) for name in sorted({key[0] for key in sums})}
    return Tally(groups, sum(item.records for item in groups.values()), dict(left_out))


def _file_under(
    sums: dict[tuple[str, bool, bool | None], tuple[int, Fraction]],
    left_out: Counter[str],
    outcomes: set[str],
    columns: Columns,
    key: Mapping[str, Any],
    records: int,
    weight: Fraction | None,
) -> None:
    parts = [_text(key[name]) for name in columns.groups]
    predicted, label = _text(key[columns.prediction]), _text(key[columns.label]) if columns.label else ""
    if not all(parts):
        left_out["no group"] += records
    elif not predicted:
        left_out["no prediction"] += records
    elif columns.label and not label:
        left_out["no label"] += records
    elif weight is None or weight < 0:
        left_out["no usable weight"] += records
    else:
        selected = _selected(predicted, columns)
        if selected is None:
            left_out["a score that is no number"] += records
            return
        if columns.cut_off is None:
            outcomes.add(predicted)
        true = label == (columns.positive or columns.favourable) if columns.label else None
        place = (_BETWEEN.join(parts), selected, true)
        sums[place] = (sums[place][0] + records, sums[place][1] + weight)


def _selected(predicted: str, columns: Columns) -> bool | None:
    if columns.cut_off is None:
        return predicted == columns.favourable
    try:
        return float(predicted) >= columns.cut_off
    except ValueError:
        return None


def _counts(
    name: str, sums: Mapping[tuple[str, bool, bool | None], tuple[int, Fraction]], labelled: bool
) -> Counts:
    mine = {key[1:]: value for key, value in sums.items() if key[0] == name}

    def total(wanted: Any) -> Fraction:
        return sum((weight for key, (_, weight) in mine.items() if wanted(key)), Fraction(0))

    return Counts(
        records=sum(records for records, _ in mine.values()),
        n=sum((weight for _, weight in mine.values()), Fraction(0)),
        selected=total(lambda key: key[0]),
        positives=total(lambda key: key[1]) if labelled else None,
        tp=total(lambda key: key[0] and key[1]) if labelled else None,
    )


def _counted(batch: Any, columns: Columns) -> Iterator[tuple[Mapping[str, Any], int, Fraction | None]]:
    """Distinct combinations of a portion with how often they occur and the sum of their weights."""
    import pyarrow as pa

    keys = [
        name
        for name in columns.used
        if name != columns.weight or name in (columns.prediction, *columns.groups)
    ]
    wanted = keys + ([columns.weight] if columns.weight else [])
    table = pa.Table.from_batches([batch]).select(list(dict.fromkeys(wanted)))
    # Weights are summed as written: as decimals, not as floats that differ with the order of the records.
    grouped = table.group_by(list(dict.fromkeys(wanted))).aggregate([([], "count_all")])
    for row in grouped.to_pylist():
        records = row.pop("count_all")
        weight = _number(_text(row[columns.weight])) if columns.weight else Fraction(1)
        yield row, records, None if weight is None else weight * records


def _number(text: str) -> Fraction | None:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _batches(path: Path, name: str, wanted: list[str] | None) -> Iterator[Any]:
    """Portions of the table as Arrow record batches. Raises Refused with what is wrong with the file."""
    import pyarrow as pa

    try:
        yield from _opened(path, name, wanted)
    except (
        pa.ArrowInvalid,
        pa.ArrowNotImplementedError,
        pa.ArrowKeyError,
        OSError,
        UnicodeDecodeError,
    ) as error:
        said = str(error).splitlines()[0][:200]
        raise Refused(f"This cannot be read as a table: {said}", field="file") from error


def _opened(path: Path, name: str, wanted: list[str] | None) -> Iterator[Any]:
    import pyarrow.csv
    import pyarrow.parquet

    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"PAR1"):
        parquet = pyarrow.parquet.ParquetFile(path)
        _refuse_missing(parquet.schema_arrow.names, wanted)
        yield from parquet.iter_batches(columns=wanted)
    elif head.startswith(b"PK"):
        yield from _from_workbook(path, name, wanted)
    else:
        options = pyarrow.csv.ParseOptions(delimiter=_delimiter(path), newlines_in_values=True)
        names = pyarrow.csv.open_csv(path, parse_options=options).schema.names
        _refuse_missing(names, wanted)
        convert = pyarrow.csv.ConvertOptions(
            include_columns=wanted or [], column_types=dict.fromkeys(names, "string")
        )
        yield from pyarrow.csv.open_csv(path, parse_options=options, convert_options=convert)


def _from_workbook(path: Path, name: str, wanted: list[str] | None) -> Iterator[Any]:
    import pyarrow as pa

    table = tables.read(path.read_bytes(), name=name or "table.xlsx")
    _refuse_missing(table.columns, wanted)
    columns = wanted or list(table.columns)
    places = [table.columns.index(column) for column in columns]
    cells = [[row.cells[place] for row in table.rows] for place in places]
    if table.rows:
        yield pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in cells], names=columns)


def _delimiter(path: Path) -> str:
    with path.open("rb") as file:
        first = io.BytesIO(file.read(65_536)).readline().decode("utf-8", "replace")
    return max(",;\t|", key=first.count)


def _refuse_missing(present: Any, wanted: list[str] | None) -> None:
    missing = [column for column in wanted or [] if column not in present]
    if missing:
        raise Refused(
            f"The table has no column {', '.join(missing)}; it has: {', '.join(list(present)[:20])}."
        )
