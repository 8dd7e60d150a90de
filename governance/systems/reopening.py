"""A gate that a grave finding re-opens: it counts as not passed until the finding is over, and then stands again."""

import re
from collections.abc import Sequence

from sqlalchemy.orm import Session

from governance.core import records
from governance.core.errors import Refused
from governance.core.records import Record
from governance.systems import queries
from governance.systems.models import AiSystem, GateState, LifecycleGate

_ONCE_PASSED = (GateState.PASSED, GateState.REOPENED, GateState.VOID)
# A change may be what mends it, and a system may always be retired.
_STAYS_POSSIBLE = ("G6", "G7")
_REFERENCE = re.compile(r"[A-Z]+-\d+")


def reopened_gate(decisions: Sequence[LifecycleGate]) -> LifecycleGate | None:
    """Which of these decisions is re-opened, if one is."""
    return next((item for item in decisions if item.state == GateState.REOPENED), None)


def reopened_by(session: Session, gate: LifecycleGate | None) -> list[Record]:
    """The records that keep a gate re-opened."""
    found = _REFERENCE.findall(gate.state_reason) if gate is not None else []
    return [record for text in found if (record := records.find(session, text)) is not None]


def keep_reopened(session: Session, system: AiSystem, references: Sequence[str]) -> LifecycleGate | None:
    """Re-open the gate that the system passed last because of these records; with none of them, let it stand again.

    A gate that is void already is asked anew anyway, so nothing is re-opened behind it. Returns the gate concerned.
    """
    decisions = queries.gates(session, system)
    gate = reopened_gate(decisions)
    if gate is None and references and system.state not in AiSystem.FROZEN:
        once = [item for item in decisions if item.state in _ONCE_PASSED]
        last = max(once, key=lambda item: (item.decided_at or item.created_at, item.id), default=None)
        gate = last if last is not None and last.state == GateState.PASSED else None
    if gate is not None:
        gate.state = GateState.REOPENED if references else GateState.PASSED
        gate.state_reason = f"Re-opened by {', '.join(references)}" if references else ""
    return gate


def refuse_past_reopened(session: Session, system: AiSystem, gate_id: str) -> None:
    """Raise Refused if a gate is re-opened and the one asked for is not a way to mend that."""
    gate = reopened_gate(queries.gates(session, system))
    if gate is None or gate_id in _STAYS_POSSIBLE:
        return
    causes = reopened_by(session, gate)
    raise Refused(
        f"{gate.gate} of {system.reference} is re-opened by {', '.join(item.reference for item in causes)}; close that first.",
        fix=causes[0].path if causes else gate.path,
    )
