"""A risk whose open treatment relies on a control, in an assessment in force."""

from datetime import timedelta

from governance.assessments import service
from governance.assessments.models import RiskAssessment
from governance.assessments.schemas import DraftAssessment, PlanTreatment, RateRisk
from governance.core import clock, records
from governance.systems.models import AiSystem
from tests.house_fixtures import House
from tests.systems.build import requested, sign


def a_treated_risk(house: House, system: str, control: str) -> str:
    """Asha assesses, Eve and Olivia approve; returns the assessment's reference."""
    today = clock.today()
    with house.acting("asha") as session:
        data = DraftAssessment(
            title="Risks",
            scope_text="All of it",
            assessed_on=today,
            next_review_on=today + timedelta(days=90),
            summary="Misuse and harm were considered",
        )
        item = service.draft(session, records.get(session, AiSystem, system), data)
        risk = RateRisk.model_validate(
            {"title": "Missed", "source": "data", "dimension": "individual", "likelihood": 2, "severity": 2, "basis": "expert",
             "confidence": "medium", "owner_id": house.id_of("eve"), "version": item.version}
        )  # fmt: skip
        made = service.add_risk(session, item, risk)
        plan = PlanTreatment(
            option="change_likelihood",
            action="Rounds",
            controls=[control],
            owner_id=house.id_of("tess"),
            due_on=today + timedelta(days=30),
            version=item.version,
        )
        service.plan_treatment(session, item, made, plan)
        reference = item.reference
    with house.acting("asha") as session:
        service.submit(session, records.get(session, RiskAssessment, reference))
    slots = requested(house, reference)
    sign(house, "eve", slots["risk_owner"])
    sign(house, "olivia", slots["compliance_lead"])
    return reference
