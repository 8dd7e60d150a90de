"""Tables of the outbox, of what each person wants to be told and how, and of webhooks."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.access.models import Person
from governance.core import clock
from governance.core.records import Base
from governance.core.types import BigId, Choice, Json


class Delivery(StrEnum):
    """Where a notification stands on its way out. The list of the person shows it in every state."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    """Tried in vain; it will be tried again."""
    GIVEN_UP = "given_up"
    LISTED = "listed"
    """Not sent, because nobody wants it sent: it stands in the person's list only."""


class How(StrEnum):
    """How a person wants to be told of a topic."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    OFF = "off"


class Notification(Base):
    """One thing told to one person or one webhook. The unique key makes it happen once, whoever else tries at the same time."""

    __tablename__ = "notification"
    __audited__ = False
    __table_args__ = (
        Index("ix_notification_state", "state", "not_before"),
        Index("ix_notification_person", "person_id", "created_at"),
        Index("ix_notification_created", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    uid: Mapped[str] = mapped_column(String(32))
    """Stays the same at every attempt: the Message-ID of a mail, the webhook-id of a webhook."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    webhook_id: Mapped[int | None] = mapped_column(ForeignKey("webhook.id"), index=True)
    topic: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    reference: Mapped[str] = mapped_column(String(40), default="", index=True)
    path: Mapped[str] = mapped_column(String(400), default="")
    late: Mapped[bool] = mapped_column(default=False)
    """Whether a reminder came later than on its day."""
    how: Mapped[How] = mapped_column(Choice(How), default=How.AT_ONCE)
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("notification.id"), index=True)
    state: Mapped[Delivery] = mapped_column(Choice(Delivery), default=Delivery.QUEUED)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None] = mapped_column(String(80))
    claimed_until: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")
    sent_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]

    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    webhook: Mapped["Webhook | None"] = relationship(foreign_keys=[webhook_id])


class TopicChoice(Base):
    """How a person wants to be told of one topic; without a row, as the topic has it by default."""

    __tablename__ = "topic_choice"
    __table_args__ = (UniqueConstraint("person_id", "topic"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    topic: Mapped[str] = mapped_column(String(40))
    how: Mapped[How] = mapped_column(Choice(How))


class MailLanguage(Base):
    """The language in which a person wants mails; without a row, English."""

    __tablename__ = "mail_language"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(8))


class Webhook(Base):
    """An address of another program that is told what happens, signed per Standard Webhooks."""

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(1000))
    nonce: Mapped[str] = mapped_column(String(64), info={"secret": True})
    """The signing secret is made of this and of a key that only the installation's files hold."""
    topics: Mapped[list[str]] = mapped_column(Json, default=list)
    """Topics it wants; none means all."""
    added_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime] = mapped_column(default=clock.now)
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str] = mapped_column(default="")
