"""Pages of indicators as people use them: list with its filters, one indicator, one measurement, the chain with its gaps."""

from datetime import timedelta
from typing import Any

import pytest

from governance.core import clock
from tests.house_fixtures import House
from tests.indicators import build

FEW = {"a": {"n": 900, "selected": 450}, "b": {"n": 12, "selected": 6}}


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ("IND-0001", "IND-0002", "IND-0003")),
        ("?verdict=pass", ("IND-0001",)),
        ("?verdict=fail", ("IND-0002",)),
        ("?rhythm=kept", ("IND-0001",)),
        ("?rhythm=missed", ("IND-0002", "IND-0003")),
        ("?state=draft", ()),
    ],
)
def test_the_list_finds_by_result_and_by_rhythm(
    house: House, browser_of: Any, query: str, shown: tuple[str, ...]
) -> None:
    build.measure(house, build.an_indicator(house))
    build.measure(house, build.an_indicator(house, system="SYS-0001"), build.UNFAIR, days=200)
    build.an_indicator(house, system="SYS-0001")
    page = browser_of("victor").get(f"/indicators{query}").text
    found = {name for name in ("IND-0001", "IND-0002", "IND-0003") if f"/indicators/{name}" in page}
    assert found == set(shown)


def test_a_measurement_shows_its_groups_and_which_are_too_small(house: House, browser_of: Any) -> None:
    reference = build.measure(house, build.an_indicator(house), FEW)
    page = browser_of("victor").get(f"/measurements/{reference}").text
    assert "Inconclusive is not a pass" in page and "Rates by group" in page
    assert "50.0%, too small" in page and page.count("<svg") >= 1


def test_a_measurement_without_groups_has_no_bars(house: House, browser_of: Any) -> None:
    indicator = build.an_indicator(house, "human_override_rate", low="0.01", high="0.2")
    page = browser_of("victor").get(f"/measurements/{build.measure_part(house, indicator, 30, 400)}").text
    assert "Rates by group" not in page and "0.075" in page


def test_the_chain_names_what_is_missing(house: House, browser_of: Any) -> None:
    indicator = build.an_indicator(house)
    browser, url = browser_of("victor"), "/systems/SYS-0001/indicators"
    assert "It measures no norm. It was never measured." in browser.get(url).text
    build.measure(house, indicator)
    assert "never measured" not in browser.get(url).text
    with clock.held_at(clock.now() + timedelta(days=100)):
        assert "The next period was to be measured by" in browser_of("victor").get(url).text


@pytest.mark.parametrize(
    "url", ["/indicators/IND-9999", "/measurements/MEA-9999", "/indicators/IND-0001/turn"]
)
def test_what_is_not_there_is_said(house: House, browser_of: Any, url: str) -> None:
    build.an_indicator(house)
    assert browser_of("victor").get(url).status_code == 404
