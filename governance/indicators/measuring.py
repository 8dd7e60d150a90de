"""From what a measurement brings to its value, interval, verdict and the rates behind it. Pure: rows become plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from governance.indicators.catalogue import Formula
from governance.indicators.formulas import GROUP_FORMULAS, PART_FORMULAS, Counts, Result, population_stability
from governance.indicators.verdicts import Threshold, Verdict, judge


@dataclass(frozen=True)
class Measured:
    """What a measurement keeps: the counts as they came, and what the registry computed from them."""

    counts: dict[str, Any]
    value: float | None
    low: float | None
    high: float | None
    p_value: float | None
    detail: dict[str, Any]
    verdict: Verdict


def from_groups(
    formula: Formula,
    groups: Mapping[str, Counts],
    threshold: Threshold,
    *,
    reference: str = "",
    least: int = 30,
) -> Measured:
    """Measure counts per group."""
    result = GROUP_FORMULAS[formula.formula](groups, reference, least)
    counts = {name: _plain(group) for name, group in groups.items()}
    return _measured({"groups": counts}, result, threshold)


def from_part(formula: Formula, part: int, whole: int, threshold: Threshold, *, least: int = 30) -> Measured:
    """Measure a part of a whole."""
    result = PART_FORMULAS[formula.formula](part, whole, least)
    return _measured({"part": part, "whole": whole}, result, threshold)


def from_bins(expected: Mapping[str, int], actual: Mapping[str, int], threshold: Threshold) -> Measured:
    """Measure drift between two distributions."""
    result = population_stability(expected, actual)
    return _measured({"expected": dict(expected), "actual": dict(actual)}, result, threshold)


def from_number(value: float, threshold: Threshold) -> Measured:
    """Take a number that was measured elsewhere."""
    return _measured({}, Result(Fraction(str(value))), threshold)


def recomputed(
    formula: Formula, counts: Mapping[str, Any], threshold: Threshold, reference: str, least: int
) -> Measured | None:
    """The same measurement again from its stored counts (INV-MEA1); None for declared numbers, which have none."""
    if "groups" in counts:
        groups = {name: _counts(item) for name, item in counts["groups"].items()}
        return from_groups(formula, groups, threshold, reference=reference, least=least)
    if "whole" in counts:
        return from_part(formula, counts["part"], counts["whole"], threshold, least=least)
    if "expected" in counts:
        return from_bins(counts["expected"], counts["actual"], threshold)
    return None


def _measured(counts: dict[str, Any], result: Result, threshold: Threshold) -> Measured:
    low, high = result.interval or (None, None)
    detail: dict[str, Any] = {
        "rates": {name: None if rate is None else float(rate) for name, rate in result.rates.items()},
        "too_small": list(result.too_small),
        "between": list(result.between or ()),
        "threshold": threshold.words,
    }
    value = None if result.value is None else float(result.value)
    return Measured(counts, value, low, high, result.p, detail, judge(result, threshold))


def _plain(group: Counts) -> dict[str, Any]:
    exact = {"n": group.n, "selected": group.selected, "positives": group.positives, "tp": group.tp}
    return {"records": group.records} | {
        name: None if value is None else int(value) if value.denominator == 1 else str(value)
        for name, value in exact.items()
    }


def _counts(item: Mapping[str, Any]) -> Counts:
    exact = {
        name: None if item[name] is None else Fraction(item[name])
        for name in ("n", "selected", "positives", "tp")
    }
    return Counts(
        item["records"],
        exact["n"] or Fraction(0),
        exact["selected"] or Fraction(0),
        exact["positives"],
        exact["tp"],
    )
