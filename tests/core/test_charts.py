"""Figures are well-formed SVG with names for screen readers, whatever the labels say."""

from __future__ import annotations

from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.charts import Bar, Part, RiskMarker, Span, bars, ring, risk_matrix, timeline

SVG = "{http://www.w3.org/2000/svg}"
FIVE = ("1", "2", "3", "4", "5")
MATRIX = tuple(("low",) * 5 for _ in range(5))


def parsed(figure: str) -> ET.Element:
    root = ET.fromstring(figure)
    assert root.tag == f"{SVG}svg"
    assert root[0].tag == f"{SVG}title"
    assert root[1].tag == f"{SVG}desc"
    for element in root.iter():
        assert "style" not in element.attrib
        assert element.tag not in {f"{SVG}script", f"{SVG}style", f"{SVG}foreignObject"}
        assert not any(name.startswith("on") for name in element.attrib)
    return root


def texts(figure: str) -> list[str]:
    return [element.text or "" for element in parsed(figure).iter(f"{SVG}text")]


LABELS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40
)


@given(LABELS, st.integers(0, 50), st.integers(0, 50))
def test_bars_survive_any_label_and_count(label: str, met: int, missing: int) -> None:
    figure = bars(
        [Bar(label, (Part(met, "met", "met"), Part(missing, "missing", "missing")))], title=label, desc=label
    )
    parsed(figure)


def test_labels_are_escaped() -> None:
    figure = bars([Bar("<b>&", (Part(1, "met", "met"),), "1 met")], title='"', desc="<script>")
    assert texts(figure) == ["<b>&", "1 met"]
    assert "<script>" not in figure


def test_the_longest_bar_fills_its_room() -> None:
    figure = parsed(
        bars([Bar("a", (Part(4, "met", "m"),)), Bar("b", (Part(2, "met", "m"),))], title="t", desc="d")
    )
    widths = [
        float(item.attrib["width"])
        for item in figure.iter(f"{SVG}rect")
        if item.attrib["class"] == "chart-met"
    ]
    assert widths[0] == 2 * widths[1]


@pytest.mark.parametrize("counts", [(0, 0), (3, 0), (1, 2), (0, 7)])
def test_a_ring_shows_its_figure(counts: tuple[int, int]) -> None:
    parts = [Part(counts[0], "met", "valid"), Part(counts[1], "missing", "stale")]
    assert texts(ring(parts, title="t", desc="d", centre="6/8", below="valid")) == ["6/8", "valid"]


@given(st.lists(st.integers(0, 4000), max_size=8), st.integers(0, 5000))
def test_a_timeline_stays_inside_its_picture(starts: list[int], end: int) -> None:
    first = date(2020, 1, 1)
    spans = [Span(f"stage {n}", first + timedelta(n), dashed=n % 2 == 0) for n in sorted(starts)]
    figure = parsed(timeline(spans, until=first + timedelta(end), title="t", desc="d"))
    width = float(figure.attrib["width"])
    for item in figure.iter(f"{SVG}rect"):
        assert 0 <= float(item.attrib["x"]) <= width
        assert float(item.attrib["x"]) + float(item.attrib["width"]) <= width + 2


def test_a_few_risks_are_drawn_by_number_and_many_by_count() -> None:
    few = [RiskMarker(str(n), (1 + n % 5, 3), (1, 1)) for n in range(4)]
    labelled = texts(risk_matrix(few, matrix=MATRIX, likelihood=FIVE, severity=FIVE, title="t", desc="d"))
    assert labelled.count("3") >= 2
    many = [RiskMarker(f"r{n}", (5, 5), (1, 1)) for n in range(30)]
    counted = texts(risk_matrix(many, matrix=MATRIX, likelihood=FIVE, severity=FIVE, title="t", desc="d"))
    assert counted.count("30") == 2
    assert "r3" not in counted


def test_every_cell_says_its_level_in_words() -> None:
    figure = risk_matrix([], matrix=MATRIX, likelihood=FIVE, severity=FIVE, title="t", desc="d")
    assert texts(figure).count("low") == 25
