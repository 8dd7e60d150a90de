"""config/consultation.yaml: participation levels, methods, and the least that a tier needs."""

from functools import cache

from pydantic import BaseModel, ConfigDict

from governance.core.catalogs import Catalog, catalog, declared


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Level(_Frozen):
    """How much the people asked may change."""

    level: int
    name: str
    promise: str = ""


class Minimum(_Frozen):
    """The least level for a tier, and how old it may be in months."""

    level: int
    every_months: int | None = None


class ConsultationRules(_Frozen):
    """The whole file."""

    levels: tuple[Level, ...]
    methods: tuple[str, ...]
    minimum: dict[str, Minimum]
    strengths: tuple[str, ...]


@cache
def _file() -> Catalog[ConsultationRules]:
    return catalog("consultation.yaml", ConsultationRules)


@declared
def rules() -> ConsultationRules:
    """The rules in force."""
    return _file().value
