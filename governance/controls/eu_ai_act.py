"""config/frameworks/eu_ai_act.yaml: duties of the EU AI Act, whom they bind from which day, and which of them bind a system."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from governance.controls.frameworks import Requirement
from governance.core.catalogs import Catalog, catalog, declared
from governance.systems.models import AiSystem, EuClass

HIGH_RISK = (EuClass.HIGH_RISK_ANNEX_III, EuClass.HIGH_RISK_ANNEX_I_A, EuClass.HIGH_RISK_ANNEX_I_B)
_ANNEX_I = HIGH_RISK[1:]
_SCOPES = {
    "all": "All AI systems",
    "high_risk": "High-risk AI systems",
    "annex_iii": "High-risk AI systems of Annex III",
    "filtered": "Annex III, judged not high-risk",
    "transparency": "Transparency",
    "gpai": "General-purpose AI models",
    "gpai_systemic": "Models with systemic risk",
}
# How the register calls the roles of the Act (ISO/IEC 22989 has other words).
_ROLES = {"producer": "provider", "customer": "deployer"}


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Frozen):
    """A day from which parts of the Act apply."""

    day: date
    applies: str
    confidence: Literal["high", "medium", "low"]


class OpenPoint(_Frozen):
    """A question of law that is not settled, and how this registry reads it."""

    point: str
    status: str


class Duty(_Frozen):
    """A duty: who has it, about which systems, from which day, and the kinds of records that show it."""

    id: str
    who: tuple[str, ...]
    scope: Literal["all", "high_risk", "annex_iii", "filtered", "transparency", "gpai", "gpai_systemic"]
    applies_from: date
    applies_from_annex_i: date | None = None
    text: str
    evidenced_by: tuple[str, ...] = ()

    @property
    def requirement(self) -> Requirement:
        """The duty as other frameworks say theirs."""
        return Requirement(
            id=self.id,
            title=self.text,
            level="both",
            wanted="",
            evidenced_by=self.evidenced_by,
            area=_SCOPES[self.scope],
        )

    def begins(self, eu_class: EuClass | None) -> date:
        """The day from which it binds a system of this class (Art. 113; products of Annex I later)."""
        later = self.applies_from_annex_i if eu_class in _ANNEX_I else None
        return later or self.applies_from

    def is_about(self, eu_class: EuClass | None, flags: Collection[str]) -> bool:
        """Whether its scope holds a system of this class, with the flags of its classification."""
        match self.scope:
            case "all":
                return eu_class not in (None, EuClass.OUT_OF_SCOPE)
            case "high_risk":
                return eu_class in HIGH_RISK
            case "annex_iii":
                return eu_class == EuClass.HIGH_RISK_ANNEX_III
            case "filtered":
                return eu_class == EuClass.NOT_HIGH_RISK_BY_FILTER
            case "transparency":
                return self.flag in flags
            case _:
                return self.scope in flags

    @property
    def flag(self) -> str:
        """Flag of the classification that says the duty binds: Art. 50(1) is art50_1."""
        return self.id.lower().replace("art. ", "art").replace("(", "_").replace(")", "")


class AiAct(_Frozen):
    """The whole file."""

    standard: str
    source: str
    read_on: date
    timeline: tuple[Step, ...]
    duties: tuple[Duty, ...]
    open_points: tuple[OpenPoint, ...]

    @model_validator(mode="after")
    def _is_sound(self) -> "AiAct":
        if len({item.id for item in self.duties}) < len(self.duties):
            raise ValueError("each duty stands here once")
        days = [step.day for step in self.timeline]
        if days != sorted(days):
            raise ValueError("the steps of the timeline stand in order")
        return self

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Every duty."""
        return tuple(item.requirement for item in self.duties)


@cache
def _file() -> Catalog[AiAct]:
    return catalog("frameworks/eu_ai_act.yaml", AiAct)


@declared
def ai_act() -> AiAct:
    """The Act as configured."""
    return _file().value


def ai_act_hash() -> str:
    """SHA-256 of the file."""
    return _file().hash


@dataclass(frozen=True)
class Binding:
    """A duty that binds a system, and from when."""

    duty: Duty
    begins: date
    in_force: bool


def binding(system: AiSystem, flags: Collection[str], today: date) -> tuple[Binding, ...]:
    """The duties that bind a system, those in force first. A system whose roles are not recorded is held to every role's."""
    roles = {_ROLES.get(role, role) for role in system.org_roles}
    found = [
        Binding(duty, begins, begins <= today)
        for duty in ai_act().duties
        if duty.is_about(system.eu_class, flags)
        and (not roles or roles & set(duty.who) or duty.scope.startswith("gpai"))
        for begins in (duty.begins(system.eu_class),)
    ]
    return tuple(sorted(found, key=lambda item: (not item.in_force, item.begins)))
