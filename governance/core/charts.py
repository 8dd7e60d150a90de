"""Small SVG figures for web pages and packs alike: bars, ring, stage timeline, risk matrix.

Every function returns one `<svg>` element as text with a title and a description for screen readers. Colours
are presentation attributes, so a stylesheet may override them by class (`chart-met`, `chart-missing`, …); no
script and no style attribute is needed, and a strict content security policy holds. Text is escaped here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from governance.core.svg import ACCENT, FILLS, INK, MUTED, PAPER, arc, arrow, circle, line, rect, svg, text


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a bar or ring: how many, of what kind (a key of svg.FILLS), and the word for it."""

    value: int
    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One labelled horizontal bar made of parts; `note` stands to its right."""

    label: str
    parts: tuple[Part, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time on a timeline; `until` None runs to the end of the picture."""

    label: str
    since: date
    until: date | None = None
    dashed: bool = False


def bars(rows: Sequence[Bar], *, title: str, desc: str, width: int = 460, label_width: int = 150) -> str:
    """Horizontal stacked bars on one common scale, each with its numbers in words to the right."""
    height_of_row, note_width = 24, 124
    room = width - label_width - note_width
    largest = max((sum(part.value for part in row.parts) for row in rows), default=0) or 1
    body: list[str] = []
    for number, row in enumerate(rows):
        top = number * height_of_row
        body.append(text(label_width - 8, top + 15, _short(row.label, label_width), anchor="end", size=11))
        body.append(rect(label_width, top + 5, room, 13, "neutral"))
        left = float(label_width)
        for part in row.parts:
            length = room * part.value / largest
            if part.value:
                body.append(rect(left, top + 5, length, 13, part.kind))
                left += length
        body.append(text(label_width + room + 8, top + 15, row.note, size=10.5, fill=MUTED))
    return svg(width, max(1, len(rows)) * height_of_row, title, desc, body)


def ring(
    parts: Sequence[Part], *, title: str, desc: str, centre: str, below: str = "", size: int = 120
) -> str:
    """A ring divided among the parts, with a figure in its middle and a word below the figure."""
    total = sum(part.value for part in parts)
    middle, radius, thick = size / 2, size / 2 - 9, 15
    body = [circle(middle, middle, radius, "none", FILLS["neutral"], thick)]
    angle = 0.0
    for part in parts:
        if not part.value:
            continue
        share = part.value / total
        if share == 1:
            body.append(circle(middle, middle, radius, "none", FILLS[part.kind], thick))
        else:
            body.append(arc(middle, radius, angle, angle + share, part.kind, thick))
        angle += share
    body.append(text(middle, middle + (2 if below else 7), centre, anchor="middle", size=20, weight="bold"))
    if below:
        body.append(text(middle, middle + 16, below, anchor="middle", size=10, fill=MUTED))
    return svg(size, size, title, desc, body)


def timeline(spans: Sequence[Span], *, until: date, title: str, desc: str, width: int = 640) -> str:
    """Stages on a scale of time, numbered 1, 2, 3 … as in a table beside the picture.

    A dashed span was only declared, not passed through a gate. `until` is the right edge, the cut-off date.
    """
    if not spans:
        return svg(width, 20, title, desc, [text(0, 14, "No stages recorded", size=10, fill=MUTED)])
    first = min(span.since for span in spans)
    days = max((until - first).days, 1)

    def place(day: date) -> float:
        return (width - 2) * min(max((day - first).days, 0), days) / days + 1

    body: list[str] = []
    for number, span in enumerate(spans, start=1):
        left, right = place(span.since), place(span.until or until)
        length = max(right - left, 2.0)
        tint = "met" if span.until is None else "waived"
        body.append(rect(left, 16, length - 1, 22, "neutral" if span.dashed else tint, dashed=span.dashed))
        inside = length >= 14
        light = inside and not span.dashed and span.until is None
        body.append(
            text(
                left + length / 2,
                31 if inside else 11,
                f"{number} {span.label}" if length > 7 * len(span.label) + 14 else str(number),
                anchor="middle",
                size=10,
                weight="bold",
                fill=PAPER if light else INK,
            )
        )
    body.extend(_ticks(first, until, place))
    return svg(width, 58, title, desc, body)


def _ticks(first: date, until: date, place: Callable[[date], float]) -> Iterable[str]:
    """Year marks under a timeline, and the two ends."""
    ends = [(first, "start"), (until, "end")]
    for day, anchor in ends:
        yield text(place(day), 52, day.isoformat(), anchor=anchor, size=9, fill=MUTED)
    left, right = place(first) + 62, place(until) - 62
    for year in range(first.year + 1, until.year + 1):
        x = place(date(year, 1, 1))
        yield line(x, 38, x, 43)
        if left < x - 12 and x + 12 < right:
            yield text(x, 52, str(year), anchor="middle", size=9, fill=MUTED)


@dataclass(frozen=True, slots=True)
class RiskMarker:
    """A risk on the matrix: (likelihood, severity) before and after treatment; after None: not rated."""

    label: str
    before: tuple[int, int]
    after: tuple[int, int] | None = None


_CELL_W: Final = 96
_CELL_H: Final = 58
_LEFT: Final = 112
# More markers than this in one cell would touch each other: from there on cells show counts.
_MARKERS_PER_CELL: Final = 8
# Among counts, more arrows than this cannot be told apart: the most frequent moves are drawn.
_MOVES_SHOWN: Final = 10


def risk_matrix(
    markers: Sequence[RiskMarker],
    *,
    matrix: Sequence[Sequence[str]],
    likelihood: Sequence[str],
    severity: Sequence[str],
    title: str,
    desc: str,
) -> str:
    """The matrix with each risk before treatment (open circle) and after (filled circle), joined by an arrow.

    `matrix[severity - 1][likelihood - 1]` is the level; its word stands in the cell, so that colour is not
    the only sign. When a cell holds too many risks, all cells show counts instead of labels.
    """
    columns, rows = len(likelihood), len(severity)
    width, height = _LEFT + columns * _CELL_W + 2, rows * _CELL_H + 34
    body: list[str] = []
    for row in range(rows):
        y = _cell_top(row + 1, rows)
        body.append(
            text(_LEFT - 8, y + _CELL_H / 2 + 4, f"{row + 1}  {_short(severity[row], 92)}", anchor="end")
        )
        for column in range(columns):
            level = matrix[row][column]
            x = _LEFT + column * _CELL_W
            body.append(rect(x + 1, y + 1, _CELL_W - 2, _CELL_H - 2, level if level in FILLS else "neutral"))
            body.append(text(x + 5, y + 12, level, size=8, fill=MUTED))
    for column in range(columns):
        centre = _LEFT + (column + 0.5) * _CELL_W
        body.append(
            text(centre, rows * _CELL_H + 14, f"{column + 1}  {likelihood[column]}", anchor="middle", size=9)
        )
    body.append(text(_LEFT - 8, rows * _CELL_H + 30, "severity ↑", anchor="end", size=9, fill=MUTED))
    body.append(text(_LEFT, rows * _CELL_H + 30, "likelihood →", size=9, fill=MUTED))
    crowd = Counter(place for marker in markers for place in (marker.before, marker.after) if place)
    if crowd and max(crowd.values()) > _MARKERS_PER_CELL:
        body.extend(_counted(markers, rows))
    else:
        body.extend(_labelled(markers, rows))
    return svg(width, height, title, desc, body)


def _cell_top(severity: int, rows: int) -> float:
    """Severity grows upwards."""
    return float((rows - severity) * _CELL_H)


def _labelled(markers: Sequence[RiskMarker], rows: int) -> Iterable[str]:
    taken: Counter[tuple[int, int]] = Counter()

    def seat(place: tuple[int, int]) -> tuple[float, float]:
        number = taken[place]
        taken[place] += 1
        x = _LEFT + (place[0] - 1) * _CELL_W + 14 + (number % 4) * 22.5
        return x, _cell_top(place[1], rows) + 25 + (number // 4) * 20

    seats = [
        (marker, seat(marker.before), seat(marker.after) if marker.after else None) for marker in markers
    ]
    for marker, start, end in seats:
        if end and marker.after != marker.before:
            yield _between(start, end, 9)
    for marker, start, end in seats:
        yield circle(*start, 9, PAPER, ACCENT, 1.4)
        yield text(start[0], start[1] + 3, marker.label, anchor="middle", size=8, fill=ACCENT)
        if end:
            yield circle(*end, 9, ACCENT, ACCENT, 1.4)
            yield text(end[0], end[1] + 3, marker.label, anchor="middle", size=8, fill=PAPER)


def _counted(markers: Sequence[RiskMarker], rows: int) -> Iterable[str]:
    before = Counter(marker.before for marker in markers)
    after = Counter(marker.after for marker in markers if marker.after)
    moves: dict[tuple[tuple[int, int], tuple[int, int]], int] = defaultdict(int)
    for marker in markers:
        if marker.after and marker.after != marker.before:
            moves[marker.before, marker.after] += 1

    def seat(place: tuple[int, int], offset: float) -> tuple[float, float]:
        return _LEFT + (place[0] - 0.5) * _CELL_W + offset, _cell_top(place[1], rows) + _CELL_H / 2 + 5

    frequent = sorted(moves.items(), key=lambda move: (-move[1], move[0]))[:_MOVES_SHOWN]
    for (start, end), count in frequent:
        yield _between(seat(start, -20), seat(end, 20), 14, thick=min(0.7 + count / 4, 2.5))
    for place, count in sorted(before.items()):
        x, y = seat(place, -20)
        yield circle(x, y, 14, PAPER, ACCENT, 1.6)
        yield text(x, y + 4, str(count), anchor="middle", size=11, fill=ACCENT)
    for place, count in sorted(after.items()):
        x, y = seat(place, 20)
        yield circle(x, y, 14, ACCENT, ACCENT, 1.6)
        yield text(x, y + 4, str(count), anchor="middle", size=11, fill=PAPER)


def _between(start: tuple[float, float], end: tuple[float, float], gap: float, thick: float = 1) -> str:
    """An arrow from the rim of one circle to the rim of another, both of radius `gap`."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = (dx * dx + dy * dy) ** 0.5
    if length <= 2 * gap + 6:
        return ""
    ux, uy = dx / length, dy / length
    return arrow(
        start[0] + ux * gap,
        start[1] + uy * gap,
        end[0] - ux * (gap + 1),
        end[1] - uy * (gap + 1),
        stroke=MUTED,
        thick=thick,
    )


def _short(text: str, width: int) -> str:
    """A label cut to what fits in `width` pixels at eleven pixels a letter height."""
    room = max(4, int(width / 5.9))
    return text if len(text) <= room else text[: room - 1] + "…"
