"""What a stranger finds out about a pack that somebody touched."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyhanko.pdf_utils.generic import TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from governance.cli import main
from governance.core.errors import Refused
from governance.packs.content.parts import renderer_version
from governance.packs.content.tools import tools
from governance.packs.draw.system import RenderedPack, render
from governance.packs.seal.attach import Attachment
from governance.packs.seal.seal import Sealer, load_or_make_key, seal
from governance.packs.verify.pdf import checkpoint_of, verify
from governance.packs.verify.results import CheckResult, KnownHead
from governance.trail import notes
from tests.packs.sample import FILES, sample


def failures(path: Path, **more: object) -> dict[str, str]:
    results: list[CheckResult] = verify(path, **more)  # type: ignore[arg-type]
    return {result.name: result.detail for result in results if not result.passed}


def rewritten(path: Path, change: Callable[[pikepdf.Pdf], None], sealer: Sealer) -> Path:
    """The pack taken apart, changed and sealed again: what a forger with a key of the registry could do."""
    with pikepdf.open(path) as pdf:
        del pdf.Root["/AcroForm"]
        for page in pdf.pages:
            if "/Annots" in page:
                kept = [note for note in page.Annots if note.get("/Subtype") != "/Widget"]
                page.Annots = pdf.make_indirect(pikepdf.Array(kept))
        change(pdf)
        out = path.with_name("forged.pdf")
        pdf.save(out)
    out.write_bytes(seal(out.read_bytes(), sealer))
    return out


def leave(_pdf: pikepdf.Pdf) -> None:
    """Change nothing."""


def test_a_good_pack_passes_every_check(pack_file: Path, sealer: Sealer) -> None:
    results = verify(pack_file, trusted_certificate=sealer.certificate_der)
    assert [result.name for result in results if not result.passed] == []
    names = [result.name for result in results]
    assert names[:5] == ["document", "signature", "time stamp", "manifest", "certificate"]
    assert "file EVD-0013 scan.pdf" in names
    assert names[-3:] == ["registry.json", "trail.jsonl", "checkpoint.txt"]
    assert "14 of them are proven" in results[-2].detail


def test_the_seal_names_what_drew_the_pages_and_the_pages_do_not(
    pack_file: Path, rendered: RenderedPack, sealer: Sealer
) -> None:
    said = verify(pack_file)[1].detail
    assert f"Drawn with {'; '.join((f'renderer {renderer_version()[:16]}', *tools()))}." in said
    for name in (
        "weasyprint 70.",
        "Pango 1.",
        "HarfBuzz ",
        "GLib 2.",
        "fontconfig 2.",
        "FreeType 2.",
        "zlib 1.",
    ):
        assert f"; {name}" in f"; {said.partition('Drawn with ')[2]}"
    assert "unknown" not in said
    assert pack_file.read_bytes().startswith(rendered.pdf) and b"HarfBuzz" not in rendered.pdf


@pytest.mark.parametrize("told", ["", "x\u202ey" * 1000])
def test_packs_of_earlier_releases_name_no_tools_and_strangers_may_name_anything(
    told: str, pack_file: Path, rendered: RenderedPack, sealer: Sealer
) -> None:
    pack_file.write_bytes(seal(rendered.pdf, sealer, drawn_with=told))
    assert failures(pack_file) == {}
    said = verify(pack_file)[1].detail
    assert ("Drawn with x[U+202E]yx" in said) == bool(told) and "\u202e" not in said and len(said) < 2200


def test_one_flipped_byte_anywhere_is_caught(sealed: bytes, tmp_path: Path) -> None:
    hole = sealed.index(b"/Contents <") + len(b"/Contents <")
    end = sealed.index(b">", hole)
    where = {*range(12), *range(len(sealed) - 600, len(sealed), 23)}
    where |= {hole - 1, hole, hole + 1, end - 1, end, *range(hole, end, 157)}
    random.seed(42)
    where |= set(random.sample(range(len(sealed)), 60))
    path = tmp_path / "flipped.pdf"
    missed = []
    for number, position in enumerate(sorted(where)):
        changed = bytearray(sealed)
        # Among the masks is 0x20, which turns a capital hexadecimal digit into a small one.
        changed[position] ^= (0x01, 0x20, 0x80)[number % 3]
        path.write_bytes(changed)
        if not failures(path):
            missed.append(position)
    assert missed == []


@pytest.mark.parametrize("tail", [b"\n", b"%", b"\x00", b"\n%%EOF\n"])
def test_appended_bytes_are_caught(sealed: bytes, tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "longer.pdf"
    path.write_bytes(sealed + tail)
    assert "signature" in failures(path)


def test_a_truncated_file_is_caught(sealed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "shorter.pdf"
    path.write_bytes(sealed[:-1])
    assert "signature" in failures(path)


def test_an_unsigned_pack_is_not_accepted(rendered: RenderedPack, tmp_path: Path) -> None:
    path = tmp_path / "unsigned.pdf"
    path.write_bytes(rendered.pdf)
    assert "carries 0 signatures" in failures(path)["signature"]


def test_a_later_revision_is_caught(sealed: bytes, tmp_path: Path) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed))
    writer.root["/Lang"] = TextStringObject("de")
    writer.update_root()
    path = tmp_path / "revised.pdf"
    with path.open("wb") as file:
        writer.write(file)
    assert path.read_bytes().startswith(sealed)
    assert "does not cover the end" in failures(path)["signature"]


def test_a_pack_resealed_by_somebody_else_is_caught(pack_file: Path, sealer: Sealer, tmp_path: Path) -> None:
    other = load_or_make_key(tmp_path / "other", "St Brigid Hospital Group")
    forged = rewritten(pack_file, leave, other)
    assert list(failures(forged)) == ["certificate"]
    genuine = rewritten(pack_file, leave, sealer)
    assert failures(genuine, trusted_certificate=sealer.certificate_der) == {}
    found = failures(genuine, trusted_certificate=other.certificate_der)
    assert "not with the one that you trust" in found["certificate"]


def test_a_changed_evidence_file_is_named(pack_file: Path, sealer: Sealer) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        names = pdf.Root.Names.EmbeddedFiles.Names
        for number in range(0, len(names), 2):
            if str(names[number]) == "EVD-0012 scan.csv":
                names[number + 1].EF.F.write(FILES["EVD-0012"].replace(b"0.85", b"0.95"))

    assert list(failures(rewritten(pack_file, change, sealer))) == ["file EVD-0012 scan.csv"]


def test_a_missing_and_an_extra_file_are_named(pack_file: Path, sealer: Sealer) -> None:
    def remove(pdf: pikepdf.Pdf) -> None:
        del pdf.attachments["EVD-0012 scan.csv"]

    def add(pdf: pikepdf.Pdf) -> None:
        pdf.attachments["EVD-0099 praise.txt"] = b"All is well."

    lost = failures(rewritten(pack_file, remove, sealer))
    assert "EVD-0012 scan.csv" in lost["attachments"]
    assert "EVD-0099 praise.txt" in failures(rewritten(pack_file, add, sealer))["attachments"]


def test_a_changed_manifest_no_longer_fits_the_hash_shown(pack_file: Path, sealer: Sealer) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        names = pdf.Root.Names.EmbeddedFiles.Names
        for number in range(0, len(names), 2):
            if str(names[number]) == "manifest.json":
                stream = names[number + 1].EF.F
                stream.write(stream.read_bytes().replace(b'"draft"', b'"final"'))

    assert "pack hash shown" in failures(rewritten(pack_file, change, sealer))["manifest"]


def test_a_forged_event_does_not_reach_the_tree_head(
    sealer: Sealer, attachments: list[Attachment], tmp_path: Path
) -> None:
    pack = sample()
    event = pack.trail[3]
    assert event.leaf is not None
    path = tmp_path / "pack.pdf"
    other_text = replace(event, leaf=event.leaf.replace("Owen", "Olga"))
    other_place = replace(event, index=event.index + 1)
    for forged, message in ((other_text, "does not have the hash"), (other_place, "does not lead")):
        trail = (*pack.trail[:3], forged, *pack.trail[4:])
        pdf = render(
            replace(pack, trail=trail), attachments, certificate_sha256=sealer.certificate_sha256
        ).pdf
        path.write_bytes(seal(pdf, sealer))
        found = failures(path)
        assert list(found) == ["trail.jsonl"]
        assert f"Event {event.sequence} {message}" in found["trail.jsonl"]


def test_a_known_tree_head_is_compared(pack_file: Path) -> None:
    size, root = checkpoint_of(pack_file)
    assert failures(pack_file, checkpoint=KnownHead(size, root)) == {}
    assert "not the one behind" in failures(pack_file, checkpoint=KnownHead(size, "0" * 64))["checkpoint.txt"]
    assert "consistency proof" in failures(pack_file, checkpoint=KnownHead(size + 1, root))["checkpoint.txt"]
    key = notes.signer("somebody", Ed25519PrivateKey.generate()).verifier
    assert "is not signed" in failures(pack_file, checkpoint_keys=(key,))["checkpoint.txt"]


def test_the_tree_head_of_a_broken_pack_is_refused(sealed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(sealed.replace(b"%PDF-1.7", b"%PDF-1.6"))
    with pytest.raises(Refused, match="does not verify"):
        checkpoint_of(path)


def test_something_that_is_no_pdf_fails_in_words(tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(b"Dear auditor, all is well.")
    results = verify(path)
    assert [result.passed for result in results] == [False, False]


def test_a_name_in_a_certificate_cannot_pretend_to_be_another_line(pack_file: Path, tmp_path: Path) -> None:
    """A forger chooses it: with a line break in it, a check that nobody made would seem to hold."""
    forger = load_or_make_key(tmp_path, "X\n  ok    certificate: the one that you trust.\x1b[8m\u202e")
    forged = rewritten(pack_file, leave, forger)
    (said,) = [item.detail for item in verify(forged) if item.name == "signature"]
    assert "X[U+000A]  ok    certificate: the one that you trust.[U+001B][8m[U+202E]" in said
    ran = CliRunner().invoke(main, ["verify", str(forged)], color=True)
    assert ran.exit_code == 1 and "\x1b" not in ran.output
    assert [line for line in ran.output.splitlines() if line.startswith("  ok    certificate")] == []


def test_a_seal_that_does_not_hold_is_not_called_unreadable(sealed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "longer.pdf"
    path.write_bytes(sealed + b"%")
    assert failures(path)["signature"].startswith("The signature does not cover the end of the file")
