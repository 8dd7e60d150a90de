"""config/signoffs.yaml: what signatures mean, who fills which slot, which record needs which slots."""

from functools import cache

from pydantic import BaseModel, ConfigDict, model_validator

from governance.core.catalogs import Catalog, catalog, declared


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
        for name, policy in self.policies.items():
            unknown = sorted(set(policy.slots) - self.slots.keys())
            if unknown:
                raise ValueError(f"policy {name} names the unknown slot {', '.join(unknown)}")
            if policy.meaning not in self.meanings:
                raise ValueError(f"policy {name} names the unknown meaning {policy.meaning}")
        return self


@cache
def _file() -> Catalog[SignOffRules]:
    return catalog("signoffs.yaml", SignOffRules)


@declared
def rules() -> SignOffRules:
    """The rules in force."""
    return _file().value
