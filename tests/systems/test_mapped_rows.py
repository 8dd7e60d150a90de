"""A dirty inventory of a made-up city, read through its mapping: all is mapped or reported."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core import tables
from governance.core.errors import Refused
from governance.systems.import_cells import fold, list_items, supplier_names
from governance.systems.mapped_rows import apply, apply_rows
from governance.systems.mapping_files import load_mapping, parse_mapping

FOLDER = Path(__file__).parent / "inventories"


@pytest.fixture(scope="module")
def rows():
    mapping = load_mapping(FOLDER / "dirty.yaml")
    return list(apply(mapping, tables.read(FOLDER / "dirty.csv", mapping.source.layout())))


def problems_of(row):
    return {(problem.column, problem.reason.partition(";")[0]): problem for problem in row.problems}


def claims_of(row):
    return {claim.topic: claim for claim in row.claims}


def mapped(text, *records, columns=("Name",)):
    return list(apply_rows(parse_mapping(text), columns, records))


def test_every_record_comes_out_with_its_number_and_all_its_cells(rows):
    assert [row.record for row in rows] == list(range(2, 12))
    assert rows[0].raw["Budget"] == "12 €"
    assert rows[0].raw["If other, please explain.#2"] == "because"
    assert rows[9].raw["column 24"] == "surplus"


def test_a_clean_record_has_no_problems_and_all_its_values(rows):
    assert rows[0].problems == ()
    assert rows[0].values == {
        "name": "Tree watch",
        "organisation": "Parks",
        "external_ids": ["007"],
        "intended_purpose": "Finds sick trees – “early”\n\nbecause",
        "unit": "Parks: Green",
        "techniques": ["Machine learning", "drones"],
        "stage": "operation_monitoring",
        "operational_since": "2024-02-01",
        "personal_data": "yes",
        "affected_groups": ["Gardeners", "Walkers' club"],
        "sourcing": "in_house",
        "regions": ["NL"],
        "sector": "Nature",
        "version_label": "1.0",
    }
    assert rows[0].suppliers == ("Firm A, Inc.", "Firm B (a, b)", "Firm C Ltd.")
    assert rows[0].links == ({"label": "Assessment", "url": "https://example.org/a"},)


def test_claims_keep_the_words_of_the_inventory(rows):
    claims = claims_of(rows[0])
    assert (claims["impact_assessment"].answer, claims["impact_assessment"].wording) == (
        "yes",
        "Yes\nReport 12",
    )
    assert claims["appeal"].answer == "not_applicable"
    assert (claims["consultation"].answer, claims["consultation"].methods) == ("yes", ("survey", "workshop"))
    assert claims["disparity_mitigation"].answer == "unclear"
    later = claims_of(rows[1])
    assert {topic: claim.answer for topic, claim in later.items()} == {
        "impact_assessment": "in_progress",
        "appeal": "no",
        "consultation": "in_progress",
    }


def test_a_blank_cell_makes_no_claim(rows):
    assert rows[3].claims == ()


def test_defaults_lists_in_values_and_dropped_words(rows):
    assert rows[1].values["sector"] == "Administration"
    assert rows[1].values["techniques"] == ["Generative AI", "Language model"]
    assert "techniques" not in rows[2].values
    assert rows[2].values["affected_groups"] == ["One", "Two", "Three"]


def test_what_cannot_be_read_is_reported_with_column_text_and_reason(rows):
    found = problems_of(rows[2])
    reported = {column: (problem.raw, problem.kept_as) for (column, _), problem in found.items() if column}
    assert reported == {
        "Stage of development": ("Dreaming", "raw"),
        "Live since": ("10/12023", "raw"),
        "Personal data?": ("perhaps", "raw"),
        "Version": ("1.2.3-very-long-label", "1.2.3-ver…"),
        "Appeal": ("Only on Tuesdays", "unclear"),
        "Asked whom": ("Town meeting", "unclear"),
        "Vendor": ("https://example.org", "raw"),
        "Link": ("Nowhere", "raw"),
    }
    assert all(problem.record == 4 for problem in found.values())


def test_a_sentence_is_no_supplier(rows):
    assert rows[4].suppliers == ()
    assert any(problem.column == "Vendor" for problem in rows[4].problems)


def test_a_record_without_a_name_gets_one_and_says_so(rows):
    assert rows[3].values["name"] == "8: Counts cars"
    assert ("name", "the record has no name") in problems_of(rows[3])
    assert rows[3].rejected is None


def test_keys_are_unique_fall_back_and_repetitions_are_kept(rows):
    keys = [row.key for row in rows]
    assert len(set(keys)) == len(keys)
    assert keys[0] == "dept=parks|no=007"
    assert keys[1] == "dept=parks|system_name=tree watch 2"
    assert keys[2] == keys[1] + "#2"
    assert keys[4] == keys[3] + "#2"
    assert any("with other content" in problem.reason for problem in rows[4].problems)
    assert any("in every column" in problem.reason for problem in rows[6].problems)


def test_only_a_record_of_which_no_name_can_be_made_is_rejected(rows):
    assert [row.record for row in rows if row.rejected] == [9]
    assert "no name" in rows[7].rejected
    assert rows[7].raw["Purpose"] == "Nobody knows"


def test_records_of_the_wrong_width_are_read_and_reported(rows):
    assert rows[8].values["name"] == "Short row"
    assert "3 cells" in rows[8].problems[0].reason
    assert rows[9].problems[0].raw == "surplus"


def test_a_second_reading_gives_the_same_hashes(rows):
    mapping = load_mapping(FOLDER / "dirty.yaml")
    again = list(apply(mapping, tables.read(FOLDER / "dirty.csv")))
    assert [(row.key, row.row_hash, row.content_hash) for row in again] == [
        (row.key, row.row_hash, row.content_hash) for row in rows
    ]
    assert {row.mapping_hash for row in again} == {mapping.content_hash()}


MINIMAL = "title: t\nname: t\nkey: Name\nfields:\n  name: Name\n  description: Text\n"


def test_another_layout_with_the_same_words_is_the_same_content():
    one = mapped(MINIMAL, ("A", "some  words"), columns=("Name", "Text"))[0]
    other = mapped(MINIMAL, (" A", "some words "), columns=("NAME", "text"))[0]
    assert one.content_hash == other.content_hash
    assert one.key == other.key
    assert one.row_hash != other.row_hash


def test_the_wrong_mapping_is_refused_with_the_columns_that_are_there():
    with pytest.raises(Refused, match=r"wants a column 'Name'; there are 'Title', 'Text'"):
        mapped(MINIMAL, ("A", "b"), columns=("Title", "Text"))


def test_a_missing_column_is_blank_for_all():
    assert mapped(MINIMAL, ("A",))[0].values == {"name": "A"}


def test_records_that_explain_the_columns_are_left_out_by_number():
    rows = mapped("source:\n  skip_records: 1\n" + MINIMAL, ("the name",), ("A",))
    assert "is not data" in rows[0].rejected
    assert rows[1].rejected is None


def test_a_very_long_key_stays_unique_and_short():
    rows = mapped(MINIMAL, ("x" * 900,), ("x" * 900 + "y",))
    assert rows[0].key != rows[1].key
    assert all(len(row.key) <= 320 for row in rows)


def test_first_of_takes_what_is_filled_and_alternatives_what_is_there():
    text = (
        "title: t\nname: t\nkey: Name\nfields:\n  name: [Titel, Name]\n"
        "  description: {first_of: [Long, Short]}\n  sector: '@4'\n"
    )
    columns = ("Name", "Long", "Short", "Anything")
    rows = mapped(text, ("A", "N/A", "s", "x"), ("B", "l", "s", ""), columns=columns)
    assert [row.values.get("description") for row in rows] == ["s", "l"]
    assert rows[0].values["sector"] == "x"


def test_a_list_cell_with_code_in_it_runs_nothing():
    assert list_items("[__import__('os').getcwd()]") == ["[__import__('os').getcwd()]"]


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("['a', 'b c']", ["a", "b c"]),
        ('["a", null, 3]', ["a", "3"]),
        ("['line\\nbreak']", ["line break"]),
        ("[]", []),
        ("a; b\nc", ["a", "b", "c"]),
        ("• a\n• b", ["a", "b"]),
        ("- a\n- b", ["a", "b"]),
        ("[a, b]", ["[a, b]"]),
        ("a, b", ["a, b"]),
        ('[{"name": "x", "id": 1}]', ["x"]),
    ],
)
def test_list_like_cells(cell, items):
    assert list_items(cell) == items


def test_company_forms_and_brackets_stay_with_the_name():
    names = supplier_names("Acme, Inc., Beta LLC; Gamma, GmbH, Delta (x, y), and Epsilon", (";", ","))
    assert names == ["Acme, Inc.", "Beta LLC", "Gamma, GmbH", "Delta (x, y)", "Epsilon"]


items = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8), unique=True
)


@given(items)
def test_every_python_or_json_list_comes_back(values):
    assert list_items(repr(values)) == values


@given(st.text(max_size=60))
def test_any_cell_is_a_list_of_something_and_folds_to_itself(cell):
    assert all(item.strip() for item in list_items(cell))
    supplier_names(cell, (";", ","))
    assert fold(fold(cell)) == fold(cell) or fold(cell)[:2].strip(" )").isalnum()


@given(st.lists(st.tuples(st.sampled_from(["A", "B", "", "N/A"]), st.text(max_size=10)), max_size=12))
def test_whatever_comes_every_record_is_one_row_with_a_key_of_its_own(records):
    rows = mapped(MINIMAL, *records, columns=("Name", "Text"))
    assert len(rows) == len(records)
    assert len({row.key for row in rows}) == len(rows)
    assert all(row.rejected or row.values["name"] for row in rows)
