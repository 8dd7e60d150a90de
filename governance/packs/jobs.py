"""The jobs that make packs: collect, draw, seal, keep; safe to run again after a crash."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.core import records
from governance.core.database import Database
from governance.core.settings import Settings
from governance.jobs.service import Work, handles
from governance.packs import audit_service, bag_service, service
from governance.packs.content.audit import AnyPack
from governance.packs.models import AuditPack, EvidencePack, ManagementSystemPack, Pack, PackState
from governance.packs.moments import Waiting
from governance.packs.service import Sealed

P = TypeVar("P", bound=Pack)
Read = Callable[[Database, Actor, str, Settings, Waiting], AnyPack]
Keep = Callable[[Session, P, Sealed, Path], P]


@handles(service.JOB)
def make_pack(work: Work) -> dict[str, Any]:
    """Make the requested pack of a system unless an earlier attempt finished it."""
    return _make(work, EvidencePack, service.read, service.keep)


@handles(audit_service.JOB)
def make_audit_pack(work: Work) -> dict[str, Any]:
    """Make the requested pack of an audit unless an earlier attempt finished it."""
    return _make(work, AuditPack, audit_service.read, audit_service.keep)


@handles(bag_service.JOB)
def make_management_system_pack(work: Work) -> dict[str, Any]:
    """Make the requested pack of the management system unless an earlier attempt finished it; parts drawn before stay."""
    reference = work.payload["pack"]
    if _is_sealed(work, ManagementSystemPack):
        return {"pack": reference}
    made = bag_service.make(work.database, work.actor, work.settings, reference, work.progress)
    with work.database.transaction(work.actor, source="worker", request_id=f"job {work.job_id}") as session:
        bag_service.keep(session, records.get(session, ManagementSystemPack, reference), made)
    return {"pack": reference, "systems": made.systems, "drawn": made.drawn}


def _is_sealed(work: Work, kind: type[Pack]) -> bool:
    with work.database.transaction(work.actor, readonly=True) as session:
        return records.get(session, kind, work.payload["pack"]).state == PackState.SEALED


def _make(work: Work, kind: type[P], read: Read[AnyPack], keep: Keep[P]) -> dict[str, Any]:
    reference = work.payload["pack"]
    if _is_sealed(work, kind):
        return {"pack": reference}
    work.progress(0, 3, "Collecting the records")

    def rebuilding() -> None:
        # A long trail takes longer to replay than a claim holds.
        work.progress(0, 3, "Rebuilding the registry as it was")

    snapshot = read(work.database, work.actor, reference, work.settings, rebuilding)

    def drawing() -> None:
        # Also keeps the claim, so that no second worker takes a pack that takes long.
        work.progress(1, 3, "Drawing and sealing the pages")

    drawing()
    sealed = service.make(snapshot, work.settings, drawing)
    work.progress(2, 3, f"Keeping {sealed.drawn.pages} pages")
    path = service.write(sealed, work.settings.packs_dir)
    with work.database.transaction(work.actor, source="worker", request_id=f"job {work.job_id}") as session:
        keep(session, records.get(session, kind, reference), sealed, path)
    return {"pack": reference}
