"""The NIST AI RMF, the EU AI Act and the ways to them from ISO/IEC 42001: complete, dated, and true to the files."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from governance.controls import crosswalk, every_framework, frameworks_seen, queries, readiness, trace
from governance.controls.crosswalk import Crosswalk
from governance.controls.eu_ai_act import HIGH_RISK, ai_act, binding
from governance.controls.frameworks import iso42001
from governance.controls.nist import AiRmf, ai_rmf
from governance.core import clock, records
from governance.core.records import Record
from governance.evidence.models import EvidenceKind
from governance.systems.models import AiSystem, EuClass
from tests.house_fixtures import House
from tests.systems.build import a_classification, a_system

# Subcategories per function as published (NIST AI 100-1, tables 1 to 4), written a second time on purpose.
NIST = {"GOVERN": 19, "MAP": 18, "MEASURE": 22, "MANAGE": 13}
IN_FORCE_IN_NOVEMBER_2026 = {
    "Art. 4", "Art. 4a", "Art. 5", "Art. 50(1)", "Art. 50(2)", "Art. 50(3)", "Art. 50(4)", "Art. 53", "Art. 54", "Art. 55",
    "Art. 86", "Art. 49(2)",
}  # fmt: skip


def test_the_72_subcategories_stand_under_their_functions() -> None:
    found = {function.id: 0 for function in ai_rmf().functions}
    for item in ai_rmf().requirements:
        assert item.id.startswith(item.area + " ")
        found[item.area] += 1
    assert found == NIST and sum(found.values()) == 72
    assert sum(len(function.categories) for function in ai_rmf().functions) == 19


def test_a_framework_that_lost_a_subcategory_is_refused() -> None:
    data = ai_rmf().model_dump()
    data["functions"][0]["categories"][0]["subcategories"] = data["functions"][0]["categories"][0][
        "subcategories"
    ][1:]
    with pytest.raises(ValidationError, match="72 subcategories"):
        AiRmf.model_validate(data)


def test_what_shows_a_requirement_is_a_kind_that_exists() -> None:
    kinds = {str(mapper.polymorphic_identity) for mapper in Record.__mapper__.self_and_descendants}
    kinds |= {f"evidence:{kind.value}" for kind in EvidenceKind}
    for framework in every_framework.every():
        for item in framework.requirements:
            assert set(item.evidenced_by) <= kinds, item.id


def test_the_duties_in_force_are_those_of_the_amended_act() -> None:
    today = date(2026, 11, 20)
    assert {item.id for item in ai_act().duties if item.applies_from <= today} == IN_FORCE_IN_NOVEMBER_2026


@pytest.mark.parametrize(
    ("eu_class", "day"),
    [
        (EuClass.HIGH_RISK_ANNEX_III, date(2027, 12, 2)),
        (EuClass.HIGH_RISK_ANNEX_I_A, date(2028, 8, 2)),
        (EuClass.HIGH_RISK_ANNEX_I_B, date(2028, 8, 2)),
    ],
)
def test_high_risk_duties_begin_later_for_products(eu_class: EuClass, day: date) -> None:
    """Regulation (EU) 2026/1744: Annex III from 2 December 2027, Annex I from 2 August 2028."""
    duty = next(item for item in ai_act().duties if item.id == "Art. 9")
    assert duty.begins(eu_class) == day


def bound(eu_class: EuClass | None, roles: list[str], *flags: str) -> set[str]:
    system = AiSystem(title="X", eu_class=eu_class, org_roles=roles)
    return {item.duty.id for item in binding(system, flags, date(2026, 11, 20))}


def test_a_deployer_has_other_duties_than_a_provider() -> None:
    deployer, provider = (
        bound(EuClass.HIGH_RISK_ANNEX_III, ["deployer"]),
        bound(EuClass.HIGH_RISK_ANNEX_III, ["provider"]),
    )
    assert {"Art. 26", "Art. 27"} <= deployer and not {"Art. 26", "Art. 27"} & provider
    assert {"Art. 9", "Art. 72"} <= provider and not {"Art. 9", "Art. 72"} & deployer
    assert bound(EuClass.HIGH_RISK_ANNEX_III, []) >= deployer | provider, "roles unknown: held to all"


def test_who_is_out_of_scope_or_unclassified_has_no_duty() -> None:
    assert bound(EuClass.OUT_OF_SCOPE, ["deployer"]) == bound(None, ["deployer"]) == set()
    assert bound(EuClass.NOT_HIGH_RISK_BY_FILTER, ["provider"]) == {
        "Art. 4",
        "Art. 4a",
        "Art. 5",
        "Art. 49(2)",
        "Art. 6",
    }
    assert bound(EuClass.MINIMAL, ["deployer"]) == {"Art. 4", "Art. 4a", "Art. 5"}


def test_transparency_binds_by_what_the_classification_found() -> None:
    assert "Art. 50(1)" in bound(EuClass.TRANSPARENCY, ["provider"], "art50_1")
    assert "Art. 50(2)" not in bound(EuClass.TRANSPARENCY, ["provider"], "art50_1")
    assert bound(EuClass.MINIMAL, ["provider"], "gpai") >= {"Art. 53", "Art. 54"}


@given(
    st.sampled_from(list(EuClass)),
    st.lists(st.sampled_from(["provider", "deployer", "importer", "distributor"])),
)
def test_what_is_in_force_stands_first_and_by_its_day(eu_class: EuClass, roles: list[str]) -> None:
    found = binding(AiSystem(title="X", eu_class=eu_class, org_roles=roles), ("art50_1",), date(2026, 11, 20))
    assert [item.in_force for item in found] == sorted((item.in_force for item in found), reverse=True)
    assert all(item.in_force == (item.begins <= date(2026, 11, 20)) for item in found)
    if eu_class not in HIGH_RISK:
        assert not {"high_risk", "annex_iii"} & {item.duty.scope for item in found}


def test_the_crosswalk_holds_every_control_and_leads_both_ways() -> None:
    rows = {row.requirement: row for row in crosswalk.crosswalk().rows}
    assert {item.id for item in iso42001().controls} <= rows.keys()
    for row in rows.values():
        for target in (*row.nist, *row.duties):
            assert row.requirement in {way.requirement for way in crosswalk.ways_to(target)}
    reached = {target for row in rows.values() for target in row.nist}
    assert {item.id for item in ai_rmf().requirements} - reached == {"GOVERN 1.7", "MEASURE 2.2"}


def test_a_crosswalk_to_nowhere_is_refused() -> None:
    data = crosswalk.crosswalk().model_dump()
    data["rows"][0]["nist"] = ["GOVERN 9.9"]
    with pytest.raises(ValidationError, match=r"GOVERN 9\.9, which no framework has"):
        Crosswalk.model_validate(data)


def test_readiness_of_a_framework_counts_what_is_there(house: House) -> None:
    """Counted by hand: a draft shows nothing, and a registered system what asks for a register entry."""
    framework = every_framework.named("nist-ai-rmf")

    def met() -> set[str]:
        with house.reading() as session:
            rows = readiness.every(session, framework.requirements)
        return {row.requirement.id for row in rows if row.state == "met"}

    system = a_system(house)
    # The auditor of the cast has shown that she can audit.
    trained = {"GOVERN 2.2", "GOVERN 4.1", "MAP 3.4"}
    assert met() == trained
    with house.acting("olivia") as session:
        records.get(session, AiSystem, system).state = "registered"
    assert met() == trained | {"GOVERN 1.6", "MAP 1.1", "MAP 1.4", "MAP 2.1", "MAP 2.2", "MAP 3.3"}


def test_systems_are_counted_for_the_duties_that_are_about_them(house: House) -> None:
    answers = {"Q1": "yes", "Q2": "yes", "Q3": "no", "Q5": "no", "Q6": "no", "Q7": "no", "Q8": "yes", "Q9": "yes", "Q11": "yes",
               "Q12": "no", "Q13": "no", "Q14": "no", "Q15": "no"}  # fmt: skip
    a_classification(house, a_system(house, "Filter"), answers)
    a_classification(house, a_system(house, "Forecast"))
    a_system(house, "Unknown")
    with house.reading() as session:
        found = queries.bound_systems(session)
    assert (found["Art. 5"], found["Art. 26"], found["Art. 50(1)"], found["Art. 50(2)"]) == (2, 1, 1, 0)


def test_the_version_of_each_framework_is_kept_and_a_change_is_named(house: House) -> None:
    with house.acting("olivia") as session:
        frameworks_seen.note(session)
    framework = every_framework.named("eu-ai-act")
    with house.acting("olivia") as session:
        (version,) = frameworks_seen.versions(session, "eu-ai-act")
        assert len(version.requirements) == len(ai_act().duties)
        assert frameworks_seen.last_change(session, framework) is None
        older: Any = dict(version.requirements)
        older["Art. 99"], older["Art. 4"] = older.pop("Art. 9"), "0" * 64
        version.content_hash, version.requirements = "1" * 64, older
        frameworks_seen.note(session)
    with house.reading() as session:
        change = frameworks_seen.last_change(session, framework)
        assert change is not None
        assert (change.added, change.dropped, change.changed) == (("Art. 9",), ("Art. 99",), ("Art. 4",))


def test_the_duties_of_a_system_name_the_records_that_show_them(house: House, browser_of: Any) -> None:
    system = a_system(house)
    page = browser_of("olivia").get(f"/systems/{system}/duties").text
    assert "Not classified yet" in page
    a_classification(house, system)
    page = browser_of("olivia").get(f"/systems/{system}/duties").text
    assert "Art. 4" in page and "the duties may change with it" in page and "CLS-0001" in page
    assert clock.today() and "Art. 26" not in page
    with house.reading() as session:
        assert records.get(session, AiSystem, system).eu_class == EuClass.MINIMAL


@pytest.mark.parametrize("key", ["iso42001", "nist-ai-rmf", "eu-ai-act"])
def test_each_framework_has_its_page(house: House, browser_of: Any, key: str) -> None:
    page = browser_of("victor").get(f"/frameworks/{key}")
    assert page.status_code == 200
    for item in every_framework.named(key).requirements:
        assert item.id in page.text


def test_an_unknown_framework_is_not_found(browser_of: Any) -> None:
    assert browser_of("victor").get("/frameworks/astrology").status_code == 404


def test_every_kind_that_shows_something_is_listed_somewhere(house: House, browser_of: Any) -> None:
    kinds = {
        kind
        for framework in every_framework.every()
        for item in framework.requirements
        for kind in item.evidenced_by
    }
    browser = browser_of("olivia")
    wrong = [kind for kind in sorted(kinds) if browser.get(trace.list_of(kind)).status_code != 200]
    assert wrong == []
    assert f'href="{trace.list_of("evidence:test_report")}"' in browser.get("/readiness").text
