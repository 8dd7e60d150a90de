"""What an auditor asks about the audit programme."""

from datetime import date
from typing import Any

from sqlalchemy import Select, exists, not_, select

from governance.core.checks import ORGANISATION, check, failing_as_a_whole
from governance.programmes.models import AuditProgramme, ProgrammeState


@check(
    "programmes.approved",
    clause="9.2.2",
    severity="major",
    title="Audit programme of the year approved",
    fix="/audit-programmes",
    about=ORGANISATION,
)
def none_approved(today: date) -> Select[Any]:
    """No audit programme for this year is signed for."""
    signed = (ProgrammeState.APPROVED, ProgrammeState.REVIEWED, ProgrammeState.CLOSED)
    ours = select(AuditProgramme.id).where(
        AuditProgramme.year == today.year, AuditProgramme.state.in_(signed)
    )
    return failing_as_a_whole(not_(exists(ours)), f"None is approved for {today.year}.")
