"""Mapping files: what they may say, how a slip is answered, and how a header finds its mapping."""

from pathlib import Path

import pytest

from governance.core.errors import Refused
from governance.systems.mapping_files import explain, load_mapping, mapping_names, parse_mapping, recognise

HEAD = "title: t\nkey: Name\nfields:\n  name: Name\n"


@pytest.mark.parametrize("name", mapping_names())
def test_every_mapping_that_comes_along_is_sound(name):
    mapping = load_mapping(name)
    assert mapping.name == name
    assert mapping.title


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            HEAD + "  stage:\n    column: S\n    values:\n      Run: running\n",
            r"x.yaml, line 5, fields.stage: 'running' is not one of",
        ),
        (
            HEAD + "  desciption: D\n",
            r"line 5, fields.desciption: there is no such field; is it description\?",
        ),
        (HEAD + "claims:\n  tests: T\n", r"line 6, claims.tests: there is no such topic; is it testing\?"),
        (
            HEAD + "claims:\n  testing:\n    column: T\n    values: {Y: yeah}\n",
            r"line 6, claims.testing: 'yeah' is not an answer",
        ),
        (HEAD + "  unit: {colum: U}\n", "line 5, fields.unit.colum: there is no such key"),
        (HEAD + "  unit: {column: U, constant: X}\n", "line 5, fields.unit: say where it comes from"),
        (HEAD + "  unit: {column: U, patterns: {'(': X}}\n", r"line 5, fields.unit: the pattern '\(' is not"),
        (HEAD + "  name: Title\n", "line 5: the key 'name' stands here a second time"),
        (HEAD + "source: {header_row: 0}\n", "line 5, source.header_row: .*greater than or equal to 1"),
        ("title: t\nfields:\n  name: N\n", "key: this key is missing"),
        ("title: t\nkey: N\nfields:\n  unit: N\n", "fields: a system needs a name"),
        ("title: [", "x.yaml, line 1"),
        ("- a\n", "a mapping file is a list of keys"),
        ("", "a mapping file is a list of keys"),
    ],
)
def test_a_slip_is_answered_with_file_line_key_and_reason(text, words):
    with pytest.raises(Refused, match=words):
        parse_mapping(text, "x.yaml")


def test_words_are_read_as_they_are_written():
    mapping = parse_mapping(
        HEAD + "  personal_data:\n    column: P\n    values:\n      No: no\n      01: yes\n      x:\n",
        "x.yaml",
    )
    assert mapping.fields["personal_data"].values == {"No": "no", "01": "yes", "x": None}


def test_one_column_one_way_or_several_ways_are_a_key():
    for written, read in (
        ("N", (("N",),)),
        ("[A, N]", (("A", "N"),)),
        ("[[A, I], [N]]", (("A", "I"), ("N",))),
    ):
        assert parse_mapping(f"title: t\nkey: {written}\nfields: {{name: N}}", "x.yaml").key == read


def test_comments_and_layout_do_not_change_the_hash_but_content_does():
    one = parse_mapping(HEAD, "x.yaml")
    assert (
        one.content_hash()
        == parse_mapping("# why\n" + HEAD.replace("key: Name", "key: [[Name]]"), "x.yaml").content_hash()
    )
    assert one.content_hash() != parse_mapping(HEAD + "  unit: U\n", "x.yaml").content_hash()


def test_a_mapping_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(Refused, match=r"no mapping 'nope'.*generic"):
        load_mapping("nope")


def test_a_name_cannot_lead_out_of_the_folder():
    with pytest.raises(Refused, match="not the name of a mapping"):
        load_mapping("../../etc/passwd")


def test_a_mapping_may_lie_anywhere(tmp_path: Path):
    (tmp_path / "mine.yaml").write_text(HEAD, encoding="utf-8")
    assert load_mapping(tmp_path / "mine.yaml").name == "mine"


def test_a_header_finds_its_mapping():
    first = parse_mapping("name: first\n" + HEAD + "  unit: Team\n  sector: Field\n", "x.yaml")
    second = parse_mapping("name: second\ntitle: t\nkey: Naam\nfields:\n  name: Naam\n", "x.yaml")
    found = recognise(["NAME", "team", "Other"], [first, second])
    assert [mapping.name for mapping, _ in found] == ["first"]
    assert found[0][1] == pytest.approx(2 / 3, abs=0.001)
    assert recognise(["Name", "Team", "Field"], [first])[0][1] == 1.0


def test_every_column_is_explained():
    mapping = parse_mapping(
        HEAD
        + "  unit: {template: '{Dept}/{Team}'}\n"
        + "claims:\n  testing: {column: T, wording: Name}\n"
        + "links:\n  - {label: L, column: U}\n",
        "x.yaml",
    )
    explanation = explain(mapping, ["Name", "Dept", "T", "Extra"])
    assert [(use.column, use.says) for use in explanation.columns] == [
        ("Name", "key, name, claims.testing"),
        ("Dept", "unit"),
        ("T", "claims.testing"),
        ("Extra", "kept as source value"),
    ]
    assert set(explanation.missing) == {"Team", "U"}
    assert explanation.extra == ("Extra",)
