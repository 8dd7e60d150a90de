"""A trend as an SVG figure: values over time with their intervals, and the limit they are held against.

Like core.charts it draws one `<svg>` with a title and a description, without script or style attributes. The verdict of a
point is told by its shape as well as by its colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from governance.core.svg import ACCENT, FILLS, INK, MUTED, PAPER, circle, line, rect, svg, text


@dataclass(frozen=True, slots=True)
class Point:
    """A value on a day, with the ends of its interval if it has one.

    `kind` is a key of svg.FILLS: `met` draws a filled circle, `missing` a square, anything else an open circle.
    """

    on: date
    value: float
    low: float | None = None
    high: float | None = None
    kind: str = "met"


@dataclass(frozen=True, slots=True)
class Limit:
    """A horizontal line that values are held against, with the word for it, such as `at least 0.8`."""

    value: float
    word: str


_LEFT: Final = 52
_RIGHT: Final = 96
_TOP: Final = 12
_BELOW: Final = 24


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where days and values are placed."""

    first: date
    days: int
    bottom: float
    top: float
    width: int
    height: int

    def x(self, day: date) -> float:
        room = self.width - _LEFT - _RIGHT - 16
        return _LEFT + 8 + room * (day - self.first).days / self.days

    def y(self, value: float) -> float:
        room = self.height - _TOP - _BELOW
        return _TOP + room * (1 - (value - self.bottom) / (self.top - self.bottom))


def trend(
    points: Sequence[Point],
    *,
    limits: Sequence[Limit] = (),
    title: str,
    desc: str,
    unit: str = "",
    width: int = 640,
    height: int = 200,
) -> str:
    """Values in order of time, joined by a line, with whiskers for intervals and dashed lines for limits.

    The scale holds every value, interval and limit. Without a point the figure says so in words.
    """
    if not points:
        return svg(width, 20, title, desc, [text(0, 14, "No value recorded", size=10, fill=MUTED)])
    ordered = sorted(points, key=lambda point: point.on)
    frame = _frame(ordered, limits, width, height)
    body = [*_scale(frame, unit), *_limits(frame, limits)]
    places = [(frame.x(point.on), frame.y(point.value)) for point in ordered]
    for start, end in pairwise(places):
        body.append(line(*start, *end, stroke=ACCENT))
    for point, place in zip(ordered, places, strict=True):
        body.extend(_drawn(frame, point, place))
    body.extend(_days(frame, ordered))
    return svg(width, height, title, desc, body)


def _frame(points: Sequence[Point], limits: Sequence[Limit], width: int, height: int) -> _Frame:
    seen = [limit.value for limit in limits]
    for point in points:
        seen += [value for value in (point.value, point.low, point.high) if value is not None]
    bottom, top = min(seen), max(seen)
    margin = (top - bottom) * 0.08 or abs(top) * 0.1 or 1.0
    days = max((points[-1].on - points[0].on).days, 1)
    return _Frame(points[0].on, days, bottom - margin, top + margin, width, height)


def _scale(frame: _Frame, unit: str) -> Iterable[str]:
    yield line(_LEFT, _TOP, _LEFT, frame.height - _BELOW)
    yield line(_LEFT, frame.height - _BELOW, frame.width - _RIGHT, frame.height - _BELOW)
    for value in (frame.bottom, (frame.bottom + frame.top) / 2, frame.top):
        yield text(_LEFT - 6, frame.y(value) + 4, f"{value:.3g}", anchor="end", size=9, fill=MUTED)
    if unit:
        yield text(_LEFT + 4, _TOP + 2, unit, size=9, fill=MUTED)


def _limits(frame: _Frame, limits: Sequence[Limit]) -> Iterable[str]:
    for limit in limits:
        height = frame.y(limit.value)
        for start in range(_LEFT, frame.width - _RIGHT, 10):
            yield line(start, height, min(start + 6, frame.width - _RIGHT), height, stroke=INK)
        yield text(frame.width - _RIGHT + 6, height + 3, limit.word, size=9)


def _drawn(frame: _Frame, point: Point, place: tuple[float, float]) -> Iterable[str]:
    x, y = place
    if point.low is not None and point.high is not None:
        low, high = frame.y(point.low), frame.y(point.high)
        yield line(x, low, x, high, stroke=MUTED)
        for end in (low, high):
            yield line(x - 4, end, x + 4, end, stroke=MUTED)
    if point.kind == "missing":
        yield rect(x - 5, y - 5, 10, 10, "missing")
    elif point.kind == "met":
        yield circle(x, y, 5, FILLS["met"], FILLS["met"], 1)
    else:
        yield circle(x, y, 5, PAPER, FILLS.get(point.kind, MUTED), 2)


def _days(frame: _Frame, points: Sequence[Point]) -> Iterable[str]:
    base = frame.height - 8
    yield text(frame.x(points[0].on), base, points[0].on.isoformat(), anchor="start", size=9, fill=MUTED)
    if len(points) > 1:
        last = points[-1].on
        yield text(frame.x(last), base, last.isoformat(), anchor="end", size=9, fill=MUTED)
