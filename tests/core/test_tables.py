"""Files as tables: encodings, delimiters, broken shapes, workbooks, JSON, and what is no table at all."""

import io
import json
import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from governance.core import tables, workbooks
from governance.core.errors import Refused
from governance.core.tables import Layout, read


def workbook(*records, title="Systems", more=()):
    book = Workbook()
    book.active.title = title
    for record in records:
        book.active.append(record)
    for name in more:
        book.create_sheet(name)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("codec", "named"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8 with BOM"), ("cp1252", "cp1252"), ("utf-16", "utf-16")],
)
def test_the_encoding_is_found_out(codec, named):
    table = read("Name,Zweck\nPrüfhilfe – “A”,ä\n".encode(codec), name="x.csv")
    assert table.encoding == named
    assert table.columns == ("Name", "Zweck")
    assert table.rows[0].cells == ("Prüfhilfe – “A”", "ä")


def test_an_encoding_that_was_set_is_used():
    assert read("a\nñ".encode("mac_roman"), Layout(encoding="mac_roman")).rows[0].cells == ("ñ",)


def test_a_byte_that_is_no_text_is_refused_with_its_line():
    with pytest.raises(Refused, match=r"Line 3 holds the byte 0x81.*Set the encoding"):
        read(b"a\nb\n\x81\xff\n", Layout(encoding="cp1252"))


def test_an_unknown_encoding_is_refused_by_name():
    with pytest.raises(Refused, match="'klingon' is not known"):
        read(b"a\n1", Layout(encoding="klingon"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter):
    text = delimiter.join(["Name", "Purpose, or goal" if delimiter != "," else "Purpose", "Unit"])
    table = read(f'{text}\nA{delimiter}"x, y; z"{delimiter}B\n'.encode())
    assert table.delimiter == delimiter
    assert table.rows[0].cells == ("A", "x, y; z", "B")


def test_one_column_needs_no_delimiter():
    assert read(b"Name\nA\nB\n").columns == ("Name",)


def test_line_breaks_in_cells_and_headers_do_not_count_as_records():
    table = read(b'Name,"Stage of\r\nDevelopment"\r\nA,"two\nlines"\r\nB,x\r\n')
    assert table.columns == ("Name", "Stage of Development")
    assert [(row.record, row.cells[1]) for row in table.rows] == [(2, "two\nlines"), (3, "x")]


def test_columns_of_the_same_name_are_told_apart():
    assert read(b"Name,Note,Note,,Note\n1,2,3,4,5\n").columns == (
        "Name",
        "Note",
        "Note#2",
        "column 4",
        "Note#3",
    )


def test_short_and_long_records_are_kept_and_say_so():
    table = read(b"a,b\n1\n1,2,3\n1,2,,\n")
    short, long, padded = table.rows
    assert short.cells == ("1", "")
    assert "1 cells, the header 2" in short.fault
    assert long.surplus == ("3",)
    assert "surplus" in long.fault
    assert padded.fault == ""


def test_blank_records_are_counted_but_not_read():
    table = read(b"a,b\n1,2\n\n,\n3,4\n")
    assert [row.record for row in table.rows] == [2, 5]
    assert "2 blank record(s)" in table.warnings[0]


def test_a_title_above_the_header_is_passed_over():
    table = read(b"Inventory 2024,\n,\nName,Unit\nA,B\n", Layout(header_row=3))
    assert table.columns == ("Name", "Unit")
    assert table.rows[0].record == 4


def test_bad_quotation_marks_are_read_as_meant_and_reported():
    table = read(b'a,b\n1,"x"y\n2,z\n')
    assert [row.cells[0] for row in table.rows] == ["1", "2"]
    assert "quotation marks near record 2" in table.warnings[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"a,b\n1,\x002\n", "NUL"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0" + bytes(20), "old Excel"),
        (b"PK\x03\x04 broken", "not a readable XLSX"),
        (b"\n\na,b\n", "Record 1 should hold the column names"),
        (b'[{"a": "x"}, {"a": "\\ud800"}]', r"Record 3 of the JSON list holds U\+D800"),
        (b'[{"a\\u0000": "x"}]', r"Record 2 of the JSON list holds U\+0000"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nested too deeply"),
        (b"[" * 300_000, "nested too deeply"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(data, words):
    with pytest.raises(Refused, match=words):
        read(data)


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/a.xml", "w") as part:
        for _ in range(workbooks.MAX_UNPACKED_BYTES // 2**24 + 1):
            part.write(bytes(2**24))
    assert len(packed.getvalue()) < 1_000_000
    with pytest.raises(Refused, match="unpacks to 554 MB"):
        read(packed.getvalue())


def test_a_cell_beyond_all_measure_is_refused(monkeypatch):
    monkeypatch.setattr(tables, "MAX_CELL", 1000)
    with pytest.raises(Refused, match="Record 2 has a cell of more than 1,000"):
        read(b'a,b\n1,"' + b"x" * 2000 + b"\n")


def test_too_many_records_are_refused(monkeypatch):
    monkeypatch.setattr(tables, "MAX_ROWS", 3)
    with pytest.raises(Refused, match="more than 3 records"):
        read(b"a\n" + b"1\n" * 5)


def test_a_workbook_is_read_as_text():
    data = workbook(
        ("ID", "Go live", "Live?", "Users"), ("007", date(2024, 10, 1), True, 12.0), more=["Notes"]
    )
    table = read(data, name="x.xlsx")
    assert table.rows[0].cells == ("007", "2024-10-01", "TRUE", "12")
    assert table.sheet == "Systems"
    assert "Notes" in table.warnings[0]


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(Refused, match="no sheet 'Data'; it has: Systems"):
        read(workbook(("a",), ("b",)), Layout(sheet="Data"))


def test_json_of_any_shape_becomes_records():
    data = {
        "meta": {"n": 2},
        "items": [
            {"name": "A", "owner": {"unit": "X"}, "tags": ["p", "q"], "n": 3},
            {"name": "B", "x": None},
        ],
    }
    table = read(json.dumps(data).encode(), Layout(path="items"), name="x.json")
    assert table.columns == ("name", "owner.unit", "tags", "n", "x")
    assert table.rows[0].cells == ("A", "X", '["p", "q"]', "3", "")
    assert [row.record for row in table.rows] == [2, 3]


def test_json_lines_and_objects_of_objects_are_lists_too():
    assert len(read(b'{"a": 1}\n{"a": 2}\n', name="x.jsonl").rows) == 2
    keyed = read(b'{"s1": {"a": 1}, "s2": {"a": 2}}', name="x.json")
    assert [row.cells for row in keyed.rows] == [("s1", "1"), ("s2", "2")]


def test_a_key_that_stands_twice_in_json_loses_nothing():
    assert read(b'[{"a": 1, "a": 2}]').columns == ("a", "a#2")


@pytest.mark.parametrize(
    ("data", "path", "words"),
    [
        (b"[1, 2]", "", "Record 2 of the JSON list is not an object"),
        (b'{"a": [], "b": []}', "", "candidates: a, b"),
        (b'{"a": {"b": 1}}', "a.c", "nothing at 'c'.*there is: b"),
        (b'[{"a": 1}', "", "not JSON"),
    ],
)
def test_json_without_a_list_of_records_is_refused(data, path, words):
    with pytest.raises(Refused, match=words):
        read(data, Layout(path=path), name="x.json")


def test_letters_lost_before_are_counted():
    assert "1 replacement character" in read("a\nge\ufffdvalueerd\n".encode()).warnings[0]


def test_formulas_are_not_written():
    lines = list(tables.csv_lines(["a", "b", "c"], [["=1+1", "-5.2", "@x"]]))
    assert lines[1] == "'=1+1,-5.2,'@x\r\n"


def test_a_workbook_keeps_every_text_as_text():
    record = ("=1+1", "- item", "007", "bell \a")
    book = load_workbook(io.BytesIO(tables.xlsx_bytes(["a", "b", "c", "d"], [record])))
    assert {cell.data_type for cell in book.active[2]} == {"s"}
    table = read(tables.xlsx_bytes(["a", "b", "c", "d"], [record]), name="x.xlsx")
    assert table.rows[0].cells == ("=1+1", "- item", "007", "bell \ufffd")


cells = st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs", "Cc"]), max_size=20)


@given(st.lists(st.lists(cells, min_size=2, max_size=2), max_size=8))
def test_what_is_written_as_csv_is_read_back(records):
    filled = [["x" + cell for cell in record] for record in records]
    text = "".join(tables.csv_lines(["one", "two"], filled))
    assert [list(row.cells) for row in read(text.encode(), Layout(delimiter=",")).rows] == filled
