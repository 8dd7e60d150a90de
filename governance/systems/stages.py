"""The life cycle as config/lifecycle.yaml has it: stages, gates and what they ask. Pure."""

from functools import cache
from itertools import pairwise

from pydantic import BaseModel, ConfigDict, model_validator

from governance.core.catalogs import Catalog, CatalogError, catalog, declared
from governance.signoffs.catalogue import rules as signoff_rules
from governance.systems.classification import TIERS


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Gate(_Frozen):
    """One gate: between which stages, which checks it asks, which of them block without exception, who signs."""

    id: str
    name: str
    origins: tuple[str, ...] = ()
    to: str
    required: tuple[str, ...]
    blockers: tuple[str, ...] = ()
    signoffs: tuple[str, ...]
    cadence_months: dict[str, int] = {}
    beside_the_way: bool = False


class WaiverRule(_Frozen):
    """How long a waiver may last, and which items are never waived."""

    max_days: int
    not_waivable: tuple[str, ...] = ()
    not_waivable_for: dict[str, tuple[str, ...]] = {}

    def forbids(self, check_id: str, tier: str) -> bool:
        """Whether an item is never waived for a system of this tier (empty: not classified)."""
        return check_id in self.not_waivable or tier in self.not_waivable_for.get(check_id, ())


class Lifecycle(_Frozen):
    """The whole file."""

    stages: dict[str, str]
    gates: tuple[Gate, ...]
    waivers: WaiverRule
    retention_years: dict[str, int]

    @model_validator(mode="after")
    def _is_a_way(self) -> "Lifecycle":
        if len({gate.id for gate in self.gates}) < len(self.gates):
            raise ValueError("two gates have the same id")
        for gate in self.gates:
            if astray := {gate.to, *gate.origins} - self.stages.keys():
                raise ValueError(f"{gate.id} names the unknown stage {', '.join(sorted(astray))}")
            if twice := set(gate.required) & set(gate.blockers):
                raise ValueError(f"{gate.id} has {', '.join(sorted(twice))} as required item and as blocker")
            if gate.cadence_months and set(gate.cadence_months) != set(TIERS):
                raise ValueError(f"{gate.id}: cadence_months names {', '.join(TIERS)}")
        for earlier, later in pairwise(self.way):
            if later.origins != (earlier.to,):
                raise ValueError(f"{later.id} must begin where {earlier.id} ends, in {earlier.to}")
        if set(self.retention_years) != set(TIERS):
            raise ValueError(f"retention_years names {', '.join(TIERS)}")
        if unknown := {*self.waivers.not_waivable, *self.waivers.not_waivable_for} - self.check_ids:
            raise ValueError(f"not_waivable names {', '.join(sorted(unknown))}, which no gate asks")
        return self

    @property
    def way(self) -> tuple[Gate, ...]:
        """The gates every system passes in order, from registration to going live."""
        return tuple(gate for gate in self.gates if not gate.beside_the_way)

    def gate(self, id: str) -> Gate:
        """The gate of this id. Raises KeyError."""
        for gate in self.gates:
            if gate.id == id:
                return gate
        raise KeyError(id)

    @property
    def check_ids(self) -> frozenset[str]:
        """Every check a gate asks."""
        return frozenset(name for gate in self.gates for name in (*gate.required, *gate.blockers))


@cache
def _file() -> Catalog[Lifecycle]:
    return catalog("lifecycle.yaml", Lifecycle)


@declared
def lifecycle() -> Lifecycle:
    """The life cycle in force. Raises CatalogError if a gate asks for a signature that nobody can give."""
    found = _file().value
    for gate in found.gates:
        if unknown := set(gate.signoffs) - signoff_rules().slots.keys():
            raise CatalogError(
                f"lifecycle.yaml, gate {gate.id}: signoffs.yaml has no slot {', '.join(sorted(unknown))}."
            )
    return found


def lifecycle_hash() -> str:
    """SHA-256 of the rules in force; kept with every gate decision."""
    return _file().hash
