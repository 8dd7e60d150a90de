"""Builders of systems in states that users can reach: each calls real verbs."""

from governance.core import records
from governance.core.canonical import content_hash
from governance.signoffs import service as signoffs
from governance.signoffs.models import SignOff
from governance.signoffs.schemas import Sign
from governance.systems import service
from governance.systems.models import AiSystem, Answer, Autonomy, Oversight, Scope
from governance.systems.schemas import Classify, RegisterSystem
from tests.cast import PASSWORD
from tests.house_fixtures import House

MINIMAL_ANSWERS = {
    "Q1": "yes", "Q2": "yes", "Q3": "no", "Q5": "no", "Q6": "no", "Q7": "no", "Q8": "no",
    "Q11": "no", "Q12": "no", "Q13": "no", "Q14": "no",
}  # fmt: skip


def a_system(house: House, title: str = "Sepsis early warning", **changes: object) -> str:
    """A completely described draft, owned by Owen, technically by Tess; returns its reference."""
    values: dict[str, object] = {
        "title": title,
        "intended_purpose": "Warn of sepsis six hours ahead",
        "excluded_uses": "No use for rationing beds",
        "users": "Ward nurses",
        "affected_groups": ["Patients in intensive care", "Ward nurses"],
        "regions": ["Hesse"],
        "owner_id": house.id_of("owen"),
        "technical_owner_id": house.id_of("tess"),
        "autonomy": Autonomy.ADVICE_ONLY,
        "human_oversight": Oversight.IN_THE_LOOP,
        "fallback": "Observation rounds every hour",
        "data_provenance": "Own records, treatment contract",
        "personal_data": Answer.YES,
        "scope": Scope.IN_SCOPE,
    }
    with house.acting("olivia") as session:
        return service.register(session, RegisterSystem.model_validate({**values, **changes})).reference


def sign(house: House, who: str, reference: str, password: str = PASSWORD) -> None:
    """Sign one sign-off as its page would: with the hash that was shown."""
    with house.acting(who) as session:
        item = records.get(session, SignOff, reference)
        shown = content_hash(item.subject.content_signed_under(item.policy))
        signoffs.sign(session, item, Sign.model_validate({"content_hash": shown, "password": password}))


def requested(house: House, subject: str) -> dict[str, str]:
    """Slot → reference of the sign-offs that wait on a record."""
    with house.reading() as session:
        record = records.find(session, subject)
        assert record is not None
        from governance.signoffs import queries

        return {
            item.slot: item.reference
            for item in queries.of_record(session, record)
            if item.state == "requested"
        }


def a_classification(house: House, system: str, answers: dict[str, str] | None = None) -> str:
    """A classification asked by Asha, still to be approved; returns its reference."""
    with house.acting("asha") as session:
        record = records.get(session, AiSystem, system)
        return service.classify(session, record, Classify(answers=answers or MINIMAL_ANSWERS)).reference


def state_of(house: House, reference: str) -> str:
    """A record's state."""
    with house.reading() as session:
        record = records.find(session, reference)
        assert record is not None
        return record.state
