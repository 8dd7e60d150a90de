"""The statement of applicability: complete, justified, evidenced, signed, and different from the one before in known places."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from governance.controls import frameworks_seen, queries, service
from governance.controls.frameworks import iso42001
from governance.controls.models import Implementation, StatementOfApplicability
from governance.controls.schemas import AddControl, DecideControl
from governance.core import checks, clock, records
from governance.core.errors import Refused
from tests.house_fixtures import House
from tests.systems.build import a_system, requested, sign, state_of

# ISO/IEC 42001:2023, Annex A: the numbers as the standard has them.
ANNEX_A = [
    "A.2.2", "A.2.3", "A.2.4", "A.3.2", "A.3.3", "A.4.2", "A.4.3", "A.4.4", "A.4.5", "A.4.6", "A.5.2", "A.5.3", "A.5.4", "A.5.5", "A.6.1.2", "A.6.1.3",
    "A.6.2.2", "A.6.2.3", "A.6.2.4", "A.6.2.5", "A.6.2.6", "A.6.2.7", "A.6.2.8", "A.7.2", "A.7.3", "A.7.4", "A.7.5", "A.7.6", "A.8.2", "A.8.3", "A.8.4",
    "A.8.5", "A.9.2", "A.9.3", "A.9.4", "A.10.2", "A.10.3", "A.10.4",
]  # fmt: skip


def draft(house: House) -> str:
    with house.acting("olivia") as session:
        return service.draft_statement(session).reference


def decide(house: House, statement: str, control: str, **changes: Any) -> None:
    with house.acting("olivia") as session:
        item = records.get(session, StatementOfApplicability, statement)
        row = next(row for row in item.entries if row.control == control)
        values = {
            "applicable": True,
            "justification": "Risks of patient care",
            "owner_id": house.id_of("olivia"),
            "version": item.version,
            **changes,
        }
        service.decide(session, item, row, DecideControl.model_validate(values))


def submit(house: House, statement: str) -> None:
    with house.acting("olivia") as session:
        service.submit_statement(session, records.get(session, StatementOfApplicability, statement))


def in_force(house: House, **last: Any) -> str:
    statement = draft(house)
    for control in ANNEX_A[:-1]:
        decide(house, statement, control)
    decide(house, statement, ANNEX_A[-1], **last)
    submit(house, statement)
    slots = requested(house, statement)
    sign(house, "olivia", slots["compliance_lead"])
    sign(house, "eve", slots["top_management"])
    return statement


def failing(house: House, check: str) -> list[str]:
    with house.reading() as session:
        return [row[1] for row in session.execute(checks.named(check).missing(clock.today()))]


def test_inv_soa1_the_38_controls_of_annex_a_each_once(house: House) -> None:
    with house.reading() as session:
        assert queries.in_force(session) is None
    statement = draft(house)
    with house.reading() as session:
        assert [
            row.control for row in records.get(session, StatementOfApplicability, statement).entries
        ] == ANNEX_A
    assert len(ANNEX_A) == 38 and [item.id for item in iso42001().controls] == ANNEX_A


def test_inv_soa2_every_control_is_decided_and_an_exclusion_ends(house: House) -> None:
    statement = draft(house)
    with pytest.raises(Refused, match="38 controls are not decided"):
        submit(house, statement)
    with pytest.raises(Refused, match="An exclusion ends"):
        decide(house, statement, "A.10.4", applicable=False)
    with pytest.raises(Refused, match="not carried out"):
        decide(
            house,
            statement,
            "A.10.4",
            applicable=False,
            review_due_on=clock.today(),
            implementation=Implementation.PARTLY,
        )
    with pytest.raises(ValueError, match="justification"):
        decide(house, statement, "A.10.4", justification="")


def test_inv_soa2_trt1_an_excluded_control_that_treats_a_risk_is_refused(house: House) -> None:
    from tests.controls.risk import a_treated_risk

    a_treated_risk(house, a_system(house), "A.10.4")
    statement = draft(house)
    for control in ANNEX_A[:-1]:
        decide(house, statement, control)
    decide(house, statement, "A.10.4", applicable=False, review_due_on=clock.today() + timedelta(days=90))
    with pytest.raises(Refused, match="INV-TRT1"):
        submit(house, statement)


def test_inv_soa3_implemented_needs_fresh_evidence(house: House) -> None:
    statement, system = draft(house), a_system(house)
    with pytest.raises(Refused, match="INV-SOA3"):
        decide(house, statement, "A.6.2.4", implementation=Implementation.IMPLEMENTED)
    with pytest.raises(Refused, match="no record EVD-0404"):
        decide(house, statement, "A.6.2.4", implementation=Implementation.IMPLEMENTED, evidence=["EVD-0404"])
    decide(house, statement, "A.6.2.4", implementation=Implementation.IMPLEMENTED, evidence=[system])
    with clock.held_at(clock.now() + timedelta(days=400)), pytest.raises(Refused, match="INV-SOA3"):
        decide(house, statement, "A.6.2.5", implementation=Implementation.IMPLEMENTED, evidence=[system])


def test_inv_soa4_one_statement_is_in_force(house: House) -> None:
    assert failing(house, "controls.statement_in_force") == [""]
    first = in_force(house)
    assert failing(house, "controls.statement_in_force") == []
    second = draft(house)
    with pytest.raises(Refused, match="finish it first"):
        draft(house)
    decide(house, second, "A.2.2", justification="Another reason")
    with house.reading() as session:
        new, old = (records.get(session, StatementOfApplicability, item) for item in (second, first))
        assert queries.differences(new, old) == {"A.2.2": ["justification"]}
    submit(house, second)
    slots = requested(house, second)
    sign(house, "olivia", slots["compliance_lead"])
    sign(house, "eve", slots["top_management"])
    assert (state_of(house, first), state_of(house, second)) == ("superseded", "approved")


def test_an_exclusion_past_its_review_and_an_old_review_are_gaps(house: House) -> None:
    statement = in_force(house, applicable=False, review_due_on=clock.today() + timedelta(days=30))
    assert failing(house, "controls.exclusions_in_date") == []
    with clock.held_at(clock.now() + timedelta(days=31)):
        assert failing(house, "controls.exclusions_in_date") == [statement]
        assert failing(house, "controls.reviewed") == []
    with clock.held_at(clock.now() + timedelta(days=367)):
        assert failing(house, "controls.reviewed") == [statement]


def test_a_control_whose_owner_left_is_a_gap(house: House) -> None:
    statement = in_force(house)
    assert failing(house, "controls.owned") == []
    from governance.access.models import Person

    with house.acting("max") as session:
        session.get_one(Person, house.id_of("olivia")).left_on = clock.today()
    assert failing(house, "controls.owned") == [statement]


def test_implemented_without_evidence_is_a_gap(house: House) -> None:
    system = a_system(house)
    statement = in_force(house, implementation=Implementation.IMPLEMENTED, evidence=[system])
    assert failing(house, "controls.implemented_with_evidence") == []
    from sqlalchemy import text

    with house.database.engine.begin() as connection:
        connection.execute(text("update control_decision set evidence = '[]'"))
    assert failing(house, "controls.implemented_with_evidence") == [statement]


def test_a_control_of_our_own_stays_in_later_versions(house: House) -> None:
    statement = draft(house)
    with house.acting("olivia") as session:
        item = records.get(session, StatementOfApplicability, statement)
        service.add_control(
            session, item, AddControl(control="OWN-1", title="Ward rounds stay", version=item.version)
        )
    for control in (*ANNEX_A, "OWN-1"):
        decide(house, statement, control)
    submit(house, statement)
    slots = requested(house, statement)
    sign(house, "olivia", slots["compliance_lead"])
    sign(house, "eve", slots["top_management"])
    second = draft(house)
    with house.reading() as session:
        assert records.get(session, StatementOfApplicability, second).entries[-1].control == "OWN-1"


def test_what_changed_between_versions_of_the_framework_is_named() -> None:
    change = frameworks_seen.change(
        {"A.2.2": "1", "A.2.3": "2", "A.9.9": "3"}, {"A.2.2": "1", "A.2.3": "9", "A.8.8": "4"}
    )
    assert (change.added, change.dropped, change.changed) == (("A.8.8",), ("A.9.9",), ("A.2.3",))
    assert frameworks_seen.change({"a": "1"}, {"a": "1"}).nothing


def test_a_framework_version_is_kept_once(house: House) -> None:
    for _ in range(2):
        with house.acting("olivia") as session:
            frameworks_seen.note(session)
    with house.reading() as session:
        (version,) = frameworks_seen.versions(session)
        assert len(version.requirements) == 38 + len(iso42001().clauses)


def test_the_statement_leaves_as_workbook_and_pdf(house: House, browser_of: Any) -> None:
    statement = in_force(house)
    browser = browser_of("victor")
    rows = list(
        load_workbook(
            BytesIO(browser.get(f"/statements-of-applicability/{statement}.xlsx").data)
        ).active.values
    )
    assert [row[0] for row in rows[1:39]] == ANNEX_A and "SHA-256" in str(rows[-1][3])
    pdf = browser.get(f"/statements-of-applicability/{statement}.pdf")
    assert pdf.data[:5] == b"%PDF-" and len(pdf.data) > 10_000


def test_the_pages_open_and_a_reader_decides_nothing(house: House, browser_of: Any) -> None:
    statement = draft(house)
    reader = browser_of("victor")
    for url in (
        "/statements-of-applicability",
        f"/statements-of-applicability/{statement}",
        "/readiness",
        "/controls",
    ):
        assert reader.get(url).status_code == 200
    assert (
        reader.post(
            f"/statements-of-applicability/{statement}/controls/A.2.2",
            {"applicable": "yes", "justification": "because", "version": "1"},
        ).status_code
        == 403
    )
    officer = browser_of("olivia")
    assert officer.get(f"/statements-of-applicability/{statement}/controls/A.2.2").status_code == 200
    assert officer.get(f"/statements-of-applicability/{statement}/controls/Z.9").status_code == 404
