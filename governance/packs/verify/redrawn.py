"""Whether the pages of a pack say what its records say: they are drawn again from the records, and compared byte by byte."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pikepdf

from governance.packs.content.audit import AuditFile
from governance.packs.draw import rendering
from governance.packs.draw.audit import render_audit_in_process
from governance.packs.draw.system import render_in_process
from governance.packs.seal.attach import REGISTRY, Attachment
from governance.packs.verify.bag import is_bag
from governance.packs.verify.pdf import Verification
from governance.packs.verify.results import CheckResult, FailedCheckError, OpenCheckError, result
from governance.packs.verify.signature import check_seal
from governance.packs.verify.standalone_verify import Pack

PAGES: Final = "pages"
# Without a picture of its own (AP) it shows nothing.
_FIELD: Final = {"/F", "/FT", "/P", "/Rect", "/Subtype", "/T", "/Type", "/V"}


@dataclass(frozen=True, slots=True)
class _Compared:
    """A PDF drawn again: whether it is the same up to the seal, and what drew it then and now."""

    name: str
    pages: int
    is_same: bool
    then: str
    now: str


def redrawn(path: Path) -> CheckResult:
    """Draw a pack again that verified; of a management system's, each part and the index.

    It passes if every byte before the seal is the same. If not, it fails if the same tools drew it, and is open otherwise.
    """
    return result(PAGES, lambda: _said(list(_bag(path) if is_bag(path) else _pdf(path))))


def _said(compared: list[_Compared]) -> str:
    others = [item for item in compared if not item.is_same]
    if not others:
        count, pages = len(compared), sum(item.pages for item in compared)
        what = "The PDF was" if count == 1 else f"{count} PDFs were"
        return (
            f"{what} drawn again from the records inside: {pages} pages, every byte is the same but the seal."
        )
    names = ", ".join(item.name for item in others)
    if any(item.then == item.now for item in others):
        raise FailedCheckError(
            f"{names}: drawn again from the records inside with the same tools, the pages are others."
        )
    raise OpenCheckError(
        f"{names}: drawn again from the records inside, the bytes are others. Then it was drawn with"
        f" {others[0].then or 'what it does not say'}; here with {others[0].now}."
    )


def _pdf(path: Path) -> Iterator[_Compared]:
    yield _system_or_audit(path.name, path.read_bytes())


def _bag(path: Path) -> Iterator[_Compared]:
    pack = Pack(path)
    with pack.file:
        pack.check_archive()
        pack.check_bag()
        for name in sorted(pack.names()):
            if name.startswith("data/systems/"):
                yield _system_or_audit(name, pack.read(name))
        name = "data/index.pdf"
        data = pack.read(name)
        seal = check_seal(data)
        index = rendering.draw_index(pack.read("data/registry.json"), seal.certificate_sha256, _patiently)
        same = _is_that_with_a_seal(index.pdf, data)
        yield _Compared(name, index.pages, same, seal.drawn_with, index.drawn_with)


def _system_or_audit(name: str, data: bytes) -> _Compared:
    verification = Verification(data, None, None)
    failed = [item.name for item in verification.run() if not item.passed]
    seal, snapshot = verification.seal, verification.snapshot
    opened, manifest = verification.opened, verification.manifest
    if failed or seal is None or snapshot is None or opened is None or manifest is None:
        raise FailedCheckError(f"{name} does not verify ({', '.join(failed)}), so it is not drawn again.")
    files = [
        Attachment(item.reference, data=opened.file(item.attachment))
        for item in snapshot.evidence
        if item.attachment
    ]
    function = render_audit_in_process if isinstance(snapshot, AuditFile) else render_in_process
    # As it stands there, without what a newer release adds to it.
    records, certificate = opened.file(REGISTRY), manifest.certificate_sha256
    drawn = rendering.draw(records, files, certificate, function=function, name=name)
    return _Compared(
        name, drawn.pages, _is_that_with_a_seal(drawn.pdf, data), seal.drawn_with, drawn.drawn_with
    )


def _is_that_with_a_seal(drawn: bytes, sealed: bytes) -> bool:
    """Whether the sealed file is the drawn one and an invisible seal: what is appended could put other pages in their place."""
    if not sealed.startswith(drawn):
        return False
    with pikepdf.open(io.BytesIO(drawn)) as before, pikepdf.open(io.BytesIO(sealed)) as after:
        first = after.pages[0].obj
        *others, field = first.Annots
        if field.objgen != after.Root.AcroForm.Fields[0].objgen or set(field.keys()) != _FIELD:
            return False
        if [int(number) for number in field.Rect] != [0, 0, 0, 0]:
            return False
        # What the seal adds to the catalogue and to the first page is taken away again.
        del after.Root["/AcroForm"], after.Root["/Extensions"], first["/Annots"]
        if others:
            first.Annots = pikepdf.Array(others)
        return all(_content(item) == _content(after.get_object(item.objgen)) for item in before.objects)


def _content(item: pikepdf.Object) -> tuple[bytes, bytes]:
    if isinstance(item, pikepdf.Stream):
        return item.stream_dict.unparse(resolved=True), item.read_raw_bytes()
    return item.unparse(resolved=True), b""


def _patiently() -> None:
    """Nobody is told how far it is."""
