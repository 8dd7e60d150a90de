"""A trend is well-formed whatever the values are, and shows each verdict by its shape."""

from __future__ import annotations

from datetime import date, timedelta
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from governance.core.trends import Limit, Point, trend

SVG = "{http://www.w3.org/2000/svg}"
DAY = date(2026, 1, 31)
VALUES = st.floats(-1e6, 1e6)


def shapes(figure: str, name: str) -> list[ET.Element]:
    return list(ET.fromstring(figure).iter(f"{SVG}{name}"))


@given(st.lists(st.tuples(st.integers(0, 900), VALUES), min_size=1, max_size=20), VALUES)
def test_every_point_lies_inside_the_picture(found: list[tuple[int, float]], limit: float) -> None:
    points = [Point(DAY + timedelta(days=days), value) for days, value in found]
    figure = trend(points, limits=[Limit(limit, "limit")], title="t", desc="d", width=640, height=200)
    circles = shapes(figure, "circle")
    assert len(circles) == len(points)
    assert all(
        0 <= float(item.attrib["cx"]) <= 640 and 0 <= float(item.attrib["cy"]) <= 200 for item in circles
    )


@given(VALUES, VALUES)
def test_a_higher_value_is_drawn_higher(one: float, other: float) -> None:
    figure = trend([Point(DAY, one), Point(DAY + timedelta(days=30), other)], title="t", desc="d")
    first, second = (float(item.attrib["cy"]) for item in shapes(figure, "circle"))
    assert (one >= other) == (first <= second) or abs(first - second) < 0.2


def test_a_missed_limit_is_a_square_and_a_doubtful_one_is_open() -> None:
    points = [Point(DAY, 0.7, kind="missing"), Point(DAY + timedelta(days=9), 0.8, 0.7, 0.9, kind="waived")]
    figure = trend(points, limits=[Limit(0.8, "at least 0.8")], title="t", desc="d")
    assert [item.attrib["class"] for item in shapes(figure, "rect")] == ["chart-missing"]
    assert [item.attrib["fill"] for item in shapes(figure, "circle")] == ["#ffffff"]
    assert "at least 0.8" in figure


def test_nothing_measured_says_so() -> None:
    assert "No value recorded" in trend([], title="t", desc="d")
