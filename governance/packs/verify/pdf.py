"""Check a pack offline, without the registry: seal, manifest, every file, records, and the trail's proofs.

Whoever trusts nobody reads this file. It needs the PDF alone, no database and no network; what each line
proves and what it does not is written in docs/verifying.md.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import BaseModel, ConfigDict, Field

from governance.core.canonical import canonical, sha256_hex
from governance.core.errors import Refused
from governance.packs.content.audit import AuditFile, pack_from_json
from governance.packs.content.audit_gaps import is_as_drawn
from governance.packs.content.system_pack import SystemPack
from governance.packs.seal.attach import CHECKPOINT, MANIFEST, REGISTRY, TRAIL, trail_line
from governance.packs.seal.manifest import SCHEMA
from governance.packs.verify.reading import lost_in_reading
from governance.packs.verify.results import CheckResult, FailedCheckError, KnownHead, result
from governance.packs.verify.signature import Seal, check_seal
from governance.packs.verify.together import Proven, Statement, proven
from governance.packs.verify.trail import check_checkpoint, check_trail, earlier_heads
from governance.trail.notes import Verifier

SHOWN: Final = "pack hash sha256:"


class _Listed(BaseModel):
    """An entry of the manifest."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: str
    reference: str
    relationship: str
    media_type: str
    size: int
    sha256: str


class _Head(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    tree_size: int
    root_hash: str


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    reference: str
    organisation: str
    subject: str
    as_of: str
    status: str


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    schema_name: str = Field(alias="schema")
    pack: _Parameters
    snapshot_sha256: str
    certificate_sha256: str
    trail: _Head | None
    files: list[_Listed]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A pack taken apart; the files are a tuple of pairs, so that a name given twice shows."""

    files: tuple[tuple[str, bytes], ...]
    keywords: str

    def file(self, name: str) -> bytes:
        found = [data for other, data in self.files if other == name]
        if len(found) != 1:
            raise FailedCheckError(f"{name} is embedded {len(found)} times; it must be there once.")
        return found[0]


def verify(
    path: Path,
    *,
    trusted_certificate: bytes | None = None,
    checkpoint: KnownHead | None = None,
    checkpoint_keys: tuple[Verifier, ...] = (),
) -> list[CheckResult]:
    """Check a sealed pack; one result per check, in the order in which a reader wants them.

    `trusted_certificate` is the certificate that the organisation published (PEM or DER), `checkpoint` a tree
    head known from elsewhere, `checkpoint_keys` those that the organisation and its witnesses published for checkpoints.
    What rests on an unreadable part is left out: that part has failed already.
    Raises OSError when the file cannot be read at all.
    """
    return Verification(path.read_bytes(), trusted_certificate, checkpoint, checkpoint_keys).run()


def checkpoint_of(path: Path) -> tuple[int, str]:
    """Tree size and root (hexadecimal) of the trail at the time of a pack. Raises Refused if it carries none.

    Only the pack's own consistency is asked for here, not its seal: use `verify` for that.
    """
    verification = Verification(path.read_bytes(), None, None)
    failed = [item for item in verification.run() if not item.passed]
    if failed:
        raise Refused(f"{path.name} does not verify: {failed[0].name}: {failed[0].detail}")
    head = verification.snapshot.checkpoint if verification.snapshot else None
    if head is None:
        raise Refused(f"{path.name} carries no tree head of the trail.")
    return head.tree_size, head.root_hash


class Verification:
    """One run over one PDF (its bytes); each check fills in what the later ones rest on."""

    def __init__(
        self, data: bytes, trusted: bytes | None, known: KnownHead | None, keys: tuple[Verifier, ...] = ()
    ) -> None:
        self.data, self.trusted, self.known, self.keys = data, trusted, known, keys
        self.opened: _Opened | None = None
        self.seal: Seal | None = None
        self.manifest: _Manifest | None = None
        self.snapshot: SystemPack | AuditFile | None = None

    def run(self) -> list[CheckResult]:
        """Every check; what rests on an unreadable part is left out."""
        return [result(name, check) for name, check in self.checks()]

    def checks(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """The checks in order; a generator, because later ones depend on what earlier ones found."""
        yield "document", self.check_document
        yield "signature", self.check_signature
        if (seal := self.seal) is not None:
            yield "time stamp", lambda: stamp_said(seal)
        if (opened := self.opened) is None:
            return
        yield "manifest", lambda: self.check_manifest(opened)
        yield "certificate", self.check_certificate
        if (manifest := self.manifest) is None:
            return
        yield "attachments", lambda: _check_complete(opened, manifest)
        for entry in manifest.files:
            yield f"file {entry.name}", partial(_check_file, opened, entry)
        yield REGISTRY, lambda: self.check_registry(opened, manifest)
        if (snapshot := self.snapshot) is None:
            return
        if isinstance(snapshot, AuditFile):
            yield "samples", lambda: _check_samples(snapshot)
        yield TRAIL, lambda: check_trail(opened.file(TRAIL) if snapshot.trail else b"", snapshot)
        yield CHECKPOINT, lambda: self.check_checkpoint(opened, manifest, snapshot)

    def statement(self) -> Statement | None:
        """What the pack says of the trail, after a run in which nothing failed; None if it carries no tree head."""
        snapshot, seal = self.snapshot, self.seal
        if snapshot is None or seal is None or (head := snapshot.checkpoint) is None:
            return None

        def events() -> Iterator[Proven]:
            return (
                proven(json.loads(trail_line(event))) for event in snapshot.trail if event.inclusion_proof
            )

        return Statement(
            name=snapshot.meta.reference,
            made_at=head.made_at or snapshot.meta.as_of,
            head=head,
            earlier=earlier_heads(head),
            certificate_sha256=seal.certificate_sha256,
            events=events,
        )

    def check_document(self) -> str:
        """A readable, unencrypted PDF that says it is PDF/A-3a."""
        with pikepdf.open(io.BytesIO(self.data), attempt_recovery=False) as pdf:
            if pdf.is_encrypted:
                raise FailedCheckError("The file is encrypted; a pack never is.")
            files = tuple(_embedded(pdf))
            with pdf.open_metadata() as xmp:
                conformance = f"{xmp.get('pdfaid:part', '')}{xmp.get('pdfaid:conformance', '')}"
            self.opened = _Opened(files, str(pdf.docinfo.get("/Keywords", "")))
            if conformance != "3A":
                raise FailedCheckError("The file does not call itself PDF/A-3a.")
            return f"PDF/A-3a with {len(pdf.pages)} pages and {len(files)} embedded files."

    def check_signature(self) -> str:
        """One seal over every byte."""
        self.seal = check_seal(self.data)
        said = f"Covers all {self.seal.signed_length} bytes and is intact. Signed by {self.seal.signer}."
        return f"{said} {drawn_said(self.seal)}".rstrip()

    def check_manifest(self, opened: _Opened) -> str:
        """Canonical, of a known schema, and the one whose hash is shown."""
        data = opened.file(MANIFEST)
        manifest = _Manifest.model_validate(_canonical(data, MANIFEST))
        if manifest.schema_name != SCHEMA:
            raise FailedCheckError(
                f"It has the schema {manifest.schema_name!r}; this program reads {SCHEMA!r}."
            )
        self.manifest = manifest
        digest = sha256_hex(data)
        if not opened.keywords.endswith(SHOWN + digest):
            raise FailedCheckError(
                f"The pack hash shown in the document is not that of its manifest, {digest}."
            )
        return f"Pack hash {digest}, as shown. Compare it with the cover and with any paper copy."

    def check_certificate(self) -> str:
        """The certificate that the pack was made for, and the one that the reader trusts."""
        if self.seal is None:
            raise FailedCheckError("There is no good signature whose certificate could be compared.")
        fingerprint = self.seal.certificate_sha256
        if self.manifest and self.manifest.certificate_sha256 not in ("", fingerprint):
            raise FailedCheckError(
                "The pack was made to be sealed with another certificate than the one used."
            )
        if self.trusted is None:
            return f"SHA-256 {fingerprint}. Not compared with a published certificate, for none was given."
        if certificate_sha256(self.trusted) != fingerprint:
            raise FailedCheckError(
                f"Sealed with the certificate {fingerprint}, not with the one that you trust."
            )
        return f"SHA-256 {fingerprint}, the one that you trust."

    def check_registry(self, opened: _Opened, manifest: _Manifest) -> str:
        """Canonical, readable without loss, in agreement with the manifest about what is embedded."""
        data = opened.file(REGISTRY)
        given = _canonical(data, REGISTRY)
        snapshot = pack_from_json(data)
        if place := lost_in_reading(given, json.loads(snapshot.to_json())):
            raise FailedCheckError(
                f"This release cannot read what it says at {place}: a later release wrote it, or no registry did."
            )
        if sha256_hex(data) != manifest.snapshot_sha256:
            raise FailedCheckError("It is not the snapshot that the manifest names.")
        self.snapshot = snapshot
        about = (snapshot.meta.reference, snapshot.identity.reference)
        if about != (manifest.pack.reference, manifest.pack.subject):
            raise FailedCheckError("It is about another pack or record than the manifest.")
        listed = {(entry.name, entry.sha256) for entry in manifest.files if entry.reference}
        indexed = {(item.attachment, item.sha256) for item in snapshot.evidence if item.attachment}
        if listed != indexed:
            raise FailedCheckError("Its evidence index and the manifest name different files.")
        return f"Canonical JSON of {snapshot.identity.reference}; {len(indexed)} evidence files as indexed."

    def check_checkpoint(self, opened: _Opened, manifest: _Manifest, snapshot: SystemPack | AuditFile) -> str:
        """The tree head, and that manifest and records name the same."""
        if (head := snapshot.checkpoint) is None:
            if self.known:
                raise FailedCheckError("The pack carries no tree head to compare with yours.")
            return "The pack carries no tree head."
        said = manifest.trail and (manifest.trail.tree_size, manifest.trail.root_hash)
        if said != (head.tree_size, head.root_hash):
            raise FailedCheckError("The manifest names another tree head.")
        return check_checkpoint(opened.file(CHECKPOINT), head, self.known, self.keys)


def _embedded(pdf: pikepdf.Pdf) -> Iterator[tuple[str, bytes]]:
    """Every embedded file, straight from the name tree, names given twice included."""
    names = pdf.Root.get("/Names")
    tree = names.get("/EmbeddedFiles") if names is not None else None
    if tree is None:
        return
    if "/Kids" in tree:
        raise FailedCheckError("The list of embedded files is not in the form that a pack has.")
    for number in range(1, len(tree.Names), 2):
        spec = tree.Names[number]
        yield str(spec.UF), spec.EF.F.read_bytes()


def drawn_said(seal: Seal) -> str:
    """What drew the pages, as far as the seal says, in a sentence."""
    return f"Drawn with {seal.drawn_with}." if seal.drawn_with else ""


def stamp_said(seal: Seal) -> str:
    """The time stamp of a good seal in a sentence."""
    if (stamp := seal.stamp) is None:
        return "None: that it was sealed when it says, only the registry's clock says."
    return (
        f"Sealed before {stamp.at:%Y-%m-%d %H:%M:%S} UTC, says {stamp.by} over the signature (RFC 3161). "
        f"Certificate SHA-256 {stamp.certificate_sha256}: compare it with the one that this authority publishes."
    )


def certificate_sha256(certificate: bytes) -> str:
    """SHA-256 of a certificate given as PEM or DER."""
    if certificate.lstrip().startswith(b"-----BEGIN"):
        certificate = x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    return sha256_hex(certificate)


def _check_complete(opened: _Opened, manifest: _Manifest) -> str:
    """Nothing listed is absent, nothing present is unlisted, no name stands twice."""
    expected = sorted([*(entry.name for entry in manifest.files), MANIFEST])
    present = sorted(name for name, _ in opened.files)
    if lost := sorted(set(expected) - set(present)):
        raise FailedCheckError(f"Listed in the manifest, but not embedded: {', '.join(lost)}.")
    if extra := sorted(set(present) - set(expected)):
        raise FailedCheckError(f"Embedded, but not listed in the manifest: {', '.join(extra)}.")
    if expected != present:
        raise FailedCheckError("A name stands twice among the embedded files.")
    return f"All {len(expected)} files are there, and no others."


def _check_file(opened: _Opened, entry: _Listed) -> str:
    data = opened.file(entry.name)
    if len(data) != entry.size:
        raise FailedCheckError(f"It has {len(data)} bytes; the manifest says {entry.size}.")
    if sha256_hex(data) != entry.sha256:
        raise FailedCheckError("Its SHA-256 is not the one in the manifest.")
    return f"{entry.size} bytes, SHA-256 {entry.sha256}."


def _check_samples(pack: AuditFile) -> str:
    """Drawing again from each kept population by its seed gives what was audited."""
    for sample in pack.samples:
        if not is_as_drawn(sample):
            raise FailedCheckError(f"Sample {sample.number} is not what its seed draws from its population.")
    return f"{len(pack.samples)} samples, drawn again with the same result."


def _canonical(data: bytes, name: str) -> object:
    """The value of JSON that is in its canonical form already."""
    content: object = json.loads(data)
    if canonical(content) != data:
        raise FailedCheckError(f"{name} is not in canonical form: the registry did not write it.")
    return content
