"""Which systems an audit is about when its schedule names a rule instead of one system: deployed and tier high or above, a unit, a supplier."""

from collections.abc import Mapping

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from governance.audits.models import AuditSchedule
from governance.core.errors import Refused
from governance.core.records import Record
from governance.systems import queries as systems
from governance.systems.classification import TIERS
from governance.systems.models import AiSystem, Stage, Status
from governance.systems.supplier_models import Supplier

# An audit that lists more systems than this helps nobody; the sample is drawn from what a narrower rule finds.
MOST_SYSTEMS = 5_000

PARTS = ("state", "tier_at_least", "stage", "organisation", "org_unit", "supplier")


def matching(session: Session, where: Mapping[str, str]) -> Select[AiSystem]:
    """SELECT of the systems that a rule finds now; retired and rejected ones are not audited."""
    rest = {name: value for name, value in where.items() if name not in ("tier_at_least", "org_unit")}
    statement = systems.filtered(session, filters=rest).where(
        Record.__table__.c.state.not_in(AiSystem.FROZEN)
    )
    if tier := where.get("tier_at_least"):
        statement = statement.where(AiSystem.tier.in_(TIERS[: TIERS.index(tier) + 1]))
    if unit := where.get("org_unit"):
        statement = statement.where(AiSystem.unit == unit)
    return statement


def checked(session: Session, where: Mapping[str, str]) -> dict[str, str]:
    """The parts of a rule that say something. Raises Refused for a value that nobody knows, or a rule that finds too much."""
    wanted = {name: where[name] for name in PARTS if where.get(name)}
    known = {
        "state": {item.value for item in Status} - {str(item) for item in AiSystem.FROZEN},
        "tier_at_least": set(TIERS),
        "stage": {item.value for item in Stage},
    }
    for name, values in known.items():
        if name in wanted and wanted[name] not in values:
            raise Refused("Choose one of the list.", field=name)
    if "supplier" in wanted and not wanted["supplier"].isdigit():
        raise Refused("Choose one of the list.", field="supplier")
    if not wanted:
        raise Refused(
            "Name at least one part of the rule; otherwise schedule an audit of the management system.",
            field="state",
        )
    return wanted


def found(session: Session, where: Mapping[str, str]) -> list[AiSystem]:
    """The systems in scope now, by reference. Raises Refused if there are more than an audit can list."""
    statement = matching(session, where).order_by(Record.reference).limit(MOST_SYSTEMS + 1)
    systems_found = list(session.scalars(statement))
    if len(systems_found) > MOST_SYSTEMS:
        raise Refused(f"The rule finds more than {MOST_SYSTEMS:,} systems; make it narrower.", field="state")
    return systems_found


def in_words(session: Session, where: Mapping[str, str] | None) -> str:
    """A rule in plain words: "active AI systems, tier high or above, unit Radiology"."""
    if where is None:
        return "the management system"
    words = [f"{where['state']} AI systems" if "state" in where else "AI systems"]
    if "tier_at_least" in where:
        words.append(f"tier {where['tier_at_least']} or above")
    if "stage" in where:
        words.append(f"in stage {where['stage'].replace('_', ' ')}")
    words += [where[name] for name in ("organisation", "org_unit") if name in where]
    if "supplier" in where:
        supplier = session.get(Supplier, int(where["supplier"]))
        words.append(f"supplied by {supplier.title if supplier else 'somebody unknown'}")
    return ", ".join(words)


def of_schedule(session: Session, item: AuditSchedule) -> list[AiSystem]:
    """The systems that an occurrence of a schedule by rule would be about if it were made now."""
    return found(session, item.systems_where) if item.systems_where is not None else []


def units(session: Session) -> list[str]:
    """Units named in the register."""
    statement = select(AiSystem.unit).where(AiSystem.unit != "").distinct().order_by(AiSystem.unit)
    return list(session.scalars(statement.limit(500)))
