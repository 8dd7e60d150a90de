"""config/values.yaml: shared values and red lines."""

from functools import cache

from pydantic import BaseModel, ConfigDict, model_validator

from governance.core.catalogs import Catalog, catalog, declared
from governance.systems.classification import TIERS


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StarterReading(_Frozen):
    """What a value may mean in a context, to begin with."""

    context: str
    reading: str


class StarterValue(_Frozen):
    """A shared value to take up, with readings, norms and indicators to begin with."""

    id: str
    name: str
    statement: str
    readings: tuple[StarterReading, ...] = ()
    norms: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()


class StarterTension(_Frozen):
    """Two values that often pull against each other."""

    id: str
    values: tuple[str, str]
    example: str
    usual_moves: tuple[str, ...]


class RedLine(_Frozen):
    """A prohibition with the ways it is checked."""

    id: str
    statement: str
    legal_refs: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


class Values(_Frozen):
    """The whole file."""

    values: tuple[StarterValue, ...]
    tensions: tuple[StarterTension, ...] = ()
    red_lines: tuple[RedLine, ...]
    validity_months: dict[str, int]
    least_probes: dict[str, int]
    pass_rule: str

    @model_validator(mode="after")
    def _is_whole(self) -> "Values":
        ids = [item.id for item in self.values] + [item.id for item in self.red_lines]
        if len(set(ids)) < len(ids):
            raise ValueError("two values or red lines have the same id; checks are kept by id")
        if not set(self.validity_months) == set(self.least_probes) == set(TIERS):
            raise ValueError(f"validity_months and least_probes each name {', '.join(TIERS)}")
        if unchecked := [item.id for item in self.red_lines if not item.checks]:
            raise ValueError(
                f"{', '.join(unchecked)} says no way to check it; a line that cannot be checked protects nobody"
            )
        return self

    def value(self, id: str) -> StarterValue:
        """The starter value of this id. Raises KeyError."""
        return {item.id: item for item in self.values}[id]

    def red_line(self, id: str) -> RedLine:
        """The red line of this id. Raises KeyError."""
        return {item.id: item for item in self.red_lines}[id]


@cache
def _file() -> Catalog[Values]:
    return catalog("values.yaml", Values)


@declared
def values() -> Values:
    """Values and red lines in force."""
    return _file().value


def values_hash() -> str:
    """SHA-256 of the catalogue in force."""
    return _file().hash
