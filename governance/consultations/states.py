"""Which states of a consultation allow what, and whether it comes too late for the decision it should inform (CON-7)."""

from sqlalchemy.orm import Session

from governance.consultations.models import Consultation, ConsultationState
from governance.core.errors import Refused
from governance.systems.lifecycle import passed_gates
from governance.systems.models import AiSystem
from governance.systems.stages import lifecycle

DRAFTED = (ConsultationState.PLANNED, ConsultationState.APPROVED)
LIVE = (ConsultationState.OPEN, ConsultationState.ANALYSING, ConsultationState.RESPONDING)
HEARD = (ConsultationState.FEEDBACK_GIVEN, ConsultationState.CLOSED)
RELEASE, AGAIN = "G3", "G5"


def refuse_unless(consultation: Consultation, *states: ConsultationState) -> None:
    """Raises Refused, saying which states it is for, unless the consultation is in one of them."""
    if consultation.state not in states:
        wanted = " or ".join(state.value.replace("_", " ") for state in states)
        raise Refused(
            f"{consultation.reference} is {consultation.state.replace('_', ' ')}; this is for one that is {wanted}."
        )


def gate_ahead(session: Session, system: AiSystem) -> str:
    """The gate that a consultation begun now can still inform: the release decision, afterwards the re-evaluation."""
    return AGAIN if too_late(session, system, RELEASE) else RELEASE


def too_late(session: Session, system: AiSystem, gate_id: str) -> str:
    """Why the decision at a gate cannot be informed any more, or an empty text (CON-7).

    A gate beside the way, such as the periodic re-evaluation, comes again: there is always a next one to inform.
    """
    gate = lifecycle().gate(gate_id)
    if gate.beside_the_way:
        return ""
    if gate_id in passed_gates(session, system):
        return f"{gate.id} {gate.name} was passed before."
    stages = list(lifecycle().stages)
    if stages.index(system.stage.value) >= stages.index(gate.to):
        reached = lifecycle().stages[system.stage.value]
        return f"The system was in stage “{reached}” already, which {gate.id} {gate.name} leads to."
    return ""
