"""Verbs on AI systems: register, edit, versions, suppliers, classification, suspension."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.errors import Refused
from governance.core.records import Record
from governance.signoffs import service as signoffs
from governance.systems import classification as wizard
from governance.systems import freezing, material_change, queries
from governance.systems.models import (
    AiSystem,
    Classification,
    ClassificationState,
    EuClass,
    Scope,
    Status,
    SystemVersion,
    Tier,
    VersionState,
)
from governance.systems.schemas import (
    AddSupplier,
    AddVersion,
    Classify,
    EditSystem,
    RegisterSystem,
    Suspend,
    SystemDetails,
)
from governance.systems.supplier_models import Supplier, SupplierState, SystemSupplier

CLASSIFICATION_POLICY = "classification"
ENTRY_POLICY = "register_entry"


@verb("systems.register")
def register(session: Session, data: RegisterSystem) -> AiSystem:
    """Log an AI system as a draft; gate G0 registers it."""
    _refuse_reasonless_exclusion(data)
    _refuse_absent_owner(session, data)
    system = AiSystem(**data.model_dump(), state=Status.DRAFT)
    if system.owner_id is not None and system.owner_id == actor_of(session).person_id:
        system.owner_accepted_at = clock.now()
    session.add(system)
    session.flush()
    return system


@verb("systems.edit")
def edit(session: Session, system: AiSystem, data: EditSystem) -> AiSystem:
    """Change what the register says. A material change opens a re-assessment (INV-SYS5)."""
    _refuse_reasonless_exclusion(data)
    if data.owner_id != system.owner_id:
        _refuse_absent_owner(session, data)
    values = data.model_dump(exclude={"version", "reason"})
    material = [name for name in material_change.FIELDS if getattr(system, name) != values[name]]
    if material and system.state == Status.ACTIVE and not data.reason:
        raise Refused("This changes what was assessed; give the reason.", field="reason")
    if data.reason:
        session.info["reason"] = data.reason
    assign(system, values)
    if material:
        names = ", ".join(name.replace("_", " ") for name in material)
        material_change.announce(session, system, f"Changed: {names}")
    return system


def assign(row: Record, values: dict[str, Any]) -> list[str]:
    """Set the values that differ and return their names."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _refuse_reasonless_exclusion(data: SystemDetails) -> None:
    if data.scope is Scope.OUT_OF_SCOPE and not data.scope_reason:
        raise Refused("A system outside the scope needs the reason why (INV-SCO1).", field="scope_reason")


def _refuse_absent_owner(session: Session, data: SystemDetails) -> None:
    if data.owner_id is not None and not people.person(session, data.owner_id).is_active:
        raise Refused("The accountable owner is somebody who is here (INV-SYS1).", field="owner_id")


@verb("systems.accept_ownership")
def accept_ownership(session: Session, system: AiSystem) -> AiSystem:
    """Say that one answers for the system; a new owner does so before anybody counts on them (INV-SYS1)."""
    _refuse_retired(system)
    if system.owner_accepted_at is not None:
        raise Refused(f"{system.reference} was accepted already.")
    system.owner_accepted_at = clock.now()
    return system


@verb("systems.add_version")
def add_version(session: Session, system: AiSystem, data: AddVersion) -> SystemVersion:
    """Record a version. A material one opens a re-assessment."""
    _refuse_retired(system)
    if any(version.label == data.label for version in system.versions):
        raise Refused(f"There is a version {data.label} already.", field="label")
    number = max((version.number for version in system.versions), default=0) + 1
    version = SystemVersion(**data.model_dump(exclude={"version"}), number=number, state=VersionState.DRAFT)
    system.versions.append(version)
    system.touch()
    session.flush()
    if data.material:
        material_change.announce(session, system, f"Material change: version {data.label}")
    return version


@verb("systems.freeze_version")
def freeze_version(session: Session, system: AiSystem, version: SystemVersion) -> SystemVersion:
    """Freeze a version: from now on tests, checks and gates mean exactly this one (INV-VER1, INV-VER2)."""
    if version.state is not VersionState.DRAFT:
        raise Refused(f"Version {version.label} is {version.state} already.")
    if against := freezing.objections(session, version):
        raise Refused(" ".join(against), fix=f"{system.path}/data")
    version.state, version.frozen_at = VersionState.FROZEN, clock.now()
    system.touch()
    return version


@verb("systems.add_supplier")
def add_supplier(session: Session, system: AiSystem, data: AddSupplier) -> Supplier:
    """Record that a third party supplies something to the system."""
    _refuse_retired(system)
    supplier = supplier_named(session, data.name)
    if any(item.supplier_id == supplier.id for item in system.supplied):
        raise Refused(f"{supplier.title} is recorded for this system already.", field="name")
    system.supplied.append(SystemSupplier(supplier=supplier, supplies=data.supplies))
    system.touch()
    material_change.announce(session, system, f"Third party added: {supplier.title}")
    return supplier


def supplier_named(session: Session, name: str) -> Supplier:
    """The third party of this name, made as a candidate if it is new."""
    clean = " ".join(name.split())[:200]
    key = clean.casefold()
    found = session.scalars(select(Supplier).where(Supplier.name_key == key)).first()
    if found is None:
        found = Supplier(title=clean, name_key=key, state=SupplierState.CANDIDATE)
        session.add(found)
        session.flush()
    return found


@verb("systems.classify")
def classify(session: Session, system: AiSystem, data: Classify) -> Classification:
    """Run the wizard and ask for approval of its result. Headline and tier are computed (INV-CLA1, INV-G6)."""
    _refuse_retired(system)
    outcome = wizard.classify(data.answers)
    if outcome.headline == EuClass.NOT_HIGH_RISK_BY_FILTER and not data.reasons.strip():
        raise Refused(
            "Judging a system of Annex III not high-risk has to be documented before it is used; give the reasons (Art. 6(4), INV-CLA2).",
            field="reasons",
        )
    tier, why = wizard.tier(
        outcome.headline, flags=outcome.flags, autonomy=system.autonomy.value if system.autonomy else None
    )
    for earlier in queries.classifications(session, system):
        if earlier.state != ClassificationState.SUPERSEDED:
            earlier.state = ClassificationState.SUPERSEDED
    decision = Classification(
        title=f"Classification of {system.title}",
        state=ClassificationState.IN_REVIEW,
        owner_id=system.owner_id,
        system=system,
        rule_version=outcome.rule_version,
        answers=wizard.settled(data.answers),
        reasons=data.reasons,
        headline=EuClass(outcome.headline),
        classes=list(outcome.classes),
        flags=list(outcome.flags),
        tier=Tier(tier),
        tier_reason=why,
        provisional=outcome.provisional,
    )
    session.add(decision)
    session.flush()
    system.eu_class = decision.headline
    if not system.tier_override or _is_higher(decision.tier, system.tier):
        # What was set by hand was set against an earlier result; it never holds the tier below a new one.
        system.tier, system.tier_override = decision.tier, ""
    if decision.headline is EuClass.PROHIBITED and system.state == Status.ACTIVE:
        suspend_because(system, f"{decision.reference} says that it is a prohibited practice (INV-SYS4).")
    signoffs.request(session, decision, CLASSIFICATION_POLICY)
    return decision


def _is_higher(tier: Tier, than: Tier | None) -> bool:
    order = list(Tier)
    return than is None or order.index(tier) < order.index(than)


@signoffs.when_complete(CLASSIFICATION_POLICY)
def _classification_approved(session: Session, record: Record) -> None:
    record.state = ClassificationState.APPROVED


@signoffs.when_rejected(CLASSIFICATION_POLICY)
def _classification_rejected(session: Session, record: Record) -> None:
    record.state = ClassificationState.DRAFT


@verb("systems.ask_approval")
def ask_approval(session: Session, system: AiSystem) -> AiSystem:
    """Ask owner and compliance to sign the register entry: purpose, excluded uses and all the rest of it."""
    _refuse_retired(system)
    if not system.intended_purpose or system.owner_id is None:
        raise Refused(
            "Approval needs an accountable owner and an intended purpose.", fix=f"{system.path}/edit"
        )
    signoffs.request(session, system, ENTRY_POLICY)
    return system


@verb("systems.suspend")
def suspend(session: Session, system: AiSystem, data: Suspend) -> AiSystem:
    """Take an active system out of operation; gate G5 brings it back."""
    if system.state != Status.ACTIVE:
        raise Refused("Only an active system can be suspended.")
    suspend_because(system, data.reason)
    return system


@verb("systems.reject")
def reject(session: Session, system: AiSystem, data: Suspend) -> AiSystem:
    """Decide that a logged system is not going to be used; it stays in the register as rejected (INV-SYS4)."""
    if system.state not in (Status.DRAFT, Status.REGISTERED):
        raise Refused("Only a draft or registered system is rejected; one in operation is retired (G7).")
    session.info["reason"] = data.reason
    system.state = Status.REJECTED
    return system


def suspend_because(system: AiSystem, reason: str) -> None:
    """Suspend as a consequence of something else, such as a breached red line."""
    if system.state == Status.ACTIVE:
        system.state = Status.SUSPENDED
    system.suspended_because = reason


def _refuse_retired(system: AiSystem) -> None:
    if system.state in AiSystem.FROZEN:
        raise Refused(f"{system.reference} is {system.state} and cannot change any more.")
