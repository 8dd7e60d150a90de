"""Inputs about subscriptions of the calendar."""

from pydantic import Field

from governance.access.schemas import Command


class SubscribeCalendar(Command):
    """A link to read the calendar from elsewhere."""

    name: str = Field(
        title="Name of the link",
        min_length=1,
        max_length=200,
        description="Where it will be used, for example: telephone, calendar of the audit team.",
    )
