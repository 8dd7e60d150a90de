"""Drawing a random sample that anybody can draw again: no generator is trusted, only SHA-256. Pure."""

from collections.abc import Sequence
from hashlib import sha256
from math import ceil, sqrt


def population_hash(population: Sequence[str]) -> str:
    """SHA-256 over the references, sorted, one a line, each line ended by a line feed; what is drawn from, in 64 hex digits."""
    return sha256("".join(f"{item}\n" for item in sorted(population)).encode()).hexdigest()


def draw(population: Sequence[str], size: int, seed: str) -> list[str]:
    """The sample: the `size` references with the smallest SHA-256 of "seed:reference", in that order.

    Every reference has the same chance, the order in which they were listed has no part in it, and a larger sample with
    the same seed contains the smaller one.
    """
    return sorted(set(population), key=lambda item: sha256(f"{seed}:{item}".encode()).hexdigest())[:size]


def usual_size(population: int) -> int:
    """The size to begin with: the square root of the population, at least three (audit programme, sampling)."""
    return min(population, max(3, ceil(sqrt(population))))
