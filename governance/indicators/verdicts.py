"""What a measured value says against its threshold. Inconclusive is not a pass; undefined is neither 0 nor 1. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from governance.indicators.formulas import Result


class Verdict(StrEnum):
    """The five things a measurement can say."""

    PASS = "pass"  # noqa: S105 - the word for a met threshold
    WARN = "warn"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    UNDEFINED = "undefined"


@dataclass(frozen=True)
class Threshold:
    """What a value must be: at least `low`, at most `high`, or both."""

    low: Fraction | None = None
    high: Fraction | None = None

    def holds(self, value: Fraction) -> bool:
        """Whether a value meets it, exactly."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    @property
    def words(self) -> str:
        """As people say it."""
        if self.low is not None and self.high is not None:
            return f"between {_plain(self.low)} and {_plain(self.high)}"
        return f"at least {_plain(self.low)}" if self.low is not None else f"at most {_plain(self.high)}"


def _plain(value: Fraction | None) -> str:
    return f"{float(value or 0):g}"


def judge(result: Result, threshold: Threshold) -> Verdict:
    """The verdict (statistics rules of the catalogue).

    Fail if the value breaches and its interval excludes parity (for plain rates: the threshold), warn if only the value
    breaches. Nothing is concluded while a group is too small; for bounds, the bound itself must meet the threshold.
    """
    if result.value is None:
        return Verdict.UNDEFINED
    if threshold.holds(result.value):
        unproven = result.too_small or not _bound_holds(result, threshold)
        return Verdict.INCONCLUSIVE if unproven else Verdict.PASS
    if result.too_small:
        return Verdict.INCONCLUSIVE
    if result.interval is None:
        return Verdict.FAIL
    return Verdict.FAIL if _excludes(result, threshold) else Verdict.WARN


def _bound_holds(result: Result, threshold: Threshold) -> bool:
    """For one-sided bounds (interval from 0, no parity): whether the bound meets the threshold too."""
    if result.parity is None and result.interval and result.interval[0] == 0.0 and threshold.high is not None:
        return result.value is None or result.value > 0 or result.interval[1] <= float(threshold.high)
    return True


def _excludes(result: Result, threshold: Threshold) -> bool:
    low, high = result.interval or (float("-inf"), float("inf"))
    if result.parity is not None:
        return not low <= result.parity <= high
    below = threshold.low is not None and high < float(threshold.low)
    above = threshold.high is not None and low > float(threshold.high)
    # A bound begins at 0: there the value itself is what breaches.
    certain = low == 0.0 and threshold.high is not None and float(result.value or 0) > float(threshold.high)
    return below or above or certain
