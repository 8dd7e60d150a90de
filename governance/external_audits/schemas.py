"""Inputs about external audits, the auditor's room and requests."""

from datetime import date
from typing import Any

from pydantic import Field, model_validator

from governance.access.schemas import Command, Email, Line
from governance.external_audits.models import Decision, ExternalKind, Outcome, Reach
from governance.improvement.schemas import RecordFinding
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_SELECT: dict[str, Any] = {"widget": "select"}
_TEXT = 10_000


class PlanExternalAudit(Command):
    """An audit that a certification body announced."""

    title: str = Field(title="Title", min_length=3, max_length=300)
    audit_kind: ExternalKind = Field(title="Kind")
    standard: str = Field("ISO/IEC 42001:2023", title="Standard", min_length=3, max_length=100)
    body_id: int | None = Field(
        None,
        title="Certification body",
        description="If it is registered as a third party.",
        json_schema_extra=_SELECT,
    )
    body: str = Field("", title="Its name", max_length=200, description="Only if it is not chosen above.")
    lead_auditor: str = Field("", title="Lead auditor of the body", max_length=200)
    scope_text: str = Field(title="Scope", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    starts_on: date = Field(title="First day")
    ends_on: date = Field(title="Last day")

    @model_validator(mode="after")
    def _in_order(self) -> "PlanExternalAudit":
        if self.ends_on < self.starts_on:
            raise ValueError("The last day lies before the first.")
        return self


class EditExternalAudit(PlanExternalAudit):
    """Change what was announced, until the audit is reported."""

    version: int = Field(json_schema_extra=_HIDDEN)


class ReportExternalAudit(Command):
    """The body's report is here."""

    outcome: Outcome = Field(title="Recommendation")
    conclusion: str = Field(title="Conclusion", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    report: str = Field(
        title="Report",
        max_length=20,
        description="Add the report as evidence first, then choose it here.",
        json_schema_extra=_SELECT,
    )
    version: int = Field(json_schema_extra=_HIDDEN)


class RecordDecision(Command):
    """What the certification body decided."""

    decision: Decision = Field(title="Decision")
    decided_on: date = Field(title="Decided on")
    certificate_number: str = Field("", title="Certificate number", max_length=100)
    expires_on: date | None = Field(None, title="Certificate expires on")
    version: int = Field(json_schema_extra=_HIDDEN)

    @model_validator(mode="after")
    def _whole(self) -> "RecordDecision":
        if self.expires_on and self.expires_on <= self.decided_on:
            raise ValueError("The certificate ends before it begins.")
        return self


class EndExternalAudit(Command):
    """Close or cancel an external audit."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class RecordExternalFinding(RecordFinding):
    """A finding of the certification body, on an AI system or on the whole organisation."""

    system: str = Field(
        "",
        title="AI system",
        max_length=20,
        description="A reference such as SYS-0001. Blank: it concerns the management system as a whole.",
    )


class InviteAuditor(Command):
    """An auditor of the body, who may see what is shared until a day."""

    name: Line = Field(title="Name")
    email: Email = Field(
        title="E-mail address",
        description="Also the name to sign in with.",
        json_schema_extra={"widget": "email"},
    )
    until_on: date = Field(
        title="Until", description="The last day on which they may sign in; a year at most."
    )


class ShareRecords(Command):
    """Show records to the auditors of this audit."""

    references: list[str] = Field(
        title="References", description="Such as SYS-0001 or POL-0001.", min_length=1, max_length=200
    )
    reach: Reach = Field(
        Reach.WITH_EVIDENCE,
        title="How far",
        description="With related: everything that belongs to an AI system, also what comes later; confidential evidence and concerns stay out.",
    )
    from_on: date | None = Field(None, title="From", description="If empty: at once.")
    until_on: date | None = Field(
        None, title="Until", description="If empty: as long as the auditors have access."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "ShareRecords":
        if self.from_on and self.until_on and self.until_on < self.from_on:
            raise ValueError("It ends before it begins.")
        return self


class AskRequest(Command):
    """What an external auditor wants to see."""

    title: str = Field(title="In short", min_length=3, max_length=300)
    text: str = Field(title="What you want to see", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    clause: str = Field("", title="Clause or control", max_length=100, description="Such as 8.2 or A.6.2.4.")
    due_on: date = Field(title="Wanted by")


class AssignRequest(Command):
    """Who finds it."""

    owner_id: int = Field(title="Owner", json_schema_extra=_SELECT)
    version: int = Field(json_schema_extra=_HIDDEN)


class ProvideRequest(Command):
    """The answer, with the records that show it."""

    answer: str = Field(title="Answer", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    references: list[str] = Field(
        default_factory=list,
        title="Records that become shared",
        description="Evidence that was added to this request is shared too.",
        max_length=100,
    )
    version: int = Field(json_schema_extra=_HIDDEN)


class FlagRequest(Command):
    """Why the answer is not enough."""

    reason: str = Field(title="What is missing", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class AcceptRequest(Command):
    """The answer is enough."""

    note: str = Field("", title="Note", max_length=_TEXT, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class WithdrawRequest(Command):
    """The request is no longer needed."""

    reason: str = Field(title="Reason", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)
