"""config/incidents.yaml: severities, kinds, the clocks of the law, and what is promised to people who report a concern."""

from functools import cache

from pydantic import BaseModel, ConfigDict, model_validator

from governance.core.catalogs import Catalog, catalog, declared


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Severity(_Frozen):
    """How grave an incident is, and what follows by itself (INV-INC2)."""

    say: str
    suspends: bool = False
    reassesses: bool = False


class Clock(_Frozen):
    """A duty to tell somebody within hours of becoming aware."""

    ask: str
    title: str
    source: str
    hours: int


class ConcernRules(_Frozen):
    """How concerns are received."""

    assess_within_days: int
    promise: str
    most_per_day_and_address: int


class IncidentRules(_Frozen):
    """The whole file."""

    severities: dict[str, Severity]
    kinds: tuple[str, ...]
    clocks: dict[str, Clock]
    concerns: ConcernRules

    @model_validator(mode="after")
    def _is_sound(self) -> "IncidentRules":
        if list(self.severities) != ["S1", "S2", "S3", "S4"]:
            raise ValueError("severities are S1 to S4, the gravest first")
        if "near_miss" not in self.kinds:
            raise ValueError("near misses stand in the same register (INV-INC3)")
        return self


@cache
def _file() -> Catalog[IncidentRules]:
    return catalog("incidents.yaml", IncidentRules)


@declared
def rules() -> IncidentRules:
    """The rules in force."""
    return _file().value
