"""One value, one text: RFC 8785, and the rules for what JSON lacks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from governance.core.canonical import NotCanonicalError, canonical, content_hash, sha256_hex

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


class Colour(Enum):
    RED = 1


class Stage(StrEnum):
    INCEPTION = "inception"


@dataclass(frozen=True)
class Point:
    x: int
    at: date | None


def test_the_example_of_rfc_8785() -> None:
    """Section 3.2.3 of the RFC: keys sorted by UTF-16 code units."""
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
    }
    value |= {
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert list(json.loads(canonical(value)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 11, 20, 22, 33, 1, tzinfo=UTC), b'"2026-11-20T22:33:01Z"'),
        (
            datetime(2026, 11, 20, 23, 33, 1, 5, tzinfo=timezone(timedelta(hours=1))),
            b'"2026-11-20T22:33:01.000005Z"',
        ),
        (date(2026, 11, 20), b'"2026-11-20"'),
        (Colour.RED, b"1"),
        (Stage.INCEPTION, b'"inception"'),
        ((1, (2,)), b"[1,[2]]"),
        (Decimal("0.8000"), b'"0.8"'),
        (Decimal("1E+3"), b'"1000"'),
        (Decimal("-0.00"), b'"0"'),
        ({Stage.INCEPTION: None}, b'{"inception":null}'),
        (Point(1, None), b'{"at":null,"x":1}'),
        (1.0, b"1"),
    ],
)
def test_what_json_lacks_has_one_spelling(value: object, text: bytes) -> None:
    assert canonical(value) == text


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        2**53,
        datetime(2026, 1, 1),  # noqa: DTZ001 - that is the point
        {1: "x"},
        {"a"},
        b"x",
        "\ud800",
        object(),
    ],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonicalError):
        canonical({"deep": [value]})


def test_a_refusal_says_where() -> None:
    with pytest.raises(NotCanonicalError, match=r"\$\.risks\[1\]\.score"):
        canonical({"risks": [{}, {"score": float("nan")}]})


@given(VALUES)
def test_reading_and_writing_again_changes_nothing(value: object) -> None:
    once = canonical(value)
    assert canonical(json.loads(once)) == once


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(-1000, 1000)))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical(value) == canonical(dict(reversed(value.items())))


def test_a_hash_is_sha_256_of_the_text() -> None:
    assert content_hash({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest() == sha256_hex(b'{"a":1}')


@given(VALUES | st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_the_fast_way_writes_what_the_library_writes(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]
