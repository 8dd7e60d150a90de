"""Inputs about notifications: what a person wants to be told, and webhooks."""

from pydantic import Field

from governance.access.schemas import Command, Line
from governance.notifications.models import How


class ChooseTopics(Command):
    """How a person wants to be told of each topic, and in which language mails are written."""

    choices: dict[str, How] = Field(title="Topics")
    language: str = Field(title="Language of mails", pattern="^(en|de|fr)$")


class AddWebhook(Command):
    """Another program that is told what happens."""

    name: Line = Field(title="Name", description="Which program it is.")
    url: str = Field(
        title="Address",
        min_length=8,
        max_length=1000,
        description="https://… It must answer with a status from 200 to 299; redirects are not followed.",
    )
    topics: list[str] = Field(
        default_factory=list,
        title="Topics",
        description="None means all.",
        json_schema_extra={"widget": "multiselect"},
    )


class RevokeWebhook(Command):
    """A webhook is told nothing more, with the reason."""

    reason: Line = Field(title="Reason")
