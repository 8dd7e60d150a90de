"""What an auditor asks of the trail itself."""

from datetime import date
from typing import Any

from sqlalchemy import Select, select

from governance.core.checks import ORGANISATION, check, failing_as_a_whole
from governance.trail.models import TrailVerification


@check(
    "trail.intact",
    clause="7.5.3",
    severity="critical",
    title="Audit trail intact",
    fix="/trail",
    about=ORGANISATION,
)
def not_intact(today: date) -> Select[Any]:
    """The last verification of the whole trail named an event, or a row, that is not what was written."""
    newest = select(TrailVerification.faults).order_by(TrailVerification.id.desc()).limit(1).scalar_subquery()
    return failing_as_a_whole(newest > 0, "Run `aims trail verify --records`: it names each.")
