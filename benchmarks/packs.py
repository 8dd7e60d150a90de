"""A system pack from database to sealed file, beside WeasyPrint alone on the same HTML in the same process."""

import tempfile
import time
from pathlib import Path

from weasyprint import HTML

from governance import demo, rooms
from governance.access import queries as people
from governance.core import records
from governance.core.database import Database
from governance.core.paths import templates_dir
from governance.core.settings import load
from governance.demo_people import PLAYERS
from governance.evidence.store import Store
from governance.packs import service
from governance.packs.collect import system as collect
from governance.packs.draw.source import drawn_alike
from governance.packs.draw.system import PackFetcher, page_source, render
from governance.packs.draw.typefaces import Typefaces
from governance.packs.schemas import RequestPack
from governance.packs.seal import seal
from governance.packs.seal.attach import embed
from governance.packs.seal.manifest import manifest, pack_hash
from governance.systems.models import AiSystem


def run() -> None:
    """Measure each step of the pack of SYS-0001 of the demonstration."""
    rooms.open_all()
    with tempfile.TemporaryDirectory() as folder:
        settings = load({"AIMS_DATA": folder, "AIMS_ORGANISATION": "Benchmark"})
        demo.load(settings, lambda _: None)
        database = Database(settings.database_url)
        with database.transaction(readonly=True) as session:
            person = people.by_email(session, PLAYERS[1].email)
            assert person is not None
            actor = people.actor_for(person)
        with database.transaction(actor, source="benchmark") as session:
            reference = service.request(
                session, records.get(session, AiSystem, "SYS-0001"), RequestPack(), enqueue=False
            ).reference
        start = time.perf_counter()
        snapshot = service.read(database, actor, reference, settings)
        collected = time.perf_counter() - start
        sealer = seal.load_or_make_key(Path(folder) / "keys", "Benchmark")
        files = collect.attachments(snapshot, Store(settings.evidence_dir))
        render(snapshot, files, certificate_sha256=sealer.certificate_sha256)
        start = time.perf_counter()
        drawn = render(snapshot, files, certificate_sha256=sealer.certificate_sha256)
        seal.seal(drawn.pdf, sealer)
        ours = collected + time.perf_counter() - start
        alone = _weasyprint_alone(snapshot, files, sealer.certificate_sha256)
        print(
            f"  collecting {collected:.2f} s; whole pack {ours:.2f} s, {drawn.pages} pages, {drawn.pages / ours:.1f} pages/s"
        )
        print(f"  WeasyPrint alone, same HTML, PDF/A-3a {alone:.2f} s; ours is {ours / alone:.2f} ×")


def _weasyprint_alone(snapshot: object, files: object, certificate: str) -> float:
    complete, embedded = embed(snapshot, files)  # type: ignore[arg-type]
    listed = manifest(complete, embedded, certificate_sha256=certificate)
    html = page_source(complete, pack_hash(listed), embedded, certificate)
    style = {"asset:pack.css": ((templates_dir() / "packs" / "pack.css").read_bytes(), "text/css")}
    start = time.perf_counter()
    HTML(string=drawn_alike(html), url_fetcher=PackFetcher(style), base_url="asset:").write_pdf(
        font_config=Typefaces(), pdf_variant="pdf/a-3a"
    )
    return time.perf_counter() - start
