"""The actor: who acts, as a frozen value. Verbs receive it through the session; no database row travels."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """A person (or the scheduler, without `person_id`) with the roles held at this moment."""

    person_id: int | None
    name: str
    roles: frozenset[str] = frozenset()
    email: str = ""

    def has(self, role: str) -> bool:
        """Whether the actor holds a role now."""
        return role in self.roles


SCHEDULER = Actor(None, "AIMS scheduler", frozenset({"scheduler"}))
INSTALLER = Actor(None, "AIMS installer", frozenset({"installer"}))
# Somebody without an account: a participant of a consultation, or whoever reports a concern.
PUBLIC = Actor(None, "Somebody without an account", frozenset({"public"}))
# Roles that nobody is granted: the public, and tokens of pipelines.
ROLES_WITHOUT_ACCOUNT = frozenset({"public", "pipeline"})
