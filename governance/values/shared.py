"""Verbs on shared values: take up, adopt, interpret per context, set norms, claim them for a system."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.consultations.models import Consultation
from governance.core import clock, records
from governance.core.errors import Refused
from governance.core.records import Record
from governance.signoffs import service as signoffs
from governance.systems.models import AiSystem
from governance.values.catalogue import values
from governance.values.models import (
    Interpretation,
    InterpretationState,
    Norm,
    NormState,
    Value,
    ValueClaim,
    ValueState,
)
from governance.values.schemas import EditInterpretation, Interpret, ProposeValue, SetNorm, WithReason

VALUE_POLICY = "value"
INTERPRETATION_POLICY = "interpretation"


@verb("values.propose")
def propose(session: Session, data: ProposeValue) -> Value:
    """Propose a value in the organisation's own words."""
    if session.scalars(select(Value).where(Value.code == data.code)).first() is not None:
        raise Refused(f"There is a value {data.code} already.", field="code")
    value = Value(**data.model_dump(), state=ValueState.DRAFT)
    session.add(value)
    session.flush()
    return value


@verb("values.take_up")
def take_up(session: Session, code: str, steward_id: int | None = None) -> Value:
    """Take up a starter value of config/values.yaml as a draft, with its readings as drafts of interpretations."""
    if code not in {item.id for item in values().values}:
        raise Refused(f"There is no starter value {code}.")
    starter, me = values().value(code), actor_of(session).person_id or 0
    value = propose(
        session,
        ProposeValue(
            code=code,
            title=starter.name,
            statement=starter.statement,
            sources="Starter catalogue",
            owner_id=steward_id or me,
        ),
    )
    for item in starter.readings:
        draft = Interpret(
            title=f"{starter.name}: {item.context}"[:300], sector=item.context[:200], reading=item.reading
        )
        interpret(session, value, draft)
    return value


@verb("values.ask_adoption")
def ask_adoption(session: Session, value: Value) -> Value:
    """Ask top management to adopt a value (5.2)."""
    if value.state != ValueState.DRAFT:
        raise Refused(f"{value.reference} is {value.state.replace('_', ' ')} already.")
    value.state = ValueState.IN_REVIEW
    signoffs.request(session, value, VALUE_POLICY)
    return value


@signoffs.when_complete(VALUE_POLICY)
def _adopted(session: Session, record: Record) -> None:
    assert isinstance(record, Value)
    record.adopted_on = clock.today()
    record.state = ValueState.ADOPTED


@signoffs.when_rejected(VALUE_POLICY)
def _not_adopted(session: Session, record: Record) -> None:
    record.state = ValueState.DRAFT


@verb("values.retire")
def retire(session: Session, value: Value, data: WithReason) -> Value:
    """Retire an adopted value, with the reason; what was measured by it stays."""
    if value.state != ValueState.ADOPTED:
        raise Refused("Only an adopted value is retired.")
    session.info["reason"] = data.reason
    value.state, value.state_reason = ValueState.RETIRED, data.reason
    return value


@verb("values.interpret")
def interpret(session: Session, value: Value, data: Interpret) -> Interpretation:
    """Draft what a value means in a region, sector or community."""
    if value.state == ValueState.RETIRED:
        raise Refused(f"{value.reference} is retired.")
    item = Interpretation(
        **data.model_dump(exclude={"consultation"}),
        consultation_id=_consultation(session, data.consultation),
        state=InterpretationState.DRAFT,
        owner_id=actor_of(session).person_id,
        value=value,
    )
    session.add(item)
    session.flush()
    return item


def _consultation(session: Session, reference: str) -> int | None:
    if not reference:
        return None
    found = records.find(session, reference)
    if not isinstance(found, Consultation):
        raise Refused(f"There is no consultation {reference}.", field="consultation")
    return found.id


@verb("values.edit_interpretation")
def edit_interpretation(session: Session, item: Interpretation, data: EditInterpretation) -> Interpretation:
    """Change a draft."""
    if item.state != InterpretationState.DRAFT:
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')}; only a draft is changed.")
    for name, text in data.model_dump(exclude={"consultation", "version"}).items():
        setattr(item, name, text)
    item.consultation_id = _consultation(session, data.consultation)
    return item


@verb("values.submit_interpretation")
def submit_interpretation(session: Session, item: Interpretation) -> Interpretation:
    """Ask the steward of the value and compliance to approve a reading (INV-VIN2)."""
    if item.state != InterpretationState.DRAFT:
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')} already.")
    if item.consultation_id is None and not item.why_not_consulted:
        raise Refused(
            "Name the consultation this reading came from, or say why nobody was consulted.",
            fix=f"{item.path}/edit",
        )
    if not item.red_lines_kept:
        raise Refused(
            "Say which red lines and laws were looked at; no interpretation may weaken one (INV-VIN2).",
            fix=f"{item.path}/edit",
        )
    item.state = InterpretationState.IN_REVIEW
    signoffs.request(session, item, INTERPRETATION_POLICY)
    return item


@signoffs.when_complete(INTERPRETATION_POLICY)
def _approved(session: Session, record: Record) -> None:
    assert isinstance(record, Interpretation)
    same = select(Interpretation).where(
        Interpretation.value_id == record.value_id,
        Interpretation.region == record.region,
        Interpretation.sector == record.sector,
        Interpretation.community == record.community,
        Interpretation.state == InterpretationState.APPROVED,
        Interpretation.id != record.id,
    )
    for earlier in session.scalars(same):
        earlier.state, earlier.state_reason = (
            InterpretationState.SUPERSEDED,
            f"{record.reference} was approved.",
        )
    record.approved_on = clock.today()
    record.state = InterpretationState.APPROVED


@signoffs.when_rejected(INTERPRETATION_POLICY)
def _not_approved(session: Session, record: Record) -> None:
    record.state = InterpretationState.DRAFT


@verb("values.set_norm")
def set_norm(session: Session, item: Interpretation, data: SetNorm) -> Norm:
    """Say what must hold if an interpretation is taken seriously."""
    if item.state == InterpretationState.SUPERSEDED:
        raise Refused(f"{item.reference} is superseded; set the norm for the interpretation in force.")
    norm = Norm(**data.model_dump(), state=NormState.IN_FORCE, owner_id=item.owner_id, interpretation=item)
    session.add(norm)
    session.flush()
    return norm


@verb("values.retire_norm")
def retire_norm(session: Session, norm: Norm, data: WithReason) -> Norm:
    """Retire a norm, with the reason."""
    if norm.state != NormState.IN_FORCE:
        raise Refused(f"{norm.reference} is retired already.")
    session.info["reason"] = data.reason
    norm.state, norm.state_reason = NormState.RETIRED, data.reason
    return norm


@verb("values.claim")
def claim(session: Session, system: AiSystem, value: Value) -> ValueClaim:
    """Say that a system keeps an adopted value; from now on it is asked what the value means where the system is used."""
    if value.state != ValueState.ADOPTED:
        raise Refused(f"{value.reference} is not adopted yet; top management adopts values.", fix=value.path)
    there = select(ValueClaim).where(ValueClaim.system_id == system.id, ValueClaim.value_id == value.id)
    found = session.scalars(there).first()
    if found is None:
        found = ValueClaim(system=system, value=value)
        session.add(found)
    found.dropped_because = ""
    system.touch()
    session.flush()
    return found


@verb("values.drop_claim")
def drop_claim(session: Session, system: AiSystem, item: ValueClaim, data: WithReason) -> ValueClaim:
    """Stop claiming a value for a system, with the reason."""
    session.info["reason"] = data.reason
    item.dropped_because = data.reason
    system.touch()
    return item
