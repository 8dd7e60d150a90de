"""Inputs about incidents and concerns."""

from datetime import UTC, date, datetime, time
from typing import Any

from pydantic import Field

from governance.access.schemas import Command
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_SELECT: dict[str, Any] = {"widget": "select"}
_TEXT = 20_000
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class ReportIncident(Command):
    """What happened, and when we became aware of it."""

    title: str = Field(title="Incident", min_length=3, max_length=300)
    incident_kind: str = Field(
        title="Kind", description="A near miss belongs here too.", json_schema_extra=_SELECT
    )
    description: str = Field(title="What happened", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    affected: str = Field("", title="Who is affected, how many", max_length=_TEXT, json_schema_extra=_AREA)
    aware_on: date = Field(title="Aware on", description="From here the clocks of the law run.")
    aware_time: str = Field("12:00", title="At (UTC)", pattern=_CLOCK)
    occurred_on: date | None = Field(None, title="Happened on")

    @property
    def aware_at(self) -> datetime:
        """The moment of becoming aware."""
        return _moment(self.aware_on, self.aware_time)


def _moment(day: date, clock: str) -> datetime:
    hour, minute = (int(part) for part in clock.split(":"))
    return datetime.combine(day, time(hour, minute), tzinfo=UTC)


class Triage(Command):
    """How grave it is, and which clocks run."""

    severity: str = Field(title="Severity", json_schema_extra=_SELECT)
    clocks: list[str] = Field(
        default_factory=list, title="What is true of it?", json_schema_extra={"widget": "multiselect"}
    )
    version: int = Field(json_schema_extra=_HIDDEN)


class CorrectAwareness(Command):
    """Another moment of becoming aware, with the reason (INV-INC1)."""

    aware_on: date = Field(title="Aware on")
    aware_time: str = Field(title="At (UTC)", pattern=_CLOCK)
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)

    @property
    def aware_at(self) -> datetime:
        """The moment of becoming aware."""
        return _moment(self.aware_on, self.aware_time)


class RecordStep(Command):
    """Something that was done."""

    text: str = Field(title="What was done", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class Contain(Command):
    """What keeps it from going on."""

    containment: str = Field(title="Containment", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class Tell(Command):
    """Somebody was told, or need not be."""

    told: bool = Field(False, title="They were told")
    not_due_because: str = Field("", title="Or why it is not due", max_length=_TEXT, json_schema_extra=_AREA)
    note: str = Field("", title="How, reference of the message", max_length=2000)
    version: int = Field(json_schema_extra=_HIDDEN)


class Resolve(Command):
    """Safe again: cause, lessons, and who is told what."""

    cause: str = Field(title="Cause", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    lessons: str = Field(title="Lessons", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    communication: str = Field(
        title="Communication decision", min_length=3, max_length=_TEXT, json_schema_extra=_AREA,
        description="Who was told what, or why nobody need be (A.8.4).",
    )  # fmt: skip
    version: int = Field(json_schema_extra=_HIDDEN)


class ReportConcern(Command):
    """A concern, with or without a name."""

    about: str = Field(title="Which AI system or decision is it about?", min_length=2, max_length=500)
    text: str = Field(
        title="What worries you?",
        min_length=10,
        max_length=_TEXT,
        json_schema_extra={"widget": "textarea", "rows": 8},
    )
    reporter: str = Field(
        "",
        title="Who you are, if you want to say",
        max_length=500,
        description="Leave it blank to stay anonymous.",
    )


class AssessConcern(Command):
    """A first look: which system, who handles it, could somebody be harmed?"""

    system: str = Field("", title="AI system", max_length=20, description="Such as SYS-0001.")
    assessment: str = Field(title="First assessment", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    harm_plausible: bool = Field(False, title="Harm is plausible; open an incident")
    handler_id: int = Field(title="Handler", ge=1, le=2**62, json_schema_extra=_SELECT)
    subject_id: int | None = Field(
        None, title="Person it is about", ge=1, le=2**62, json_schema_extra=_SELECT
    )
    version: int = Field(json_schema_extra=_HIDDEN)


class AnswerConcern(Command):
    """What came of it, as the reporter will read it."""

    outcome: str = Field(title="Outcome and reasons", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)
