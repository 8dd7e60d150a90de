"""What a gate or an auditor asks about red lines."""

from datetime import date
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import aliased

from governance.core.checks import check
from governance.systems.checks import failing
from governance.systems.models import AiSystem, SystemVersion, VersionState
from governance.values.catalogue import values
from governance.values.models import RedLineCheck, RedLineState

_PAGE = "/systems/{reference}/red-lines"


def _checks(*conditions: Any) -> Any:
    return exists(select(RedLineCheck.id).where(RedLineCheck.system_id == AiSystem.id, *conditions))


@check(
    "values.red_lines_screened", clause="A.2.2", severity="critical", title="Red lines screened", fix=_PAGE
)
def not_screened(today: date) -> Select[Any]:
    """A red line was never looked at for this system."""
    looked_at = [_checks(RedLineCheck.red_line == item.id) for item in values().red_lines]
    return failing(~and_(*looked_at))


@check(
    "values.no_red_line_breach", clause="A.2.2", severity="critical", title="No breached red line", fix=_PAGE
)
def breached(today: date) -> Select[Any]:
    """A breach is not lifted."""
    return failing(_checks(RedLineCheck.state == RedLineState.BREACHED))


@check(
    "values.red_lines_passed",
    clause="A.6.2.4",
    severity="critical",
    title="Red lines checked for this version",
    fix=_PAGE,
)
def not_passed(today: date) -> Select[Any]:
    """The current version was not checked against every red line, or a check ran out (INV-SYS3)."""
    later = aliased(SystemVersion)
    newest = ~exists().where(
        later.system_id == SystemVersion.system_id,
        later.number > SystemVersion.number,
        later.state != VersionState.WITHDRAWN,
    )
    current = (
        select(SystemVersion.id)
        .where(SystemVersion.system_id == AiSystem.id, newest)
        .correlate(AiSystem.__table__)
        .scalar_subquery()
    )
    passed = [
        _checks(
            RedLineCheck.red_line == item.id,
            RedLineCheck.state == RedLineState.PASSED,
            RedLineCheck.version_id == current,
            RedLineCheck.valid_until >= today,
        )
        for item in values().red_lines
    ]
    return failing(or_(*(~item for item in passed)))
