"""What happens to data sets by itself: use past the day of deletion becomes a nonconformity."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload

from governance.core.records import Record
from governance.data_sets.models import DataSet, DataUse
from governance.improvement import service as improvement
from governance.improvement.models import Finding, FindingState, Grade
from governance.improvement.schemas import RecordFinding
from governance.jobs.registry import recurring


@recurring("data_sets.retention", every_seconds=900)
def find_what_is_kept_too_long(session: Session, now: datetime) -> None:
    """Record one nonconformity for each data set past its retention and each system that still uses it (INV-DAT2)."""
    session.info["verb"] = "data_sets.retention"
    over = (FindingState.CLOSED, FindingState.WITHDRAWN)
    found, spine = Finding.__table__, Record.__table__
    known = exists(
        select(found.c.id)
        .join(spine, spine.c.id == found.c.id)
        .where(
            found.c.source_id == DataUse.data_set_id,
            found.c.system_id == DataUse.system_id,
            spine.c.state.not_in(over),
        )
    )
    late = (
        select(DataUse)
        .join(DataSet.__table__, DataSet.__table__.c.id == DataUse.data_set_id)
        .where(DataUse.ended_on.is_(None), DataSet.__table__.c.retain_until < now.date(), ~known)
        .options(joinedload(DataUse.data_set), joinedload(DataUse.system))
        .order_by(DataUse.id)
    )
    seen: set[tuple[int, int]] = set()
    for row in session.scalars(late).all():
        if (row.data_set_id, row.system_id) in seen:
            continue
        seen.add((row.data_set_id, row.system_id))
        data = RecordFinding(
            title=f"{row.data_set.reference} is used past its retention",
            grade=Grade.MINOR,
            criterion="A.7.2: data is managed through its life; 7.5.3: retention and disposition are kept.",
            evidence_statement=f"{row.data_set.title} was to be deleted after {row.data_set.retain_until}.",
            gap=f"{row.system.reference} still uses it for {row.role}.",
        )
        improvement.record_finding(session, row.system, data, source=row.data_set)
