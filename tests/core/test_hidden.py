"""What a reader is shown of a text that hides something, and which texts no field takes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.access.schemas import Command
from governance.core.hidden import MOST_MARKS, refused, safe_file_name, safe_media_type, visible
from governance.core.tables import guard_formula
from governance.rooms import open_all

# Signs over numbers, which fonts draw.
_DRAWN_SIGNS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
ANYTHING = st.text(st.characters(), max_size=60)


@given(ANYTHING)
def test_what_is_shown_hides_nothing_and_is_not_shown_otherwise_a_second_time(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    hiding = {letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cf", "Cs")}
    assert hiding <= {"\n", "\t", *_DRAWN_SIGNS}


@given(ANYTHING)
def test_what_no_field_takes_is_never_shown_as_it_is(text: str) -> None:
    if found := refused(text):
        assert f"[{found[0]}]" in visible(text)


@pytest.mark.parametrize(
    "text", ["Größe\tund\nZeile", "می‌خواهم", "👩\u200d💻", "שלום (123)", "é e\u0301 Việt"]
)
def test_what_languages_need_is_taken(text: str) -> None:
    assert refused(text) is None


@pytest.mark.parametrize(
    "character",
    ["\0", "\x1b", "\x85", "\u202e", "\u2066", "\u2028", "\ufffe", "\U0001ffff", "\ud800", "\U000e0041"],
)
def test_what_hides_or_turns_is_refused_with_its_place(character: str) -> None:
    code = f"U+{ord(character):04X}"
    assert refused(f"pay 100{character}") == (code, "pay 100")
    assert visible(character) == f"[{code}]"


def test_a_tower_of_marks_is_cut_and_counted() -> None:
    assert visible("Z" + "\u0301" * 50 + "a") == "Z" + "\u0301" * MOST_MARKS + "[and 44 more marks]a"
    assert visible("שָׁלוֹם") == "שָׁלוֹם"


@given(ANYTHING)
def test_a_file_name_is_one_on_every_file_system(name: str) -> None:
    safe = safe_file_name(name)
    assert safe and len(safe.encode()) <= 180
    assert not set(safe) & set('/\\<>:"|?*\n\r\t\0') and visible(safe) == safe
    assert safe not in (".", "..") and safe == safe_file_name(safe)


def test_a_long_file_name_keeps_its_ending() -> None:
    assert safe_file_name("日" * 300 + ".pdf") == "日" * 58 + ".pdf"
    assert safe_file_name("x." + "y" * 300) == "x." + "y" * 178


@given(ANYTHING)
def test_a_media_type_is_one_or_unknown(text: str) -> None:
    assert safe_media_type(text) in (text, "application/octet-stream")
    assert safe_media_type(text + ">>/AA") == "application/octet-stream"
    assert safe_media_type("image/svg+xml") == "image/svg+xml"


@pytest.mark.parametrize(
    "cell", ["=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1+1"]
)
def test_no_cell_begins_a_formula(cell: str) -> None:
    assert guard_formula(cell) == "'" + cell


def _without_an_end(schema: object) -> bool:
    """Whether a JSON Schema takes texts of any length."""
    if isinstance(schema, list):
        return any(map(_without_an_end, schema))
    if not isinstance(schema, dict):
        return False
    text = schema.get("type") == "string" and not schema.keys() & {"enum", "const", "maxLength"}
    return (text and schema.get("format") not in ("date", "date-time")) or any(
        map(_without_an_end, schema.values())
    )


def _below(kind: type[Command]) -> list[type[Command]]:
    return [found for each in kind.__subclasses__() for found in (each, *_below(each))]


def test_every_text_of_every_input_has_an_end_and_refuses_what_hides() -> None:
    open_all()
    inputs = [kind for kind in _below(Command) if kind.__module__.startswith("governance.")]
    assert len(inputs) > 100
    assert [kind.__name__ for kind in inputs if _without_an_end(kind.model_json_schema())] == []
