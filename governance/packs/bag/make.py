"""Makes the pack of a management system: collect every part, draw what is not kept, seal, and stream it into a bag.

Memory does not grow with the number of systems but for a line about each: parts that must be drawn wait on disk, drawn
ones are in the cache, files pass in pieces. A killed process loses what it was collecting; what it drew is kept.
"""

from __future__ import annotations

import base64
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance import __version__
from governance.access import queries as people
from governance.access.actor import Actor
from governance.audits import queries as audit_reads
from governance.core import clock
from governance.core.canonical import canonical, instant, sha256_hex
from governance.core.database import Database
from governance.core.records import Record
from governance.core.settings import Settings
from governance.improvement import queries as finding_reads
from governance.packs.bag import writer as bag
from governance.packs.bag.cache import PartCache
from governance.packs.bag.oscal.files import OscalFiles
from governance.packs.bag.part import Evidence, Part, collected
from governance.packs.bag.tables import Tables
from governance.packs.collect import aims as collect_aims
from governance.packs.collect import assurance
from governance.packs.collect import trail as collect_trail
from governance.packs.content.aims import AimsPack
from governance.packs.content.assurance import Checkpoint, TrailEventLine
from governance.packs.content.blocks import RecordBlock
from governance.packs.content.system_pack import PackMeta
from governance.packs.content.tally import Tally
from governance.packs.draw import index_page, rendering
from governance.packs.draw import several as drawing
from governance.packs.moments import Source
from governance.packs.seal import seal
from governance.packs.seal.attach import checkpoint_text, trail_line
from governance.packs.seal.seal import Sealer
from governance.packs.seal.stamp import Stamper
from governance.packs.verify import standalone
from governance.packs.verify.standalone_verify import CHECKPOINT, CONSISTENCY, EVENTS, KEYS
from governance.systems import queries as systems
from governance.systems.models import AiSystem
from governance.trail import keys
from governance.trail.notes import Verifier

Progress = Callable[[int, int, str], None]

# Records of the management system itself whose events go with the pack.
_OWN_KINDS: Final = (
    "policy", "objective", "management_review", "statement_of_applicability", "suppression", "training_record",
    "audit_programme",
)  # fmt: skip
# Drawing a part takes about as long as collecting so many; for the progress bar.
_DRAWING: Final = 10
_SECONDS_BETWEEN_SIGNS: Final = 1.0
_README: Final = """This is a bag (BagIt 1.0, RFC 8493): an evidence pack of an AI management system. Begin with data/index.pdf;
data/index.html lists every AI system and every evidence file with a link to it.

To check it with nothing but Python 3.10 or newer:  python3 -I -S verify.py PACK.zip
With AIMS Registry installed anywhere:              aims verify PACK.zip

data/oscal has the same records for programs that read OSCAL 1.2 (NIST): component definition, assessment results
if an audit was reported, and plan of action and milestones if a finding is open.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BagOrder:
    """What a pack was asked for with: the systems list's words and filters, `selection` in words for readers."""

    reference: str
    words: str
    filters: Mapping[str, str]
    selection: str
    confidentiality: str
    purpose: str
    earlier: tuple[tuple[int, str], ...] = ()
    """Tree heads (size, root) of earlier packs, which this one's trail must go on from."""
    at: datetime | None = None
    """The moment that the database shows, if that is not the present."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A finished pack: where it is, and what the record keeps of it."""

    path: Path
    as_of: datetime
    sha256: str
    size: int
    pack_hash: str
    snapshot_hash: str
    systems: int
    drawn: int
    pages: int
    gaps: int
    unreadable: int
    checkpoint: Checkpoint
    checkpoint_key: Verifier


@dataclass
class _Gathered:
    """What collecting leaves behind."""

    as_of: datetime
    checkpoint: Checkpoint
    blocks: tuple[RecordBlock, ...] = ()
    parts: list[Part] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


def make(
    database: Database,
    actor: Actor,
    settings: Settings,
    order: BagOrder,
    progress: Progress = lambda *_: None,
    processes: int = 0,
    folder: Path | None = None,
) -> Made:
    """Make the pack and return where it is. `progress` is told how far it is; what it raises ends the work cleanly.

    Raises RendererDied, or OSError where the disk does not do what it should; asking again goes on with what is kept.
    """
    sealer = seal.load_or_make_key(settings.keys_dir, settings.organisation)
    cache = PartCache(settings.packs_dir / "cache")
    work = settings.packs_dir / "cache" / f"work-{order.reference}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        with OscalFiles(work, settings.organisation) as oscal:
            making = _Making(database, actor, settings, order, progress, sealer, cache, work, oscal)
            return making.run(processes, folder or settings.packs_dir)
    finally:
        shutil.rmtree(work, ignore_errors=True)


class _Making:
    """One run; the folder `work` is its own."""

    def __init__(
        self,
        database: Database,
        actor: Actor,
        settings: Settings,
        order: BagOrder,
        progress: Progress,
        sealer: Sealer,
        cache: PartCache,
        work: Path,
        oscal: OscalFiles,
    ) -> None:
        self.database, self.actor, self.settings, self.order = database, actor, settings, order
        self.sealer, self.cache, self.work, self.oscal = sealer, cache, work, oscal
        self.signer = keys.load_or_make(settings.keys_dir, settings.organisation)
        self.evidence = Evidence(settings.evidence_dir)
        self._progress, self._said, self._done, self._total = progress, 0.0, 0, 1

    def run(self, processes: int, folder: Path) -> Made:
        with Source(self.database, self.order.at).reading(self.actor) as session:
            gathered = self.gather(session)
        self.draw(gathered, processes)
        made = self.write(gathered, folder / f"{self.order.reference}_management-system.zip")
        self.cache.prune()
        return made

    def tell(self, message: str, done: int = 0, *, always: bool = False) -> None:
        self._done += done
        now = time.monotonic()
        if always or now - self._said >= _SECONDS_BETWEEN_SIGNS:
            self._said = now
            self._progress(self._done, self._total, message)

    def gather(self, session: Session) -> _Gathered:
        """Collect everything in one transaction: one moment, one tree head."""
        found = systems.filtered(session, self.order.words, self.order.filters)
        references = list(
            session.scalars(found.with_only_columns(AiSystem.reference).order_by(AiSystem.reference))
        )
        names = people.names(session)
        self._total = len(references) * (1 + _DRAWING) + _DRAWING
        now = clock.now()
        bare = collect_trail.checkpoint(session, self.settings.organisation, now, self.order.earlier)
        signed = collect_trail.signed(bare, self.signer)
        self.trail_files(signed)
        # The proofs of earlier heads stand in a file of their own.
        head = replace(signed, earlier=())
        gathered = _Gathered(now, head)
        seen = bytearray(head.tree_size + 1)
        with Tables(self.work) as tables, (self.work / "events.jsonl").open("wb") as events:
            proven = collect_trail.events(session, own_records(session), names)
            events.writelines(_lines(proven, seen))
            for number, reference in enumerate(references, 1):
                self.tell(f"Collecting {reference}, {number} of {len(references)}", 1)
                item = collected(
                    session,
                    reference,
                    self.actor,
                    self.settings.organisation,
                    self.order.confidentiality,
                    self.evidence,
                    self.sealer.certificate_sha256,
                    names,
                )
                gathered.parts.append(item.part)
                gathered.tally.add(item.snapshot)
                tables.add(item.snapshot)
                self.oscal.add(item.snapshot)
                events.writelines(_lines(item.events, seen))
                if self.cache.find(item.part.key) is None:
                    (self.work / f"{reference}.json").write_bytes(item.snapshot.to_json())
                    gathered.missing.append(reference)
                # What was read for this system is not needed for the next.
                session.expunge_all()
            audits, findings = assurance.of_the_whole(session, names)
            tables.add_assurance("", audits, findings)
        gathered.blocks = (
            *collect_aims.blocks(
                session, self.settings.organisation, self.order.selection, len(gathered.parts)
            ),
            *gathered.tally.blocks(len(gathered.parts)),
        )
        self.oscal.add_whole(now.date(), gathered.blocks, audits, findings)
        return gathered

    def trail_files(self, head: Checkpoint) -> None:
        """Tree head, the key that signed it, and the proofs that earlier heads are its beginning."""
        (self.work / "checkpoint.txt").write_text(checkpoint_text(head), encoding="utf-8")
        (self.work / "consistency.json").write_bytes(canonical(head.earlier))
        (self.work / "keys.txt").write_text("".join(f"{key}\n" for key in head.keys), encoding="utf-8")

    def draw(self, gathered: _Gathered, processes: int) -> None:
        """Draw and seal the parts that are not kept."""
        count = len(gathered.missing)
        by_reference = {part.reference: part for part in gathered.parts}
        self.tell("Drawing", (len(gathered.parts) - count) * _DRAWING, always=True)
        drawn = 0

        def waiting() -> None:
            # Also keeps the claim, so that no second worker takes the job.
            self.tell(f"Drawing systems, {drawn} of {count} that are new or changed")

        for reference, pages in drawing.draw_each(
            self.waiting_parts(gathered.missing), self.sealer.certificate_sha256, waiting, processes
        ):
            snapshot = self.work / f"{reference}.json"
            self.cache.keep(
                by_reference[reference].key,
                seal.seal(pages.pdf, self.sealer, drawn_with=pages.drawn_with),
                as_of=instant(gathered.as_of),
                pack_hash=pages.pack_hash,
                snapshot_sha256=pages.snapshot_sha256,
                pages=pages.pages,
            )
            snapshot.unlink()
            drawn += 1
            self.tell(f"Drawing systems, {drawn} of {count} that are new or changed", _DRAWING)

    def waiting_parts(self, references: list[str]) -> Iterator[tuple[str, bytes]]:
        return ((reference, (self.work / f"{reference}.json").read_bytes()) for reference in references)

    def write(self, gathered: _Gathered, target: Path) -> Made:
        """Stream everything into the bag."""
        with bag.written_whole(target) as file:
            writing = bag.Bag(file, self.order.reference)
            for line in self.evidence.lines.values():
                if line.file:
                    self.tell(f"Packing {line.reference}")
                    if writing.add(line.file, bag.pieces_of(self.evidence.path(line))) != line.file_sha256:
                        raise OSError(f"The file of {line.reference} changed while it was packed.")
            pack = self.pack(gathered, writing)
            for path in sorted(self.work.glob("*.csv")):
                writing.add(f"data/tables/{path.name}", bag.pieces_of(path))
            for name in (EVENTS, CHECKPOINT, CONSISTENCY, KEYS):
                writing.add(name, bag.pieces_of(self.work / name.rpartition("/")[2]))
            for name, pieces in self.oscal.files(pack.meta):
                writing.add(name, pieces)
            records = pack.to_json()
            writing.add("data/registry.json", [records])
            writing.add(index_page.NAME, [index_page.index_page(pack)])
            self.tell("Drawing the index", always=True)
            index = rendering.draw_index(
                records, self.sealer.certificate_sha256, lambda: self.tell("Drawing the index")
            )
            sealed = seal.seal(index.pdf, self.sealer, self.stamper(), drawn_with=index.drawn_with)
            writing.add("data/index.pdf", [sealed])
            pack_hash = writing.close(self.info(pack), {"README.txt": _README.encode()}, self.sealer)
            size = file.tell()
        digest = _sha256(target)
        lines = pack.systems
        return Made(
            path=target,
            as_of=gathered.as_of,
            sha256=digest,
            size=size,
            pack_hash=pack_hash,
            snapshot_hash=sha256_hex(records),
            systems=len(lines),
            drawn=len(gathered.missing),
            pages=index.pages + sum(line.pages for line in lines),
            gaps=sum(line.critical + line.major + line.minor for line in lines),
            unreadable=len(self.evidence.gaps),
            checkpoint=gathered.checkpoint,
            checkpoint_key=self.signer.verifier,
        )

    def pack(self, gathered: _Gathered, writing: bag.Bag) -> AimsPack:
        """The records of the index, while the parts go into the bag."""
        lines = []
        for part in gathered.parts:
            self.tell(f"Packing {part.reference}")
            kept = self.cache.find(part.key)
            if kept is None:
                raise OSError(
                    f"The part of {part.reference} was damaged on disk; asking again draws it anew."
                )
            writing.add(part.file, bag.pieces_of(self.cache.path(part.key)))
            lines.append(part.line(kept))
        draft = bool(self.evidence.gaps) or any(line.draft for line in lines)
        return AimsPack(
            meta=PackMeta(
                reference=self.order.reference,
                organisation=self.settings.organisation,
                as_of=gathered.as_of,
                generated_by=self.actor.name,
                software_version=__version__,
                status="draft" if draft else "final",
                confidentiality=self.order.confidentiality.capitalize(),
                purpose=self.order.purpose,
            ),
            selection=self.order.selection,
            blocks=gathered.blocks,
            systems=tuple(lines),
            evidence=tuple(self.evidence.lines.values()),
            unreadable=tuple(self.evidence.gaps),
            gaps=gathered.tally.gaps(),
            checkpoint=gathered.checkpoint,
        )

    def stamper(self) -> Stamper | None:
        """The index alone is stamped: it prints the hash of the records, which name the hash of every part and file.

        Parts are kept for months and would each need the authority; a stamp of their own would say nothing more.
        """
        url = self.settings.tsa_url
        return Stamper(url, lambda: self.tell("Asking for a time stamp", always=True)) if url else None

    def info(self, pack: AimsPack) -> dict[str, str]:
        """The labels of bag-info.txt (RFC 8493, 2.2.2)."""
        return {
            "Source-Organization": self.settings.organisation,
            "Bagging-Date": pack.meta.as_of.date().isoformat(),
            "External-Identifier": self.order.reference,
            "External-Description": f"Evidence pack of the AI management system: {self.order.selection}",
            "Bag-Software-Agent": f"AIMS Registry {__version__}",
            "Trail-Size": str(pack.checkpoint.tree_size),
            "Trail-Root": base64.b64encode(bytes.fromhex(pack.checkpoint.root_hash)).decode(),
            "Verifier-SHA-256": sha256_hex(standalone.source()),
        }


def own_records(session: Session) -> set[int]:
    """Ids of what is about the management system itself: its documents, its audits, findings on it and their actions."""
    own = set(session.scalars(select(Record.id).where(Record.kind.in_(_OWN_KINDS))))
    own |= {audit.id for audit in audit_reads.of_the_whole(session)}
    for finding in finding_reads.on_the_whole(session):
        own |= {finding.id, *(action.id for action in finding.actions)}
    return own


def _lines(events: tuple[TrailEventLine, ...], seen: bytearray) -> Iterator[bytes]:
    """The events that no earlier record brought along."""
    for event in events:
        if not seen[event.index]:
            seen[event.index] = 1
            yield trail_line(event) + b"\n"


def _sha256(path: Path) -> str:
    import hashlib

    digest = hashlib.sha256()
    for piece in bag.pieces_of(path):
        digest.update(piece)
    return digest.hexdigest()
