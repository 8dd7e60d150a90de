"""config/notifications.yaml: the hour of the digest, the days of reminders, and how delivery is repeated."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from governance.access.policy import policy
from governance.core.catalogs import catalog, declared

Days = Annotated[int, Field(ge=1, le=365)]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DueRules(_Frozen):
    """Reminders around a due date: before it, on it, after it, then again and again."""

    lead_days: Days
    overdue_after_days: Days
    again_after_days: Days


class SignatureRules(_Frozen):
    """Reminders after a signature was asked for."""

    first_after_days: Days
    again_after_days: Days


class Reminders(_Frozen):
    """The days of all reminders."""

    audits: DueRules
    corrective_actions: DueRules
    signatures: SignatureRules


class DeliveryRules(_Frozen):
    """How often and how long delivery is tried, and how long what was delivered is kept."""

    most_attempts: int = Field(ge=1, le=50)
    first_wait_seconds: int = Field(ge=1, le=86_400)
    longest_wait_hours: int = Field(ge=1, le=168)
    stale_after_days: Days
    # No shorter than the longest lead time: a key that is deleted could be used again.
    keep_days: int = Field(ge=400, le=3650)


class Rules(_Frozen):
    """The whole file."""

    digest_hour: int = Field(ge=0, le=23)
    reminders: Reminders
    escalate_to: tuple[str, ...]
    delivery: DeliveryRules

    @field_validator("escalate_to")
    @classmethod
    def _are_roles(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(names) - policy().value.roles.keys()):
            raise ValueError(f"there is no role {', '.join(unknown)}")
        return names


@declared
def rules() -> Rules:
    """The rules in force."""
    return catalog("notifications.yaml", Rules).value
