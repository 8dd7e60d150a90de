"""Samples that another can draw again, and that cannot be bent afterwards."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.audits import samples, sampling
from governance.audits.models import Audit
from governance.audits.schemas import DrawSample, RecordResults
from governance.core import records
from governance.core.errors import Forbidden, Refused
from tests.audits.build import an_audit, assign, begin
from tests.house_fixtures import House
from tests.systems.build import a_system

references = st.lists(st.integers(1, 9999).map("SYS-{:04}".format), unique=True, min_size=1, max_size=60)


@given(population=references, size=st.integers(1, 60), seed=st.text(min_size=1, max_size=20), data=st.data())
def test_a_sample_depends_on_population_and_seed_alone(population, size, seed, data):
    drawn = sampling.draw(population, size, seed)
    shuffled = data.draw(st.permutations(population))
    assert sampling.draw(shuffled, size, seed) == drawn
    assert sampling.population_hash(shuffled) == sampling.population_hash(population)
    assert len(drawn) == min(size, len(population)) and set(drawn) <= set(population)
    assert sampling.draw(population, size + 1, seed)[:size] == drawn


def test_a_sample_can_be_drawn_by_hand_from_the_documented_rule():
    population = [f"SYS-{n:04}" for n in range(1, 101)]
    by_hand = sorted((sha256(f"seed 7:{item}".encode()).hexdigest(), item) for item in population)[:5]
    assert sampling.draw(population, 5, "seed 7") == [item for _, item in by_hand]


@pytest.mark.parametrize(("population", "size"), [(1, 1), (2, 2), (9, 3), (10, 4), (100, 10), (3611, 61)])
def test_the_usual_size(population, size):
    assert sampling.usual_size(population) == size


def drawn(house: House, audit: str, **values: object) -> int:
    with house.acting("ada") as session:
        item = records.get(session, Audit, audit)
        data = DrawSample.model_validate({"purpose": "Are entries complete?", "kind": "ai_system", **values})
        return samples.draw(session, item, data).number


def test_the_population_is_the_scope_and_the_draw_is_kept(house: House) -> None:
    systems = [a_system(house, f"System {n}") for n in range(6)]
    audit = an_audit(house, *systems[:5])
    with pytest.raises(Forbidden):
        drawn(house, audit)
    assign(house, audit, "ada")
    with pytest.raises(Refused, match="while it is in progress"):
        drawn(house, audit)
    begin(house, audit)
    number = drawn(house, audit, seed="7", size=3)
    with house.reading() as session:
        sample = records.get(session, Audit, audit).samples[number - 1]
        assert sample.population == systems[:5] and sample.seed == "7"
        assert [item["reference"] for item in sample.items] == sampling.draw(systems[:5], 3, "7")
        assert samples.is_as_drawn(sample)
    with pytest.raises(Refused, match="only 5"):
        drawn(house, audit, size=6)
    with pytest.raises(Refused, match="no such record"):
        drawn(house, audit, kind="incident")
    with pytest.raises(Refused, match="of the list"):
        drawn(house, audit, kind="horoscope")


def test_results_are_recorded_and_what_was_drawn_stays(house: House) -> None:
    system = a_system(house)
    audit = an_audit(house, system)
    begin(house, audit)
    number = drawn(house, audit)

    def record(results: dict[str, str], notes: dict[str, str]) -> None:
        with house.acting("ada") as session:
            item = records.get(session, Audit, audit)
            samples.record_results(session, item, number, RecordResults(results=results, notes=notes))

    with pytest.raises(Refused, match="what deviates"):
        record({system: "deviates"}, {})
    with pytest.raises(Refused, match="no result"):
        record({system: "splendid"}, {})
    record({system: "deviates", "SYS-9999": "conforms"}, {system: "No owner named"})
    with house.reading() as session:
        sample = records.get(session, Audit, audit).samples[number - 1]
        assert sample.items == [{"reference": system, "result": "deviates", "note": "No owner named"}]
        assert samples.is_as_drawn(sample)
