"""config/signoffs.yaml: what signatures mean, who fills which slot, which record needs which slots."""

from functools import cache

from pydantic import BaseModel, ConfigDict, model_validator

from governance.access.policy import policy
from governance.core.catalogs import Catalog, CatalogError, catalog, declared


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Meaning(_Frozen):
    """What a signature means; {subject} and {version} are filled in."""

    statement: str


class Slot(_Frozen):
    """Who may fill a slot: anybody with one of the roles, or in one of the relations to the record or its system."""

    roles: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    not_author: bool = False
    not_owner: bool = False


class ApprovalPolicy(_Frozen):
    """Which slots a record needs, what their signature means, and separation of duties (SD-1 to SD-6)."""

    slots: tuple[str, ...] = ()
    meaning: str
    not_author: bool = False
    not_owner: bool = False


class SignOffRules(_Frozen):
    """The whole file."""

    meanings: dict[str, Meaning]
    slots: dict[str, Slot]
    policies: dict[str, ApprovalPolicy]

    @model_validator(mode="after")
    def _names_exist(self) -> "SignOffRules":
        for name, approval in self.policies.items():
            if unknown := sorted(set(approval.slots) - self.slots.keys()):
                raise ValueError(f"policy {name} names the unknown slot {', '.join(unknown)}")
            if len(set(approval.slots)) < len(approval.slots):
                raise ValueError(f"policy {name} names a slot twice; one person fills one slot (SO-09)")
            if approval.meaning not in self.meanings:
                raise ValueError(f"policy {name} names the unknown meaning {approval.meaning}")
        if empty := sorted(
            name for name, slot in self.slots.items() if not slot.roles and not slot.relations
        ):
            raise ValueError(f"slot {', '.join(empty)} has neither roles nor relations, so nobody could sign")
        return self

    @model_validator(mode="after")
    def _statements_can_be_filled_in(self) -> "SignOffRules":
        for name, meaning in self.meanings.items():
            try:
                meaning.statement.format(subject="", version="")
            except (KeyError, ValueError, IndexError) as error:
                raise ValueError(
                    f"meaning {name}: a statement has only {{subject}} and {{version}} to fill in"
                ) from error
        return self


@cache
def _file() -> Catalog[SignOffRules]:
    return catalog("signoffs.yaml", SignOffRules)


@declared
def rules() -> SignOffRules:
    """The rules in force. Raises CatalogError if a slot names a role that nobody can have."""
    found = _file().value
    for name, slot in found.slots.items():
        if unknown := set(slot.roles) - policy().value.roles.keys():
            raise CatalogError(
                f"signoffs.yaml, slot {name}: roles.yaml has no role {', '.join(sorted(unknown))}."
            )
    return found
