"""Data sets: approved with origin, rights and quality; no version without rights; nothing used past its retention."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from governance.access.actor import SCHEDULER
from governance.core import checks, clock, records
from governance.core.errors import Forbidden, Refused
from governance.data_sets import jobs, service
from governance.data_sets.models import DataSet, DataUse
from governance.data_sets.schemas import DescribeDataSet, EditDataSet, RetireDataSet, UseDataSet
from governance.improvement import service as improvement
from governance.improvement.models import Finding
from governance.improvement.schemas import CloseFinding
from governance.systems import service as systems
from governance.systems.models import AiSystem, VersionState
from governance.systems.schemas import AddVersion
from tests.house_fixtures import House
from tests.impacts.build import a_tiered_system
from tests.systems.build import a_system, requested, sign, state_of

WHOLE = {
    "title": "Vital signs 2022 to 2025", "purpose": "Training of warnings", "source": "Own wards", "rights_basis": "law",
    "provenance": "Export of the record, pseudonymised", "quality_wanted": "At most 5 % missing",
}  # fmt: skip


def a_data_set(house: House, **changes: Any) -> str:
    """A draft by Tess; returns its reference."""
    with house.acting("tess") as session:
        return service.record(session, DescribeDataSet.model_validate({**WHOLE, **changes})).reference


def approved(house: House, **changes: Any) -> str:
    reference = a_data_set(house, **changes)
    with house.acting("tess") as session:
        service.submit(session, records.get(session, DataSet, reference))
    sign(house, "olivia", requested(house, reference)["compliance_reviewer"])
    return reference


def a_version(house: House, system: str, label: str = "1.0") -> int:
    with house.acting("tess") as session:
        record = records.get(session, AiSystem, system)
        data = AddVersion(label=label, what_changed="All of it", version=record.version)
        return systems.add_version(session, record, data).number


def used(house: House, system: str, data_set: str, number: int = 1, role: str = "training") -> None:
    with house.acting("tess") as session:
        record = records.get(session, AiSystem, system)
        data = UseDataSet.model_validate(
            {"data_set": data_set, "version_number": number, "role": role, "version": record.version}
        )
        service.use(session, record, data)


def freeze(house: House, system: str, number: int = 1) -> None:
    with house.acting("tess") as session:
        record = records.get(session, AiSystem, system)
        version = next(item for item in record.versions if item.number == number)
        systems.freeze_version(session, record, version)


def end(house: House, system: str, data_set: str) -> None:
    with house.acting("tess") as session:
        record = records.get(session, AiSystem, system)
        rows = session.scalars(
            select(DataUse).where(DataUse.system_id == record.id, DataUse.ended_on.is_(None))
        )
        service.end_use(session, record, next(row for row in rows if row.data_set.reference == data_set))


def retire_system(house: House, system: str) -> None:
    with house.acting("olivia") as session:
        records.get(session, AiSystem, system).state = "retired"


def missing(house: House, check: str, after: int = 0) -> set[str]:
    with house.reading() as session:
        day = clock.today() + timedelta(days=after)
        return {row[1] for row in session.execute(checks.named(check).missing(day))}


@pytest.mark.parametrize("field", ["purpose", "source", "rights_basis", "provenance", "quality_wanted"])
def test_approval_names_what_is_missing(house: House, field: str) -> None:
    reference = a_data_set(house, **{field: None if field == "rights_basis" else ""})
    with pytest.raises(Refused, match=r"Approval still needs: (its|the) "), house.acting("tess") as session:
        service.submit(session, records.get(session, DataSet, reference))
    assert state_of(house, reference) == "draft"


def test_a_data_set_is_approved_by_somebody_else_and_then_frozen(house: House) -> None:
    reference = approved(house)
    assert state_of(house, reference) == "approved"
    with pytest.raises(Refused, match="data set of its own"), house.acting("tess") as session:
        records.get(session, DataSet, reference).source = "Somewhere else"
    with house.acting("olivia") as session:
        own = service.record(session, DescribeDataSet.model_validate(WHOLE))
        service.submit(session, own)
        mine = own.reference
    with pytest.raises(Refused, match="SD-1"):
        sign(house, "olivia", requested(house, mine)["compliance_reviewer"])


def test_inv_dat1_no_version_is_frozen_with_data_nobody_has_a_right_to(house: House) -> None:
    system = a_system(house)
    a_version(house, system)
    good, bare = approved(house), a_data_set(house, title="Scraped pages", rights_basis=None)
    used(house, system, good)
    used(house, system, bare, role="test")
    with pytest.raises(Refused, match=f"{bare} has no rights basis .A.7.3, INV-DAT1.") as said:
        freeze(house, system)
    assert said.value.fix == f"/systems/{system}/data"
    with house.acting("tess") as session:
        item = records.get(session, DataSet, bare)
        data = EditDataSet.model_validate({**WHOLE, "title": "Scraped pages", "version": item.version})
        service.edit(session, item, data)
    freeze(house, system)


def test_inv_dat1_an_ended_use_stands_in_nobodys_way(house: House) -> None:
    system = a_system(house)
    a_version(house, system)
    used(house, system, a_data_set(house, rights_basis=None))
    with house.acting("tess") as session:
        row = session.scalars(select(DataUse)).one()
        service.end_use(session, row.system, row)
        with pytest.raises(Refused, match="ended already"):
            service.end_use(session, row.system, row)
    freeze(house, system)


def test_inv_dat1_no_way_round_by_adding_the_data_after_freezing(house: House) -> None:
    system = a_system(house)
    a_version(house, system)
    bare = a_data_set(house, title="Scraped pages", rights_basis=None)
    used(house, system, bare)
    end(house, system, bare)
    freeze(house, system)
    with pytest.raises(Refused, match=f"{bare} has no rights basis .A.7.3, INV-DAT1.") as said:
        used(house, system, bare)
    assert (said.value.field, said.value.fix) == ("data_set", f"/data-sets/{bare}")


def test_inv_dat1_no_way_round_by_blanking_the_basis_after_freezing(house: House) -> None:
    system = a_system(house)
    a_version(house, system)
    reference = a_data_set(house)
    used(house, system, reference)

    def blank() -> None:
        with house.acting("tess") as session:
            item = records.get(session, DataSet, reference)
            data = EditDataSet.model_validate({**WHOLE, "rights_basis": None, "version": item.version})
            service.edit(session, item, data)

    blank()
    with house.acting("tess") as session:
        item = records.get(session, DataSet, reference)
        service.edit(session, item, EditDataSet.model_validate({**WHOLE, "version": item.version}))
    freeze(house, system)
    with pytest.raises(Refused, match=f"{system} 1.0 is frozen with this data"):
        blank()


def test_inv_sys6_the_uses_of_a_retired_system_stay_and_can_still_be_found_wanting(house: House) -> None:
    system = a_system(house)
    a_version(house, system)
    reference = approved(house, retain_until=clock.today() + timedelta(days=10))
    used(house, system, reference)
    retire_system(house, system)
    with pytest.raises(Refused, match=r"cannot change any more .INV-SYS6."):
        end(house, system, reference)
    assert len(findings_after(house, 11)) == 1
    with house.acting("olivia") as session:
        item = records.get(session, DataSet, reference)
        service.retire(session, item, RetireDataSet(reason="Deleted", version=item.version))
    assert len(findings_after(house, 12)) == 1


def findings_after(house: House, days: int) -> list[str]:
    with (
        clock.held_at(clock.now() + timedelta(days=days)),
        house.database.transaction(SCHEDULER, source="scheduler") as session,
    ):
        jobs.find_what_is_kept_too_long(session, clock.now())
    with house.reading() as session:
        return [item.title for item in session.scalars(select(Finding))]


def test_inv_dat2_a_withdrawn_finding_is_not_recorded_again_but_a_later_day_is(house: House) -> None:
    system = a_system(house)
    a_version(house, system)
    reference = a_data_set(house, retain_until=clock.today() + timedelta(days=10))
    used(house, system, reference)
    assert len(findings_after(house, 11)) == 1
    with house.acting("ada") as session:
        finding = session.scalars(select(Finding)).one()
        wrong = CloseFinding(reason="Kept for a court", version=finding.version)
        improvement.withdraw_finding(session, finding, wrong)
    assert len(findings_after(house, 11)) == len(findings_after(house, 12)) == 1
    with house.acting("tess") as session:
        item = records.get(session, DataSet, reference)
        later = {**WHOLE, "retain_until": clock.today() + timedelta(days=20), "version": item.version}
        service.edit(session, item, EditDataSet.model_validate(later))
    assert len(findings_after(house, 20)) == 1 and len(findings_after(house, 21)) == 2


def test_a_data_set_is_named_by_reference_or_by_words_that_only_it_has(house: House) -> None:
    system = a_system(house)
    a_version(house, system)
    first = a_data_set(house)
    second = a_data_set(house, title="Vital signs of children")
    with pytest.raises(Refused, match=f"{first} Vital signs 2022 to 2025; {second} Vital signs of children"):
        used(house, system, "vital signs")
    with pytest.raises(Refused, match="No data set"):
        used(house, system, "laboratory")
    used(house, system, "children")
    used(house, system, first.lower())
    with house.reading() as session:
        assert {row.data_set.reference for row in session.scalars(select(DataUse))} == {first, second}


def test_inv_dat2_use_past_the_day_of_deletion_becomes_one_nonconformity(house: House) -> None:
    system = a_system(house)
    a_version(house, system)
    reference = approved(house, retain_until=clock.today() + timedelta(days=10))
    for role in ("training", "test"):
        used(house, system, reference, role=role)

    assert missing(house, "data_sets.retention", 10) == set() and findings_after(house, 10) == []
    assert missing(house, "data_sets.retention", 11) == {reference}
    assert (
        findings_after(house, 11) == findings_after(house, 12) == [f"{reference} is used past its retention"]
    )


def test_a_running_system_that_gets_another_source_of_data_is_assessed_anew(house: House) -> None:
    """INV-SYS5."""
    system = a_system(house)
    a_version(house, system)
    first, second = approved(house), approved(house, title="Laboratory values")
    third = approved(house, title="Test of 2024")
    used(house, system, first)
    with house.acting("olivia") as session:
        record = records.get(session, AiSystem, system)
        record.state, record.versions[0].state = "active", VersionState.OPERATING

    def why() -> str:
        with house.reading() as session:
            return records.get(session, AiSystem, system).under_reassessment

    def settled() -> None:
        with house.acting("olivia") as session:
            records.get(session, AiSystem, system).under_reassessment = ""

    used(house, system, third, role="test")
    assert why() == "", "what stands is not tested anew by describing what it was tested on"
    used(house, system, second, role="production")
    assert why() == "Data source added: Laboratory values"
    settled()
    used(house, system, first, role="production")
    assert why() == "Data source added: Vital signs 2022 to 2025", "it was trained on it, and now runs on it"
    settled()
    end(house, system, second)
    used(house, system, second, role="production")
    assert why() == "Data source added: Laboratory values", "it was ended, so it is added again"


def test_the_rules_about_data_see_what_is_missing(house: House) -> None:
    low, high = a_tiered_system(house, "low"), a_tiered_system(house, "high")
    assert missing(house, "data_sets.recorded") == {high} and low
    a_version(house, high)
    draft = a_data_set(house)
    used(house, high, draft)
    assert missing(house, "data_sets.recorded") == set()
    assert missing(house, "data_sets.approved") == {high}
    with house.acting("tess") as session:
        service.submit(session, records.get(session, DataSet, draft))
    sign(house, "olivia", requested(house, draft)["compliance_reviewer"])
    assert missing(house, "data_sets.approved") == set()


def test_a_data_set_in_use_is_not_retired_and_a_retired_one_not_used(house: House) -> None:
    system = a_system(house)
    a_version(house, system)
    reference = approved(house)
    used(house, system, reference)

    def retire() -> None:
        with house.acting("olivia") as session:
            item = records.get(session, DataSet, reference)
            service.retire(session, item, RetireDataSet(reason="Too old", version=item.version))

    with pytest.raises(Refused, match=f"still used by {system}"):
        retire()
    with house.acting("tess") as session:
        row = session.scalars(select(DataUse)).one()
        service.end_use(session, row.system, row)
    retire()
    assert state_of(house, reference) == "retired"
    with pytest.raises(Refused, match="is retired"):
        used(house, system, reference)


@pytest.mark.parametrize("who", ["victor", "ada", "eve"])
def test_who_only_looks_records_nothing(house: House, who: str) -> None:
    with pytest.raises(Forbidden), house.acting(who) as session:
        service.record(session, DescribeDataSet.model_validate(WHOLE))


def test_the_pages_lead_from_the_draft_to_the_use(house: House, browser_of: Any) -> None:
    system = a_system(house)
    a_version(house, system)
    tess = browser_of("tess")
    assert "No data set yet" in tess.get("/data-sets").text
    answer = tess.post("/data-sets/new", {"title": "Vital signs"}, page="/data-sets/new")
    assert answer.status_code == 303 and answer.headers["Location"] == "/data-sets/DAT-0001"
    assert "Approval still needs: its purpose" in tess.get("/data-sets/DAT-0001").text
    url = f"/systems/{system}/data"
    with house.reading() as session:
        version = records.get(session, AiSystem, system).version
    sent = {"data_set": "DAT-0001", "version_number": "1", "role": "training", "version": str(version)}
    assert tess.post(url, sent, page=url).status_code == 303
    page = tess.get(url).text
    assert "DAT-0001" in page and "Missing" in page
    assert (
        system in tess.get("/data-sets/DAT-0001").text and "DAT-0001" in tess.get("/data-sets?q=vital").text
    )
    assert tess.post(f"{url}/99/end", {}, page=url).status_code == 404
