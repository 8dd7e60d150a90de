"""What happens to data sets by itself: use past the day of deletion becomes a nonconformity."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, joinedload

from governance.data_sets.models import DataSet, DataSetState, DataUse
from governance.improvement import service as improvement
from governance.improvement.models import Finding, Grade
from governance.improvement.schemas import RecordFinding
from governance.jobs.registry import recurring


@recurring("data_sets.retention", every_seconds=900)
def find_what_is_kept_too_long(session: Session, now: datetime) -> None:
    """Record one nonconformity for each data set past its retention and each system that still uses it (INV-DAT2)."""
    session.info["verb"] = "data_sets.retention"
    data_set = aliased(DataSet)
    late = (
        select(DataUse)
        .join(DataUse.data_set.of_type(data_set))
        .where(
            DataUse.ended_on.is_(None),
            data_set.state != DataSetState.RETIRED,
            data_set.retain_until < now.date(),
        )
        .options(joinedload(DataUse.data_set), joinedload(DataUse.system))
        .order_by(DataUse.id)
    )
    rows = session.scalars(late).all()
    known = _known(session, {row.data_set_id for row in rows})
    for row in rows:
        key = (row.data_set_id, row.system_id, _of(row.data_set))
        if key in known:
            continue
        known.add(key)
        data = RecordFinding(
            title=f"{row.data_set.reference} is used past its retention",
            grade=Grade.MINOR,
            criterion="A.7.2: data is managed through its life; 7.5.3: retention and disposition are kept.",
            evidence_statement=f"{row.data_set.title} was to be deleted after {row.data_set.retain_until}.",
            gap=f"{row.system.reference} still uses it for {row.role}.",
            clauses=["7.5.3"],
            controls=["A.7.2"],
        )
        improvement.record_finding(
            session, row.system, data, source=row.data_set, question_id=_of(row.data_set)
        )


def _of(data_set: DataSet) -> str:
    """What a finding answers for: one day of deletion. A later day that passes too is another finding."""
    return f"retention {data_set.retain_until}"


def _known(session: Session, data_sets: set[int]) -> set[tuple[int | None, int | None, str]]:
    """(data set, system, day) of findings in any state: who closed or withdrew one has decided about that day."""
    found = Finding.__table__.c
    rows = select(found.source_id, found.system_id, found.question_id).where(found.source_id.in_(data_sets))
    return {(data_set, system, answers) for data_set, system, answers in session.execute(rows)}
