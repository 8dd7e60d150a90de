"""Counts from real files: CSV, XLSX and Parquet give the same; what is left out is said."""

from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from governance.core.errors import Refused
from governance.core.tables import xlsx_bytes
from governance.indicators.tables import Columns, preview, tally

HEAD = ("who", "score", "chosen", "truth", "weight")
ROWS = [
    ("a", "0.9", "1", "1", "1"), ("a", "0.2", "0", "1", "2"), ("a", "0.7", "1", "0", "1"), ("b", "0.4", "0", "0", "1"),
    ("b", "0.8", "1", "1", "0.5"), ("", "0.5", "1", "1", "1"), ("b", "", "", "1", "1"), ("b", "0.6", "1", "", "1"),
]  # fmt: skip
PLAIN = Columns(prediction="chosen", groups=("who",), favourable="1", label="truth")


@pytest.fixture(params=["csv", "semicolons", "xlsx", "parquet"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"table.{request.param}"
    match request.param:
        case "xlsx":
            path.write_bytes(xlsx_bytes(HEAD, ROWS))
        case "parquet":
            parquet.write_table(
                pa.table({name: [row[place] for row in ROWS] for place, name in enumerate(HEAD)}), path
            )
        case kind:
            mark = ";" if kind == "semicolons" else ","
            path.write_text("\n".join(mark.join(row) for row in (HEAD, *ROWS)))
    return path


def test_every_format_gives_the_same_counts(table: Path) -> None:
    found = tally(table, table.name, PLAIN)
    a, b = found.groups["a"], found.groups["b"]
    assert (a.records, a.selected, a.positives, a.tp) == (3, 2, 2, 1)
    assert (b.records, b.selected, b.positives, b.tp) == (2, 1, 1, 1)
    assert found.left_out == {"no group": 1, "no prediction": 1, "no label": 1} and found.records == 5


def test_weights_change_sums_but_not_how_much_was_seen(table: Path) -> None:
    found = tally(table, table.name, Columns("chosen", ("who",), "1", "truth", weight="weight"))
    assert (found.groups["a"].n, found.groups["a"].records) == (4, 3)
    assert found.groups["b"].selected == Fraction(1, 2)


def test_a_score_becomes_a_prediction_at_the_cut_off(table: Path) -> None:
    found = tally(table, table.name, Columns("score", ("who",), cut_off=0.7))
    assert found.groups["a"].selected == 2 and found.groups["b"].selected == 1


def test_groups_may_cross(table: Path) -> None:
    assert set(tally(table, table.name, Columns("chosen", ("who", "truth"), "1")).groups) == {
        "a × 0",
        "a × 1",
        "b × 0",
        "b × 1",
    }


def test_the_first_records_are_shown(table: Path) -> None:
    shown = preview(table, table.name)
    assert shown.columns == HEAD and shown.rows[0] == ROWS[0]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (Columns("nothing", ("who",), "1"), "no column nothing"),
        (Columns("score", ("who",), "1"), "more than two values"),
        (Columns("chosen", ("who",), "yes"), "No prediction is 'yes'"),
        (Columns("chosen", (), "1"), "at least one column"),
    ],
)
def test_what_cannot_be_is_refused_in_words(table: Path, columns: Columns, words: str) -> None:
    with pytest.raises(Refused, match=words):
        tally(table, table.name, columns)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02\x03" * 40, b"PAR1 but not really", b"PK\x03\x04 no workbook", b"a,b\n1,2,3\n4\n"],
)
def test_a_file_that_is_no_table_is_refused_and_does_not_crash(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(Refused):
        tally(path, "broken", PLAIN)


def test_a_hundred_thousand_records_are_counted_in_portions(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    with path.open("w") as file:
        file.write("who,chosen\n")
        file.writelines(f"{'ab'[number % 2]},{int(number % 10 < 3)}\n" for number in range(100_000))
    found = tally(path, path.name, Columns("chosen", ("who",), "1"))
    assert found.records == 100_000 and found.groups["a"].selected == 20_000
