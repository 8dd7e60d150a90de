"""What people type and upload is text and bytes to the renderer: it fetches nothing, runs nothing, and always ends."""

from __future__ import annotations

import io
import logging
import re
import resource
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from governance.core.canonical import sha256_hex
from governance.core.hidden import visible
from governance.packs.content.aims import AimsPack, aims_from_json
from governance.packs.content.assurance import EvidenceItem
from governance.packs.content.audit import AuditFile, audit_from_json
from governance.packs.content.system_pack import SystemPack, from_json
from governance.packs.draw.aims import draw_index
from governance.packs.draw.audit import audit_source, render_audit
from governance.packs.draw.sheet import Sheet
from governance.packs.draw.sheet import draw as draw_sheet
from governance.packs.draw.system import page_source, render
from governance.packs.seal.attach import Attachment
from governance.packs.verify.confined import verify_confined
from tests.packs import shapes
from tests.packs.sample import CRITERIA
from tests.packs.shapes import DIGEST, HOSTILE

# What no person types: the registry counts, hashes and looks it up itself.
HASHES = ("root_hash", "leaf_hash", "content_sha256", "sha256", "population_sha256", "checklist_sha256")
ONE = {
    **dict.fromkeys(HASHES, "0" * 64),
    "inclusion_proof": ("0" * 64,),
    "section": 1,
    "RiskAssessment.criteria": CRITERIA,
    "RiskScore.likelihood": 1,
    "RiskScore.severity": 2,
    "Mark.before": (1, 2),
    "Mark.after": (2, 2),
}


def _one_to_five() -> st.SearchStrategy[int]:
    return st.integers(1, 5)


ANY: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(HASHES, DIGEST),
    "inclusion_proof": st.lists(DIGEST, max_size=2).map(tuple),
    "section": st.integers(1, 10),
    "RiskAssessment.criteria": st.sampled_from((None, CRITERIA)),
    "RiskScore.likelihood": _one_to_five(),
    "RiskScore.severity": _one_to_five(),
    "Mark.before": st.tuples(_one_to_five(), _one_to_five()),
    "Mark.after": st.none() | st.tuples(_one_to_five(), _one_to_five()),
}
# A drawing that hurts: no minimising, which would draw a hundred packs more before it says so.
FEW = settings(
    max_examples=2, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
MANY = settings(FEW, max_examples=40, derandomize=False, phases=[Phase.reuse, Phase.generate])

_RUNS = frozenset(
    f"/{name}"
    for name in (
        "JavaScript", "JS", "Launch", "URI", "GoToR", "GoToE", "SubmitForm", "ImportData", "RichMedia", "Rendition",
        "Movie", "Sound", "Hide", "Named", "AA", "OpenAction", "XFA", "ResetForm", "Thread", "Trans", "FileAttachment",
    )
)  # fmt: skip


def names_in(value: pikepdf.Object) -> set[str]:
    """Every key and every name in an object, streams' dictionaries included, not what it refers to."""
    found: set[str] = set()
    if isinstance(value, pikepdf.Name):
        return {str(value)}
    if isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
        for key, item in value.items():
            found.add(str(key))
            if not getattr(item, "is_indirect", False):
                found |= names_in(item)
    elif isinstance(value, pikepdf.Array):
        for item in value:
            if not getattr(item, "is_indirect", False):
                found |= names_in(item)
    return found


def is_harmless(pdf: bytes, attached: set[str]) -> None:
    """The file is well formed, its links lead into itself, nothing in it runs, and only what was meant is attached."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert opened.check_pdf_syntax() == []
        assert {str(spec.obj.UF) for spec in opened.attachments.values()} == attached
        names = set().union(*(names_in(item) for item in opened.objects))
        assert names & _RUNS == set()
        for page in opened.pages:
            for annotation in page.get("/Annots", ()):
                assert annotation.Subtype == "/Link"
                assert "/Dest" in annotation or annotation.A.S == "/GoTo"


def words(pdf: bytes, tmp_path: Path, *options: str) -> str:
    path = tmp_path / "hostile.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", *options, path, "-"], capture_output=True, text=True, check=True
    ).stdout


def system_pack(pack: SystemPack) -> bytes:
    assert from_json(pack.to_json()) == pack
    return render(pack).pdf


def audit_pack(pack: AuditFile) -> bytes:
    assert audit_from_json(pack.to_json()) == pack
    return render_audit(pack).pdf


def index(pack: AimsPack) -> bytes:
    assert aims_from_json(pack.to_json()) == pack
    return draw_index(pack.to_json(), "0" * 64).pdf


KINDS: dict[type[Any], Callable[[Any], bytes]] = {
    SystemPack: system_pack,
    AuditFile: audit_pack,
    AimsPack: index,
}


def _attached(pack: SystemPack | AuditFile | AimsPack) -> set[str]:
    if isinstance(pack, AimsPack):
        return set()
    trail = {"trail.jsonl"} if pack.trail else set()
    checkpoint = {"checkpoint.txt"} if pack.checkpoint else set()
    return {"registry.json", "manifest.json"} | trail | checkpoint


def drawn(pack: Any, caplog: pytest.LogCaptureFixture) -> bytes:
    """Draw it and look at it; nobody asked for anything from outside, not even in vain."""
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        pdf = KINDS[type(pack)](pack)
    assert [line for line in caplog.messages if re.match("The pack renderer refused|Failed to", line)] == []
    is_harmless(pdf, _attached(pack))
    return pdf


@pytest.mark.parametrize("kind", KINDS)
def test_with_every_hostile_text_in_every_field_a_pack_is_drawn_and_harmless(
    kind: type[Any], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    pdf = drawn(shapes.full(kind, ONE, cycle(HOSTILE)), caplog)
    text = words(pdf, tmp_path)
    flat = " ".join(text.split())
    assert any(markup in flat for markup in shapes.MARKUP)
    assert "root:x:0" not in text
    # A4 is 595 points wide: nothing runs off the page, however long its words.
    edges = [float(edge) for edge in re.findall(r'xMax="([0-9.]+)"', words(pdf, tmp_path, "-bbox"))]
    assert max(edges) <= 595.3


@pytest.mark.parametrize("kind", KINDS)
def test_a_pack_of_nothing_at_all_is_drawn(kind: type[Any], caplog: pytest.LogCaptureFixture) -> None:
    drawn(shapes.bare(kind, ONE), caplog)


@FEW
@given(pack=st.one_of(*(shapes.of(kind, ANY) for kind in KINDS)))
def test_generated_packs_are_drawn_and_harmless(pack: Any, caplog: pytest.LogCaptureFixture) -> None:
    drawn(pack, caplog)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_generated_packs_are_drawn_and_harmless(
    kind: type[Any], caplog: pytest.LogCaptureFixture
) -> None:
    @MANY
    @given(pack=shapes.of(kind, ANY, most=3))
    def look(pack: Any) -> None:
        drawn(pack, caplog)

    look()


def test_no_hidden_character_reaches_the_pages() -> None:
    system = page_source(shapes.full(SystemPack, ONE, cycle(shapes.LETTERS)), "0" * 64, ())
    audit = audit_source(shapes.full(AuditFile, ONE, cycle(shapes.LETTERS)), "0" * 64, ())
    for html in (system, audit):
        # U+200B is ours: it lets long words break.
        assert visible(html) == html.replace("\u200b", "[U+200B]")
        assert "[U+202E]gnp.exe" in html and "more marks]" in html


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 20_000, id="word"),
        pytest.param("\n" * 19_999, id="lines"),
        pytest.param("Z" + "\u0301" * 19_999, id="marks", marks=pytest.mark.slow),
        pytest.param("\u0645" * 20_000, id="arabic", marks=pytest.mark.slow),
        pytest.param("=" * 20_000, id="signs", marks=pytest.mark.slow),
    ],
)
def test_the_longest_text_of_a_field_is_drawn_in_a_moment(text: str) -> None:
    pack = shapes.bare(SystemPack, ONE)
    began = time.process_time()
    done = render(replace(pack, identity=replace(pack.identity, purpose=text)))
    # Without breaks of ours the word alone took 17 s, and the lines 347 pages.
    assert done.pages < 40
    assert time.process_time() - began < 5


SCRIPT = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
BOMB = b'<!DOCTYPE a [<!ENTITY b "&c;&c;"><!ENTITY c "lol">]><a>&b;</a>'


def _zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(50_000_000))
    return packed.getvalue()


def _pdf_that_acts() -> bytes:
    made = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        pdf.Root.OpenAction = pdf.make_indirect(action)
        pdf.Root.AA = pikepdf.Dictionary(WC=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe"))
        pdf.attachments["virus.exe"] = b"MZ"
        pdf.save(made, encryption=pikepdf.Encryption(owner="x", user="y"))
    return made.getvalue()


# Name of the file, media type that the browser sent, bytes.
UPLOADS = (
    ("logo.svg", "image/svg+xml", SCRIPT),
    ("page.html", "text/html", b"<script src=http://192.0.2.1/></script>"),
    ("lol.xml", "application/xml", BOMB),
    ("acts.pdf", "application/pdf", _pdf_that_acts()),
    ("zeros.zip", "application/zip", _zip_bomb()),
    ("../../etc/passwd", "a/b>>/AA<</O<</S/JavaScript/JS(app.alert(1))>>>>", b"1"),
    ("a\u202egpj.exe", "text/html\n/Evil true", b"2"),
    ("line\nbreak\r\n\x00.txt", "text/\u00fcnicode", b"3"),
    ("\u65e5" * 300 + ".pdf", "", b"4"),
    ("same.txt", "text/plain", b"5"),
    ("same.txt", "text/plain", b"6"),
    ("(unbalanced \\) (", "text/plain; x=(", b"7"),
    ("CON", "#", b"8"),
)


def test_uploads_of_every_kind_are_attached_byte_by_byte_and_nothing_else(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    items = tuple(
        EvidenceItem(
            reference=f"EVD-{number:04}", title=f"{name} <img src=x>", kind="other", state="approved",
            filename=name, media_type=kind, sha256=sha256_hex(data), size=len(data),
        )
        for number, (name, kind, data) in enumerate(UPLOADS)
    )  # fmt: skip
    files = [Attachment(f"EVD-{number:04}", data=data) for number, (_, _, data) in enumerate(UPLOADS)]
    pack = replace(shapes.bare(SystemPack, ONE), evidence=items)
    done = render(pack, files)
    assert done.not_embedded == ()
    with pikepdf.open(io.BytesIO(done.pdf)) as pdf:
        # The key of the name tree is the name in bytes; readers show UF.
        found = {str(spec.obj.UF): spec.get_file().read_bytes() for spec in pdf.attachments.values()}
        assert not any(
            isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image" for item in pdf.objects
        )
    is_harmless(done.pdf, set(found))
    assert len(found) == len(UPLOADS) + 2
    for number, (_, _, data) in enumerate(UPLOADS):
        (name,) = (name for name in found if name.startswith(f"EVD-{number:04} "))
        assert found[name] == data
        assert len(name.encode()) < 255 and visible(name) == name and "/" not in name and "\n" not in name
    assert "EVD-0005 passwd" in found and "EVD-0006 agpj.exe" in found


def test_a_sheet_shows_hidden_characters_and_breaks_long_words(tmp_path: Path) -> None:
    hostile = "pay\u202e001 " + shapes.MARKUP[1]
    sheet = Sheet(
        title=hostile, reference="SOA-0001", organisation=hostile, facts=((hostile, "x" * 20_000),),
        columns=(hostile, "Title"), widths=(50, 50), rows=((hostile, hostile),), content_sha256="0" * 64,
    )  # fmt: skip
    pdf = draw_sheet(sheet)
    is_harmless(pdf, set())
    assert "pay[U+202E]001" in words(pdf, tmp_path)


def _unpacks_to(size: int) -> bytes:
    """A PDF of some kilobytes whose one embedded file is `size` zeros, packed twice."""
    once = zlib.compressobj(9)
    packed = b"".join(once.compress(bytes(2**24)) for _ in range(size // 2**24)) + once.flush()
    made = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        stream = pikepdf.Stream(pdf, zlib.compress(packed, 9), Filter=[pikepdf.Name.FlateDecode] * 2)
        file = pikepdf.Dictionary(F=pdf.make_indirect(stream))
        spec = pikepdf.Dictionary(F="registry.json", UF="registry.json", EF=file)
        names = pikepdf.Dictionary(Names=["registry.json", pdf.make_indirect(spec)])
        pdf.Root.Names = pikepdf.Dictionary(EmbeddedFiles=names)
        pdf.save(made, compress_streams=False)
    return made.getvalue()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a bound on memory")
def test_a_file_that_unpacks_to_more_than_the_memory_fails_its_check_and_the_page_lives_on(
    tmp_path: Path,
) -> None:
    bomb = tmp_path / "bomb.pdf"
    bomb.write_bytes(_unpacks_to(5 * 2**30))
    assert bomb.stat().st_size < 50_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ((document, *_rest),), together = verify_confined([bomb], ["bomb.pdf"])
    assert (document.passed, together) == (False, [])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.parametrize("length", [0, 41, 60, 300])
def test_what_is_typed_never_stands_over_the_counts_and_the_hash_of_the_cover(
    length: int, tmp_path: Path
) -> None:
    typed = ("Wheelchair navigation " * 20)[:length]
    bare = shapes.bare(SystemPack, ONE)
    meta = replace(
        bare.meta, organisation=typed, recipient=typed, purpose=typed[2:] + "\nx" * 6, generated_by=typed
    )
    identity = replace(bare.identity, name=typed, owner=typed, version_in_operation=typed)
    shown = words(render(replace(bare, meta=meta, identity=identity)).pdf, tmp_path, "-bbox", "-l", "2")
    pages = [
        re.findall(r'yMin="([0-9.]+)" xMax="[0-9.]+" yMax="([0-9.]+)">([^<]+)<', page)
        for page in shown.split("<page")
    ]
    places = [
        (page, float(top), float(foot), word) for page, all_ in enumerate(pages) for top, foot, word in all_
    ]
    counts = next(place for place in places if place[3] == "untraced")
    label = next(place for place in places if place[3] == "(SHA-256")
    assert (counts[0], counts[2]) < (label[0], label[1])
