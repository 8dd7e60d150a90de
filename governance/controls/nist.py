"""config/frameworks/nist_ai_rmf.yaml: functions, categories and subcategories of the NIST AI Risk Management Framework 1.0."""

from functools import cache

from pydantic import BaseModel, ConfigDict, model_validator

from governance.controls.frameworks import Requirement
from governance.core.catalogs import Catalog, catalog, declared

# Of the framework as published (NIST AI 100-1, 2023).
FUNCTIONS, CATEGORIES, SUBCATEGORIES = 4, 19, 72


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Subcategory(_Frozen):
    """An outcome, in our words, and the kinds of records that show it."""

    id: str
    text: str
    evidenced_by: tuple[str, ...] = ()


class Category(_Frozen):
    """Outcomes that belong together."""

    id: str
    gist: str
    subcategories: tuple[Subcategory, ...]


class Function(_Frozen):
    """One of govern, map, measure, manage."""

    id: str
    gist: str
    categories: tuple[Category, ...]


class AiRmf(_Frozen):
    """The whole file."""

    standard: str
    source: str
    functions: tuple[Function, ...]

    @model_validator(mode="after")
    def _is_whole(self) -> "AiRmf":
        categories = [item.id for function in self.functions for item in function.categories]
        outcomes = [item.id for item in self.requirements]
        if (len(self.functions), len(set(categories)), len(set(outcomes))) != (
            FUNCTIONS,
            CATEGORIES,
            SUBCATEGORIES,
        ):
            raise ValueError(
                f"the AI RMF has {FUNCTIONS} functions, {CATEGORIES} categories and {SUBCATEGORIES} subcategories, each once"
            )
        return self

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Every subcategory, under its function."""
        return tuple(
            Requirement(
                id=item.id,
                title=item.text,
                level="both",
                wanted=category.gist,
                evidenced_by=item.evidenced_by,
                area=function.id,
            )
            for function in self.functions
            for category in function.categories
            for item in category.subcategories
        )


@cache
def _file() -> Catalog[AiRmf]:
    return catalog("frameworks/nist_ai_rmf.yaml", AiRmf)


@declared
def ai_rmf() -> AiRmf:
    """The framework as configured."""
    return _file().value


def ai_rmf_hash() -> str:
    """SHA-256 of the file."""
    return _file().hash
