"""The jobs that make packs: collect, draw, seal, keep; safe to run again after a crash."""

from typing import Any

from governance.core import records
from governance.jobs.service import Work, handles
from governance.packs import audit_service, bag_service, service
from governance.packs.audit_models import AuditPack
from governance.packs.bag_models import ManagementSystemPack
from governance.packs.models import EvidencePack, PackState


@handles(service.JOB)
def make_pack(work: Work) -> dict[str, Any]:
    """Make the requested pack unless an earlier attempt finished it."""
    reference = work.payload["pack"]
    with work.database.transaction(work.actor, readonly=True) as session:
        if records.get(session, EvidencePack, reference).state == PackState.SEALED:
            return {"pack": reference}
    work.progress(0, 3, "Collecting the records")
    snapshot = service.read(work.database, work.actor, reference, work.settings.organisation)

    def drawing() -> None:
        # Also keeps the claim, so that no second worker takes a pack that takes long.
        work.progress(1, 3, "Drawing and sealing the pages")

    drawing()
    sealed = service.make(snapshot, work.settings, drawing)
    work.progress(2, 3, f"Keeping {sealed.drawn.pages} pages")
    path = service.write(sealed, work.settings.packs_dir)
    with work.database.transaction(work.actor, source="worker", request_id=f"job {work.job_id}") as session:
        service.keep(session, records.get(session, EvidencePack, reference), sealed, path)
    return {"pack": reference}


@handles(bag_service.JOB)
def make_management_system_pack(work: Work) -> dict[str, Any]:
    """Make the requested pack of the management system unless an earlier attempt finished it; parts drawn before stay."""
    reference = work.payload["pack"]
    with work.database.transaction(work.actor, readonly=True) as session:
        if records.get(session, ManagementSystemPack, reference).state == PackState.SEALED:
            return {"pack": reference}
    made = bag_service.make(work.database, work.actor, work.settings, reference, work.progress)
    with work.database.transaction(work.actor, source="worker", request_id=f"job {work.job_id}") as session:
        bag_service.keep(session, records.get(session, ManagementSystemPack, reference), made)
    return {"pack": reference, "systems": made.systems, "drawn": made.drawn}


@handles(audit_service.JOB)
def make_audit_pack(work: Work) -> dict[str, Any]:
    """Make the requested pack of an audit unless an earlier attempt finished it."""
    reference = work.payload["pack"]
    with work.database.transaction(work.actor, readonly=True) as session:
        if records.get(session, AuditPack, reference).state == PackState.SEALED:
            return {"pack": reference}
    work.progress(0, 3, "Collecting the records")
    snapshot = audit_service.read(work.database, work.actor, reference, work.settings.organisation)

    def drawing() -> None:
        # Also keeps the claim, as above.
        work.progress(1, 3, "Drawing and sealing the pages")

    drawing()
    sealed = service.make(snapshot, work.settings, drawing)
    work.progress(2, 3, f"Keeping {sealed.drawn.pages} pages")
    path = service.write(sealed, work.settings.packs_dir)
    with work.database.transaction(work.actor, source="worker", request_id=f"job {work.job_id}") as session:
        audit_service.keep(session, records.get(session, AuditPack, reference), sealed, path)
    return {"pack": reference}
