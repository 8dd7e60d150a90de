"""Inputs about evidence."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from governance.access.schemas import Command
from governance.evidence.models import Confidentiality, EvidenceKind

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]


class SubmitEvidence(Command):
    """What a file or link proves, and for which time."""

    title: Title = Field(title="Title", description="What it is, in words an auditor understands.")
    evidence_kind: EvidenceKind = Field(title="Kind", description="Life-cycle gates ask for kinds.")
    url: str = Field(
        "", title="Link", max_length=1000, description="Only if there is no file. A bare link is weak evidence.",
        json_schema_extra={"widget": "url"},
    )  # fmt: skip
    source: str = Field("", title="Obtained from", max_length=200)
    confidentiality: Confidentiality = Field(Confidentiality.INTERNAL, title="Confidentiality")
    collected_on: date = Field(title="Collected on")
    covers_from: date | None = Field(
        None, title="Proves the time from", description="If empty: from the day on which it was collected."
    )
    covers_to: date | None = Field(
        None, title="Proves the time to", description="If empty: until it expires or is superseded."
    )
    valid_until: date | None = Field(
        None, title="Valid until", description="After this day it counts as expired."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "SubmitEvidence":
        self.covers_from = self.covers_from or min(self.collected_on, self.covers_to or self.collected_on)
        if self.covers_to and self.covers_from > self.covers_to:
            raise ValueError("The time it proves ends before it begins.")
        if self.valid_until and self.valid_until < self.collected_on:
            raise ValueError("It cannot expire before it was collected.")
        return self


class JudgeEvidence(Command):
    """Accept or reject an evidence item, with the reason."""

    accept: bool = Field(title="It proves what it says")
    reason: str = Field(
        title="Reason", min_length=3, max_length=1000, json_schema_extra={"widget": "textarea"}
    )
    version: int = Field(json_schema_extra={"widget": "hidden"})
