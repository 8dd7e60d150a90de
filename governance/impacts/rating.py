"""How grave an impact is: severity, raised by scale and irreversibility, and likelihood in the matrix of config/risk.yaml. Pure."""

from collections.abc import Iterable, Mapping

from governance.assessments import scales
from governance.impacts.catalogue import ImpactRules


def raised_by(rules: ImpactRules, scale: str, reversibility: str) -> tuple[str, ...]:
    """What raises the severity of an impact by one each."""
    found = []
    if rules.scale[scale].raises:
        found.append(scale)
    if rules.reversibility[reversibility].raises:
        found.append(reversibility)
    return tuple(found)


def level(rules: ImpactRules, severity: int, likelihood: int, scale: str, reversibility: str) -> str:
    """Level of a harm (severity and likelihood 1 to 5): severity × scale × reversibility against likelihood (42005, 6.8)."""
    return scales.level(likelihood, severity, raised_by(rules, scale, reversibility))


def is_sensitive(answers: Mapping[str, bool]) -> bool:
    """Whether one answer of the triage makes the whole assessment necessary."""
    return any(answers.values())


def highest(levels: Iterable[str]) -> str:
    """The gravest of the levels; empty without any."""
    return max(levels, key=scales.LEVELS.index, default="")
