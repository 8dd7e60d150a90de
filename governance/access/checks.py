"""What an auditor asks about who answers for records."""

from datetime import date
from typing import Any

from sqlalchemy import Select, func, literal, select, union_all

from governance.core.checks import NO_RECORD, ORGANISATION, check
from governance.core.records import Record, kinds_that_run_out


@check(
    "records.somebody_renews",
    clause="5.3, 7.5.3",
    severity="minor",
    title="Somebody answers for what runs out",
    fix="/people",
    about=ORGANISATION,
)
def nobody_renews(today: date) -> Select[Any]:
    """A record counts until a date, and has no owner who is told before (INV-G8)."""
    orphans = union_all(
        *(
            select(Record.__table__.c.reference)
            .join(kind.__table__, kind.__table__.c.id == Record.__table__.c.id)
            .where(
                Record.__table__.c.kind == kind.__mapper__.polymorphic_identity,
                Record.__table__.c.state.in_(kind.STANDS),
                Record.__table__.c.owner_id.is_(None),
                kind.__table__.c[kind.RUNS_OUT].is_not(None),
            )
            for kind in kinds_that_run_out()
        )
    ).subquery()
    first = func.min(orphans.c.reference)
    columns: Any = select(
        literal(NO_RECORD).label("id"),
        literal("").label("reference"),
        (literal("Nobody answers for ") + first).label("detail"),
    )
    statement: Select[Any] = columns.having(first.is_not(None))
    return statement
