"""config/frameworks/crosswalk.yaml: which requirement of ISO/IEC 42001 helps to show which of the NIST AI RMF and the EU AI Act."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from governance.controls.eu_ai_act import ai_act
from governance.controls.frameworks import iso42001
from governance.controls.nist import ai_rmf
from governance.core.catalogs import Catalog, catalog, declared

Confidence = Literal["high", "medium", "low"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Row(_Frozen):
    """One requirement of ISO/IEC 42001 and what it helps to show elsewhere, with how sure we are."""

    requirement: str
    nist: tuple[str, ...]
    nist_confidence: Confidence
    duties: tuple[str, ...]
    duties_confidence: Confidence
    relation: Literal["supports", "intersects", "near_equal", "organisational_vs_product"]
    note: str


class Crosswalk(_Frozen):
    """The whole file; every id stands in its framework."""

    limits: tuple[str, ...]
    rows: tuple[Row, ...]

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "Crosswalk":
        iso = {item.id for item in iso42001().requirements}
        nist = {item.id for item in ai_rmf().requirements}
        duties = {item.id for item in ai_act().duties}
        for row in self.rows:
            strange = ({row.requirement} - iso) | (set(row.nist) - nist) | (set(row.duties) - duties)
            if strange:
                raise ValueError(
                    f"{row.requirement} names {', '.join(sorted(strange))}, which no framework has"
                )
        if len({row.requirement for row in self.rows}) < len(self.rows):
            raise ValueError("each requirement stands here once")
        return self


@cache
def _file() -> Catalog[Crosswalk]:
    return catalog("frameworks/crosswalk.yaml", Crosswalk)


@declared
def crosswalk() -> Crosswalk:
    """The mapping in force."""
    return _file().value


@dataclass(frozen=True)
class Way:
    """A requirement of ISO/IEC 42001 that helps to show another framework's, and how sure we are of it."""

    requirement: str
    relation: str
    confidence: str
    note: str


def ways_to(requirement: str) -> tuple[Way, ...]:
    """The requirements of ISO/IEC 42001 that help to show this subcategory or duty, the surest first."""
    order = {"high": 0, "medium": 1, "low": 2}
    found = [
        Way(row.requirement, row.relation, confidence, row.note)
        for row in crosswalk().rows
        for targets, confidence in ((row.nist, row.nist_confidence), (row.duties, row.duties_confidence))
        if requirement in targets
    ]
    return tuple(sorted(found, key=lambda way: order[way.confidence]))
