"""What an auditor asks about data (A.7)."""

from datetime import date
from typing import Any

from sqlalchemy import Select, exists, func, literal, select
from sqlalchemy.orm import aliased

from governance.core.checks import check
from governance.core.records import Record
from governance.data_sets.models import DataSet, DataSetState, DataUse
from governance.systems.checks import failing
from governance.systems.models import AiSystem, Tier

_OF_SYSTEM = "/systems/{reference}/data"


@check(
    "data_sets.recorded",
    clause="A.4.3, A.7.2",
    severity="minor",
    title="Data sets recorded",
    fix=_OF_SYSTEM,
)
def none_recorded(today: date) -> Select[Any]:
    """A system of critical or high tier names no data set that it is built, tested or run on."""
    used = exists(select(DataUse.id).where(DataUse.system_id == AiSystem.id, DataUse.ended_on.is_(None)))
    return failing(AiSystem.tier.in_((Tier.CRITICAL, Tier.HIGH)) & ~used)


@check(
    "data_sets.approved",
    clause="A.7.3, A.7.4",
    severity="major",
    title="Data sets in use approved",
    fix=_OF_SYSTEM,
)
def unapproved_in_use(today: date) -> Select[Any]:
    """A system uses a data set that nobody approved: origin, rights or quality are open."""
    spine = aliased(Record.__table__)
    first = (
        select(func.min(spine.c.reference))
        .join(DataUse.__table__, DataUse.data_set_id == spine.c.id)
        .where(DataUse.system_id == AiSystem.id, DataUse.ended_on.is_(None))
        .where(spine.c.state != DataSetState.APPROVED)
        .correlate(AiSystem)
        .scalar_subquery()
    )
    return failing(first.is_not(None), first + literal(" is not approved"))


@check(
    "data_sets.retention",
    clause="A.7.2, 7.5.3",
    severity="major",
    title="No data used past its retention",
    fix="/data-sets/{reference}",
    about="data_set",
)
def past_retention(today: date) -> Select[Any]:
    """A data set is past its day of deletion and still in use (INV-DAT2)."""
    in_use = exists(select(DataUse.id).where(DataUse.data_set_id == DataSet.id, DataUse.ended_on.is_(None)))
    columns: Any = select(DataSet.id, Record.reference, literal("").label("detail"))
    statement: Select[Any] = columns.select_from(DataSet).where(
        Record.kind == "data_set", DataSet.state != DataSetState.RETIRED, DataSet.retain_until < today, in_use
    )
    return statement
