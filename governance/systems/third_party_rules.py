"""config/third_parties.yaml: what is divided with a third party, which documents are wanted of whom, how reviews conclude."""

from functools import cache

from pydantic import BaseModel, ConfigDict, model_validator

from governance.core.catalogs import Catalog, catalog, declared
from governance.systems.supplier_models import Criticality


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Document(_Frozen):
    """A kind of document, and the criticalities it is wanted of."""

    say: str
    wanted_of: tuple[Criticality, ...]


class ThirdPartyRules(_Frozen):
    """The whole file."""

    activities: dict[str, str]
    documents: dict[str, Document]
    results: tuple[str, ...]

    @model_validator(mode="after")
    def _is_sound(self) -> "ThirdPartyRules":
        if not self.activities:
            raise ValueError("at least one activity is divided (A.10.2)")
        if "unsatisfactory" not in self.results:
            raise ValueError("a review can be unsatisfactory")
        return self

    def wanted_of(self, criticality: Criticality | None) -> tuple[str, ...]:
        """Names of the documents wanted of a third party of this criticality; none before it is judged."""
        return tuple(name for name, item in self.documents.items() if criticality in item.wanted_of)


@cache
def _file() -> Catalog[ThirdPartyRules]:
    return catalog("third_parties.yaml", ThirdPartyRules)


@declared
def rules() -> ThirdPartyRules:
    """The rules in force."""
    return _file().value
