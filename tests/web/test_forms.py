"""Forms: what was typed, what pydantic gets, and what the reader is told."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from werkzeug.datastructures import MultiDict

from governance.access.schemas import Command
from governance.web.forms import Form


class Tier(StrEnum):
    LOW = "low_impact"
    HIGH = "high_impact"


class Register(Command):
    title: str = Field(title="Name", description="As people call it.", max_length=20)
    tier: Tier | None = None
    tags: list[Annotated[str, Field(max_length=5)]] = Field(default_factory=list)
    roles: list[Tier] = Field(default_factory=list)
    review_on: date | None = None
    people: int | None = None
    live: bool = False
    owner_id: str = Field(default="", json_schema_extra={"group": "Who"})


def sent(**fields: str) -> Form[Register]:
    return Form(Register, MultiDict({"title": "Bed forecast", **fields}))


def test_a_good_form_becomes_its_schema() -> None:
    form = sent(tier="low_impact", tags="a\n\n b ", review_on="2026-11-20", people="3", live="yes")
    assert form.valid
    assert form.value == Register(
        title="Bed forecast",
        tier=Tier.LOW,
        tags=["a", "b"],
        review_on=date(2026, 11, 20),
        people=3,
        live=True,
    )


def test_a_form_only_shown_is_neither_valid_nor_wrong() -> None:
    form = Form(Register, initial={"title": "Old", "review_on": date(2026, 1, 2)})
    assert not form.valid and not form.errors
    assert (form["title"].value, form["review_on"].value) == ("Old", "2026-01-02")
    with pytest.raises(ValueError, match="not valid"):
        _ = form.value


def test_what_stands_in_the_schema_is_what_is_drawn() -> None:
    form = Form(Register, choices={"owner_id": [("7", "Owen")]})
    assert (form["title"].label, form["title"].help, form["title"].required) == (
        "Name",
        "As people call it.",
        True,
    )
    assert {item.name: item.widget for item in form} == {
        "title": "text",
        "tier": "select",
        "tags": "lines",
        "roles": "multiselect",
        "review_on": "date",
        "people": "number",
        "live": "checkbox",
        "owner_id": "select",
    }
    assert form["tier"].choices == [("low_impact", "Low impact"), ("high_impact", "High impact")]
    assert [group for group, _ in form.groups] == ["", "Who"]


def test_blank_is_nothing_and_an_unticked_box_is_no() -> None:
    value = sent(review_on="  ", people="", tier="").value
    assert (value.review_on, value.people, value.tier, value.live) == (None, None, None, False)


def test_a_field_that_was_not_sent_keeps_its_value_and_a_blank_one_is_cleared() -> None:
    before = {"title": "Old", "people": 4, "review_on": date(2026, 1, 2)}
    form = Form(Register, MultiDict({"title": "New", "people": ""}), initial=before)
    assert (form.value.title, form.value.people, form.value.review_on) == ("New", None, date(2026, 1, 2))


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("title", "", "This field is needed."),
        ("title", "x" * 21, "At most 20 characters."),
        ("tier", "middling", "Choose one of the list."),
        ("people", "many", "Enter a whole number."),
        ("people", "1.5", "Enter a whole number."),
        ("people", "9" * 5000, "This number is too large."),
        ("review_on", "2026-02-30", "Enter a date like 2026-11-20."),
        ("review_on", "20.11.2026", "Enter a date like 2026-11-20."),
        ("review_on", "2026", "Enter a date like 2026-11-20."),
        ("review_on", "2026-11-20T10:00", "Enter a date like 2026-11-20."),
        ("title", "nul\0", "The character U+0000 after «nul» cannot be seen. Type that place anew."),
        ("title", "a\u202eb", "The character U+202E after «a» cannot be seen. Type that place anew."),
        ("tags", "ok\nb\x1b", "The character U+001B after «b» cannot be seen. Type that place anew."),
        ("owner_id", "x" * 20001, "At most 20000 characters."),
        ("owner_id", "\n".join("x" * 2001), "At most 2000 lines."),
        ("tags", "\n".join("x" * 5001), "At most 5000 items."),
        ("people", "9" * 20, "This number is too large."),
    ],
)
def test_what_is_wrong_is_said_in_plain_words_and_what_was_typed_stays(field, typed, message) -> None:
    form = sent(**{field: typed})
    assert not form.valid
    assert form.errors == {field: [message]}
    assert (form[field].value, form[field].errors) == (typed, [message])


def test_items_of_a_list_are_refused_at_their_field_and_once() -> None:
    form = sent(tags="far too long\nalso too long\nfine")
    assert form.errors == {"tags": ["At most 5 characters."]}
    assert form["tags"].value == "far too long\nalso too long\nfine"


def test_a_field_that_the_form_does_not_have_is_refused_but_the_token_is_not() -> None:
    assert sent(csrf_token="secret").valid
    assert sent(state="active").errors == {"": ["This form has no such field."]}


def test_a_refusal_of_the_domain_lands_at_its_field() -> None:
    form = sent()
    form.add_error("owner_id", "Owen has left.")
    form.add_error("", "Nothing can be saved on Sundays.")
    assert not form.valid
    assert form.errors == {"owner_id": ["Owen has left."], "": ["Nothing can be saved on Sundays."]}


@given(st.text(max_size=30))
def test_nothing_typed_into_a_date_becomes_another_date(typed: str) -> None:
    form = sent(review_on=typed)
    if form.valid and form.value.review_on is not None:
        assert form.value.review_on.isoformat() == typed.strip()
    assert form["review_on"].value == typed
