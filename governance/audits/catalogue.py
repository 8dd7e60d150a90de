"""config/audit_checklists.yaml and config/audit_programme.yaml."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from governance.core.canonical import content_hash
from governance.core.catalogs import CatalogError, catalog, declared
from governance.organisation.catalogue import rules as competences
from governance.systems.classification import TIERS
from governance.systems.models import Tier


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(_Frozen):
    """One open question of a checklist, the requirements behind it, and how a failure is usually graded."""

    id: str
    refs: tuple[str, ...]
    question: str
    wanted: str
    usual_grade: Literal["nc_major", "nc_minor", "observation", "ofi"]


class Checklist(_Frozen):
    """A checklist with its criteria."""

    id: str
    title: str
    criteria: tuple[str, ...]
    questions: tuple[Question, ...]

    @property
    def hash(self) -> str:
        """SHA-256 of its content."""
        return content_hash(self.model_dump())


class AuditType(_Frozen):
    """A kind of audit, its checklist, and whether every applicable control gets a question."""

    id: str
    title: str
    checklist: str
    about: Literal["systems", "management_system"] = "systems"
    control_questions: bool = False


class OverdueFinding(_Frozen):
    """After how many days an overdue audit is a nonconformity by itself, on systems of which tiers."""

    after_days: int
    tiers: tuple[Tier, ...]


class _Checklists(_Frozen):
    checklists: tuple[Checklist, ...]

    @model_validator(mode="after")
    def _ids_are_one_each(self) -> "_Checklists":
        ids = [item.id for item in self.checklists] + [
            ask.id for item in self.checklists for ask in item.questions
        ]
        if twice := sorted({id for id in ids if ids.count(id) > 1}):
            raise ValueError(f"{', '.join(twice)} stands here twice; answers are kept by id")
        return self


class Programme(_Frozen):
    """Kinds of audits, and how often a tier is audited, in months."""

    types: tuple[AuditType, ...]
    interval_months: dict[str, dict[str, int | None]]
    after_major_factor: int = Field(ge=1)
    control_cycle_months: int = Field(ge=1)
    look_back_months: int = Field(ge=1)
    competence: str
    technical_competence: dict[str, str] = {}
    """By checklist, what one of the team can show besides (7.2)."""
    overdue_finding: OverdueFinding

    @model_validator(mode="after")
    def _names_exist(self) -> "Programme":
        if {item.id for item in self.types} != self.interval_months.keys():
            raise ValueError("interval_months has one row for each kind of audit")
        for name, row in self.interval_months.items():
            if set(row) != set(TIERS):
                raise ValueError(f"interval_months.{name} names {', '.join(TIERS)}")
        return self


@cache
def _checklists() -> _Checklists:
    return catalog("audit_checklists.yaml", _Checklists).value


FurtherQuestions = Callable[[Session, bool], Iterable[Question]]
_further: list[FurtherQuestions] = []


def further_questions(source: FurtherQuestions) -> FurtherQuestions:
    """Declare questions that a room above adds to audits of kinds with `control_questions`.

    The function receives the session and whether systems are audited, not the management system as a whole.
    """
    _further.append(source)
    return source


def control_questions(session: Session, *, of_systems: bool) -> tuple[Question, ...]:
    """One question per applicable control, as the rooms above declare them."""
    return tuple(item for source in _further for item in source(session, of_systems))


@declared
def programme() -> Programme:
    """The programme rules in force. Raises CatalogError if it names a checklist or a competence that there is not."""
    found = catalog("audit_programme.yaml", Programme).value
    known = {item.id for item in _checklists().checklists}
    named = [*(item.checklist for item in found.types), *found.technical_competence]
    unknown = [item for item in named if item not in known]
    if unknown:
        raise CatalogError(
            f"audit_programme.yaml: audit_checklists.yaml has no checklist {', '.join(unknown)}."
        )
    wanted = {found.competence, *found.technical_competence.values()}
    if unknown := sorted(wanted - competences().competences.keys()):
        raise CatalogError(f"audit_programme.yaml: competence.yaml has no competence {', '.join(unknown)}.")
    return found


def checklist(id: str) -> Checklist:
    """A checklist by id. Raises KeyError."""
    return {item.id: item for item in _checklists().checklists}[id]


def audit_type(id: str) -> AuditType:
    """A kind of audit by id. Raises KeyError."""
    return {item.id: item for item in programme().types}[id]
