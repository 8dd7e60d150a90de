"""Accounts are personal, nobody gives themselves a role, and whoever owns what runs out is told in time."""

from datetime import timedelta
from io import BytesIO

import pytest
from pydantic import ValidationError
from sqlalchemy import Date

from governance.access import duties
from governance.access import queries as people
from governance.access import service as access
from governance.access.schemas import AddPerson, ChangeRoles, Leave
from governance.core import checks, clock, records
from governance.core.errors import Refused
from governance.core.records import Record, kinds_that_run_out
from governance.core.settings import Settings
from governance.evidence import service as evidence
from governance.evidence.models import Evidence
from governance.evidence.schemas import SubmitEvidence
from governance.evidence.store import Store
from governance.systems.models import AiSystem
from tests.cast import CAST
from tests.house_fixtures import House
from tests.systems.build import a_system

# Columns that say until when a record counts, and kinds whose own duties know of them.
_ENDS = {"expires_on", "retain_until", "valid_until", "review_due_on", "review_on", "next_review_on"}
_OWN_DUTIES = {"AiSystem", "ImpactAssessment", "Policy", "RedLineCheck", "RiskAssessment", "TrainingRecord"}


def another(house: House, email: str) -> None:
    with house.acting("max") as session:
        access.add_person(session, AddPerson(name="Somebody Else", email=email, roles=["viewer"]))


def test_inv_per1_one_person_one_account(house: House) -> None:
    for same in (CAST["owen"].email, CAST["owen"].email.upper()):
        with pytest.raises(Refused, match="address"):
            another(house, same)


def test_inv_per1_the_address_of_somebody_who_left_is_not_given_to_another(house: House) -> None:
    with house.acting("max") as session:
        owen = people.person(session, house.id_of("owen"))
        access.leave(session, owen, Leave(left_on=clock.today(), reason="Retires", version=owen.version))
    with pytest.raises(Refused, match="address"):
        another(house, CAST["owen"].email)


def test_inv_rol2_nobody_gives_themselves_a_role(house: House) -> None:
    with pytest.raises(Refused, match="INV-ROL2"), house.acting("max") as session:
        max_ = people.person(session, house.id_of("max"))
        data = ChangeRoles(roles=["administrator", "approver"], reason="Quicker", version=max_.version)
        access.change_roles(session, max_, data)


def a_report(house: House, settings: Settings, days: int) -> str:
    """Evidence of Tess's that is valid for so many days more."""
    stored = Store(settings.evidence_dir).put(BytesIO(b"Certificate"), limit=100)
    with house.acting("tess") as session:
        data = SubmitEvidence.model_validate(
            {
                "title": "Security certificate",
                "evidence_kind": "supplier_document",
                "collected_on": clock.today() - timedelta(days=100),
                "valid_until": clock.today() + timedelta(days=days),
            }
        )
        subject = records.get(session, AiSystem, a_system(house))
        return evidence.submit(session, subject, data, stored=stored).reference


@pytest.mark.parametrize(("days", "told"), [(-1, True), (29, True), (30, True), (31, False)])
def test_inv_g8_the_owner_is_told_before_it_runs_out(
    house: House, settings: Settings, days: int, told: bool
) -> None:
    reference = a_report(house, settings, days)
    with house.reading() as session:
        mine = {item.record.reference for item in duties.of_person(session, house.actor("tess"))}
        others = {item.record.reference for item in duties.of_person(session, house.actor("victor"))}
    assert (reference in mine) is told and reference not in others


def test_inv_g8_what_runs_out_without_an_owner_is_a_gap(house: House, settings: Settings) -> None:
    reference = a_report(house, settings, 200)

    def found() -> list[str]:
        with house.reading() as session:
            return [
                row[2]
                for row in session.execute(checks.named("records.somebody_renews").missing(clock.today()))
            ]

    assert found() == []
    with house.acting("tess") as session:
        records.get(session, Evidence, reference).owner_id = None
    assert found() == [f"Nobody answers for {reference}"]


def test_inv_g8_every_kind_with_an_end_tells_its_owner() -> None:
    with_an_end = {
        mapper.class_.__name__
        for mapper in Record.__mapper__.self_and_descendants
        for column in mapper.local_table.columns
        if column.name in _ENDS and isinstance(column.type, Date)
    }
    assert with_an_end - _OWN_DUTIES == {kind.__name__ for kind in kinds_that_run_out()}


def test_an_unknown_role_is_refused(house: House) -> None:
    with pytest.raises((Refused, ValidationError)), house.acting("max") as session:
        access.add_person(session, AddPerson(name="X Y", email="x@example.org", roles=["emperor"]))
