"""Lists: what the query string asks for, and the links that come back."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from governance.core.errors import DomainError
from governance.web import lists

STATE = lists.Filter("state", "State", [("draft", "Draft"), ("active", "Active")])


def read(**args: str) -> lists.ListQuery:
    return lists.read("/systems", MultiDict(args), (STATE,), ("reference", "title"))


def asked(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_words_filters_and_order_are_read_and_written_back() -> None:
    query = read(q=" beds ", state="draft", sort="title", order="desc")
    assert (query.words, query.filters, query.sort, query.descending) == (
        "beds",
        {"state": "draft"},
        "title",
        True,
    )
    assert asked(query.url()) == {"q": "beds", "state": "draft", "sort": "title", "order": "desc"}


def test_each_chip_takes_away_only_itself() -> None:
    (words, without_words), (state, without_state) = read(q="beds", state="draft").chips((STATE,))
    assert (words, state) == ("“beds”", "State: Draft")
    assert "q" not in asked(without_words) and asked(without_words)["state"] == "draft"
    assert "state" not in asked(without_state) and asked(without_state)["q"] == "beds"


def test_the_same_column_again_turns_the_order_round() -> None:
    assert asked(read(sort="title").sort_url("title"))["order"] == "desc"
    assert asked(read(sort="title", order="desc").sort_url("title"))["order"] == "asc"
    assert asked(read(sort="title").sort_url("reference"))["order"] == "asc"


def test_a_new_order_starts_at_the_first_page() -> None:
    query = read(after=lists.encode(("Beds", 7)))
    assert query.after == ("Beds", 7)
    assert "after" not in asked(query.sort_url("title")) and "after" not in asked(query.url(q="x"))


@pytest.mark.parametrize("args", [{"sort": "password_hash"}, {"state": "purple"}])
def test_what_the_list_does_not_know_is_refused_by_name(args) -> None:
    with pytest.raises(DomainError, match=next(iter(args.values()))) as refused:
        read(**args)
    assert refused.value.status == 400


def test_a_nul_in_the_search_box_is_left_out() -> None:
    assert read(q="be\0ds").words == "beds"


@given(
    st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\0")),
    st.integers(-(2**63) + 1, 2**63 - 1),
)
def test_a_position_comes_back_as_it_was(key: str, number: int) -> None:
    assert lists.decode(lists.encode((key, number))) == (key, number)


def _forged(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "%%",
        "é",
        "AAAA",
        _forged({}),
        _forged(["a"]),
        _forged([1, "a"]),
        _forged(["a", True]),
        _forged(["a", 2**63]),
        _forged(["a\0", 1]),
        _forged(["\ud800", 1]),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
    ids=range(11),
)
def test_a_forged_position_is_a_bad_request(text: str) -> None:
    with pytest.raises(DomainError, match="first page") as refused:
        lists.decode(text)
    assert refused.value.status == 400


@given(st.text(max_size=60))
def test_no_text_makes_a_position_fall_over(text: str) -> None:
    try:
        key, number = lists.decode(text)
    except DomainError:
        return
    assert isinstance(key, str) and isinstance(number, int)
