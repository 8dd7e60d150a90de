"""Reads about audit programmes."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from governance.core.records import Record
from governance.programmes.models import AuditProgramme, ProgrammeState


def programmes(session: Session) -> list[AuditProgramme]:
    """All programmes with their gaps, newest first."""
    statement = select(AuditProgramme).where(Record.kind == "audit_programme")
    newest = statement.order_by(AuditProgramme.year.desc(), AuditProgramme.revision.desc())
    return list(session.scalars(newest.options(selectinload(AuditProgramme.gaps))))


def in_force(session: Session, year: int) -> AuditProgramme | None:
    """The programme of a year that is signed for."""
    signed = (ProgrammeState.APPROVED, ProgrammeState.REVIEWED, ProgrammeState.CLOSED)
    return next((item for item in programmes(session) if item.year == year and item.state in signed), None)


def last_revision(session: Session, year: int) -> int:
    """The number of the latest revision of a year; 0 if there is none."""
    return (
        session.execute(select(func.max(AuditProgramme.revision)).where(AuditProgramme.year == year)).scalar()
        or 0
    )
