"""Verbs on evidence packs: ask for one, and keep what came out."""

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.verbs import actor_of, verb
from governance.core import clock, records
from governance.core.canonical import sha256_hex
from governance.core.database import Database
from governance.core.settings import Settings
from governance.evidence.store import Store
from governance.jobs import service as jobs
from governance.packs import moments
from governance.packs.collect import system as collect
from governance.packs.collect import trail as collect_trail
from governance.packs.content.audit import AnyPack, AuditFile
from governance.packs.content.system_pack import SystemPack
from governance.packs.draw import rendering
from governance.packs.draw.audit import render_audit_in_process
from governance.packs.draw.system import RenderedPack, render_in_process
from governance.packs.models import AuditPack, EvidencePack, PackState
from governance.packs.moments import Waiting
from governance.packs.schemas import RequestPack
from governance.packs.seal import seal
from governance.packs.seal.stamp import Stamper
from governance.systems.models import AiSystem
from governance.trail import checkpoints, keys
from governance.trail.notes import Verifier

JOB = "pack"
_DRAWINGS: dict[type, rendering.Drawing] = {
    SystemPack: render_in_process,
    AuditFile: render_audit_in_process,
}


@verb("packs.request")
def request(session: Session, system: AiSystem, data: RequestPack, *, enqueue: bool = True) -> EvidencePack:
    """Ask for the evidence pack of a system; the worker draws and seals it."""
    pack = EvidencePack(
        title=f"Evidence pack of {system.title}",
        state=PackState.REQUESTED,
        owner_id=actor_of(session).person_id,
        system=system,
        as_of=moments.cut_off(session, data.as_of, system),
        since=moments.earlier(session, getattr(data, "since", None), data.as_of),
        **data.model_dump(exclude={"as_of", "since"}),
    )
    session.add(pack)
    session.flush()
    if enqueue:
        pack.job_id = jobs.enqueue(session, JOB, {"pack": pack.reference}, record_id=pack.id, total=3).id
    return pack


@dataclass(frozen=True)
class Sealed:
    """A finished pack: its bytes, what was drawn, and the snapshot it shows."""

    pdf: bytes
    drawn: RenderedPack
    snapshot: SystemPack | AuditFile
    checkpoint_key: Verifier | None = None


def read(
    database: Database,
    actor: Actor,
    reference: str,
    settings: Settings,
    waiting: Waiting = lambda: None,
) -> SystemPack:
    """Collect the content of a requested pack in one read transaction, as of the day that was asked for."""
    with database.transaction(actor, readonly=True) as session:
        pack = records.get(session, EvidencePack, reference)
        order = collect.order_of(session, pack, actor)
    with (
        moments.source(database, settings, pack, waiting) as source,
        source.reading(actor) as session,
    ):
        return collect.gather(session, order, actor, settings.organisation)


def make(snapshot: AnyPack, settings: Settings, waiting: Callable[[], None] = lambda: None) -> Sealed:
    """Sign the tree head of a collected pack, draw and seal it; `waiting` is called every few seconds meanwhile.

    Raises Refused if a time-stamping authority is named and gives no time stamp: what was asked for is then not made.
    """
    signer = keys.load_or_make(settings.keys_dir, settings.organisation)
    if snapshot.checkpoint is not None:
        snapshot = replace(snapshot, checkpoint=collect_trail.signed(snapshot.checkpoint, signer))
    sealer = seal.load_or_make_key(settings.keys_dir, settings.organisation)
    files = collect.attachments(snapshot, Store(settings.evidence_dir))
    function = _DRAWINGS[type(snapshot)]
    name = f"{snapshot.meta.reference} about {snapshot.identity.reference}"
    drawn = rendering.draw(snapshot.to_json(), files, sealer.certificate_sha256, waiting, function, name=name)
    stamper = Stamper(settings.tsa_url, waiting) if settings.tsa_url else None
    return Sealed(
        seal.seal(drawn.pdf, sealer, stamper, drawn_with=drawn.drawn_with), drawn, snapshot, signer.verifier
    )


def write(sealed: Sealed, folder: Path) -> Path:
    """Write the file whole or not at all, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9]+", "-", sealed.snapshot.identity.name).strip("-")[:60]
    target = folder / f"{sealed.snapshot.meta.reference}_{sealed.snapshot.identity.reference}_{name}.pdf"
    drawing = f"drawing-{sealed.snapshot.meta.reference}-"
    for left in folder.glob(f"{drawing}*.part"):
        # An attempt that was killed while it wrote.
        left.unlink(missing_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=drawing, suffix=".part")
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealed.pdf)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, target)
    return target


@verb("packs.keep")
def keep(session: Session, pack: EvidencePack, sealed: Sealed, path: Path) -> EvidencePack:
    """Record the sealed file with its hashes, and the checkpoint it carries among those of the trail."""
    keep_facts(session, pack, sealed, path)
    return pack


def keep_facts(session: Session, pack: EvidencePack | AuditPack, sealed: Sealed, path: Path) -> None:
    """What is kept of a sealed file, whatever the pack is about."""
    snapshot = sealed.snapshot
    pack.filename, pack.sha256, pack.size = path.name, sha256_hex(sealed.pdf), len(sealed.pdf)
    pack.pack_hash, pack.snapshot_hash = sealed.drawn.pack_hash, sealed.drawn.snapshot_sha256
    pack.pages, pack.gaps, pack.as_of = sealed.drawn.pages, len(snapshot.gaps), snapshot.meta.as_of
    if snapshot.checkpoint:
        head = snapshot.checkpoint
        pack.trail_size, pack.trail_root = head.tree_size, head.root_hash
        if sealed.checkpoint_key:
            checkpoints.keep(session, head.text, sealed.checkpoint_key, clock.now())
    pack.state = PackState.SEALED
