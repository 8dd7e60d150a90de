"""The gates part of a pack: every decision with its frozen items, the gate ahead, and the way through the stages."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from governance.core import clock
from governance.packs.content.labels import say
from governance.packs.content.system import BasisHash, Gate, GateItem, StageEntry, Waiver
from governance.signoffs import queries as signatures
from governance.systems import lifecycle, queries
from governance.systems.models import AiSystem, GateState, LifecycleGate
from governance.systems.models import Waiver as WaiverRecord
from governance.systems.stages import lifecycle as rules


def stages(system: AiSystem, decisions: Sequence[LifecycleGate]) -> tuple[StageEntry, ...]:
    """The stages a system went through, by the gates that let it; a declared stage stands alone."""
    if system.stage_basis != "gate":
        return (StageEntry(stage=say(system.stage), entered_on=system.created_at.date(), basis="declared"),)
    passed = [
        item
        for item in decisions
        if item.decided_at and item.state in (GateState.PASSED, GateState.REOPENED, GateState.VOID)
    ]
    moves: list[tuple[str, datetime, str]] = []
    for item in sorted(passed, key=lambda item: (item.decided_at or system.created_at, item.id)):
        stage = rules().gate(item.gate).to
        if item.decided_at and (not moves or moves[-1][0] != stage):
            moves.append((stage, item.decided_at, item.reference))
    return tuple(
        StageEntry(
            stage=say(stage),
            entered_on=at.date(),
            left_on=moves[place + 1][1].date() if place + 1 < len(moves) else None,
            gate_reference=reference,
        )
        for place, (stage, at, reference) in enumerate(moves)
    )


def gates(
    session: Session, system: AiSystem, decisions: Sequence[LifecycleGate], names: dict[int, str]
) -> tuple[Gate, ...]:
    """Every gate decision, oldest first, and the gate ahead with what it asks."""
    decided = tuple(_decided(session, item, names) for item in decisions)
    ahead = tuple(
        _ahead(lifecycle.view(session, system, gate)) for gate in lifecycle.next_gates(system, decisions)[:1]
    )
    return decided + ahead


def _decided(session: Session, item: LifecycleGate, names: dict[int, str]) -> Gate:
    gate = rules().gate(item.gate)
    signed = signatures.of_record(session, item)
    waivers = tuple(
        _waiver(session, waiver)
        for waiver in queries.waivers(session, item.system)
        if waiver.reference in {row["waiver"] for row in item.items}
    )
    state = {
        GateState.PASSED: "passed with waiver" if waivers else "passed",
        GateState.REFUSED: "refused",
        GateState.OPEN: "open",
        GateState.REOPENED: "open",
    }
    return Gate(
        code=gate.id,
        name=gate.name,
        from_stage=say(gate.origins[0]) if gate.origins else "",
        to_stage=say(gate.to),
        state=state.get(GateState(item.state), "refused"),  # type: ignore[arg-type]  # one of the literals above
        reference=item.reference,
        requested_by=names.get(item.created_by_id or 0, ""),
        requested_at=item.created_at,
        decided_by=", ".join(row.signer_name for row in signed if row.signer_name),
        decided_at=item.decided_at,
        conditions=f"Void: {item.state_reason}" if item.state == GateState.VOID else item.state_reason,
        items=tuple(
            GateItem(
                check_id=row["check"],
                clause=row["clause"],
                title=row["title"],
                state=row["status"],
                reason=row["waiver"] or row["detail"],
                blocker=row["blocker"],
            )
            for row in item.items
        ),
        waivers=waivers,
        sign_offs=tuple(row.reference for row in signed),
        basis=tuple(
            BasisHash(reference=key, version=0, sha256=value) for key, value in sorted(item.basis.items())
        ),
    )


def _waiver(session: Session, waiver: WaiverRecord) -> Waiver:
    signed = [item for item in signatures.of_record(session, waiver) if item.signed_at]
    expired = waiver.expires_on < clock.today()
    return Waiver(
        reference=waiver.reference,
        item=waiver.title,
        reason=waiver.reason,
        compensating_measure=waiver.compensating_measure,
        signed_by=tuple(item.signer_name for item in signed),
        signed_at=signed[-1].signed_at if signed else None,
        expires_on=waiver.expires_on,
        state="expired" if expired else "in force" if waiver.state == "approved" else "withdrawn",
    )


def _ahead(view: lifecycle.GateView) -> Gate:
    return Gate(
        code=view.gate.id,
        name=view.gate.name,
        from_stage=say(view.gate.origins[0]) if view.gate.origins else "",
        to_stage=say(view.gate.to),
        state="not requested",
        items=tuple(
            GateItem(
                check_id=item.check,
                clause=item.clause,
                title=item.title,
                state=item.status,  # type: ignore[arg-type]  # passed, missing or waived
                reason=item.gap.detail if item.gap else "",
                blocker=item.blocker,
                where=item.gap.fix if item.gap else "",
            )
            for item in view.items
        ),
    )
