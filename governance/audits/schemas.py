"""Inputs about audits."""

from datetime import date
from typing import Any

from pydantic import Field

from governance.access.schemas import Command
from governance.audits.conduct_models import MemberRole
from governance.audits.models import CatchUp, Shift, Verdict
from governance.improvement.schemas import RecordFinding
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_SELECT: dict[str, Any] = {"widget": "select"}


class Recurrence(Command):
    """How often, on which day, from when on."""

    every: int = Field(title="Every", ge=1, le=1000)
    unit: str = Field("months", title="Unit", max_length=10, json_schema_extra=_SELECT)
    on: str = Field(
        "", title="On", max_length=60,
        description="Empty: the day of the start. For months: first monday, last weekday, last day. For weeks: monday, thursday.",
    )  # fmt: skip
    starts_on: date = Field(
        title="First due on",
        description="No date before it. With a named day, choose a start before that day in the same month.",
    )
    shift: Shift = Field(
        Shift.NONE,
        title="If the day is no working day",
        description="The day stays, or the next or previous working day is taken.",
    )
    holidays: str = Field(
        "",
        title="Public holidays of",
        max_length=12,
        description="A country like DE, or with its part DE-BE. Empty: weekends only.",
    )
    catch_up: CatchUp = Field(
        CatchUp.EACH,
        title="After a standstill",
        description="Each occurrence that fell due meanwhile is held, or the latest stands for all.",
    )


class ChangeSchedule(Recurrence):
    """Another recurrence from a day on; what is past or started stays as it was."""

    lead_days: int = Field(30, title="Appears how many days ahead", ge=0, le=365)
    grace_days: int = Field(14, title="Counts as missed how many days after", ge=0, le=365)
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class _Details(Recurrence):
    """What every new schedule says besides its recurrence."""

    audit_type: str = Field(title="Kind of audit", max_length=40, json_schema_extra=_SELECT)
    zone: str = Field("Europe/Berlin", title="Time zone", max_length=60)
    lead_days: int = Field(30, title="Appears how many days ahead", ge=0, le=365)
    grace_days: int = Field(14, title="Counts as missed how many days after", ge=0, le=365)
    lead_auditor_id: int | None = Field(None, title="Lead auditor", json_schema_extra=_SELECT)


class ScheduleAudits(_Details):
    """A recurring audit of a system."""

    by_tier: bool = Field(
        False, title="Shorten by itself",
        description="A rising tier or a major finding shortens the interval to what the audit programme asks for.",
    )  # fmt: skip


class ScheduleByRule(_Details):
    """A recurring audit of every system that a rule finds when the audit is made."""

    state: str = Field("", title="Status", max_length=40, json_schema_extra=_SELECT)
    tier_at_least: str = Field("", title="Tier at least", max_length=40, json_schema_extra=_SELECT)
    stage: str = Field("", title="Stage", max_length=40, json_schema_extra=_SELECT)
    organisation: str = Field("", title="Organisation", max_length=200)
    org_unit: str = Field("", title="Organisation unit", max_length=400)
    supplier: str = Field("", title="Third party", max_length=20, json_schema_extra=_SELECT)
    owner_id: int = Field(title="Who answers for the schedule", json_schema_extra=_SELECT)


class ScheduleForAims(_Details):
    """A recurring audit of the management system as a whole."""

    owner_id: int = Field(title="Who answers for the schedule", json_schema_extra=_SELECT)


class Why(Command):
    """A change of state, with the reason."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class Assign(Command):
    """Who leads the audit."""

    lead_auditor_id: int = Field(title="Lead auditor", json_schema_extra=_SELECT)
    version: int = Field(json_schema_extra=_HIDDEN)


class StartAudit(Command):
    """The plan, and the statement of impartiality."""

    objectives: str = Field(title="Objectives", min_length=3, max_length=5000, json_schema_extra=_AREA)
    scope_text: str = Field(title="Scope", min_length=3, max_length=5000, json_schema_extra=_AREA)
    method: str = Field(title="Method and sample", min_length=3, max_length=5000, json_schema_extra=_AREA)
    impartiality_statement: str = Field(
        title="Statement of impartiality", min_length=10, max_length=2000,
        description="In your own words: that you did not own, build, assess or approve what you audit.", json_schema_extra=_AREA,
    )  # fmt: skip
    control_questions: bool = Field(
        True, title="Ask about each applicable control",
        description="For internal audits: adds one question per applicable control of the statement of applicability.",
    )  # fmt: skip
    version: int = Field(json_schema_extra=_HIDDEN)


class AnswerQuestion(Command):
    """An answer: verdict, note, evidence; `revision` is the answer that was seen when this one was written."""

    verdict: Verdict = Field(title="Verdict")
    note: str = Field("", title="Note", max_length=10_000, json_schema_extra=_AREA)
    evidence_references: list[str] = Field(
        default_factory=list, title="Evidence", description="References such as EVD-0001."
    )
    revision: int | None = Field(None, json_schema_extra=_HIDDEN)


class ReportAudit(Command):
    """The conclusion; then the lead auditor signs the report."""

    conclusion: str = Field(title="Conclusion", min_length=10, max_length=20_000, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class AddMember(Command):
    """Who takes part in the audit, and as what."""

    person_id: int = Field(title="Person", json_schema_extra=_SELECT)
    role: MemberRole = Field(title="Takes part as")
    version: int = Field(json_schema_extra=_HIDDEN)


class Attest(Command):
    """One's own statement of impartiality."""

    statement: str = Field(
        title="Statement of impartiality", min_length=10, max_length=2000,
        description="In your own words: that you did not own, build, assess or approve what you audit.", json_schema_extra=_AREA,
    )  # fmt: skip
    version: int = Field(json_schema_extra=_HIDDEN)


class ArrangeReview(Command):
    """Why somebody audits who is not independent, and who looks over their work."""

    person_id: int = Field(title="Whose work is reviewed", json_schema_extra=_SELECT)
    reviewer_id: int = Field(title="Reviewer", json_schema_extra=_SELECT)
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class ReviewWork(Command):
    """What the reviewer found."""

    result: str = Field(
        title="Result of the review", min_length=10, max_length=5000,
        description="Which answers you looked at, what you tested again, and whether you agree.", json_schema_extra=_AREA,
    )  # fmt: skip
    version: int = Field(json_schema_extra=_HIDDEN)


class DraftAnswer(Command):
    """What was typed so far."""

    verdict: str = Field("", max_length=40)
    note: str = Field("", max_length=10_000)
    evidence: str = Field("", max_length=10_000)


class OpenAudit(Command):
    """An audit outside a schedule, and what triggered it."""

    audit_type: str = Field(title="Kind of audit", max_length=40, json_schema_extra=_SELECT)
    systems: list[str] = Field(
        default_factory=list, title="AI systems",
        description="References such as SYS-0001. Empty: the management system.",
    )  # fmt: skip
    trigger: str = Field(
        title="Why now", min_length=3, max_length=5000,
        description="An incident, a new major version, a request of management or of an authority …", json_schema_extra=_AREA,
    )  # fmt: skip
    due_on: date = Field(title="Due on")
    grace_days: int = Field(14, title="Counts as missed how many days after", ge=0, le=365)


class PlanAudit(Command):
    """The plan of an audit."""

    objectives: str = Field(title="Objectives", min_length=3, max_length=5000, json_schema_extra=_AREA)
    criteria: list[str] = Field(title="Criteria", min_length=1, description="One a line.")
    scope_text: str = Field(title="Scope", min_length=3, max_length=5000, json_schema_extra=_AREA)
    method: str = Field(title="Method and sample", min_length=3, max_length=5000, json_schema_extra=_AREA)
    held_from: date = Field(title="Held from")
    held_until: date = Field(title="Held until")
    version: int = Field(json_schema_extra=_HIDDEN)


class AnnounceAudit(Command):
    """What the auditees are told."""

    announcement: str = Field(
        title="Announcement", min_length=10, max_length=5000,
        description="When and where, whom you want to talk to, which records you want to see.", json_schema_extra=_AREA,
    )  # fmt: skip
    version: int = Field(json_schema_extra=_HIDDEN)


class DistributeReport(Command):
    """Who gets the signed report."""

    person_ids: list[int] = Field(
        title="Recipients", min_length=1, json_schema_extra={"widget": "multiselect"}
    )


class DrawSample(Command):
    """What is counted, and how much of it is drawn."""

    purpose: str = Field(
        title="What the sample is to show", min_length=3, max_length=2000, json_schema_extra=_AREA
    )
    kind: str = Field(title="Records", max_length=40, json_schema_extra=_SELECT)
    in_state: str = Field("", title="In state", max_length=40, description="Empty: any.")
    since: date | None = Field(None, title="Changed since")
    size: int | None = Field(
        None, title="Size", ge=1, le=1000, description="Empty: the square root of their number, at least 3."
    )
    seed: str = Field(
        "", title="Seed", max_length=80, description="Empty: one is made. The same seed draws the same sample."
    )  # fmt: skip


class RecordResults(Command):
    """What each item of a sample showed."""

    results: dict[str, str] = Field(default_factory=dict)
    notes: dict[str, str] = Field(default_factory=dict)


class RaiseFinding(RecordFinding):
    """A finding of an audit of several systems: about which of them."""

    system: str = Field(title="AI system", max_length=20, json_schema_extra=_SELECT)
