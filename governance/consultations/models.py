"""Consultations: the groups asked, the concerns heard, what became of each."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from governance.core.records import Base, Record, content_of
from governance.core.types import BigId, Choice, Json
from governance.systems.models import AiSystem


class ConsultationState(StrEnum):
    """Life of a consultation (config/consultation.yaml)."""

    PLANNED = "planned"
    APPROVED = "approved"
    OPEN = "open"
    ANALYSING = "analysing"
    RESPONDING = "responding"
    FEEDBACK_GIVEN = "feedback_given"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Anonymity(StrEnum):
    """How far a participant is known, from openly named to counted only."""

    NAMED = "named"
    NAMED_INTERNALLY_ONLY = "named_internally_only"
    PSEUDONYMOUS = "pseudonymous"
    ANONYMOUS = "anonymous"
    AGGREGATE_ONLY = "aggregate_only"


class Disposition(StrEnum):
    """What becomes of a concern."""

    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    DECLINED = "declined"
    DEFERRED = "deferred"
    OUT_OF_SCOPE = "out_of_scope"


SMALLEST_GROUP = 5
"""Groups smaller than this are not reported separately (CON-5)."""
GRAVE = 4
"""From this severity on, declining a concern is for top management (CON-6)."""
_COUNT = {"least": SMALLEST_GROUP}


def is_small(people: int) -> bool:
    """Whether so few people are meant that reporting their number could reveal them (CON-5)."""
    return 0 < people < SMALLEST_GROUP


def key_of(name: str) -> str:
    """A group's name as it is compared: letter case and spaces do not make another group."""
    return " ".join(name.split()).casefold()[:200]


class Consultation(Record):
    """An engagement with people affected by a system (ISO/IEC 42005; A.5.4). `title` is its name."""

    __tablename__ = "consultation"

    PREFIX = "CON"
    NOUN = "consultation"
    PATH = "consultations"
    FROZEN = frozenset({ConsultationState.CLOSED, ConsultationState.CANCELLED})
    FREE = frozenset({"state_reason"})
    WAY_OUT = "Plan a new consultation."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    purpose: Mapped[str] = mapped_column(active_history=True)
    decision_it_can_change: Mapped[str] = mapped_column(default="")
    level: Mapped[int] = mapped_column(active_history=True)
    """Participation level 0 to 5 of config/consultation.yaml."""
    method: Mapped[str] = mapped_column(String(40))
    languages: Mapped[list[str]] = mapped_column(Json, default=list)
    accessibility: Mapped[str] = mapped_column(default="")
    questions: Mapped[list[str]] = mapped_column(Json, default=list, active_history=True)
    """Word for word, as they are asked."""
    material: Mapped[str] = mapped_column(default="")
    known_limits: Mapped[str] = mapped_column(default="")
    neutral_wording: Mapped[str] = mapped_column(default="")
    facilitator_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), active_history=True)
    facilitator_outside: Mapped[str] = mapped_column(String(200), default="", active_history=True)
    facilitator_independent: Mapped[bool] = mapped_column(default=False)
    compensation: Mapped[str] = mapped_column(default="")
    anonymity: Mapped[Anonymity] = mapped_column(Choice(Anonymity), default=Anonymity.ANONYMOUS)
    lawful_basis: Mapped[str] = mapped_column(String(200), default="")
    consent_text: Mapped[str] = mapped_column(default="", active_history=True)
    consent_version: Mapped[str] = mapped_column(String(40), default="")
    minors_safeguard: Mapped[str] = mapped_column(default="")
    retention_until: Mapped[date | None]
    informs_gate: Mapped[str] = mapped_column(String(4), default="")
    """The gate whose decision it can still change (CON-7)."""
    opened_on: Mapped[date | None]
    late_because: Mapped[str] = mapped_column(default="")
    """Found when it was opened: why it came after the decision it should inform; empty if it did not."""
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    representativeness: Mapped[str] = mapped_column(default="")
    missing_voices: Mapped[str] = mapped_column(default="")
    feedback_told: Mapped[str] = mapped_column(default="")
    feedback_channel: Mapped[str] = mapped_column(default="")
    feedback_on: Mapped[date | None]
    feedback_exception: Mapped[str] = mapped_column(default="")
    goals_met: Mapped[str] = mapped_column(default="")
    lessons: Mapped[str] = mapped_column(default="")
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])
    groups: Mapped[list["ConsultedGroup"]] = relationship(
        back_populates="consultation", order_by="ConsultedGroup.id"
    )
    concerns: Mapped[list["ConsultationConcern"]] = relationship(
        back_populates="consultation", order_by="ConsultationConcern.number"
    )

    __mapper_args__ = {"polymorphic_identity": "consultation"}

    def signed_content(self) -> dict[str, Any]:
        """The consultation with its groups and concerns; numbers of fewer than five people stay out of it (CON-5)."""
        return {
            **super().signed_content(),
            "groups": [item.signed_content() for item in self.groups],
            "concerns": [item.signed_content() for item in self.concerns],
        }

    def plan(self) -> dict[str, Any]:
        """What the approval of the plan binds: everything that is fixed before it opens."""
        later = {
            "id", "state", "version", "created_at", "created_by_id", "changed_at", "changed_by_id", "opened_on", "late_because",
            "representativeness", "missing_voices", "feedback_told", "feedback_channel", "feedback_on", "feedback_exception",
            "goals_met", "lessons", "state_reason",
        }  # fmt: skip
        return {**content_of(self, later), "groups": sorted(item.name for item in self.groups)}


class ConsultedGroup(Base):
    """A group of people affected: how many were invited and took part."""

    __tablename__ = "consulted_group"
    __table_args__ = (UniqueConstraint("consultation_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    name: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(200), index=True)
    how_reached: Mapped[str] = mapped_column(default="")
    vulnerable: Mapped[bool] = mapped_column(default=False)
    spoke_for: Mapped[str] = mapped_column(default="")
    invited: Mapped[int] = mapped_column(default=0, info=_COUNT)
    took_part: Mapped[int] = mapped_column(default=0, info=_COUNT)
    """How many came in person; what came by an invitation's link is counted from the contributions."""

    consultation: Mapped[Consultation] = relationship(back_populates="groups")

    @validates("name")
    def _keyed(self, _: str, value: str) -> str:
        self.key = key_of(value)
        return value

    def signed_content(self) -> dict[str, Any]:
        """The group; a number of fewer than five people is said in words."""
        counts = {
            name: f"fewer than {SMALLEST_GROUP}" if is_small(value) else value
            for name, value in (("invited", self.invited), ("took_part", self.took_part))
        }
        return content_of(self, {"id", "consultation_id"}) | counts

    def whole(self) -> Record:
        """The consultation."""
        return self.consultation


class ConsultationConcern(Base):
    """A concern or position heard; said under a group's name or anonymously, never with a person's (CON-4)."""

    __tablename__ = "consultation_concern"
    __table_args__ = (UniqueConstraint("consultation_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]
    said_by: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str]
    value: Mapped[str] = mapped_column(String(60), default="")
    strength: Mapped[str] = mapped_column(String(20), default="")
    suggested_change: Mapped[str] = mapped_column(default="")
    severity: Mapped[int] = mapped_column(default=0, active_history=True)
    """Of the harm it speaks of, 1 to 5; 0 while nobody rated it."""
    touches_red_line: Mapped[bool] = mapped_column(default=False, active_history=True)
    minority_view: Mapped[bool] = mapped_column(default=False)
    merged_into_id: Mapped[int | None] = mapped_column(
        ForeignKey("consultation_concern.id"), active_history=True
    )
    disposition: Mapped[Disposition | None] = mapped_column(Choice(Disposition), active_history=True)
    disposition_reason: Mapped[str] = mapped_column(default="")
    change_reference: Mapped[str] = mapped_column(String(20), default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_on: Mapped[date | None]

    consultation: Mapped[Consultation] = relationship(back_populates="concerns")
    merged_into: Mapped["ConsultationConcern | None"] = relationship(remote_side=[id])

    @property
    def is_waiting(self) -> bool:
        """Whether it has no disposition, neither of its own nor by the concern it was merged into."""
        return self.disposition is None and self.merged_into_id is None

    @property
    def must_escalate(self) -> bool:
        """Whether top management must know: declined or deferred though it is grave (CON-6)."""
        turned_down = self.disposition in (Disposition.DECLINED, Disposition.DEFERRED)
        return turned_down and (self.touches_red_line or self.severity >= GRAVE)

    def signed_content(self) -> dict[str, Any]:
        """The concern; what it was merged into by number."""
        own = content_of(self, {"id", "consultation_id", "merged_into_id"})
        return {**own, "merged_into": self.merged_into.number if self.merged_into else None}

    def whole(self) -> Record:
        """The consultation."""
        return self.consultation
