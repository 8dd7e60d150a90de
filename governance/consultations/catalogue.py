"""config/consultation.yaml: participation levels, methods, and the least that a tier needs."""

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from governance.core.catalogs import Catalog, catalog, declared
from governance.systems.classification import TIERS


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Level(_Frozen):
    """How much the people asked may change."""

    level: int
    name: str
    promise: str = ""


class Minimum(_Frozen):
    """The least for a tier: level, age in months, and who must have taken part."""

    level: int
    every_months: int | None = None
    groups: Literal["all_directly_affected", "at_least_one", "told"] = "at_least_one"
    advocate: bool = False


class ConsultationRules(_Frozen):
    """The whole file."""

    levels: tuple[Level, ...]
    methods: tuple[str, ...]
    minimum: dict[str, Minimum]
    plan_signed_for: tuple[str, ...] = ()
    facilitated_apart_for: tuple[str, ...] = ()
    strengths: tuple[str, ...]

    @model_validator(mode="after")
    def _asks_no_less_of_more_risk(self) -> "ConsultationRules":
        if set(self.minimum) != set(TIERS):
            raise ValueError(f"minimum names {', '.join(TIERS)}")
        if unknown := {*self.plan_signed_for, *self.facilitated_apart_for} - set(TIERS):
            raise ValueError(f"there is no tier {', '.join(sorted(unknown))}")
        asked = [self.minimum[tier].level for tier in TIERS]
        if set(asked) - {item.level for item in self.levels}:
            raise ValueError("minimum names a level that is not among the levels")
        if asked != sorted(asked, reverse=True):
            raise ValueError("a higher tier must not ask for less participation than a lower one")
        return self

    def least(self, tier: str | None) -> Minimum:
        """What a system of this tier needs; one that is not classified yet counts as moderate."""
        return self.minimum[tier or "moderate"]


@cache
def _file() -> Catalog[ConsultationRules]:
    return catalog("consultation.yaml", ConsultationRules)


@declared
def rules() -> ConsultationRules:
    """The rules in force."""
    return _file().value
