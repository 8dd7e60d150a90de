"""config/indicators.yaml: starter indicators, and what a failed measurement does by itself."""

from fractions import Fraction
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from governance.core.catalogs import Catalog, catalog, declared
from governance.improvement.models import Grade
from governance.indicators.formulas import GROUP_FORMULAS, PART_FORMULAS
from governance.indicators.verdicts import Threshold
from governance.systems.classification import TIERS

_COMPUTED = {
    "groups": frozenset(GROUP_FORMULAS),
    "part": frozenset(PART_FORMULAS),
    "bins": frozenset({"drift_psi"}),
    "number": frozenset({"declared"}),
}


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Formula(_Frozen):
    """A starter indicator. `says` is the formula in words, `takes` what a measurement brings."""

    title: str
    says: str
    takes: Literal["groups", "part", "bins", "number"]
    formula: str
    low: str = ""
    high: str = ""
    unit: str
    values: tuple[str, ...] = ()
    source: str
    caution: str = ""

    @property
    def threshold(self) -> Threshold:
        """The threshold to begin with."""
        return threshold(self.low, self.high)


class OnFail(_Frozen):
    """Grade of the finding that a failed measurement opens, by tier."""

    key: dict[str, Grade]
    other: dict[str, Grade]


class IndicatorRules(_Frozen):
    """The whole file."""

    indicators: dict[str, Formula]
    on_fail: OnFail
    reassess: tuple[str, ...]
    declared_passes_not: tuple[str, ...]

    @model_validator(mode="after")
    def _is_sound(self) -> "IndicatorRules":
        for name, item in self.indicators.items():
            if item.formula not in _COMPUTED[item.takes]:
                raise ValueError(f"{name} takes {item.takes}, which the formula {item.formula} does not")
            if not item.low and not item.high:
                raise ValueError(f"{name} has no threshold to begin with")
        for grades in (self.on_fail.key, self.on_fail.other):
            if set(grades) != set(TIERS):
                raise ValueError(f"on_fail names the tiers {', '.join(TIERS)}")
        return self


def threshold(low: str, high: str) -> Threshold:
    """A threshold from its two texts, exactly; an empty text is no limit. Raises ValueError."""
    return Threshold(Fraction(low) if low else None, Fraction(high) if high else None)


@cache
def _file() -> Catalog[IndicatorRules]:
    return catalog("indicators.yaml", IndicatorRules)


@declared
def rules() -> IndicatorRules:
    """The rules in force."""
    return _file().value
