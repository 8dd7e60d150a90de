"""One system on its way into a management-system pack: collected, its evidence looked at, its key known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.evidence.store import Store
from governance.packs.bag.cache import Kept
from governance.packs.bag.writer import LARGEST_FILE, pieces_of
from governance.packs.collect import system as collect
from governance.packs.content import parts
from governance.packs.content.aims import EvidenceLine, SystemLine
from governance.packs.content.assurance import EvidenceItem, TrailEventLine
from governance.packs.content.order import Order
from governance.packs.content.system_pack import Gap, SystemPack


@dataclass(frozen=True, slots=True)
class Part:
    """What the pack keeps of a part while others are collected; the part itself waits on disk if it must be drawn."""

    reference: str
    key: str
    name: str
    status: str
    stage: str
    tier: str
    owner: str
    draft: bool
    critical: int
    major: int
    minor: int

    @property
    def file(self) -> str:
        """Where its PDF stands in the bag."""
        return f"data/systems/{self.reference}.pdf"

    def line(self, kept: Kept) -> SystemLine:
        """What the index says of it, drawn as it is kept."""
        return SystemLine(
            reference=self.reference,
            name=self.name,
            status=self.status,
            stage=self.stage,
            tier=self.tier,
            owner=self.owner,
            draft=self.draft,
            critical=self.critical,
            major=self.major,
            minor=self.minor,
            file=self.file,
            file_sha256=kept.sha256,
            snapshot_sha256=kept.snapshot_sha256,
            pages=kept.pages,
            as_of=kept.as_of,
        )


class Evidence:
    """The evidence files of a pack: each is read once to see that it is the one that was registered."""

    def __init__(self, folder: Path) -> None:
        self._store = Store(folder)
        self.lines: dict[str, EvidenceLine] = {}
        self.gaps: list[Gap] = []

    def unreadable(self, items: tuple[EvidenceItem, ...]) -> dict[str, str]:
        """By reference, why the file of an item cannot be in the bag."""
        return {
            item.reference: missing for item in items if item.sha256 and (missing := self._line(item).missing)
        }

    def path(self, line: EvidenceLine) -> Path:
        """Where the file of a line is kept."""
        return self._store.folder / line.file_sha256[:2] / line.file_sha256

    def _line(self, item: EvidenceItem) -> EvidenceLine:
        found = self.lines.get(item.reference)
        if found is None:
            path = self._store.folder / item.sha256[:2] / item.sha256
            missing = _problem(path, item.sha256)
            file = "" if missing else parts.evidence_path(item)
            found = EvidenceLine(
                reference=item.reference,
                title=item.title,
                file=file,
                file_sha256=item.sha256,
                missing=missing,
            )
            self.lines[item.reference] = found
            if missing:
                self.gaps.append(parts.missing_file(item, missing))
        return found


def _problem(path: Path, sha256: str) -> str:
    """Why a stored file cannot go into a bag; empty if it can."""
    digest = hashlib.sha256()
    try:
        if path.stat().st_size > LARGEST_FILE:
            return "it is larger than a file in a pack may be; ask for it by its SHA-256"
        for piece in pieces_of(path):
            digest.update(piece)
    except OSError as error:
        return f"the file cannot be read ({error.strerror or type(error).__name__})"
    if digest.hexdigest() != sha256:
        return "the stored file is not the one that was registered: its SHA-256 differs"
    return ""


@dataclass(frozen=True, slots=True)
class Collected:
    """A part as collected, its short form, and its events with the proofs that the part itself leaves out."""

    part: Part
    snapshot: SystemPack
    events: tuple[TrailEventLine, ...]


def collected(
    session: Session,
    reference: str,
    actor: Actor,
    organisation: str,
    confidentiality: str,
    evidence: Evidence,
    certificate_sha256: str,
    names: dict[int, str],
) -> Collected:
    """Collect the part of a system in the transaction of its pack; `names` are people by id."""
    order = Order(reference=reference, system=reference, asked_by=actor.name, confidentiality=confidentiality)
    whole = collect.without_head(session, order, actor, organisation, names)
    snapshot = parts.part_of(whole, evidence.unreadable(whole.evidence))
    severities = [gap.severity for gap in snapshot.gaps]
    identity = snapshot.identity
    part = Part(
        reference=reference,
        key=parts.part_key(snapshot, certificate_sha256),
        name=identity.name,
        status=identity.status,
        stage=identity.stage,
        tier=snapshot.classification.tier if snapshot.classification else "",
        owner=identity.owner,
        draft=snapshot.meta.status == "draft",
        critical=severities.count("critical"),
        major=severities.count("major"),
        minor=severities.count("minor"),
    )
    return Collected(part, snapshot, whole.trail)
