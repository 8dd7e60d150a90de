"""What the tests of audits begin with: an auditor more, an audit that is under way."""

from datetime import date

from governance.access import queries as people
from governance.access import service as access
from governance.access.schemas import ChangeRoles
from governance.audits import planning, service
from governance.audits.models import Audit
from governance.audits.schemas import Assign, OpenAudit, StartAudit
from governance.core import clock, records
from governance.organisation import service as organisation
from governance.organisation.schemas import RecordTraining
from governance.systems.models import AiSystem
from tests.house_fixtures import House


def make_auditor(house: House, who: str, *, trained: bool = True) -> None:
    """Give somebody of the cast the role auditor, and the competence unless told otherwise."""
    with house.acting("max") as session:
        person = people.person(session, house.id_of(who))
        roles = ChangeRoles(roles=[*person.roles, "auditor"], reason="helps out", version=person.version)
        access.change_roles(session, person, roles)
    if trained:
        with house.acting("olivia") as session:
            shown = RecordTraining(
                person_id=house.id_of(who), competence="audit_19011", completed_on=clock.today(), proof="Accompanied three audits"
            )  # fmt: skip
            organisation.record_training(session, shown)


def an_audit(house: House, *systems: str, kind: str = "fairness", due: date | None = None) -> str:
    """An audit outside a schedule; returns its reference."""
    with house.acting("olivia") as session:
        found = [records.get(session, AiSystem, item) for item in systems]
        data = OpenAudit(
            audit_type=kind, systems=list(systems), trigger="Management asked for it", due_on=due or clock.today()
        )  # fmt: skip
        return planning.open_audit(session, found, data).reference


def assign(house: House, audit: str, who: str) -> None:
    """Let somebody lead it."""
    with house.acting("olivia") as session:
        item = records.get(session, Audit, audit)
        service.assign(session, item, Assign(lead_auditor_id=house.id_of(who), version=item.version))


def begin(house: House, audit: str, who: str = "ada", *, controls: bool = False) -> None:
    """Let somebody lead it and start."""
    assign(house, audit, who)
    with house.acting(who) as session:
        item = records.get(session, Audit, audit)
        plan = StartAudit(
            objectives="Is it fair?", scope_text="All", method="Records", impartiality_statement="I had no part in it.",
            control_questions=controls, version=item.version,
        )  # fmt: skip
        service.start(session, item, plan)
