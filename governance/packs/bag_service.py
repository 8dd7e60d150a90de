"""Verbs on packs of the management system: ask for one, and keep what came out."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.verbs import actor_of, verb
from governance.core import clock, records
from governance.core.database import Database
from governance.core.errors import Refused
from governance.core.settings import Settings
from governance.jobs import service as jobs
from governance.packs import moments
from governance.packs.bag import make as bag_make
from governance.packs.bag.make import BagOrder, Made, Progress
from governance.packs.collect import trail as collect_trail
from governance.packs.models import ManagementSystemPack, PackState
from governance.packs.schemas import RequestManagementSystemPack
from governance.systems import queries as systems
from governance.trail import checkpoints

JOB = "management_system_pack"


@verb("packs.request_all")
def request(
    session: Session,
    data: RequestManagementSystemPack,
    *,
    words: str = "",
    filters: Mapping[str, str] | None = None,
    selection: str = "all systems",
    enqueue: bool = True,
) -> ManagementSystemPack:
    """Ask for the pack of all systems, or of those that the register's words and filters choose.

    `selection` says the choice in words. Raises Refused if it chooses none.
    """
    if not systems.number(session, words, filters):
        raise Refused("No AI system has these words and filters.", fix="/systems")
    pack = ManagementSystemPack(
        title=f"Management-system pack: {selection}",
        state=PackState.REQUESTED,
        owner_id=actor_of(session).person_id,
        words=words,
        filters=dict(filters or {}),
        selection=selection,
        as_of=moments.cut_off(session, data.as_of),
        **data.model_dump(exclude={"as_of"}),
    )
    session.add(pack)
    session.flush()
    if enqueue:
        pack.job_id = jobs.enqueue(session, JOB, {"pack": pack.reference}, record_id=pack.id).id
    return pack


def order_of(session: Session, pack: ManagementSystemPack) -> BagOrder:
    """What making the pack needs to know of its record."""
    return BagOrder(
        reference=pack.reference,
        words=pack.words,
        filters=pack.filters,
        selection=pack.selection,
        confidentiality=pack.confidentiality,
        purpose=pack.purpose,
        earlier=collect_trail.latest_heads(session),
    )


def make(
    database: Database,
    actor: Actor,
    settings: Settings,
    reference: str,
    progress: Progress,
    *,
    processes: int = 0,
    folder: Path | None = None,
) -> Made:
    """Make a requested pack; `progress` is told how far it is and may raise to end it. Raises RendererDied or OSError."""
    with database.transaction(actor, readonly=True) as session:
        pack = records.get(session, ManagementSystemPack, reference)
        order = order_of(session, pack)

    def waiting() -> None:
        progress(0, 1, "Rebuilding the registry as it was")

    with moments.source(database, settings, pack, waiting) as there:
        order = replace(order, at=there.at)
        return bag_make.make(there.database, actor, settings, order, progress, processes, folder)


@verb("packs.keep_all")
def keep(session: Session, pack: ManagementSystemPack, made: Made) -> ManagementSystemPack:
    """Record the finished bag with its hashes, and the checkpoint it carries among those of the trail."""
    pack.filename, pack.sha256, pack.size = made.path.name, made.sha256, made.size
    pack.pack_hash, pack.snapshot_hash, pack.as_of = made.pack_hash, made.snapshot_hash, made.as_of
    pack.systems, pack.drawn, pack.pages = made.systems, made.drawn, made.pages
    pack.gaps, pack.unreadable = made.gaps, made.unreadable
    pack.trail_size, pack.trail_root = made.checkpoint.tree_size, made.checkpoint.root_hash
    checkpoints.keep(session, made.checkpoint.text, made.checkpoint_key, clock.now())
    pack.state = PackState.SEALED
    return pack
