"""Public inventories of 2022 to 2025, read whole through the mappings that come along."""

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from governance.core import tables
from governance.core.partial_dates import UnreadableDateError, parse
from governance.systems.import_cells import fold
from governance.systems.mapped_rows import apply
from governance.systems.mapping_files import explain, load_mapping, recognise

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the public inventories are not beside this checkout"
)

STAGES_2025 = "omb/omb2025_sample.csv"
V1, V2 = "omb/omb2024_v1_sample.csv", "omb/omb2024_v2_sample_cp1252.csv"


def expected():
    return json.loads((DATA / "omb/expected_sample.json").read_text(encoding="utf-8"))


@cache
def read(file, name):
    mapping = load_mapping(name)
    table = tables.read(DATA / file, mapping.source.layout())
    return mapping, table, list(apply(mapping, table))


def count(rows, field, none="UNKNOWN"):
    return Counter(row.values.get(field, none) for row in rows)


def test_all_of_2025_comes_in_whole():
    _, table, rows = read("omb/omb2025_full.csv", "omb-2025")
    assert table.encoding == "utf-8 with BOM"
    assert len(table.columns) == 36
    assert len(rows) == 3611
    assert [row for row in rows if row.rejected] == []
    assert len({row.key for row in rows}) == 3611
    assert sum("external_ids" not in row.values for row in rows) >= 704
    assert all(
        list(row.raw.values()) == list(source.cells) for row, source in zip(rows, table.rows, strict=True)
    )


def test_the_nameless_system_of_2025_has_a_name_and_a_report():
    _, _, rows = read("omb/omb2025_full.csv", "omb-2025")
    nameless = next(row for row in rows if not row.raw["use_case_name"].strip())
    assert nameless.values["name"].startswith("DOI-0015: ")
    assert any(problem.column == "name" for problem in nameless.problems)


def test_values_in_the_wrong_column_are_unclear_and_reported():
    _, _, rows = read("omb/omb2025_full.csv", "omb-2025")
    shifted = {(problem.record, problem.column) for row in rows for problem in row.problems}
    assert {
        (147, "hi_training_established"),
        (1401, "hi_training_established"),
        (1561, "hi_ongoing_monitoring"),
    } <= shifted


@pytest.mark.parametrize(
    ("file", "name", "encoding"),
    [
        (STAGES_2025, "omb-2025", "utf-8 with BOM"),
        (V1, "omb-2024", "utf-8 with BOM"),
        (V2, "omb-2024", "cp1252"),
    ],
)
def test_records_columns_and_encodings_are_as_expected(file, name, encoding):
    wanted = expected()[Path(file).name]
    _, table, rows = read(file, name)
    assert (len(rows), len(table.columns), table.encoding) == (wanted["records"], wanted["columns"], encoding)


def test_stages_classes_and_agencies_of_2025_are_as_expected():
    wanted = expected()["omb2025_sample.csv"]
    _, _, rows = read(STAGES_2025, "omb-2025")
    assert count(rows, "stage") == wanted["stage"]
    names = {
        "not_high_impact": "not_high",
        "presumption_rebutted": "not_high:presumption_rebutted",
        "high_impact": "high",
        "undetermined": "UNDETERMINED",
    }
    assert Counter(names[row.values["declared_class"]] for row in rows) == wanted["tier"]
    assert count(rows, "declared_tier")["high"] == wanted["tier"]["high"]
    assert Counter(row.raw["agency"] for row in rows) == wanted["by_agency"]
    deployed = [
        r
        for r in rows
        if r.values.get("declared_tier") == "high" and r.values.get("stage") == "operation_monitoring"
    ]
    assert len(deployed) == wanted["high_and_deployed"]
    answers = Counter(
        next((claim.answer for claim in row.claims if claim.topic == "impact_assessment"), "blank")
        for row in deployed
    )
    assert answers == {"yes": 9, "in_progress": 3, "blank": 6}


def test_stages_classes_and_agencies_of_2024_are_as_expected():
    wanted = expected()[Path(V2).name]
    _, _, rows = read(V2, "omb-2024")
    assert count(rows, "stage") == wanted["stage"]
    names = {
        "neither_rights_nor_safety_impacting": "not_high",
        "safety_impacting": "high:safety",
        "rights_impacting": "high:rights",
        "rights_and_safety_impacting": "high:rights+safety",
    }
    assert Counter(names[row.values["declared_class"]] for row in rows) == wanted["tier"]
    assert Counter(row.raw["Agency Abbreviation"] for row in rows) == wanted["by_agency"]


def test_the_second_layout_of_2024_brings_only_what_is_new():
    wanted = expected()["v1_to_v2"]
    first = {row.key: row for row in read(V1, "omb-2024")[2]}
    second = {row.key: row for row in read(V2, "omb-2024")[2]}
    created = [row for key, row in second.items() if key not in first]
    assert len(created) == wanted["created"]
    assert {row.raw["Agency Abbreviation"] for row in created} == {wanted["created_agency"]}
    assert set(first) <= set(second)
    texts = ("name", "intended_purpose", "outputs", "data_description")
    changed = [
        key for key in first if any(first[key].values.get(t) != second[key].values.get(t) for t in texts)
    ]
    assert changed == wanted["text_changes_in_sample"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("omb/omb2025_full.csv", "omb-2025"),
        (V1, "omb-2024"),
        (V2, "omb-2024"),
        ("omb/omb2023_full.csv", "omb-2023"),
        ("nl/algoritmeregister_2022-12-08.json", "nl-2022"),
        ("eu/aiwatch_services_64.json", "eu-ai-watch"),
    ],
)
def test_every_value_is_mapped_says_nothing_or_is_reported(file, name):
    mapping, table, rows = read(file, name)
    assert recognise(table.columns)[0][0].name == name
    assert explain(mapping, table.columns).missing == ()
    silent = {fold(word) for word in mapping.non_values}
    words = {
        "stage",
        "declared_tier",
        "sourcing",
        "personal_data",
        "human_oversight",
        "operational_since",
        "retired_on",
    }
    for field in words & set(mapping.fields):
        rule = mapping.fields[field]
        column = next(
            c for use in explain(mapping, table.columns).columns if field in use.targets for c in [use.column]
        )
        dropped = {fold(word) for word, value in rule.values.items() if value is None}
        blank = {pattern for pattern, value in rule.patterns.items() if value is None}
        for row in rows:
            text = row.raw[column]
            if row.rejected or not text.strip() or fold(text) in silent | dropped or blank:
                continue
            reported = any(problem.column == column for problem in row.problems)
            assert field in row.values or reported, (row.record, column, text)


def test_the_examples_of_dates_are_read_as_expected():
    for example, text, precision in expected()["date_examples"]:
        raw = example.split(" (")[0]
        if precision == "error, keep raw":
            with pytest.raises(UnreadableDateError):
                parse(raw, "month_first")
            continue
        found = parse(raw, "month_first")
        # What is before 2021 is an open span in EDTF.
        assert (found.text.removeprefix("../"), found.precision) == (text, precision)


def test_years_return_under_the_same_names():
    names_2024 = {fold(row.values["name"]) for row in read(V2, "omb-2024")[2]}
    names_2025 = {fold(row.values["name"]) for row in read("omb/omb2025_full.csv", "omb-2025")[2]}
    assert len(names_2024 & names_2025) > 100


def test_the_same_list_grows_from_snapshot_to_snapshot():
    earlier, later = (
        {row.key for row in read(f"eu/aiwatch_services_{n}.json", "eu-ai-watch")[2]} for n in (79, 100)
    )
    assert (len(later - earlier), len(earlier - later)) == (21, 0)


def test_the_same_inventory_as_a_workbook_has_the_same_content():
    mapping, table, rows = read("omb/omb2025_sample.csv", "omb-2025")
    workbook = tables.read(tables.xlsx_bytes(table.columns, [row.cells for row in table.rows]), name="x.xlsx")
    assert [(row.key, row.content_hash) for row in apply(mapping, workbook)] == [
        (r.key, r.content_hash) for r in rows
    ]
