"""Persons, the roles granted to them, and their signed-in sessions."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core import clock
from governance.core.records import Base
from governance.core.types import BigId


class Person(Base):
    """A natural person who can own, do or sign. People leave; they are never deleted (INV-PER1)."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), active_history=True)
    email: Mapped[str] = mapped_column(String(200), unique=True, active_history=True)
    unit: Mapped[str] = mapped_column(String(200), default="")
    position: Mapped[str] = mapped_column(String(200), default="")
    reports_to_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), active_history=True)
    """Whom the person reports to; nobody audits what their superior owns (INV-AUD1)."""
    password_hash: Mapped[str] = mapped_column(String(200), default="", info={"secret": True})
    must_change_password: Mapped[bool] = mapped_column(default=False)
    access_until: Mapped[date | None]
    left_on: Mapped[date | None] = mapped_column(active_history=True)
    version: Mapped[int] = mapped_column()

    grants: Mapped[list["RoleGrant"]] = relationship(back_populates="person", order_by="RoleGrant.role")

    __mapper_args__ = {"version_id_col": version}

    @property
    def roles(self) -> frozenset[str]:
        """Roles held now."""
        return frozenset(grant.role for grant in self.grants if grant.revoked_at is None)

    @property
    def is_active(self) -> bool:
        """Whether the person may sign in today."""
        today = clock.today()
        return self.left_on is None and (self.access_until is None or today <= self.access_until)


class RoleGrant(Base):
    """A role given to a person; taken back by a date, never removed."""

    __tablename__ = "role_grant"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(String(40))
    granted_at: Mapped[datetime] = mapped_column(default=clock.now)
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="grants")


class SignInSession(Base):
    """A browser that is signed in: the cookie holds a random token, the row its SHA-256."""

    __tablename__ = "sign_in_session"
    __audited__ = False

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """A try to sign in, kept to slow down guessing."""

    __tablename__ = "sign_in_attempt"
    __audited__ = False
    __table_args__ = (
        Index("ix_sign_in_attempt_email", "email", "at"),
        Index("ix_sign_in_attempt_address", "address", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    succeeded: Mapped[bool]


class ApiToken(Base):
    """A secret with which a pipeline delivers measurements. Only its SHA-256 is kept; it can never sign (SO-06)."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    shown: Mapped[str] = mapped_column(String(12))
    """The first letters, so that people can tell tokens apart."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info={"secret": True})
    scope: Mapped[str] = mapped_column(String(40))
    system_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    issued_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_on: Mapped[date]
    revoked_at: Mapped[datetime | None]

    @property
    def is_live(self) -> bool:
        """Whether it opens anything today."""
        return self.revoked_at is None and clock.today() <= self.expires_on
