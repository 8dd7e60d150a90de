"""Who may do what: config/roles.yaml read as rules; everything not permitted is denied."""

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from governance.access.actor import ROLES_WITHOUT_ACCOUNT, Actor
from governance.core.catalogs import Catalog, catalog


class Roles(BaseModel):
    """The file: roles with a description each, and for every action the roles or relations that may do it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    roles: dict[str, str]
    actions: dict[str, tuple[str, ...]]


class PolicyError(Exception):
    """config/roles.yaml names something that does not exist, or forgets an action."""


@cache
def policy() -> Catalog[Roles]:
    """The policy in force."""
    return catalog("roles.yaml", Roles)


def may(actor: Actor | None, action: str, record: Any = None) -> bool:
    """Whether the actor may do the action, to this record if one is given. Unknown actions: no."""
    if actor is None:
        return False
    if actor.roles & {"scheduler", "installer"} and actor.person_id is None:
        return True
    return any(_grants(rule, actor, record) for rule in policy().value.actions.get(action, ()))


def _grants(rule: str, actor: Actor, record: Any) -> bool:
    """A rule is a role ("approver") or a relation ("owner of record", "technical_owner of system", "auditor of record").

    A relation is held by the one person of `<relation>_id`, or by those of `<relation>_ids`.
    """
    if " of " not in rule:
        return rule in actor.roles
    if record is None or actor.person_id is None:
        return False
    relation, _, noun = rule.partition(" of ")
    subject = record if noun == "record" else getattr(record, noun, None)
    if subject is None:
        return False
    several = getattr(subject, f"{relation}_ids", None)
    return (
        actor.person_id in several if several else getattr(subject, f"{relation}_id", None) == actor.person_id
    )


def validate(verbs: frozenset[str]) -> None:
    """Stop the start if the file and the verbs disagree. Raises PolicyError naming every disagreement."""
    rules = policy().value
    problems = [f"action {name} is no verb of the registry" for name in sorted(rules.actions.keys() - verbs)]
    problems += [
        f"verb {name} is missing, so nobody may do it" for name in sorted(verbs - rules.actions.keys())
    ]
    for action, granted in rules.actions.items():
        known = rules.roles.keys() | ROLES_WITHOUT_ACCOUNT
        unknown = [rule for rule in granted if " of " not in rule and rule not in known]
        problems += [f"action {action} is granted to the unknown role {rule}" for rule in unknown]
    if problems:
        raise PolicyError("config/roles.yaml: " + "; ".join(problems))
