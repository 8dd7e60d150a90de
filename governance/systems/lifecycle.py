"""Gates: which comes next, what it asks, what is missing, and the decision that moves a system (G0 to G7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.verbs import verb
from governance.core import checks, clock
from governance.core.canonical import content_hash
from governance.core.errors import Gap, Refused
from governance.core.records import Record
from governance.signoffs import queries as signatures
from governance.signoffs import service as signoffs
from governance.systems import queries, reopening
from governance.systems.models import (
    AiSystem,
    GateState,
    LifecycleGate,
    Stage,
    StageBasis,
    Status,
    VersionState,
    Waiver,
    WaiverState,
)
from governance.systems.schemas import AskWaiver, RefuseGate
from governance.systems.stages import Gate, lifecycle, lifecycle_hash

GATE_POLICY = "lifecycle_gate"
WAIVER_POLICY = "waiver"
# The records above this room that a gate stands on, and the state in which they do; seen here as records of the spine.
_RELIED_ON = {
    "classification": "approved",
    "risk_assessment": "approved",
    "risk_acceptance": "accepted",
    "impact_assessment": "approved",
}


@dataclass(frozen=True)
class Item:
    """One item of a gate for one system: passed, missing, or waived, with the gap if there is one."""

    check: str
    clause: str
    title: str
    severity: str
    blocker: bool
    status: str
    gap: Gap | None = None
    waiver: Waiver | None = None

    def frozen(self) -> dict[str, Any]:
        """The item as it is kept in the gate decision."""
        return {
            "check": self.check,
            "clause": self.clause,
            "title": self.title,
            "severity": self.severity,
            "blocker": self.blocker,
            "status": self.status,
            "detail": self.gap.detail if self.gap else "",
            "waiver": self.waiver.reference if self.waiver else "",
        }


@dataclass(frozen=True)
class GateView:
    """A gate and its items for one system, live."""

    gate: Gate
    items: tuple[Item, ...]

    @property
    def missing(self) -> tuple[Item, ...]:
        """Items that stop the gate: neither passed nor waived."""
        return tuple(item for item in self.items if item.status == "missing")

    @property
    def is_ready(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def passed_gates(session: Session, system: AiSystem) -> frozenset[str]:
    """Ids of the gates whose decision to pass stands."""
    return _passed(queries.gates(session, system))


def _passed(decisions: Sequence[LifecycleGate]) -> frozenset[str]:
    return frozenset(item.gate for item in decisions if item.state == GateState.PASSED)


def next_gates(system: AiSystem, decisions: Sequence[LifecycleGate]) -> tuple[Gate, ...]:
    """The gates that may be opened now: the next on the way, and from operation re-evaluation, change and retirement.

    `decisions` are all on gates of the system.

    A declared stage must be made good gate by gate from G0, because a claim never passes a gate by itself.
    """
    if system.state in (Status.RETIRED, Status.REJECTED):
        return ()
    passed = _passed(decisions)
    way = lifecycle().way
    onward = next((gate for gate in way if gate.id not in passed), None)
    reached = [gate for gate in lifecycle().gates if gate not in way and system.stage.value in gate.origins]
    registered = "G0" in passed or reopening.reopened_gate(decisions) is not None
    beside = [gate for gate in reached if registered]
    return ((onward,) if onward else ()) + tuple(beside)


def relevant_checks(system: AiSystem, decisions: Sequence[LifecycleGate]) -> frozenset[str]:
    """What is asked of a system where it stands: items of the gates behind it and of the next, and in operation of G5."""
    passed = _passed(decisions)
    asked: set[str] = set()
    for gate in lifecycle().way:
        asked |= {*gate.required, *gate.blockers}
        if gate.id not in passed:
            break
    if system.state in (Status.ACTIVE, Status.SUSPENDED):
        again = lifecycle().gate("G5")
        asked |= {*again.required, *again.blockers}
    if system.stage_basis is StageBasis.DECLARED:
        asked.add("systems.declared_stage")
    return frozenset(asked)


def view(session: Session, system: AiSystem, gate: Gate) -> GateView:
    """Ask every check of a gate about one system."""
    gaps = {gap.check: gap for gap in checks.gaps_of(session, system.id, (*gate.blockers, *gate.required))}
    waivers = {item.check_id: item for item in valid_waivers(session, system, gate.id)}
    items = [_item(name, gaps.get(name), None, blocker=True) for name in gate.blockers]
    items += [
        _item(name, gaps.get(name), waivers.get(name), blocker=False)
        for name in gate.required
        if name not in gate.blockers
    ]
    return GateView(gate, tuple(items))


def _item(name: str, gap: Gap | None, waiver: Waiver | None, *, blocker: bool) -> Item:
    check = checks.named(name)
    status = "passed" if gap is None else "waived" if waiver is not None else "missing"
    return Item(
        name, check.clause, check.title, check.severity, blocker, status, gap, waiver if gap else None
    )


def valid_waivers(session: Session, system: AiSystem, gate: str) -> list[Waiver]:
    """Approved waivers of a gate that have not run out."""
    statement = select(Waiver).where(
        Waiver.system_id == system.id,
        Waiver.gate == gate,
        Waiver.state == WaiverState.APPROVED,
        Waiver.expires_on >= clock.today(),
    )
    return [
        item for item in session.scalars(statement) if signatures.is_complete(session, item, WAIVER_POLICY)
    ]


def open_gate(session: Session, system: AiSystem, gate_id: str) -> LifecycleGate | None:
    """The undecided gate record of a system, if one is open."""
    statement = select(LifecycleGate).where(
        LifecycleGate.system_id == system.id,
        LifecycleGate.gate == gate_id,
        LifecycleGate.state == GateState.OPEN,
    )
    return session.scalars(statement).first()


@verb("gates.ask")
def ask(session: Session, system: AiSystem, gate_id: str) -> LifecycleGate:
    """Ask for the decision on a gate: refused with the list of what is missing, or the signatures are requested.

    The items are frozen into the gate with the hashes of what they rely on (INV-GAT1, INV-GAT2).
    """
    gate = _openable(session, system, gate_id)
    if open_gate(session, system, gate_id) is not None:
        raise Refused(f"Gate {gate_id} is open already; its signatures are requested.")
    seen = view(session, system, gate)
    _refuse_missing(system, seen)
    version = system.current_version
    decision = LifecycleGate(
        title=f"{gate.id} {gate.name}: {system.title}",
        state=GateState.OPEN,
        owner_id=system.owner_id,
        system=system,
        gate=gate.id,
        rules_hash=lifecycle_hash(),
        version_label=version.label if version else "",
        items=[item.frozen() for item in seen.items],
        basis=_relied_on(session, system),
    )
    session.add(decision)
    session.flush()
    signoffs.request(session, decision, GATE_POLICY, slots=gate.signoffs)
    return decision


def _relied_on(session: Session, system: AiSystem) -> dict[str, str]:
    """The register entry and every approved decision and assessment of the system, with the hash of what they say now."""
    approved = [
        record
        for kind, records in queries.related(session, system)
        for record in records
        if record.state == _RELIED_ON.get(kind)
    ]
    return {record.reference: content_hash(record.signed_content()) for record in (system, *approved)}


def _openable(session: Session, system: AiSystem, gate_id: str) -> Gate:
    possible = next_gates(system, queries.gates(session, system))
    for gate in possible:
        if gate.id == gate_id:
            reopening.refuse_past_reopened(session, system, gate_id)
            return gate
    names = ", ".join(f"{gate.id} {gate.name}" for gate in possible) or "none"
    raise Refused(
        f"{system.reference} cannot ask for {gate_id} now (no skipping, INV-SYS2). Possible: {names}.",
        fix=f"{system.path}/gates",
    )


def _refuse_missing(system: AiSystem, seen: GateView) -> None:
    if seen.missing:
        gaps = tuple(item.gap for item in seen.missing if item.gap)
        raise Refused(
            f"{system.reference} does not pass {seen.gate.id} {seen.gate.name}: {len(gaps)} of {len(seen.items)} items are missing.",
            gaps=gaps,
            fix=f"{system.path}/gates",
        )


@signoffs.before_signing(GATE_POLICY)
def _still_ready(session: Session, record: Record) -> None:
    """Each signature looks again: what was there when the gate was asked may be gone or changed by now."""
    assert isinstance(record, LifecycleGate)
    reopening.refuse_past_reopened(session, record.system, record.gate)
    seen = view(session, record.system, lifecycle().gate(record.gate))
    _refuse_missing(record.system, seen)
    now = _relied_on(session, record.system)
    changed = sorted(key for key, value in record.basis.items() if now.get(key) != value)
    if changed:
        raise Refused(
            f"{', '.join(changed)} changed since the gate was asked; ask for the gate again.",
            fix=f"{record.system.path}/gates",
        )


@signoffs.when_complete(GATE_POLICY)
def _pass(session: Session, record: Record) -> None:
    assert isinstance(record, LifecycleGate)
    system, gate = record.system, lifecycle().gate(record.gate)
    record.state, record.decided_at = GateState.PASSED, clock.now()
    session.flush()
    _move(session, system, gate)


def _move(session: Session, system: AiSystem, gate: Gate) -> None:
    if "system_owner" in gate.signoffs and system.owner_accepted_at is None:
        # The owner has just signed for the system.
        system.owner_accepted_at = clock.now()
    system.under_reassessment = "" if gate.id in ("G3", "G5") else system.under_reassessment
    target = Stage(gate.to)
    declared_ahead = system.stage_basis is StageBasis.DECLARED and list(Stage).index(system.stage) > list(
        Stage
    ).index(target)
    if not declared_ahead:
        system.stage, system.stage_basis = target, StageBasis.GATE
    if gate.id == "G0":
        system.state = Status.REGISTERED
    elif gate.id in ("G4", "G5"):
        system.state, system.suspended_because = Status.ACTIVE, ""
        _operate(system)
    elif gate.id == "G6":
        _void(
            session,
            system,
            ("G2", "G3", "G4"),
            "A material change repeats the gates for the new version (G6).",
        )
    elif gate.id == "G7":
        system.retired_on = clock.today().isoformat()
        years = lifecycle().retention_years[system.tier.value if system.tier else "critical"]
        system.retain_until = clock.today() + relativedelta(years=years)
        session.flush()
        system.state = Status.RETIRED
    months = gate.cadence_months.get(system.tier.value if system.tier else "", 0)
    if months:
        system.next_review_on = clock.today() + timedelta(days=30 * months)


def _operate(system: AiSystem) -> None:
    current = system.current_version
    if current is not None and current.state is VersionState.FROZEN:
        current.state = VersionState.OPERATING


def _void(session: Session, system: AiSystem, gate_ids: tuple[str, ...], reason: str) -> None:
    for item in queries.gates(session, system):
        if item.gate in gate_ids and item.state in (GateState.PASSED, GateState.REOPENED):
            item.state, item.state_reason = GateState.VOID, reason


def void_gates(session: Session, system: AiSystem, gate_ids: tuple[str, ...], reason: str) -> None:
    """Void passed gates because something they relied on no longer holds (SO-12)."""
    _void(session, system, gate_ids, reason)


@signoffs.when_rejected(GATE_POLICY)
def _refused_by_signature(session: Session, record: Record) -> None:
    assert isinstance(record, LifecycleGate)
    record.state, record.decided_at = GateState.REFUSED, clock.now()
    record.state_reason = "A signature was refused."


@verb("gates.refuse")
def refuse(session: Session, decision: LifecycleGate, data: RefuseGate) -> LifecycleGate:
    """Decide against an open gate, with the reason."""
    if decision.state != GateState.OPEN:
        raise Refused(f"{decision.reference} is decided already.")
    session.info["reason"] = data.reason
    decision.decided_at = clock.now()
    session.flush()
    decision.state, decision.state_reason = GateState.REFUSED, data.reason
    for item in signatures.current_round(session, decision, GATE_POLICY):
        if item.state == "requested":
            item.state, item.state_reason = "withdrawn", "The gate was refused."
    return decision


@verb("waivers.ask")
def ask_waiver(session: Session, system: AiSystem, gate_id: str, data: AskWaiver) -> Waiver:
    """Ask to pass a gate without one required item, for at most 90 days. Blockers are never waived (INV-GAT4)."""
    gate, rule = lifecycle().gate(gate_id), lifecycle().waivers
    if data.check_id in gate.blockers or rule.forbids(data.check_id, system.tier or ""):
        raise Refused("This item is a blocker and cannot be waived (INV-GAT4).", field="check_id")
    if data.check_id not in gate.required:
        raise Refused(f"Gate {gate_id} does not ask for this.", field="check_id")
    longest = clock.today() + timedelta(days=rule.max_days)
    if not clock.today() < data.expires_on <= longest:
        raise Refused(f"A waiver ends after today and by {longest} at the latest.", field="expires_on")
    earlier = [
        item
        for item in queries.waivers(session, system)
        if (item.gate, item.check_id) == (gate_id, data.check_id)
    ]
    if any(item.state in (WaiverState.REQUESTED, WaiverState.APPROVED) for item in earlier):
        raise Refused(
            "An item may be waived once per gate; there is a waiver for it already.", field="check_id"
        )
    waiver = Waiver(
        title=f"{gate.id}: {checks.named(data.check_id).title}",
        state=WaiverState.REQUESTED,
        owner_id=system.owner_id,
        system=system,
        gate=gate_id,
        **data.model_dump(),
    )
    session.add(waiver)
    session.flush()
    signoffs.request(session, waiver, WAIVER_POLICY)
    return waiver


@signoffs.when_complete(WAIVER_POLICY)
def _waiver_approved(session: Session, record: Record) -> None:
    record.state = WaiverState.APPROVED


@signoffs.when_rejected(WAIVER_POLICY)
def _waiver_rejected(session: Session, record: Record) -> None:
    record.state = WaiverState.REJECTED
