"""The PDF read back: conformity, what is inside, what is printed, and the same bytes from the same
snapshot.
"""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pikepdf
import pytest

from governance.packs.content.assurance import EvidenceItem
from governance.packs.content.system_pack import SystemPack, from_json
from governance.packs.content.system_sections import SECTIONS
from governance.packs.draw.present import Presenter
from governance.packs.draw.source import drawn_alike
from governance.packs.draw.system import (
    PackFetcher,
    RefusedFetchError,
    RenderedPack,
    render,
    render_in_process,
)
from governance.packs.seal.attach import Attachment
from tests.packs.sample import FILES, large_sample, sample


def words(pdf: bytes, tmp_path: Path) -> str:
    """The text of the pages, line breaks as single spaces."""
    path = tmp_path / "read.pdf"
    path.write_bytes(pdf)
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    return " ".join(text.split())


def bare(pack: SystemPack) -> SystemPack:
    """A system about which the registry knows next to nothing."""
    return SystemPack(
        meta=pack.meta,
        identity=replace(pack.identity, owner="", purpose="", affected_groups=(), external_ids=()),
        classification=None,
        data_use=replace(pack.data_use, categories=(), personal_data=None, provenance=""),
        oversight=replace(pack.oversight, mode="", description="", fallback="", appeal_route=""),
    )


def test_same_snapshot_same_bytes(rendered: RenderedPack, attachments: list[Attachment], sealer) -> None:
    again = render(sample(), attachments, certificate_sha256=sealer.certificate_sha256)
    assert again.pdf == rendered.pdf
    assert again.pack_hash == rendered.pack_hash


def test_pages_are_pdf_a_3a_before_and_after_sealing(
    rendered: RenderedPack, sealed: bytes, tmp_path: Path
) -> None:
    for number, data in enumerate((rendered.pdf, sealed)):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(data)
        checked = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        with pikepdf.open(path) as pdf:
            with pdf.open_metadata() as xmp:
                assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("3", "A")
                assert xmp["pdf:Producer"] == str(pdf.docinfo["/Producer"])
                assert xmp["pdf:Keywords"] == str(pdf.docinfo["/Keywords"])
            assert [str(intent.S) for intent in pdf.Root.OutputIntents] == ["/GTS_PDFA1"]
            assert pdf.pdf_version == "1.7"
            assert "/Version" not in pdf.Root
            assert bool(pdf.Root.MarkInfo.Marked)
            assert "/StructTreeRoot" in pdf.Root
            assert str(pdf.Root.Lang) == "en"
            # Every embedded file is associated with the document once (ISO 19005-3, 6.8).
            assert len(pdf.Root.AF) == len(pdf.attachments)


def test_pdfsig_accepts_the_seal(sealed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed)
    said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True).stdout
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said


def test_both_files_named_scan_pdf_are_embedded(rendered: RenderedPack, tmp_path: Path) -> None:
    path = tmp_path / "pack.pdf"
    path.write_bytes(rendered.pdf)
    with pikepdf.open(path) as pdf:
        found = {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}
        kinds = {name: str(spec.obj.AFRelationship) for name, spec in pdf.attachments.items()}
    assert found["EVD-0013 scan.pdf"] == FILES["EVD-0013"]
    assert found["EVD-0014 scan.pdf"] == FILES["EVD-0014"]
    assert kinds["EVD-0013 scan.pdf"] == "/Supplement"
    assert kinds["registry.json"] == kinds["manifest.json"] == "/Data"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (None, "not in the evidence store"),
        (Attachment("EVD-0012", path=Path("/nowhere/scan.csv")), "No such file"),
        (Attachment("EVD-0012", data=b"something else"), "not the one that was registered"),
    ],
)
def test_an_unreadable_file_is_a_gap_and_not_the_end(
    source: Attachment | None, reason: str, attachments: list[Attachment], tmp_path: Path
) -> None:
    others = [item for item in attachments if item.reference != "EVD-0012"]
    done = render(sample(), [*others, source] if source else others)
    lost = dict(done.not_embedded)
    assert reason in lost["EVD-0012"]
    path = tmp_path / "pack.pdf"
    path.write_bytes(done.pdf)
    with pikepdf.open(path) as pdf:
        assert "EVD-0012 scan.csv" not in pdf.attachments
        registry = from_json(pdf.attachments["registry.json"].get_file().read_bytes())
    assert any(gap.where == "EVD-0012" and reason in gap.title for gap in registry.gaps)
    # Where the line breaks after that depends on the fonts of the machine.
    assert "EVD-0012 (Results by group) could not" in words(done.pdf, tmp_path)


def test_pages_and_registry_json_say_the_same(rendered: RenderedPack, tmp_path: Path) -> None:
    path = tmp_path / "pack.pdf"
    path.write_bytes(rendered.pdf)
    with pikepdf.open(path) as pdf:
        pack = from_json(pdf.attachments["registry.json"].get_file().read_bytes())
    text = words(rendered.pdf, tmp_path).replace(" ", "")
    said = [pack.identity.name, pack.identity.owner, pack.oversight.fallback, pack.data_use.provenance]
    said += [gap.title for gap in pack.gaps] + [check.statement for check in pack.red_lines]
    for assessment in pack.assessments:
        for risk in assessment.risks:
            said += [risk.reference, risk.title, risk.event, risk.consequence]
            said += [treatment.action for treatment in risk.treatments]
    said += [item.sha256[:16] for item in pack.evidence if item.attachment]
    said += [event.leaf_hash[:12] for event in pack.trail] + [entry.reference for entry in pack.sign_offs]
    # Columns lie side by side in the text of a page, so every word is looked for by itself.
    missing = {word for phrase in said for word in phrase.split() if word not in text}
    assert missing == set()


def test_an_empty_registry_still_fills_every_section(tmp_path: Path) -> None:
    text = words(render(bare(sample())).pdf, tmp_path)
    for section in SECTIONS:
        assert f"{section.number} {section.title}" in text
    assert text.count("recorded as of 2026-11-20 12:00 UTC.") >= 12
    for phrase in ("No risk assessment recorded", "No consultation recorded", "No evidence recorded"):
        assert phrase in text
    assert "This registry does not yet keep" in text


def test_bookmarks_lead_to_every_section(rendered: RenderedPack, tmp_path: Path) -> None:
    path = tmp_path / "pack.pdf"
    path.write_bytes(rendered.pdf)
    with pikepdf.open(path) as pdf, pdf.open_outline() as outline:
        titles = [item.title for item in outline.root]
    assert [f"{section.number} {section.title}" for section in SECTIONS] == titles[3:]


def test_what_users_type_is_text(attachments: list[Attachment], tmp_path: Path) -> None:
    pack = sample()
    nasty = '<script>alert(1)</script><img src="file:///etc/passwd"> {{ meta }} safe\u202egnp.exe\u200b'
    hostile = replace(
        pack,
        identity=replace(pack.identity, name=nasty, owner=nasty, purpose=nasty),
        meta=replace(pack.meta, organisation=nasty),
    )
    text = words(render(hostile, attachments).pdf, tmp_path)
    assert "<script>alert(1)</script>" in text
    assert "{{ meta }}" in text
    assert "[U+202E]" in text
    assert "\u202e" not in text
    assert "root:" not in text


def test_the_fetcher_serves_nothing_but_parts_of_the_pack(caplog: pytest.LogCaptureFixture) -> None:
    fetcher = PackFetcher({"asset:pack.css": (b"body {}", "text/css")})
    assert fetcher.fetch("asset:pack.css").read() == b"body {}"
    with caplog.at_level(logging.WARNING):
        for address in (
            "file:///etc/passwd",
            "http://127.0.0.1/",
            "https://example.org/a",
            "asset:other",
            "data:,x",
        ):
            with pytest.raises(RefusedFetchError):
                fetcher.fetch(address)
    assert len(caplog.records) == 5


def test_a_process_without_database_or_web_draws_the_same(
    rendered: RenderedPack, attachments: list[Attachment], sealer
) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        job = pool.submit(render_in_process, sample().to_json(), attachments, sealer.certificate_sha256)
        assert job.result(timeout=60).pdf == rendered.pdf


def test_the_renderer_imports_neither_database_nor_web() -> None:
    code = (
        "import sys, governance.packs.draw.system, governance.packs.verify.pdf;"
        "print([name for name in ('sqlalchemy', 'flask', 'governance.core.settings') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


def test_only_the_locked_fonts_are_drawn_with(rendered: RenderedPack) -> None:
    with pikepdf.open(io.BytesIO(rendered.pdf)) as pdf:
        found = {
            str(item.FontName).partition("+")[2]
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor"
        }
    # Text, its bold and its slanted letters, hashes; the labels of the figures are text, too.
    assert found == {"Pack-Sans", "Pack-Sans-Bold", "Pack-Sans-Italic", "Pack-Mono"}


def test_lines_break_where_a_pango_of_any_age_breaks_them() -> None:
    assert Presenter(()).show("8.4, A.6.2.4.") == '8.4, <span class="ref">A.6.2.4</span>.'
    assert Presenter(()).show("A.5 & 1.2, <b>.3") == '<span class="ref">A.5</span> &amp; 1.2, &lt;b&gt;.3'
    assert Presenter(()).show("v.2-x rc.1-") == '<span class="ref">v.2-x</span> rc.1-', "a whole word or none"
    said = (
        '<td> <b>RSK-0001</b> early warning, <span class="state">open</span>\n <a href="#x">x</a> <br></td>'
    )
    assert drawn_alike(said) == (
        '<td> <b>RSK-0001</b> early warning,<span> </span><span class="state">open</span>\n <a href="#x">x</a> <br></td>'
    )


def test_hidden_characters_are_made_visible() -> None:
    shown = str(Presenter(()).show("pay\u202e 001 \u2066x\u2069 zero\u200bwidth <b>"))
    assert shown == "pay[U+202E] 001 [U+2066]x[U+2069] zero[U+200B]width &lt;b&gt;"


def test_only_records_printed_in_the_pack_become_links() -> None:
    shown = str(Presenter({"RSK-0011"}).show("RSK-0011 led to RSK-0099"))
    assert shown == '<a href="#RSK-0011">RSK-0011</a> led to RSK-0099'


def test_the_manifest_lists_what_is_embedded(rendered: RenderedPack, tmp_path: Path) -> None:
    path = tmp_path / "pack.pdf"
    path.write_bytes(rendered.pdf)
    with pikepdf.open(path) as pdf:
        listing = json.loads(pdf.attachments["manifest.json"].get_file().read_bytes())
        present = set(pdf.attachments)
    assert {entry["name"] for entry in listing["files"]} | {"manifest.json"} == present
    assert listing["snapshot_sha256"] == rendered.snapshot_sha256


def test_a_link_is_listed_as_not_embedded() -> None:
    pack = sample()
    link = EvidenceItem(reference="EVD-0100", title="Model card", kind="link", state="approved")
    done = render(replace(bare(pack), evidence=(link,)))
    assert done.not_embedded == ()


@pytest.mark.slow
def test_a_pack_with_too_much_of_everything_is_drawn(attachments: list[Attachment], tmp_path: Path) -> None:
    done = render(large_sample(), attachments)
    assert done.pages > 40
    text = words(done.pdf, tmp_path)
    assert "RSK-0159" in text
    assert "בדיקה" in text
    path = tmp_path / "large.pdf"
    path.write_bytes(done.pdf)
    shown = subprocess.run(
        ["pdftotext", "-bbox", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    # A4 is 595 points wide; the margins are 51: nothing may stand outside them, however long its words.
    right_edges = [float(edge) for edge in re.findall(r'xMax="([0-9.]+)"', shown)]
    assert max(right_edges) <= 595.3 - 51 + 2
