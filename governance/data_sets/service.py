"""Verbs on data sets: record, approve, use, retire."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.errors import Refused
from governance.core.records import Record
from governance.data_sets import queries
from governance.data_sets.models import DataRole, DataSet, DataSetState, DataUse
from governance.data_sets.schemas import DescribeDataSet, EditDataSet, RetireDataSet, UseDataSet
from governance.signoffs import service as signoffs
from governance.systems import material_change
from governance.systems.freezing import before_freeze
from governance.systems.models import AiSystem, SystemVersion, VersionState

POLICY = "data_set"
# What approval asks for: (column, in words).
_NEEDED = (
    ("purpose", "its purpose (A.7.2)"),
    ("source", "its source (A.7.3)"),
    ("rights_basis", "the rights basis (A.7.3)"),
    ("provenance", "its provenance (A.7.5)"),
    ("quality_wanted", "the quality that is required (A.7.4)"),
)

_RUN_ON = (DataRole.PRODUCTION, DataRole.REFERENCE)


@verb("data_sets.record")
def record(session: Session, data: DescribeDataSet) -> DataSet:
    """Record a data set as a draft."""
    made = DataSet(**data.model_dump(), state=DataSetState.DRAFT, owner_id=actor_of(session).person_id)
    session.add(made)
    session.flush()
    return made


@verb("data_sets.edit")
def edit(session: Session, item: DataSet, data: EditDataSet) -> DataSet:
    """Change a draft. Refused if it takes the rights basis away from a version that is frozen with it (INV-DAT1)."""
    if item.state != DataSetState.DRAFT:
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')}; {DataSet.WAY_OUT.lower()}")
    relying = [
        f"{row.system.reference} {row.version.label}"
        for row in item.uses
        if row.ended_on is None and row.version.state is not VersionState.DRAFT
    ]
    if data.rights_basis is None and relying:
        raise Refused(
            f"{', '.join(relying)} is frozen with this data, so its rights basis stays (INV-DAT1).",
            field="rights_basis",
        )
    for name, value in data.model_dump(exclude={"version"}).items():
        setattr(item, name, value)
    return item


@verb("data_sets.submit")
def submit(session: Session, item: DataSet) -> DataSet:
    """Ask for approval. Raises Refused with everything that is missing."""
    if item.state != DataSetState.DRAFT:
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')} already.")
    if missing := lacking(item):
        raise Refused(f"Approval still needs: {', '.join(missing)}.", fix=f"{item.path}/edit")
    item.state = DataSetState.IN_REVIEW
    signoffs.request(session, item, POLICY)
    return item


def lacking(item: DataSet) -> tuple[str, ...]:
    """What approval still needs, in words."""
    return tuple(words for name, words in _NEEDED if not getattr(item, name))


@signoffs.when_complete(POLICY)
def _approved(session: Session, subject: Record) -> None:
    subject.state = DataSetState.APPROVED


@signoffs.when_rejected(POLICY)
def _back_to_draft(session: Session, subject: Record) -> None:
    subject.state = DataSetState.DRAFT


@verb("data_sets.use")
def use(session: Session, system: AiSystem, data: UseDataSet) -> DataUse:
    """Say that a version uses a data set. Another source that a system in use runs on is a material change (INV-SYS5).

    What a frozen version was trained or tested on cannot change any more: recording it later describes, and changes nothing.
    Raises Refused for data without a rights basis if the version is no draft any more (INV-DAT1).
    """
    _refuse_over(system)
    version = next((item for item in system.versions if item.number == data.version_number), None)
    if version is None:
        raise Refused("Choose a version of this system.", field="version_number")
    data_set = _meant(session, data.data_set)
    if data_set.state == DataSetState.RETIRED:
        raise Refused(f"{data_set.reference} is retired.", field="data_set")
    if data_set.rights_basis is None and version.state is not VersionState.DRAFT:
        raise Refused(
            f"{data_set.reference} has no rights basis (A.7.3, INV-DAT1), and version {version.label} is {version.state}.",
            field="data_set",
            fix=data_set.path,
        )
    there = select(DataUse).where(
        DataUse.version_id == version.id, DataUse.data_set_id == data_set.id, DataUse.role == data.role
    )
    made = session.scalars(there).first()
    if made is not None and made.ended_on is None:
        raise Refused(f"{data_set.reference} is recorded for this already.", field="data_set")
    is_new = data_set.id not in _runs_on(session, system, data.role)
    if made is None:
        made = DataUse(system=system, version=version, data_set=data_set, role=data.role)
        session.add(made)
    made.ended_on = None
    system.touch()
    session.flush()
    if is_new and data.role in _RUN_ON and version.state is VersionState.OPERATING:
        material_change.announce(session, system, f"Data source added: {data_set.title}")
    return made


def _meant(session: Session, text: str) -> DataSet:
    """The data set of this reference, or the only one that these words find."""
    found = queries.meant(session, text)
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refused("No data set in use has this reference or these words.", field="data_set")
    names = "; ".join(f"{item.reference} {item.title}" for item in found)
    raise Refused(f"Several data sets have these words: {names}. Enter the reference.", field="data_set")


def _runs_on(session: Session, system: AiSystem, role: DataRole) -> set[int]:
    """What the system runs on in this role today; a source that was ended, or only trained on, is new to it."""
    return {
        row.data_set_id
        for row in queries.of_system(session, system.id)
        if row.ended_on is None and row.role is role and row.version.state is VersionState.OPERATING
    }


def _refuse_over(system: AiSystem) -> None:
    if system.state in AiSystem.FROZEN:
        raise Refused(f"{system.reference} is {system.state} and cannot change any more (INV-SYS6).")


@verb("data_sets.end_use")
def end_use(session: Session, system: AiSystem, row: DataUse) -> DataUse:
    """Record that a version no longer uses a data set. The uses of a retired system stay as they were (INV-SYS6)."""
    _refuse_over(system)
    if row.ended_on is not None:
        raise Refused("This use is ended already.")
    row.ended_on = clock.today()
    system.touch()
    return row


@verb("data_sets.retire")
def retire(session: Session, item: DataSet, data: RetireDataSet) -> DataSet:
    """Take a data set out of use for good, once no system that is not over itself uses it any more."""
    if item.state == DataSetState.RETIRED:
        raise Refused(f"{item.reference} is retired already.")
    running = [row for row in item.uses if row.ended_on is None and row.system.state not in AiSystem.FROZEN]
    users = sorted({row.system.reference for row in running})
    if users:
        raise Refused(f"{item.reference} is still used by {', '.join(users)}; end these uses first.")
    session.info["reason"] = data.reason
    item.state, item.state_reason = DataSetState.RETIRED, data.reason
    return item


@before_freeze
def _without_rights(session: Session, version: SystemVersion) -> str:
    """Why the data of a version stands against freezing it (INV-DAT1)."""
    bare = [
        row.data_set.reference
        for row in queries.of_version(session, version.id)
        if row.data_set.rights_basis is None
    ]
    return f"{', '.join(sorted(bare))} has no rights basis (A.7.3, INV-DAT1)." if bare else ""
