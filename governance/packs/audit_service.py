"""Verbs on packs of audits: ask for one, and keep what came out; drawing and sealing are those of every pack."""

from pathlib import Path

from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.verbs import actor_of, verb
from governance.audits.models import Audit
from governance.core import records
from governance.core.database import Database
from governance.core.settings import Settings
from governance.jobs import service as jobs
from governance.packs import moments
from governance.packs.collect import audit as collect_audit
from governance.packs.collect import trail as collect_trail
from governance.packs.content.audit import AuditFile
from governance.packs.models import AuditPack, PackState
from governance.packs.moments import Waiting
from governance.packs.schemas import RequestAuditPack
from governance.packs.service import Sealed, keep_facts

JOB = "audit_pack"


@verb("packs.request_audit")
def request(session: Session, audit: Audit, data: RequestAuditPack, *, enqueue: bool = True) -> AuditPack:
    """Ask for the pack of an audit; the worker draws and seals it."""
    pack = AuditPack(
        title=f"Audit pack of {audit.reference} {audit.title}"[:400],
        state=PackState.REQUESTED,
        owner_id=actor_of(session).person_id,
        audit=audit,
        as_of=moments.cut_off(session, data.as_of, audit),
        **data.model_dump(exclude={"as_of"}),
    )
    session.add(pack)
    session.flush()
    if enqueue:
        pack.job_id = jobs.enqueue(session, JOB, {"pack": pack.reference}, record_id=pack.id, total=3).id
    return pack


def read(
    database: Database,
    actor: Actor,
    reference: str,
    settings: Settings,
    waiting: Waiting = lambda: None,
) -> AuditFile:
    """Collect the content of a requested pack in one read transaction, as of the day that was asked for."""
    with database.transaction(actor, readonly=True) as session:
        pack = records.get(session, AuditPack, reference)
        # Those of the present: the registry as it was knows no pack that was made of it since.
        heads = collect_trail.latest_heads(session)
    with (
        moments.source(database, settings, pack, waiting) as source,
        source.reading(actor) as session,
    ):
        audit = records.get(session, Audit, pack.audit.reference)
        return collect_audit.collect(session, pack, audit, actor, settings.organisation, heads)


@verb("packs.keep_audit")
def keep(session: Session, pack: AuditPack, sealed: Sealed, path: Path) -> AuditPack:
    """Record the sealed file with its hashes, and the checkpoint it carries among those of the trail."""
    keep_facts(session, pack, sealed, path)
    return pack
