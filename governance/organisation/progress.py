"""How an objective stands: on the line from baseline to target, or behind it. Pure."""

from datetime import date

TOLERANCE = 0.1


def share_of_way(baseline: float, target: float, value: float) -> float:
    """Which share of the way from baseline to target is gone: 0 at the baseline, 1 at the target, whichever way it points."""
    return 1.0 if baseline == target else (value - baseline) / (target - baseline)


def is_met(baseline: float, target: float, value: float) -> bool:
    """Whether a value meets the target; with baseline and target alike, whether it is kept exactly or bettered upwards."""
    return value >= target if target >= baseline else value <= target


def on_track(baseline: float, target: float, value: float, starts: date, due: date, on: date) -> bool:
    """Whether the way gone is at most a tenth of the way behind the time gone."""
    days = max((due - starts).days, 1)
    gone = min(max((on - starts).days / days, 0.0), 1.0)
    return share_of_way(baseline, target, value) >= gone - TOLERANCE
