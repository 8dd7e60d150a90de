"""A record as a pack prints it where its section has no shape of its own: facts, tables, and a picture if it has figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from governance.packs.content.system import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a table; `reference` names the record it is about, if it is one."""

    cells: tuple[str, ...]
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with its caption; every row has as many cells as there are columns.

    `widths` are the columns' shares of the page in per cent; without them all are equal.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """A measured value with its interval and what it says against the limit."""

    on: date
    value: float
    low: float | None = None
    high: float | None = None
    verdict: Literal["met", "missing", "waived", "neutral"] = "met"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendLimit:
    """A value that the points are held against, and the words for it."""

    value: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Values over time and their limits."""

    title: str
    unit: str
    points: tuple[TrendPoint, ...]
    limits: tuple[TrendLimit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A row on the matrix of likelihood and severity: before and, if it was rated, after."""

    label: str
    before: tuple[int, int]
    after: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBlock:
    """One record, or one question about several, in the section where an auditor looks for it."""

    section: int
    title: str
    reference: str = ""
    state: str = ""
    note: str = ""
    facts: tuple[Fact, ...] = ()
    tables: tuple[Table, ...] = ()
    trends: tuple[Trend, ...] = ()
    marks: tuple[Mark, ...] = ()
    content_sha256: str = ""
