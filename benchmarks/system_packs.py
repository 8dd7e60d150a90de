"""The pack of a management system: cold, warm, after one change, by one process and by two, and its memory as systems grow."""

import multiprocessing
import resource
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from sqlalchemy import select

from benchmarks.population import fill
from governance import rooms
from governance.access import queries as people
from governance.access.actor import INSTALLER, Actor
from governance.core.database import Database
from governance.core.settings import Settings, load
from governance.packs.bag import make as bag_make
from governance.packs.bag.cache import PartCache
from governance.packs.bag.make import BagOrder, Made
from governance.packs.bag.part import Evidence, collected
from governance.packs.content import parts
from governance.packs.draw import rendering
from governance.packs.draw.system import render
from governance.packs.seal import seal
from governance.packs.verify.standalone_verify import Pack, verify
from governance.systems.models import AiSystem, Status
from governance.trail import schema

_DRAWN = 60
_FEW, _MANY = 100, 1000


def run() -> None:
    """Measure on registries of generated systems, which have a register entry and nothing more."""
    rooms.open_all()
    with tempfile.TemporaryDirectory() as folder:
        _times(Path(folder))
        _one_part(Path(folder))
    few, many = _memory(_FEW), _memory(_MANY)
    print(
        f"  memory with {_FEW} and {_MANY} systems: worker {few[0]} and {many[0]} MB ({many[0] / few[0]:.2f} ×), "
        f"renderer {few[1]} and {many[1]} MB ({many[1] / few[1]:.2f} ×)"
    )


def _registry(folder: Path, systems: int) -> tuple[Settings, Database]:
    settings = load({"AIMS_DATA": str(folder), "AIMS_ORGANISATION": "Benchmark"})
    database = Database(settings.database_url)
    schema.upgrade(database)
    fill(database, systems)
    return settings, database


def _pack(settings: Settings, database: Database, processes: int = 0) -> tuple[float, Made]:
    order = BagOrder(
        reference="MSP-0001",
        words="",
        filters={},
        selection="all systems",
        confidentiality="internal",
        purpose="",
    )
    start = time.perf_counter()
    made = bag_make.make(database, _actor(), settings, order, processes=processes)
    return time.perf_counter() - start, made


def _actor() -> Actor:
    return Actor(None, "Benchmark", frozenset({"compliance_officer"}))


def _times(folder: Path) -> None:
    settings, database = _registry(folder, _DRAWN)
    # Starts the renderer that draws the index, which all runs below share.
    _pack(settings, database)
    cold = {}
    for processes in (1, 2):
        shutil.rmtree(settings.packs_dir / "cache")
        cold[processes] = _pack(settings, database, processes)[0]
    warm, made = _pack(settings, database)
    with database.transaction(INSTALLER, source="benchmark") as session:
        session.scalars(
            select(AiSystem).where(AiSystem.state == Status.ACTIVE).limit(1)
        ).one().description = "Changed"
    changed, once = _pack(settings, database)
    print(
        f"  {_DRAWN} systems, {made.pages} pages: cold {cold[1]:.1f} s by one process, {cold[2]:.1f} s by two "
        f"({cold[1] / cold[2]:.2f} ×); unchanged {warm:.1f} s, {once.drawn} changed {changed:.1f} s"
    )
    start = time.perf_counter()
    failed = [name for name, passed, _ in verify(Pack(made.path)) if not passed]
    print(
        f"  verify.py: {time.perf_counter() - start:.2f} s for {made.size / 1e6:.1f} MB, failed: {failed or 'none'}"
    )
    rendering.close()
    database.dispose()


def _one_part(folder: Path) -> None:
    """Drawing and sealing a part, beside finding it in the cache."""
    settings = load({"AIMS_DATA": str(folder), "AIMS_ORGANISATION": "Benchmark"})
    database = Database(settings.database_url)
    sealer = seal.load_or_make_key(settings.keys_dir, "Benchmark")
    with database.transaction(_actor(), readonly=True) as session:
        reference = session.scalars(select(AiSystem.reference).limit(1)).one()
        found = collected(
            session,
            reference,
            _actor(),
            "Benchmark",
            "internal",
            Evidence(settings.evidence_dir),
            sealer.certificate_sha256,
            people.names(session),
        )
    start = time.perf_counter()
    seal.seal(render(found.snapshot, certificate_sha256=sealer.certificate_sha256).pdf, sealer)
    drawn = time.perf_counter() - start
    cache = PartCache(settings.packs_dir / "cache")
    start = time.perf_counter()
    assert cache.find(parts.part_key(found.snapshot, sealer.certificate_sha256))
    kept = time.perf_counter() - start
    print(
        f"  a part: drawn and sealed {drawn * 1000:.0f} ms, found {kept * 1000:.1f} ms ({drawn / kept:.0f} ×)"
    )
    database.dispose()


def _memory(systems: int) -> tuple[int, int]:
    """Largest resident memory of a worker that packs so many systems from the cache, and of its renderer, in megabytes."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_packed, systems).result()


def _packed(systems: int) -> tuple[int, int]:
    rooms.open_all()
    with tempfile.TemporaryDirectory() as folder:
        settings, database = _registry(Path(folder), systems)
        sealer = seal.load_or_make_key(settings.keys_dir, "Benchmark")
        cache, evidence = PartCache(settings.packs_dir / "cache"), Evidence(settings.evidence_dir)
        with database.transaction(_actor(), readonly=True) as session:
            for reference in session.scalars(select(AiSystem.reference)).all():
                found = collected(
                    session,
                    reference,
                    _actor(),
                    "Benchmark",
                    "internal",
                    evidence,
                    sealer.certificate_sha256,
                    {},
                )
                # Any bytes of the size of a part: here it is only carried.
                cache.keep(
                    found.part.key,
                    bytes(200_000),
                    as_of="2026-01-01T00:00:00Z",
                    pack_hash="",
                    snapshot_sha256="",
                    pages=1,
                )
                session.expunge_all()
        _, made = _pack(settings, database)
        assert made.drawn == 0, "everything came from the cache"
        rendering.close()
        for child in multiprocessing.active_children():
            child.join()
        database.dispose()
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    )
