"""Imports of inventories: what is new, changed, unchanged and rejected, and what becomes of edits made here."""

import pytest
from sqlalchemy import select

from governance.core import records
from governance.core.errors import Forbidden, Refused
from governance.core.settings import Settings
from governance.systems import imports, service
from governance.systems.import_models import ImportRun, SourceRow
from governance.systems.mapping_files import load_mapping
from governance.systems.models import AiSystem, Scope, Stage, StageBasis, Status
from governance.systems.schemas import EditSystem
from governance.trail.models import TrailEvent
from tests.house_fixtures import House
from tests.systems.inventory import HEADER, Importing, many, table

TRIAGE = ("T1", "Triage", "Sort calls", "Pilot", "High", "Yes", "Acme, Inc.; Beta", "1.0", "12")
FORECAST = ("F1", "Bed forecast", "Plan beds", "Retired", "Low", "", "acme, inc.", "", "7")


@pytest.fixture
def importing(house: House, settings: Settings) -> Importing:
    return Importing(house, settings)


def edit(house: House, title: str, **changes: object) -> None:
    """Edit a system as its form does."""
    with house.acting("olivia") as session:
        system = session.scalars(select(AiSystem).where(AiSystem.title == title)).one()
        names = EditSystem.model_fields.keys() - {"reason"}
        given = {name: getattr(system, name) for name in names} | changes
        service.edit(session, system, EditSystem.model_validate(given))


def test_a_row_becomes_a_draft_with_declarations_and_no_owner(importing: Importing) -> None:
    importing.bring(table(TRIAGE, FORECAST))
    triage, forecast = importing.system("Triage"), importing.system("Bed forecast")
    assert (triage.state, triage.owner_id, triage.scope) == (Status.DRAFT, None, Scope.UNDECIDED)
    assert (triage.stage, triage.stage_basis, triage.tier) == (Stage.DEPLOYMENT, StageBasis.DECLARED, None)
    # Retired over there is a declaration here: the entry can still be worked on.
    assert (forecast.state, forecast.stage, forecast.stage_basis) == (
        Status.DRAFT,
        Stage.RETIREMENT,
        StageBasis.DECLARED,
    )
    assert [version.label for version in triage.versions] == ["1.0"]
    claims = importing.claims("Triage")
    assert {topic: claim.answer for topic, claim in claims.items()} == {"testing": "yes", "risk_tier": "high"}
    assert claims["testing"].state == "declared" and claims["testing"].source == "generic, record 2"


def test_third_parties_are_found_again_by_their_name(importing: Importing) -> None:
    importing.bring(table(TRIAGE, FORECAST))
    triage, forecast = importing.system("Triage"), importing.system("Bed forecast")
    assert [item.supplier.title for item in triage.supplied] == ["Acme, Inc.", "Beta"]
    assert forecast.supplied[0].supplier_id == triage.supplied[0].supplier_id


def test_nothing_is_in_the_register_before_the_confirmation(importing: Importing) -> None:
    before = importing.size()
    reference = importing.preview(table(TRIAGE, FORECAST))
    assert importing.run(reference).state == "previewed"
    assert importing.run(reference).counts["new"] == 2
    assert importing.size() == before


def test_the_same_file_again_writes_nothing(importing: Importing) -> None:
    importing.bring(many(230))
    before = importing.size()
    reference = importing.preview(many(230))
    assert importing.run(reference).counts == {
        "new": 0,
        "changed": 0,
        "unchanged": 230,
        "rejected": 0,
        "problems": 0,
    }
    with pytest.raises(Refused, match="nothing to import"):
        importing.confirm(reference)
    assert importing.size() == before


def test_the_trail_names_verb_source_person_and_file(importing: Importing, house: House) -> None:
    reference = importing.bring(table(TRIAGE))
    with house.reading() as session:
        event = session.scalars(select(TrailEvent).where(TrailEvent.kind == "ai_system")).one()
        for part in (
            '"source":"import"',
            '"verb":"imports.run"',
            "Olivia Officer",
            reference,
            "inventory.csv",
        ):
            assert part in event.body


def test_a_change_sets_only_what_changed_there(importing: Importing, house: House) -> None:
    importing.bring(table(TRIAGE, FORECAST))
    edit(house, "Triage", intended_purpose="Sort emergency calls, said here")
    new = list(TRIAGE)
    new[1], new[3] = "Triage 2", "In use"
    reference = importing.bring(table(new, FORECAST))
    assert importing.run(reference).counts["changed"] == 1
    assert importing.rows(reference)[0].changed_fields == ["name", "stage"]
    system = importing.system("Triage 2")
    assert system.intended_purpose == "Sort emergency calls, said here"
    assert system.stage is Stage.OPERATION_MONITORING


def test_an_edit_here_wins_over_a_change_there_and_is_reported(importing: Importing, house: House) -> None:
    importing.bring(table(TRIAGE))
    edit(house, "Triage", intended_purpose="Ours")
    new = list(TRIAGE)
    new[2] = "Theirs"
    reference = importing.preview(table(new))
    assert "intended purpose" in importing.rows(reference)[0].reason
    importing.confirm(reference)
    importing.work()
    assert importing.system("Triage").intended_purpose == "Ours"
    # Compared anew from here: the value of today is the one the next change is measured by.
    assert importing.run(importing.preview(table(new))).counts["unchanged"] == 1


def test_a_field_filled_here_is_not_overwritten_by_a_column_that_comes_later(importing, house) -> None:
    importing.bring(table(("T1", "Triage"), header=("ID", "Name")))
    edit(house, "Triage", intended_purpose="Ours")
    importing.bring(
        table(("T1", "Triage", "Theirs", "Users there"), header=("ID", "Name", "Purpose", "Users"))
    )
    system = importing.system("Triage")
    assert (system.intended_purpose, system.users) == ("Ours", "Users there")


def test_what_is_no_longer_stated_goes_away_unless_edited(importing: Importing) -> None:
    importing.bring(table(TRIAGE))
    importing.bring(table(("T1", "Triage", "", "Pilot", "", "", "Beta; Gamma", "1.0", "12")))
    system = importing.system("Triage")
    assert system.intended_purpose == ""
    assert [item.supplier.title for item in system.supplied] == ["Beta", "Gamma"]
    assert {topic: claim.answer for topic, claim in importing.claims("Triage").items()} == {
        "testing": "not_stated",
        "risk_tier": "not_stated",
    }


def test_a_claim_and_its_title_follow_the_inventory(importing: Importing) -> None:
    importing.bring(table(TRIAGE))
    first = importing.claims("Triage")["testing"]
    new = list(TRIAGE)
    new[5] = "No"
    importing.bring(table(new))
    claim = importing.claims("Triage")["testing"]
    assert (claim.reference, claim.title) == (first.reference, "Declared testing: no")


def test_a_change_of_a_source_value_only_is_kept_and_changes_no_field(
    importing: Importing, house: House
) -> None:
    importing.bring(table(TRIAGE))
    version = importing.system("Triage").version
    new = list(TRIAGE)
    new[8] = "99"
    reference = importing.bring(table(new))
    assert importing.rows(reference)[0].changed_fields == ["source_values"]
    with house.reading() as session:
        assert session.scalars(select(SourceRow)).one().raw["Budget"] == "99"
    assert importing.system("Triage").version == version


def test_another_layout_with_the_same_content_changes_nothing(importing: Importing) -> None:
    importing.bring(table(("T1", "Triage", "x"), header=("ID", "Name", "Colour")))
    reference = importing.preview(table(("Triage", "T1"), header=("Name", "ID")))
    assert importing.run(reference).counts["unchanged"] == 1


@pytest.mark.parametrize("state", [Status.RETIRED, Status.REJECTED])
def test_a_frozen_system_is_reported_and_left_alone(
    importing: Importing, house: House, state: Status
) -> None:
    """INV-G2."""
    importing.bring(table(TRIAGE))
    with house.acting("olivia") as session:
        session.scalars(select(AiSystem)).one().state = state
    new = list(TRIAGE)
    new[2] = "Other"
    reference = importing.preview(table(new, FORECAST))
    row = importing.rows(reference)[0]
    assert row.outcome == "rejected" and f"SYS-0001 is {state}" in row.reason
    importing.confirm(reference)
    importing.work()
    assert importing.system("Triage").intended_purpose == "Sort calls"
    assert importing.system("Bed forecast").state == "draft"


def test_a_material_change_of_an_active_system_asks_for_reassessment(
    importing: Importing, house: House
) -> None:
    """INV-SYS5."""
    importing.bring(table(TRIAGE))
    with house.acting("olivia") as session:
        session.scalars(select(AiSystem)).one().state = Status.ACTIVE
    new = list(TRIAGE)
    new[2] = "Sort and answer calls"
    reference = importing.bring(table(new))
    assert importing.system("Triage").under_reassessment == f"Changed by {reference}: intended purpose"


def test_a_stage_proved_by_a_gate_outranks_a_declaration(importing: Importing, house: House) -> None:
    importing.bring(table(TRIAGE))
    with house.acting("olivia") as session:
        system = session.scalars(select(AiSystem)).one()
        system.state, system.stage, system.stage_basis = Status.REGISTERED, Stage.INCEPTION, StageBasis.GATE
    new = list(TRIAGE)
    new[3] = "In use"
    reference = importing.bring(table(new))
    assert importing.system("Triage").stage is Stage.INCEPTION
    assert "stage" in importing.rows(reference)[0].reason


def test_dirty_rows_are_rejected_or_reported_and_never_lost(importing: Importing) -> None:
    data = table(
        ("", "", "Nameless and keyless"),
        ("T1", "Triage", "", "Dreaming"),
        ("T1", "Triage again"),
        (
            "T2",
            "x" * 900,
            "=2+5",
            "",
            "",
            "",
            "Acme; " + "A sentence that goes on and on about a vendor. " * 5,
        ),
    )
    reference = importing.bring(data)
    rows = importing.rows(reference)
    assert [row.outcome.value for row in rows] == ["rejected", "new", "new", "new"]
    assert rows[1].problems[0]["raw"] == "Dreaming"
    assert rows[2].natural_key.endswith("#2")
    assert all(row.system_id for row in rows[1:]) and rows[0].reason
    assert importing.size()["sources"] == 3


def test_only_compliance_officers_import(house: House, importing: Importing) -> None:
    reference = importing.preview(table(TRIAGE))
    mapping = load_mapping("generic")
    for who in ("owen", "victor", "max", "prue"):
        with pytest.raises(Forbidden), house.acting(who) as session:
            imports.upload(session, mapping, filename="x.csv", sha256="0" * 64, size=1)
        with pytest.raises(Forbidden), house.acting(who) as session:
            imports.confirm(session, records.get(session, ImportRun, reference), mapping)
        with pytest.raises(Forbidden), house.acting(who) as session:
            imports.choose_mapping(session, records.get(session, ImportRun, reference), mapping)
        with pytest.raises(Forbidden), house.acting(who) as session:
            imports.cancel(session, records.get(session, ImportRun, reference))


def test_what_was_not_confirmed_is_not_brought_in(house: House, importing: Importing) -> None:
    reference = importing.preview(table(TRIAGE))
    mapping = load_mapping("generic")
    with pytest.raises(Refused, match="only a confirmed"), house.acting("olivia") as session:
        imports.bring_in(session, records.get(session, ImportRun, reference), mapping, [])


def test_a_mapping_changed_after_the_preview_wants_a_new_preview(house: House, importing: Importing) -> None:
    reference = importing.preview(table(TRIAGE))
    other = load_mapping("generic").model_copy(update={"title": "Changed meanwhile"})
    with pytest.raises(Refused, match="was changed after this preview"), house.acting("olivia") as session:
        imports.confirm(session, records.get(session, ImportRun, reference), other)


def test_a_wrong_mapping_fails_with_a_reason_and_another_can_be_chosen(
    house: House, importing: Importing
) -> None:
    reference = importing.preview(table(TRIAGE, header=HEADER), mapping="omb-2025")
    run = importing.run(reference)
    assert run.state == "failed" and "does not fit this file" in run.state_reason
    with house.acting("olivia") as session:
        run = imports.choose_mapping(
            session, records.get(session, ImportRun, reference), load_mapping("generic")
        )
        assert (run.state, run.state_reason, run.mapping) == ("reading", "", "generic")


@pytest.mark.parametrize("text", ["a\\u0000b", "a\\ud800b"])
def test_json_that_is_no_text_is_refused_by_its_record(importing: Importing, text: str) -> None:
    data = f'[{{"ID": "1", "Name": "Good"}}, {{"ID": "2", "Name": "{text}"}}]'.encode()
    run = importing.run(importing.preview(data, filename="inventory.json"))
    assert run.state == "failed" and "Record 3" in run.state_reason
