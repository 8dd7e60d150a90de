"""Data sets of the demonstration: what the sepsis warning was trained and tested on, one with a gap, and one nobody cleared yet."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from governance.core import records
from governance.core.records import Record
from governance.data_sets import service
from governance.data_sets.models import DataSet
from governance.data_sets.schemas import DescribeDataSet, UseDataSet
from governance.demo_people import Tale
from governance.demo_story import Story
from governance.systems.models import AiSystem


def tell_data_sets(story: Story, today: date) -> Tale[None]:
    """Two approved sets of the sepsis warning, and a draft that nobody cleared for the report drafting."""
    yield today - timedelta(days=250)
    training = _recorded(
        story, title="Intensive care stays 2019 to 2023", purpose="Training of early warnings; no use for billing or research on persons",
        source="Monitoring network and record of all wards", acquired="Routine care, exported in January 2024",
        provenance="Record → pseudonymised export → cleaned by data science; each step logged", rights_basis="law",
        rights_note="Hospital Act of Hesse, section 12; treatment contract", personal_data="yes", special_category_data="yes",
        quality_wanted="At most 5 % of vital signs missing; onset of sepsis by two physicians", quality_found="3.1 % missing; agreement 0.87",
        preparation="Stays under six hours left out; gaps filled forwards for one hour", representativeness="Age and sex as in the wards; few people under 30",
        known_gaps="Pulse oximetry is less exact for people with darker skin", location="Research database, room B2", retain_until=today + timedelta(days=900),
    )  # fmt: skip
    test = _recorded(
        story, title="Intensive care stays 2024", purpose="Test of each version before release", source="Monitoring network",
        acquired="Routine care, exported in January 2025", provenance="As the training data, a later year", rights_basis="law",
        personal_data="yes", special_category_data="yes", quality_wanted="As the training data", quality_found="2.4 % missing",
        representativeness="41 % women; 9 % with a first language other than German", known_gaps="Only two rural hospitals",
        location="Research database, room B2", retain_until=today + timedelta(days=20),
    )  # fmt: skip
    for reference in (training, test):
        with story.acting("tess") as session:
            service.submit(session, records.get(session, DataSet, reference))
        story.sign_all(reference, olivia="compliance_reviewer")
    for reference, role in ((training, "training"), (test, "test")):
        _used(story, "Sepsis early warning", reference, role)
    yield today - timedelta(days=11)
    reports = _recorded(
        story, title="Reports of ten years", purpose="Adapting the supplier's language model", source="Radiology archive",
        rights_basis="contract", rights_note="Whether the treatment contract covers it is being asked",
        personal_data="yes", special_category_data="yes",
    )  # fmt: skip
    _used(story, "Radiology report drafting", reports, "training")


def _recorded(story: Story, **details: Any) -> str:
    with story.acting("tess") as session:
        return service.record(session, DescribeDataSet.model_validate(details)).reference


def _used(story: Story, title: str, data_set: str, role: str) -> None:
    with story.acting("tess") as session:
        found = select(Record.reference).where(Record.kind == "ai_system", Record.title == title)
        system = records.get(session, AiSystem, session.scalars(found).one())
        data = UseDataSet.model_validate(
            {
                "data_set": data_set,
                "version_number": system.versions[0].number,
                "role": role,
                "version": system.version,
            }
        )
        service.use(session, system, data)
