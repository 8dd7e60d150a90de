"""config/impact_assessment.yaml: sections with their questions, triage, scales, and who approves."""

from functools import cache

from pydantic import BaseModel, ConfigDict, Field, model_validator

from governance.core.catalogs import Catalog, CatalogError, catalog, declared
from governance.signoffs.catalogue import rules as signoff_rules
from governance.systems.classification import TIERS
from governance.systems.models import AiSystem


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Question(_Frozen):
    """A question of a section; `column` is the column of the register that a new assessment begins with."""

    id: str
    ask: str
    column: str = Field("", alias="from")
    needed: bool = False
    misuse: bool = False
    facet: str = ""


class Section(_Frozen):
    """A section of ISO/IEC 42005."""

    id: str
    title: str
    ref: str
    fields: tuple[Question, ...]


class TriageQuestion(_Frozen):
    """A question of the triage; one yes makes the use sensitive."""

    ask: str
    restricted: bool = False


class Step(_Frozen):
    """A step of a scale; one that raises adds one to the severity."""

    say: str
    raises: bool = False


class ImpactRules(_Frozen):
    """The whole file."""

    sections: tuple[Section, ...]
    dimensions: dict[str, str]
    triage: dict[str, TriageQuestion]
    scale: dict[str, Step]
    reversibility: dict[str, Step]
    durations: tuple[str, ...]
    causes: tuple[str, ...]
    confidences: tuple[str, ...]
    grave_from: int
    facets: dict[str, str]
    approval: dict[str, str]
    whole_from: str

    @model_validator(mode="after")
    def _is_sound(self) -> "ImpactRules":
        names = [self.key(section, field) for section in self.sections for field in section.fields]
        if len(set(names)) < len(names):
            raise ValueError("a section asks the same field twice")
        columns = set(AiSystem.__mapper__.column_attrs.keys())
        for section in self.sections:
            for field in section.fields:
                if field.column and field.column not in columns:
                    raise ValueError(f"{section.id}.{field.id}: the register has no column {field.column}")
                if field.facet and field.facet not in self.facets:
                    raise ValueError(f"{section.id}.{field.id} belongs to the unknown facet {field.facet}")
        if set(self.approval) != set(TIERS) or self.whole_from not in TIERS:
            raise ValueError(f"approval and whole_from name the tiers {', '.join(TIERS)}")
        return self

    @staticmethod
    def key(section: Section, field: Question) -> str:
        """The name under which an answer is kept, such as S2_purpose."""
        return f"{section.id}_{field.id}"

    def section(self, id: str) -> Section:
        """The section of this id. Raises KeyError."""
        for section in self.sections:
            if section.id == id:
                return section
        raise KeyError(id)


@cache
def _file() -> Catalog[ImpactRules]:
    return catalog("impact_assessment.yaml", ImpactRules)


@declared
def rules() -> ImpactRules:
    """The rules in force. Raises CatalogError if a tier is approved by a policy that does not exist."""
    found = _file().value
    if unknown := set(found.approval.values()) - signoff_rules().policies.keys():
        raise CatalogError(
            f"impact_assessment.yaml: signoffs.yaml has no policy {', '.join(sorted(unknown))}."
        )
    return found


def rules_hash() -> str:
    """SHA-256 of the rules in force; every assessment keeps the one it was made with."""
    return _file().hash
