"""The SVG shapes and colours that the figures are drawn with: escaped text, presentation attributes only."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from governance.core.hidden import visible

ACCENT: Final = "#1c4f63"
INK: Final = "#22303a"
MUTED: Final = "#5d6b75"
PAPER: Final = "#ffffff"
# The first is the font of packs (packs/draw/typefaces.py); a browser, which lacks it, goes on.
FONT: Final = "Pack Sans, Liberation Sans, Arial, Helvetica, DejaVu Sans, sans-serif"

# Kind → fill. The kind is also the class (`chart-met`), by which a stylesheet may choose another colour.
FILLS: Final = {
    "met": ACCENT,
    "waived": "#8fb3c0",
    "missing": "#b4532a",
    "neutral": "#dfe6ea",
    "low": "#e4eeea",
    "medium": "#f5ecd0",
    "high": "#f2d3bc",
    "critical": "#dfa9a1",
}


def svg(width: float, height: float, title: str, desc: str, body: Iterable[str]) -> str:
    """An SVG element with an accessible name around ready-made shapes; sizes in pixels."""
    attributes: dict[str, str | float] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "role": "img",
        "class": "chart",
        "width": width,
        "height": height,
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "font-family": FONT,
    }
    return element(
        "svg",
        attributes,
        f"<title>{escape(visible(title))}</title><desc>{escape(visible(desc))}</desc>{''.join(body)}",
    )


def element(name: str, attributes: dict[str, str | float], content: str = "") -> str:
    """One element as text; attribute values are escaped, numbers shortened, `content` is taken as it is."""
    shown = "".join(
        f" {key}={quoteattr(visible(value) if isinstance(value, str) else number(value))}"
        for key, value in attributes.items()
    )
    return f"<{name}{shown}>{content}</{name}>" if content else f"<{name}{shown}/>"


def number(value: float) -> str:
    """A coordinate with at most one decimal, so that the same figure is always the same text."""
    return f"{value:.1f}".removesuffix(".0")


def rect(x: float, y: float, width: float, height: float, kind: str, *, dashed: bool = False) -> str:
    """A filled rectangle of one kind; `dashed` gives it a dashed edge."""
    attributes: dict[str, str | float] = {
        "class": f"chart-{kind}",
        "x": x,
        "y": y,
        "width": max(width, 0),
        "height": height,
        "fill": FILLS[kind],
    }
    if dashed:
        attributes |= {"stroke": MUTED, "stroke-width": 0.8, "stroke-dasharray": "3 2"}
    return element("rect", attributes)


def circle(x: float, y: float, radius: float, fill: str, stroke: str, thick: float) -> str:
    """A circle with an edge."""
    return element(
        "circle", {"cx": x, "cy": y, "r": radius, "fill": fill, "stroke": stroke, "stroke-width": thick}
    )


def arc(middle: float, radius: float, start: float, end: float, kind: str, thick: float) -> str:
    """Part of a ring from share `start` to share `end`, clockwise from twelve o'clock."""
    x1, y1 = middle + radius * math.sin(math.tau * start), middle - radius * math.cos(math.tau * start)
    x2, y2 = middle + radius * math.sin(math.tau * end), middle - radius * math.cos(math.tau * end)
    large = 1 if end - start > 0.5 else 0
    path = f"M {x1:.2f} {y1:.2f} A {radius:.2f} {radius:.2f} 0 {large} 1 {x2:.2f} {y2:.2f}"
    return element(
        "path",
        {
            "class": f"chart-{kind}",
            "d": path,
            "fill": "none",
            "stroke": FILLS[kind],
            "stroke-width": thick,
        },
    )


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: float = 10,
    anchor: str = "start",
    fill: str = INK,
    weight: str = "normal",
) -> str:
    """One line of text; `y` is its base line, `anchor` start, middle or end."""
    return element(
        "text",
        {"x": x, "y": y, "font-size": size, "text-anchor": anchor, "font-weight": weight, "fill": fill},
        escape(visible(words)),
    )


def line(x1: float, y1: float, x2: float, y2: float, *, stroke: str = MUTED, thick: float = 0.8) -> str:
    """A straight line."""
    return element("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "stroke": stroke, "stroke-width": thick})


def arrow(x1: float, y1: float, x2: float, y2: float, *, stroke: str = INK, thick: float = 1) -> str:
    """A line with a filled head at its end; drawn without markers, which not every renderer knows."""
    angle = math.atan2(y2 - y1, x2 - x1)
    length = 5 + 2 * thick
    neck_x, neck_y = x2 - length * math.cos(angle), y2 - length * math.sin(angle)
    half = length * 0.42
    wing_x, wing_y = half * math.sin(angle), half * math.cos(angle)
    points = (
        f"{number(x2)},{number(y2)} {number(neck_x + wing_x)},{number(neck_y - wing_y)}"
        f" {number(neck_x - wing_x)},{number(neck_y + wing_y)}"
    )
    shaft = line(x1, y1, neck_x, neck_y, stroke=stroke, thick=thick)
    return shaft + element("polygon", {"points": points, "fill": stroke})
