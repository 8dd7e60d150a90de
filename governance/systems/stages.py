"""The life cycle as config/lifecycle.yaml has it: stages, gates and what they ask. Pure."""

from functools import cache

from pydantic import BaseModel, ConfigDict

from governance.core.catalogs import Catalog, catalog, declared


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


class Lifecycle(_Frozen):
    """The whole file."""

    stages: dict[str, str]
    gates: tuple[Gate, ...]
    waivers: WaiverRule

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
    """The life cycle in force."""
    return _file().value


def lifecycle_hash() -> str:
    """SHA-256 of the rules in force; kept with every gate decision."""
    return _file().hash
