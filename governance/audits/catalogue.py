"""config/audit_checklists.yaml and config/audit_programme.yaml."""

from functools import cache

from pydantic import BaseModel, ConfigDict

from governance.core.canonical import content_hash
from governance.core.catalogs import catalog, declared


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(_Frozen):
    """One open question of a checklist."""

    id: str
    refs: tuple[str, ...]
    question: str
    wanted: str
    usual_grade: str


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
    """A kind of audit and its checklist."""

    id: str
    title: str
    checklist: str


class _Checklists(_Frozen):
    checklists: tuple[Checklist, ...]


class Programme(_Frozen):
    """Kinds of audits, and how often a tier is audited, in months."""

    types: tuple[AuditType, ...]
    interval_months: dict[str, dict[str, int | None]]


@cache
def _checklists() -> _Checklists:
    return catalog("audit_checklists.yaml", _Checklists).value


@declared
def programme() -> Programme:
    """The programme rules in force."""
    found = catalog("audit_programme.yaml", Programme).value
    known = {item.id for item in _checklists().checklists}
    unknown = [item.checklist for item in found.types if item.checklist not in known]
    if unknown:
        raise ValueError(f"config/audit_programme.yaml names the unknown checklist {', '.join(unknown)}")
    return found


def checklist(id: str) -> Checklist:
    """A checklist by id. Raises KeyError."""
    return {item.id: item for item in _checklists().checklists}[id]


def audit_type(id: str) -> AuditType:
    """A kind of audit by id. Raises KeyError."""
    return {item.id: item for item in programme().types}[id]
