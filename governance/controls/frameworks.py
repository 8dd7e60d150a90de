"""Frameworks of config/frameworks: the clauses and the 38 controls of ISO/IEC 42001, and what evidences each."""

from functools import cache

from pydantic import BaseModel, ConfigDict, model_validator

from governance.core.catalogs import Catalog, catalog, declared
from governance.improvement import requirements

ANNEX_A_CONTROLS = 38


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Requirement(_Frozen):
    """A clause or control: what an auditor wants to see, and which kinds of records show it."""

    id: str
    title: str
    level: str
    wanted: str
    evidenced_by: tuple[str, ...] = ()
    area: str = ""

    @property
    def concerns_systems(self) -> bool:
        """Whether each AI system answers it, not only the organisation as a whole."""
        return self.level in ("system", "both")


class Framework(_Frozen):
    """The whole file."""

    standard: str
    clauses: tuple[Requirement, ...]
    controls: tuple[Requirement, ...]

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Clauses and controls."""
        return (*self.clauses, *self.controls)

    @model_validator(mode="after")
    def _is_whole(self) -> "Framework":
        if len({item.id for item in self.controls}) != ANNEX_A_CONTROLS:
            raise ValueError(f"Annex A has {ANNEX_A_CONTROLS} controls, each once (INV-SOA1)")
        return self


@cache
def _file() -> Catalog[Framework]:
    return catalog("frameworks/iso42001.yaml", Framework)


@declared
def iso42001() -> Framework:
    """ISO/IEC 42001 as configured."""
    return _file().value


def iso42001_hash() -> str:
    """SHA-256 of the framework file."""
    return _file().hash


@requirements.known_from
@cache
def _titles() -> dict[str, str]:
    """Titles of clauses and controls by id, which findings name."""
    return {item.id: item.title for item in iso42001().requirements}
