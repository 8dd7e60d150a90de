"""Indicators computed from counts per group, exactly: fairness measures, plain rates, drift. Pure.

Rates are fractions, so that four fifths are four fifths. A zero denominator makes a value undefined, never 0 or 1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import log
from typing import Literal

from governance.indicators import statistics
from governance.indicators.statistics import Interval

Metric = Literal["selection", "tpr", "fpr", "ppv", "accuracy"]
LEAST_RECORDS = 30
LEAST_OF_EACH = 5


@dataclass(frozen=True)
class Counts:
    """One group: `records` lines, and sums that weights may have changed. `positives` and `tp` only where labels are known."""

    records: int
    n: Fraction
    selected: Fraction
    positives: Fraction | None = None
    tp: Fraction | None = None

    def of(self, metric: Metric) -> tuple[Fraction, Fraction] | None:
        """(numerator, denominator) of a rate; None where labels would be needed."""
        if metric == "selection":
            return self.selected, self.n
        if self.positives is None or self.tp is None:
            return None
        fp, negatives = self.selected - self.tp, self.n - self.positives
        match metric:
            case "tpr":
                return self.tp, self.positives
            case "fpr":
                return fp, negatives
            case "ppv":
                return self.tp, self.selected
            case "accuracy":
                return self.tp + negatives - fp, self.n

    def rate(self, metric: Metric) -> Fraction | None:
        """The rate, or None if it is undefined."""
        found = self.of(metric)
        return None if found is None or found[1] == 0 else found[0] / found[1]

    def is_enough(self, metric: Metric, least: int = LEAST_RECORDS) -> bool:
        """Whether there are enough records, and enough of either outcome, to conclude anything."""
        found = self.of(metric)
        if found is None or self.records < least:
            return False
        part, whole = found
        # Weights change sums, not how much was seen.
        seen = whole * self.records / self.n if self.n else Fraction(0)
        share = part / whole if whole else Fraction(0)
        return seen * share >= LEAST_OF_EACH and seen * (1 - share) >= LEAST_OF_EACH


Groups = Mapping[str, Counts]


@dataclass(frozen=True)
class Result:
    """A value with its interval, the rates it was made of, and which groups are too small to conclude.

    `parity` is the value at which nothing differs: 1 for ratios, 0 for differences, None for plain rates.
    """

    value: Fraction | None
    interval: Interval | None = None
    parity: int | None = None
    rates: Mapping[str, Fraction | None] = field(default_factory=dict)
    too_small: tuple[str, ...] = ()
    between: tuple[str, str] | None = None
    p: float | None = None


def _extremes(groups: Groups, metric: Metric) -> tuple[str, str] | None:
    """Names of the groups with the highest and the lowest rate; None if a rate is undefined or there is one group only."""
    rates = {name: group.rate(metric) for name, group in groups.items()}
    known = {name: rate for name, rate in rates.items() if rate is not None}
    if len(known) < max(2, len(rates)):
        return None
    ordered = sorted(known, key=lambda name: (known[name], name))
    return ordered[-1], ordered[0]


def _result(
    groups: Groups, metric: Metric, pair: tuple[str, str] | None, *, as_ratio: bool, least: int
) -> Result:
    rates = {name: group.rate(metric) for name, group in groups.items()}
    small = tuple(name for name, group in sorted(groups.items()) if not group.is_enough(metric, least))
    parity = 1 if as_ratio else 0
    if pair is None:
        return Result(None, None, parity, rates, small)
    first, second = pair
    above, below = rates[first], rates[second]
    if above is None or below is None or (as_ratio and above == 0):
        return Result(None, None, parity, rates, small, pair)
    (a, n), (b, m) = _seen(groups[second], metric), _seen(groups[first], metric)
    if as_ratio:
        interval = statistics.ratio(a, n, b, m) if n and m else None
        value = below / above
    else:
        interval = statistics.difference(b, m, a, n) if n and m else None
        value = above - below
    p = statistics.p_value(round(a), round(n), round(b), round(m)) if min(round(n), round(m)) else None
    return Result(value, interval, parity, rates, small, pair, p)


def _seen(group: Counts, metric: Metric) -> tuple[float, float]:
    """Successes and trials in records, for intervals: weights change the rate, not how much was seen."""
    found = group.of(metric)
    if found is None or not found[1] or not group.n:
        return 0.0, 0.0
    trials = float(found[1] * group.records / group.n)
    return trials * float(found[0] / found[1]), trials


def disparate_impact_ratio(groups: Groups, reference: str = "", least: int = LEAST_RECORDS) -> Result:
    """Lowest selection rate over the highest, or over the reference's (29 CFR 1607.4(D); Feldman et al. 2015)."""
    pair = _extremes(groups, "selection")
    if reference and reference in groups and len(groups) > 1:
        others = {name: group for name, group in groups.items() if name != reference}
        rates = {name: group.rate("selection") for name, group in others.items()}
        known = [name for name, rate in sorted(rates.items()) if rate is not None]
        lowest = min(known, key=lambda name: rates[name] or Fraction(0)) if known else None
        pair = (reference, lowest) if lowest else None
    return _result(groups, "selection", pair, as_ratio=True, least=least)


def _gap(metric: Metric) -> Callable[[Groups, str, int], Result]:
    def gap(groups: Groups, reference: str = "", least: int = LEAST_RECORDS) -> Result:
        return _result(groups, metric, _extremes(groups, metric), as_ratio=False, least=least)

    return gap


demographic_parity_difference = _gap("selection")
"""Highest minus lowest selection rate (Dwork et al. 2012; Fairlearn demographic_parity_difference)."""
equal_opportunity_difference = _gap("tpr")
"""Highest minus lowest true-positive rate (Hardt, Price, Srebro 2016)."""
predictive_parity_difference = _gap("ppv")
"""Highest minus lowest positive predictive value (Chouldechova 2017)."""
_false_positive_difference = _gap("fpr")


def equalized_odds_difference(groups: Groups, reference: str = "", least: int = LEAST_RECORDS) -> Result:
    """The larger of the differences of true- and false-positive rates (Hardt et al. 2016; Fairlearn, worst case)."""
    both = [equal_opportunity_difference(groups, "", least), _false_positive_difference(groups, "", least)]
    if any(item.value is None for item in both):
        undefined = next(item for item in both if item.value is None)
        return Result(None, None, 0, undefined.rates, undefined.too_small)
    # A group that is too small for either rate leaves the larger difference open as well.
    small = tuple(sorted({name for item in both for name in item.too_small}))
    return replace(max(both, key=lambda item: item.value or Fraction(0)), too_small=small)


def average_odds_difference(groups: Groups, reference: str = "", least: int = LEAST_RECORDS) -> Result:
    """Half the sum of the differences of false- and true-positive rates to the reference (AIF360). Two groups only."""
    rates = {name: group.rate("tpr") for name, group in groups.items()}
    small = tuple(
        name
        for name, group in sorted(groups.items())
        if not (group.is_enough("tpr", least) and group.is_enough("fpr", least))
    )
    others = [name for name in sorted(groups) if name != reference]
    if reference not in groups or len(others) != 1:
        return Result(None, None, 0, rates, small)
    one, other = groups[others[0]], groups[reference]
    parts = [(one.rate(metric), other.rate(metric)) for metric in ("fpr", "tpr")]
    if any(a is None or b is None for a, b in parts):
        return Result(None, None, 0, rates, small)
    total = sum(((a or Fraction(0)) - (b or Fraction(0)) for a, b in parts), Fraction(0))
    return Result(total / 2, None, 0, rates, small, (reference, others[0]))


def worst_group_performance(groups: Groups, reference: str = "", least: int = LEAST_RECORDS) -> Result:
    """Lowest accuracy of any group, with the interval of that group's."""
    rates = {name: group.rate("accuracy") for name, group in groups.items()}
    small = tuple(name for name, group in sorted(groups.items()) if not group.is_enough("accuracy", least))
    pair = _extremes(groups, "accuracy")
    if pair is None:
        return Result(None, None, None, rates, small)
    successes, trials = _seen(groups[pair[1]], "accuracy")
    return Result(rates[pair[1]], statistics.wilson(successes, trials), None, rates, small, pair)


GROUP_FORMULAS: dict[str, Callable[[Groups, str, int], Result]] = {
    "disparate_impact_ratio": disparate_impact_ratio,
    "demographic_parity_difference": demographic_parity_difference,
    "equal_opportunity_difference": equal_opportunity_difference,
    "equalized_odds_difference": equalized_odds_difference,
    "average_odds_difference": average_odds_difference,
    "predictive_parity_difference": predictive_parity_difference,
    "worst_group_performance": worst_group_performance,
}


def plain_rate(part: int, whole: int, least: int = LEAST_RECORDS) -> Result:
    """Part of a whole, with Wilson's interval."""
    if whole == 0:
        return Result(None)
    small = ("all",) if whole < least else ()
    return Result(Fraction(part, whole), statistics.wilson(part, whole), None, {}, small)


def violation_bound(violations: int, probes: int, least: int = LEAST_RECORDS) -> Result:
    """Rate of violations and the upper bound that the probes prove: 3/n without any (rule of three, Hanley 1983)."""
    if probes == 0:
        return Result(None)
    upper = 3 / probes if violations == 0 else statistics.wilson(violations, probes)[1]
    return Result(Fraction(violations, probes), (0.0, min(1.0, upper)))


def incident_rate(incidents: int, exposure: int, least: int = LEAST_RECORDS) -> Result:
    """Incidents per 10,000 decisions; the interval's end is the one-sided exact Poisson bound."""
    if exposure == 0:
        return Result(None)
    scale = Fraction(10_000, exposure)
    return Result(incidents * scale, (0.0, statistics.poisson_upper(incidents) * float(scale)))


def population_stability(expected: Mapping[str, int], actual: Mapping[str, int]) -> Result:
    """PSI = Σ (a - e) ln(a / e) over bins of shares (Siddiqi). A bin that is empty on one side makes it undefined."""
    bins = sorted(expected.keys() | actual.keys())
    e, a = sum(expected.values()), sum(actual.values())
    if not e or not a or any(not expected.get(name) or not actual.get(name) for name in bins):
        return Result(None)
    total = 0.0
    for name in bins:
        before, now = expected[name] / e, actual[name] / a
        total += (now - before) * log(now / before)
    small = ("actual",) if a < LEAST_RECORDS else ()
    return Result(Fraction(total).limit_denominator(10**9), None, 0, {}, small)


PART_FORMULAS: dict[str, Callable[[int, int, int], Result]] = {
    "rate": plain_rate,
    "violation_bound": violation_bound,
    "incident_rate": incident_rate,
}
