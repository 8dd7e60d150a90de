"""Builders of impact assessments: each calls real verbs."""

from datetime import timedelta
from typing import Any

from governance.core import clock, records
from governance.impacts import service
from governance.impacts.catalogue import rules
from governance.impacts.models import ImpactAssessment, Triage
from governance.impacts.schemas import (
    BeginAssessment,
    DeclareUnaffected,
    PlanMeasure,
    RateImpact,
    section_form,
)
from governance.systems import service as systems
from governance.systems import tiers
from governance.systems.models import AiSystem
from governance.systems.schemas import Classify, OverrideTier
from tests.house_fixtures import House
from tests.systems.build import MINIMAL_ANSWERS, a_system


def a_tiered_system(house: House, tier: str = "high") -> str:
    """A described system of a tier."""
    system = a_system(house, autonomy="advice_only")
    with house.acting("asha") as session:
        systems.classify(session, records.get(session, AiSystem, system), Classify(answers=MINIMAL_ANSWERS))
    if tier != "low":
        with house.acting("olivia") as session:
            record = records.get(session, AiSystem, system)
            tiers.override_tier(
                session, record, OverrideTier(tier=tier, reason="Acts on patients", version=record.version)
            )
    return system


def begin(house: House, system: str, who: str = "asha", **changes: Any) -> str:
    """A draft with its triage; returns its reference."""
    values: dict[str, Any] = {
        "title": "Impact assessment",
        "sensitive": ["vulnerable_people"],
        "triage_result": Triage.FULL,
        "facets": ["DPIA"],
        "next_review_on": clock.today() + timedelta(days=180),
    }
    with house.acting(who) as session:
        data = BeginAssessment.model_validate({**values, **changes})
        return service.begin(session, records.get(session, AiSystem, system), data).reference


def answer(house: House, impact: str, *, without: tuple[str, ...] = ()) -> None:
    """Every question answered, but those left out."""
    for section in rules().sections:
        with house.acting("asha") as session:
            item = records.get(session, ImpactAssessment, impact)
            form = section_form(section.id)
            given = {
                name: "" if name in without else "Answered" for name in form.model_fields if name != "version"
            }
            service.answer(session, item, form.model_validate({**given, "version": item.version}))


def rate(house: House, impact: str, group: str = "Patients in intensive care", **changes: Any) -> int:
    """An impact on a group; returns its number."""
    values: dict[str, Any] = {
        "group": group,
        "dimension": "safety",
        "effect": "harm",
        "description": "Treated too late",
        "cause": "failure",
        "severity": 2,
        "likelihood": 2,
        "scale": "person",
        "reversibility": "with_effort",
        "duration": "days",
        "confidence": "medium",
    }
    with house.acting("asha") as session:
        item = records.get(session, ImpactAssessment, impact)
        data = RateImpact.model_validate({**values, **changes, "version": item.version})
        return service.rate(session, item, data).number


def measure(house: House, impact: str, number: int) -> None:
    """A measure against an impact."""
    with house.acting("asha") as session:
        item = records.get(session, ImpactAssessment, impact)
        row = next(row for row in item.impacts if row.number == number)
        data = PlanMeasure(
            measure="Rounds stay", owner_id=house.id_of("tess"), due_on=clock.today() + timedelta(days=30), version=item.version
        )  # fmt: skip
        service.plan_measure(session, item, row, data)


def unaffected(house: House, impact: str, group: str) -> None:
    """Say that a group is not affected."""
    with house.acting("asha") as session:
        item = records.get(session, ImpactAssessment, impact)
        service.declare_unaffected(
            session, item, DeclareUnaffected(group=group, reason="They notice nothing", version=item.version)
        )


def submit(house: House, impact: str, who: str = "asha") -> None:
    """Give it to the reviewers."""
    with house.acting(who) as session:
        service.submit(session, records.get(session, ImpactAssessment, impact))


def complete(house: House, system: str) -> str:
    """A draft with nothing missing; returns its reference."""
    impact = begin(house, system)
    answer(house, impact)
    rate(house, impact)
    unaffected(house, impact, "Ward nurses")
    return impact
