"""Intervals and tests for rates, their differences and ratios. Pure; all intervals are of 95 %."""

from math import exp, lgamma, log, sqrt
from statistics import NormalDist

Interval = tuple[float, float]
Z = NormalDist().inv_cdf(0.975)


def wilson(successes: float, n: float) -> Interval:
    """Score interval of a rate (Wilson 1927). `n` must be positive."""
    p = successes / n
    middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(a: float, n: float, b: float, m: float) -> Interval:
    """Interval of a/n - b/m from the two score intervals (Newcombe 1998, method 10)."""
    (low_a, high_a), (low_b, high_b), p, q = wilson(a, n), wilson(b, m), a / n, b / m
    gap = p - q
    low = gap - sqrt((p - low_a) ** 2 + (high_b - q) ** 2)
    high = gap + sqrt((high_a - p) ** 2 + (q - low_b) ** 2)
    return max(-1.0, low), min(1.0, high)


def ratio(a: float, n: float, b: float, m: float) -> Interval | None:
    """Interval of (a/n)/(b/m) on the log scale (Katz 1978). None without a success on either side."""
    if a <= 0 or b <= 0:
        return None
    error = sqrt(max(0.0, 1 / a - 1 / n + 1 / b - 1 / m))
    middle = log((a / n) / (b / m))
    return exp(middle - Z * error), exp(middle + Z * error)


def p_value(a: int, n: int, b: int, m: int) -> float:
    """Two-sided p of equal rates: Fisher's exact test if an expected cell is below 5, else the two-proportion z test."""
    successes, total = a + b, n + m
    expected = [group * part / total for group in (n, m) for part in (successes, total - successes)]
    if min(expected) < 5:
        return _fisher(a, n, b, m)
    pooled = successes / total
    error = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return 2 * (1 - NormalDist().cdf(abs(a / n - b / m) / error))


def _fisher(a: int, n: int, b: int, m: int) -> float:
    """By the ratios of neighbouring chances from the likeliest table on: whole binomials of large groups take minutes."""
    successes = a + b
    least, most = max(0, successes - m), min(n, successes)
    mode = min(max((n + 1) * (successes + 1) // (n + m + 2), least), most)
    chances = {mode: 1.0}
    for step, end in ((1, most), (-1, least)):
        k, chance = mode, 1.0
        while k != end and chance > 0.0:
            if step > 0:
                chance *= (n - k) * (successes - k) / ((k + 1) * (m - successes + k + 1))
            else:
                chance *= k * (m - successes + k) / ((n - k + 1) * (successes - k + 1))
            k += step
            chances[k] = chance
    seen = chances.get(a, 0.0)
    # Ties are counted although floats differ in the last digits.
    as_rare = sum(chance for chance in chances.values() if chance <= seen * (1 + 1e-7))
    return min(1.0, as_rare / sum(chances.values()))


_EXACT_EVENTS = 1000
_ONE_SIDED = NormalDist().inv_cdf(0.95)


def poisson_upper(events: int) -> float:
    """One-sided upper 95 % bound of the mean of a count: exact (Garwood 1936), above 1,000 events by Wilson and Hilferty (1931)."""
    if events > _EXACT_EVENTS:
        more = events + 1
        return more * (1 - 1 / (9 * more) + _ONE_SIDED / (3 * sqrt(more))) ** 3
    low, high = float(events), events + 10 * sqrt(events + 1) + 10
    for _ in range(80):
        middle = (low + high) / 2
        if _poisson_cdf(events, middle) > 0.05:
            low = middle
        else:
            high = middle
    return high


def _poisson_cdf(events: int, mean: float) -> float:
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(events + 1))
