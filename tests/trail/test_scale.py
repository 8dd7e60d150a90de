"""The claims about large trails, at a size that fits a test; `python -m benchmarks trail` measures a million events."""

import tracemalloc

import pytest

from benchmarks.trail import fill, measured
from governance.trail import verification
from tests.house_fixtures import House

_EVENTS = 12_000


@pytest.mark.slow
def test_verification_streams_in_bounded_memory_near_the_speed_of_hashing(house: House) -> None:
    fill(house.database, _EVENTS)
    # The best of five, because a busy machine disturbs one of the two; the benchmark says how far below three it is.
    ratios = [ours / floor for ours, floor in (measured(house.database) for _ in range(5))]
    assert min(ratios) < 3.5, ratios
    with house.reading() as session:
        tracemalloc.start()
        verdict = verification.verify(session)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert verdict.intact and verdict.size >= _EVENTS
    assert peak < 16_000_000, "a batch of events at a time, however many there are"
