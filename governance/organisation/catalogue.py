"""config/competence.yaml: competences, roles that need them, and what a management review asks by hand."""

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from governance.access.policy import policy
from governance.core.catalogs import Catalog, CatalogError, catalog, declared


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Competence(_Frozen):
    """What somebody must know or be able to do, and for how long a proof holds."""

    title: str
    months: int
    proof: Literal["attended", "demonstrated"]


class AskedInput(_Frozen):
    """An input of the review that people write."""

    clause: str
    title: str


class OrganisationRules(_Frozen):
    """The whole file."""

    competences: dict[str, Competence]
    roles: dict[str, tuple[str, ...]]
    always_filled: tuple[str, ...]
    ai_policy: str
    acknowledge_within_days: int
    review_inputs: dict[str, AskedInput]

    @model_validator(mode="after")
    def _names_exist(self) -> "OrganisationRules":
        for role, needed in self.roles.items():
            if unknown := set(needed) - self.competences.keys():
                raise ValueError(f"{role} needs the unknown competence {', '.join(sorted(unknown))}")
        return self


@cache
def _file() -> Catalog[OrganisationRules]:
    return catalog("competence.yaml", OrganisationRules)


@declared
def rules() -> OrganisationRules:
    """The rules in force. Raises CatalogError for a role that nobody can have."""
    found = _file().value
    if unknown := {*found.roles, *found.always_filled} - policy().value.roles.keys():
        raise CatalogError(f"competence.yaml: roles.yaml has no role {', '.join(sorted(unknown))}.")
    return found
