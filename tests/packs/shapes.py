"""Packs of every shape: made from the types of their dataclasses, with hostile text wherever there is text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from itertools import repeat
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

MARKUP = (
    "<script>alert(1)</script>",
    '<img src="http://192.0.2.1/pixel.png"><svg onload=alert(1)>',
    "<link rel=attachment href=file:///etc/passwd>",
    "<style>@import url(http://192.0.2.1/a.css); body { background: url(file:///etc/passwd) }</style>",
    "</title></p></td></table><h1>Final</h1>",
    '" style="background:url(http://192.0.2.1/)" x="',
    "<!-- ]]> <![CDATA[ <?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]>&b;&#0;",
    '<a href="javascript:app.alert(1)">RSK-0001</a> <a href="file:///etc/passwd">SYS-0001</a>',
    "{{ meta }} {% include '/etc/passwd' %} {# #} ${7*7} %(name)s %n {0.__class__}",
    "https://evil.example/?q=1 javascript:alert(1) RSK-0001 SYS-0004 RL-1 #glance",
    "=cmd|'/C calc'!A0",
)
LETTERS = (
    "safe\u202egnp.exe \u2066isolated\u2069 zero\u200bwidth \ufeff \u2028 \u00ad",
    "bell\x07 escape\x1b[31m null\x00 delete\x7f vertical\x0b form\x0c",
    "\ufffe\uffff\U0001ffff \U000e0041\U000e007f \ufff9\ufffb \ue000",
    "Z" + "\u0301\u0320\u0489" * 40 + "algo",
    "Donaudampfschifffahrt" * 40,
    "שלום עולם (123) مرحبا بالعالم ١٢٣",
    "人工智能系统登记册 日本語 한국어 👩\u200d💻 🇩🇪 \U0001f3f4\U000e0067\U000e007f",
    "line\nline\r\n\ttab   spaces",
    "\\ / : * ? \" < > | % & ; ' ` $(id) ../../etc/passwd",
)
PLAIN = (
    "",
    "x",
    "Owen Marsh",
    "A plain sentence about RSK-0001, in state open.",
    "major",
    "approved",
    "critical",
)
HOSTILE = (*MARKUP, *LETTERS)

# No lone surrogates: they cannot be written as UTF-8, so neither a form, a file nor a database can bring one here.
TEXT = st.one_of(
    st.sampled_from(HOSTILE),
    st.sampled_from(PLAIN),
    st.text(st.characters(codec="utf-8"), max_size=12),
)
DIGEST = st.from_regex(r"\A[0-9a-f]{64}\Z")
MOMENTS = st.integers(0, 7_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
DAYS = st.dates(date(1900, 1, 1), date(2200, 1, 1))

_MOMENT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

Given = Mapping[str, st.SearchStrategy[Any]]


def of(kind: Any, given: Given, *, most: int = 2) -> st.SearchStrategy[Any]:
    """Values of a type. `given` has strategies for what no person types: "Class.field" or "field"; `most` bounds lists."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (Union, UnionType):
        return st.one_of(*(st.none() if item is type(None) else of(item, given, most=most) for item in inner))
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return st.lists(of(inner[0], given, most=most), max_size=most).map(tuple)
        return st.tuples(*(of(item, given, most=most) for item in inner))
    if is_dataclass(kind) and isinstance(kind, type):
        return st.deferred(lambda: _built(kind, given, most))
    known = {
        str: TEXT,
        bool: st.booleans(),
        int: st.integers(0, 10**6),
        float: st.floats(-1e6, 1e6),
        datetime: MOMENTS,
        date: DAYS,
    }
    return known[kind]


def _built(kind: type[Any], given: Given, most: int) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    parts = {}
    for item in fields(kind):
        strategy = _chosen(kind, item.name, given, lambda hint=hints[item.name]: of(hint, given, most=most))
        if item.name == "schema":
            strategy = st.just(item.default)
        elif item.default is not MISSING:
            strategy = st.one_of(st.just(item.default), strategy)
        parts[item.name] = strategy
    return st.builds(kind, **parts)


def full(kind: Any, given: Mapping[str, Any], text: Iterator[str]) -> Any:
    """One value of a type in which nothing is left out: the next `text` in each, each list of one, each optional given."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return inner[-1]
    if origin in (Union, UnionType):
        return full(next(item for item in inner if item is not type(None)), given, text)
    if origin is tuple:
        kinds = inner[:1] if inner[-1] is Ellipsis else inner
        return tuple(full(item, given, text) for item in kinds)
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(
            **{
                item.name: item.default
                if item.name == "schema"
                else _chosen(kind, item.name, given, lambda hint=hints[item.name]: full(hint, given, text))
                for item in fields(kind)
            }
        )
    return {
        str: next(text) if kind is str else "",
        bool: True,
        int: 3,
        float: 0.5,
        datetime: _MOMENT,
        date: _MOMENT.date(),
    }[kind]


def bare(kind: Any, given: Mapping[str, Any]) -> Any:
    """One value of a type in which everything that may be left out is."""
    origin = get_origin(kind)
    if origin is tuple and get_args(kind)[-1] is Ellipsis:
        return ()
    if origin in (Union, UnionType):
        return None
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(
            **{
                item.name: _chosen(kind, item.name, given, lambda hint=hints[item.name]: bare(hint, given))
                for item in fields(kind)
                if item.default is MISSING
            }
        )
    return full(kind, given, repeat("x"))


def _chosen(kind: type[Any], name: str, given: Mapping[str, Any], otherwise: Callable[[], Any]) -> Any:
    for key in (f"{kind.__name__}.{name}", name):
        if key in given:
            return given[key]
    return otherwise()
