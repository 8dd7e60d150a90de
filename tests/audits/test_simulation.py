"""Recurring audits really recur: years of many schedules beside an oracle that knows nothing of the code."""

import time

import pytest

from tests.audits.simulation import Simulation
from tests.house_fixtures import House

pytestmark = pytest.mark.slow


def test_years_of_schedules_come_out_as_the_oracle_says(house: House, request: pytest.FixtureRequest) -> None:
    """INV-SCH1, INV-SCH2: each occurrence once, late ones marked, missed ones kept; `make simulate` does ten years of 1,000."""
    number, years = request.config.getoption("--schedules"), request.config.getoption("--years")
    simulation = Simulation(house, number, years, request.config.getoption("--seed"))
    begin = time.perf_counter()
    simulation.run()
    passed = time.perf_counter() - begin
    differences = simulation.differences()
    said = ", ".join(f"{count:,} {what}" for what, count in sorted(simulation.happened.items()))
    print(f"{number:,} schedules, {years} years, {len(simulation.runs):,} runs in {passed:.0f} s: {said}")
    assert differences == [], "\n".join([f"{len(differences)} differences", *differences[:20]])
    assert all(
        simulation.happened[what] for what in ("late", "missed", "merged", "planned", "killed", "two at once")
    )
