"""Verbs on the own tier: raise it above the computed one with a reason, or lower it with two signatures (INV-SYS7)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.verbs import verb
from governance.core.errors import Refused
from governance.core.records import Record
from governance.signoffs import service as signoffs
from governance.systems.models import AiSystem, LoweringState, Tier, TierLowering
from governance.systems.schemas import OverrideTier

LOWERING_POLICY = "tier_lowering"


def _wanted(system: AiSystem, data: OverrideTier) -> tuple[Tier, int]:
    """The wanted tier, and by how many steps it is higher than the present one. Raises Refused if there is none yet."""
    if system.tier is None:
        raise Refused(
            "Run the classification first; an override needs something to override.",
            fix=f"{system.path}/classify",
        )
    order, wanted = list(Tier), Tier(data.tier)
    return wanted, order.index(system.tier) - order.index(wanted)


@verb("systems.override_tier")
def override_tier(session: Session, system: AiSystem, data: OverrideTier) -> AiSystem:
    """Set a higher tier than the computed one, with the reason (INV-SYS7). Raises Refused for a lower one."""
    wanted, higher = _wanted(system, data)
    if higher <= 0:
        raise Refused(
            "One person may only raise the tier; lowering it takes two signatures (INV-SYS7).",
            field="tier",
            fix=f"{system.path}/lower-tier",
        )
    system.tier, system.tier_override = wanted, data.reason
    return system


@verb("systems.ask_lower_tier")
def ask_lower_tier(session: Session, system: AiSystem, data: OverrideTier) -> TierLowering:
    """Ask for a lower tier than the present one; it counts when compliance and top management have signed (INV-SYS7)."""
    wanted, higher = _wanted(system, data)
    if higher >= 0:
        raise Refused("Choose a tier below the present one.", field="tier")
    waiting = select(TierLowering.reference).where(
        TierLowering.system_id == system.id, TierLowering.state == LoweringState.REQUESTED
    )
    if (other := session.scalars(waiting).first()) is not None:
        raise Refused(f"{other} waits for its signatures already.", field="tier")
    assert system.tier is not None
    asked = TierLowering(
        title=f"Lower {system.title} from {system.tier} to {wanted}",
        state=LoweringState.REQUESTED,
        owner_id=system.owner_id,
        system=system,
        from_tier=system.tier,
        to_tier=wanted,
        reason=data.reason,
    )
    session.add(asked)
    session.flush()
    signoffs.request(session, asked, LOWERING_POLICY)
    return asked


@signoffs.before_signing(LOWERING_POLICY)
def _still_the_same(session: Session, record: Record) -> None:
    assert isinstance(record, TierLowering)
    if record.system.tier != record.from_tier:
        raise Refused(
            f"The tier of {record.system.reference} changed since this was asked; ask again.",
            fix=f"{record.system.path}/lower-tier",
        )


@signoffs.when_complete(LOWERING_POLICY)
def _lower(session: Session, record: Record) -> None:
    assert isinstance(record, TierLowering)
    record.system.tier, record.system.tier_override = record.to_tier, f"{record.reference}: {record.reason}"
    record.state = LoweringState.APPROVED


@signoffs.when_rejected(LOWERING_POLICY)
def _keep(session: Session, record: Record) -> None:
    record.state = LoweringState.REJECTED
