"""Risk scales of config/risk.yaml: the level of a rating, the appetite, who accepts what. Pure."""

from collections.abc import Sequence
from datetime import date
from functools import cache

from pydantic import BaseModel, ConfigDict, model_validator

from governance.core.catalogs import Catalog, catalog, declared

LEVELS = ("low", "medium", "high", "critical")
_HIGHEST = 5


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Acceptance(_Frozen):
    """Which sign-off policy accepts a level, and for how many months at most."""

    policy: str
    max_months: int


class RiskCriteria(_Frozen):
    """The whole file (ISO/IEC 42001, 6.1.1: criteria fixed in advance)."""

    approved_on: date
    likelihood: dict[str, str]
    severity: dict[str, dict[str, str]]
    matrix: dict[str, tuple[str, ...]]
    modifiers: dict[str, str]
    appetite: str
    acceptance: dict[str, Acceptance]
    dimensions: tuple[str, ...]
    sources: tuple[str, ...]
    treatment_options: tuple[str, ...]
    review_months: dict[str, int]
    bases: tuple[str, ...]

    @model_validator(mode="after")
    def _is_sound(self) -> "RiskCriteria":
        steps = {str(step) for step in range(1, _HIGHEST + 1)}
        if not steps == set(self.likelihood) == set(self.severity) == set(self.matrix):
            raise ValueError("likelihood, severity and matrix each have the steps 1 to 5")
        if any(len(row) != _HIGHEST or set(row) - set(LEVELS) for row in self.matrix.values()):
            raise ValueError("every row of the matrix has five levels out of low, medium, high, critical")
        if self.appetite not in LEVELS:
            raise ValueError("the appetite is one of low, medium, high, critical")
        if set(self.matrix["5"]) & {"low", "medium"}:
            raise ValueError("severity 5 is never below high, however rare")
        if "critical" in self.acceptance or set(self.acceptance) - set(LEVELS):
            raise ValueError("acceptance names low, medium and high; a critical risk is not acceptable")
        if strange := {name for row in self.severity.values() for name in row} - set(self.dimensions):
            raise ValueError(
                f"severity describes {', '.join(sorted(strange))}, which is none of the dimensions"
            )
        return self

    @model_validator(mode="after")
    def _never_falls(self) -> "RiskCriteria":
        rank = [[LEVELS.index(found) for found in self.matrix[str(step)]] for step in range(1, _HIGHEST + 1)]
        # Down the columns: severity grows, likelihood stays.
        for line in (*rank, *zip(*rank, strict=True)):
            if list(line) != sorted(line):
                raise ValueError("the matrix must never fall as likelihood or severity grows")
        return self


@cache
def _file() -> Catalog[RiskCriteria]:
    return catalog("risk.yaml", RiskCriteria)


@declared
def criteria() -> RiskCriteria:
    """The criteria in force."""
    return _file().value


def criteria_hash() -> str:
    """SHA-256 of the criteria in force; every assessment keeps the one it was rated with (INV-CRI1)."""
    return _file().hash


def likelihood_names() -> tuple[str, ...]:
    """One word per step of likelihood, for pictures."""
    return tuple(text.split(" - ")[0] for text in criteria().likelihood.values())


def severity_names() -> tuple[str, ...]:
    """One word per step of severity, for pictures."""
    return tuple(row["individual"].replace(",", " ").split()[0] for row in criteria().severity.values())


def effective_severity(severity: int, modifiers: Sequence[str] = ()) -> int:
    """Severity 1 to 5 after modifiers, each of which adds one, up to 5."""
    return min(_HIGHEST, severity + len(set(modifiers)))


def level(likelihood: int, severity: int, modifiers: Sequence[str] = ()) -> str:
    """The level of a rating (likelihood and severity 1 to 5), from the matrix (INV-RSK1)."""
    return criteria().matrix[str(effective_severity(severity, modifiers))][likelihood - 1]


def is_above_appetite(found: str) -> bool:
    """Whether a residual level needs a signed acceptance."""
    return LEVELS.index(found) > LEVELS.index(criteria().appetite)
