"""Values mean something in each place: who adopts them, which reading binds, what pulls against what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core import checks, clock, records
from governance.core.errors import Forbidden, Refused
from governance.systems.models import AiSystem
from governance.values import shared, tensions
from governance.values import shared_queries as queries
from governance.values.contexts import binding, line_of, regions
from governance.values.models import Interpretation, Tension, Value
from governance.values.schemas import DecideTension, Interpret, OpenTension, SetNorm, WithReason
from tests.house_fixtures import House
from tests.systems.build import a_system, requested, sign, state_of


@dataclass(frozen=True)
class Read:
    id: int
    region: str = ""
    sector: str = ""
    community: str = ""


PLACES = st.sampled_from(["", "Hesse", "Bavaria", "Germany", "European Union", "Türkiye", "Atlantis"])
READS = st.lists(
    st.builds(
        Read,
        st.integers(1, 10**6),
        PLACES,
        st.sampled_from(["", "Health", "Credit"]),
        st.sampled_from(["", "Elders"]),
    ),
    unique_by=lambda item: item.id,
)


@given(READS, PLACES, st.sampled_from(["", "Health"]), st.lists(st.just("Elders"), max_size=1))
def test_the_nearest_reading_binds_whatever_the_order(
    found: list[Read], region: str, sector: str, communities: Sequence[str]
) -> None:
    chosen = binding(found, region, sector, communities)
    assert binding(list(reversed(found)), region, sector, communities) == chosen
    line = line_of(region)
    fitting = [
        item
        for item in found
        if item.region in line and item.sector in ("", sector) and item.community in ("", *communities)
    ]
    assert (chosen is None) == (not fitting)
    if chosen is not None:
        assert line.index(chosen.region) == min(line.index(item.region) for item in fitting)


@given(READS, PLACES)
def test_a_reading_for_elsewhere_changes_nothing(found: list[Read], region: str) -> None:
    away = Read(0, region="Japan")
    assert binding([*found, away], region, "Health") == binding(found, region, "Health")


def test_every_region_leads_to_everywhere() -> None:
    assert line_of("Hesse") == ("Hesse", "Germany", "European Union", "")
    assert all(line_of(name)[-1] == "" for name in regions().regions) and line_of("Atlantis") == (
        "Atlantis",
        "",
    )


def adopted(house: House, code: str = "V02") -> str:
    with house.acting("olivia") as session:
        value = shared.take_up(session, code, house.id_of("prue"))
        reference = value.reference
        shared.ask_adoption(session, value)
    sign(house, "eve", requested(house, reference)["top_management"])
    return reference


def draft(house: House, value: str, **changes: Any) -> str:
    details = {
        "title": "Fair",
        "reading": "As often for every group",
        "red_lines_kept": "RL-05: kept",
        "why_not_consulted": "Law",
        **changes,
    }
    with house.acting("asha") as session:
        return shared.interpret(
            session, records.get(session, Value, value), Interpret.model_validate(details)
        ).reference


def approve(house: House, interpretation: str) -> str:
    with house.acting("asha") as session:
        shared.submit_interpretation(session, records.get(session, Interpretation, interpretation))
    slots = requested(house, interpretation)
    sign(house, "prue", slots["value_steward"])
    sign(house, "olivia", slots["compliance_reviewer"])
    return interpretation


def claim(house: House, system: str, value: str) -> None:
    with house.acting("olivia") as session:
        shared.claim(session, records.get(session, AiSystem, system), records.get(session, Value, value))


def bound(house: House, system: str) -> dict[str, str | None]:
    with house.reading() as session:
        (row,) = queries.bound(session, records.get(session, AiSystem, system))
        return {region: reading.reference if reading else None for region, reading in row.by_region}


def failing(house: House, check: str) -> list[str]:
    with house.reading() as session:
        return [row[1] for row in session.execute(checks.named(check).missing(clock.today()))]


def test_top_management_adopts_a_value_and_its_starter_readings_are_drafts(house: House) -> None:
    value = adopted(house)
    assert state_of(house, value) == "adopted"
    with house.reading() as session:
        readings = records.get(session, Value, value).interpretations
        assert len(readings) == 3 and {item.state for item in readings} == {"draft"}
    with house.acting("asha") as session, pytest.raises(Forbidden):
        shared.take_up(session, "V03")


def test_inv_vin2_a_reading_says_that_no_red_line_is_weakened_and_where_it_comes_from(house: House) -> None:
    value = adopted(house)
    with pytest.raises(Refused, match="INV-VIN2"):
        approve(house, draft(house, value, red_lines_kept=""))
    with pytest.raises(Refused, match="why nobody was consulted"):
        approve(house, draft(house, value, why_not_consulted=""))
    with house.acting("asha") as session, pytest.raises(Refused, match="no consultation"):
        data = Interpret(title="Fair", reading="Equal", consultation="CON-0404")
        shared.interpret(session, records.get(session, Value, value), data)


def test_a_new_reading_supersedes_only_that_of_the_same_context(house: House) -> None:
    value = adopted(house)
    hesse, bavaria = (
        approve(house, draft(house, value, region="Hesse")),
        approve(house, draft(house, value, region="Bavaria")),
    )
    newer = approve(house, draft(house, value, region="Hesse"))
    assert [state_of(house, item) for item in (hesse, bavaria, newer)] == [
        "superseded",
        "approved",
        "approved",
    ]


def test_inv_vin1_the_reading_binds_by_region_and_its_lack_is_a_gap(house: House) -> None:
    value, system = adopted(house), a_system(house, regions=["Hesse", "Bavaria", "Türkiye"])
    claim(house, system, value)
    assert failing(house, "values.interpreted") == [system]
    union = approve(house, draft(house, value, region="European Union"))
    bavaria = approve(house, draft(house, value, region="Bavaria"))
    assert failing(house, "values.interpreted") == [system], "nobody reads it for Türkiye"
    assert bound(house, system) == {"Hesse": union, "Bavaria": bavaria, "Türkiye": None}
    with house.reading() as session:
        (row,) = queries.bound(session, records.get(session, AiSystem, system))
        assert row.differs and row.missing == ("Türkiye",)
    approve(house, draft(house, value, region="Türkiye"))
    assert failing(house, "values.interpreted") == []


@pytest.mark.parametrize(
    ("regions", "read_for", "bare"),
    [
        (["Baden-Württemberg"], "Germany", False),
        (["Baden-Württemberg"], "Bavaria", True),
        (["Atlantis"], "Atlantis", False),
        (["Atlantis"], "European Union", True),
        (["Atlantis"], "", False),
        (["Hesse", "Atlantis"], "Germany", False),
        ([], "", False),
        ([], "Hesse", True),
    ],
)
def test_inv_vin1_regions_lie_in_others_and_unknown_ones_stand_alone(
    house: House, regions: list[str], read_for: str, bare: bool
) -> None:
    value, system = adopted(house), a_system(house, regions=regions)
    claim(house, system, value)
    approve(house, draft(house, value, region=read_for))
    assert (failing(house, "values.interpreted") == [system]) is bare


def test_a_reading_past_its_date_binds_no_more(house: House) -> None:
    value, system = adopted(house), a_system(house)
    claim(house, system, value)
    approve(house, draft(house, value, valid_until=clock.today() + timedelta(days=10)))
    with clock.held_at(clock.now() + timedelta(days=11)):
        assert bound(house, system) == {"Hesse": None} and failing(house, "values.interpreted") == [system]


def test_inv_val1_a_value_adopted_for_a_year_without_a_reading_is_named(house: House) -> None:
    value = adopted(house)
    with clock.held_at(clock.now() + timedelta(days=364)):
        assert failing(house, "values.interpretation_in_use") == []
    with clock.held_at(clock.now() + timedelta(days=367)):
        assert failing(house, "values.interpretation_in_use") == [value]
    approve(house, draft(house, value))
    with clock.held_at(clock.now() + timedelta(days=367)):
        assert failing(house, "values.interpretation_in_use") == []


def test_only_adopted_values_are_claimed_and_a_claim_is_dropped_with_a_reason(house: House) -> None:
    system = a_system(house)
    with house.acting("olivia") as session:
        value = shared.take_up(session, "V03")
        reference = value.reference
    with pytest.raises(Refused, match="not adopted"):
        claim(house, system, reference)
    other = adopted(house)
    claim(house, system, other)
    with house.acting("olivia") as session:
        record = records.get(session, AiSystem, system)
        (item,) = queries.claims(session, record)
        shared.drop_claim(session, record, item, WithReason(reason="Out of use", version=record.version))
    assert failing(house, "values.interpreted") == []


def test_a_norm_leads_up_to_the_value(house: House) -> None:
    interpretation = approve(house, draft(house, adopted(house)))
    with house.acting("asha") as session:
        norm = shared.set_norm(
            session,
            records.get(session, Interpretation, interpretation),
            SetNorm(title="At most ten points apart"),
        )
        assert norm.interpretation.value.code == "V02"


OPTIONS = ["Ask for it", "Do not test"]


def a_tension(house: House, **changes: Any) -> str:
    first, second = adopted(house, "V02"), adopted(house, "V03")
    system = a_system(house)
    with house.acting("asha") as session:
        ids = [records.get(session, Value, item).id for item in (first, second)]
        values = {
            "title": "Testing needs traits",
            "first_value_id": ids[0],
            "second_value_id": ids[1],
            "description": "One needs what the other hides",
            "options": OPTIONS,
            **changes,
        }
        return tensions.open_tension(
            session, records.get(session, AiSystem, system), OpenTension.model_validate(values)
        ).reference


def decide(house: House, tension: str, option: str, **changes: Any) -> None:
    with house.acting("asha") as session:
        item = records.get(session, Tension, tension)
        if item.state != "deliberating":
            tensions.deliberate(session, item)
        values = {
            "decision": option,
            "reasons": "Because",
            "dissent": "none voiced",
            "gave_way_id": item.second_value_id,
            "still_measured_by": "Deletion requests",
            "review_on": clock.today() + timedelta(days=300),
            "version": item.version,
            **changes,
        }
        tensions.decide_tension(session, item, DecideTension.model_validate(values))


def test_inv_ten1_a_decision_never_trades_a_red_line(house: House) -> None:
    tension = a_tension(house, crossing_options=["Infer origin from faces"])
    with pytest.raises(Refused, match="INV-TEN1"):
        decide(house, tension, "Infer origin from faces")


def test_inv_ten2_a_decision_names_what_gave_way_and_how_it_is_still_measured(house: House) -> None:
    tension = a_tension(house)
    with pytest.raises(ValueError, match="still_measured_by"):
        decide(house, tension, OPTIONS[0], still_measured_by="")
    with pytest.raises(Refused, match="One of the two"):
        decide(house, tension, OPTIONS[0], gave_way_id=999999)


def test_a_tension_is_decided_with_dissent_and_two_signatures_and_can_be_revisited(house: House) -> None:
    tension = a_tension(house)
    with pytest.raises(ValueError, match="dissent"):
        decide(house, tension, OPTIONS[0], dissent="")
    decide(house, tension, OPTIONS[0])
    slots = requested(house, tension)
    sign(house, "owen", slots["system_owner"])
    sign(house, "olivia", slots["compliance_reviewer"])
    assert state_of(house, tension) == "decided"
    with clock.held_at(clock.now() + timedelta(days=301)):
        assert failing(house, "values.tension_settled") == [tension]
    with house.acting("ada") as session:
        item = records.get(session, Tension, tension)
        tensions.revisit_tension(session, item, WithReason(reason="New evidence", version=item.version))
    assert state_of(house, tension) == "revisited"


def test_without_a_choice_there_is_nothing_to_deliberate(house: House) -> None:
    tension = a_tension(house, options=["Only this"])
    with pytest.raises(Refused, match="at least two options"):
        decide(house, tension, "Only this")


def test_the_chain_is_navigable_both_ways(house: House, browser_of: Any) -> None:
    from tests.indicators import build

    value = adopted(house)
    interpretation = approve(house, draft(house, value, region="Hesse"))
    with house.acting("asha") as session:
        norm = shared.set_norm(
            session,
            records.get(session, Interpretation, interpretation),
            SetNorm(title="Same chance for all"),
        ).id
    system = a_system(house)
    claim(house, system, value)
    browser = browser_of("victor")
    assert "No indicator measures this norm." in browser.get(f"/systems/{system}/indicators").text
    indicator = build.an_indicator(house, system=system, norm_id=norm)
    assert "It was never measured." in browser.get(f"/values/{value}/chain").text
    row = build.measure(house, indicator)
    for page in (f"/systems/{system}/indicators", f"/values/{value}/chain"):
        text = browser.get(page).text
        assert all(reference in text for reference in (value, interpretation, "NRM-0001", indicator, row))
    assert value in browser.get(f"/measurements/{row}").text and value in browser.get("/norms/NRM-0001").text


def test_pages_of_values_and_tensions_open_for_readers(house: House, browser_of: Any) -> None:
    tension = a_tension(house)
    browser = browser_of("victor")
    for url in (
        "/values",
        "/values/VAL-0001",
        "/interpretations/INT-0001",
        "/tensions",
        f"/tensions/{tension}",
        "/systems/SYS-0001/values",
    ):
        assert browser.get(url).status_code == 200
    form = {"title": "x", "reading": ""}
    assert browser_of("asha").post("/values/VAL-0001/interpret", form).status_code == 422
