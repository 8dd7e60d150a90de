"""What an auditor asks about signatures."""

from datetime import date
from typing import Any

from sqlalchemy import Select, func, literal, select

from governance.core.checks import check
from governance.core.records import Record
from governance.signoffs.models import SignOff, SignOffState


@check(
    "signoffs.none_stale",
    clause="7.5.2",
    severity="major",
    title="No stale sign-off on the register entry",
    fix="/systems/{reference}/sign-offs",
)
def stale(today: date) -> Select[Any]:
    """The register entry changed after it was signed and was not signed again."""
    system = Record.__table__.alias("system_record")
    newest = (
        select(SignOff.subject_id, SignOff.policy, func.max(SignOff.round).label("round"))
        .group_by(SignOff.subject_id, SignOff.policy)
        .subquery()
    )
    bad = (
        select(SignOff.subject_id)
        .join(
            newest,
            (newest.c.subject_id == SignOff.subject_id)
            & (newest.c.policy == SignOff.policy)
            & (newest.c.round == SignOff.round),
        )
        .where(SignOff.state == SignOffState.STALE)
    )
    detail = literal("It changed after it was signed.").label("detail")
    return select(system.c.id, system.c.reference, detail).where(
        system.c.kind == "ai_system", system.c.id.in_(bad)
    )
