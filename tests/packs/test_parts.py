"""A part of a management-system pack: the same snapshot is the same bytes anywhere, and it is drawn once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from governance.core import clock
from governance.core.canonical import sha256_hex
from governance.packs.bag.cache import KEPT_FOR, PartCache
from governance.packs.content import parts
from governance.packs.content.system_pack import Gap, SystemPack
from governance.packs.content.tools import tools
from tests.packs.sample import sample

NEUTRAL = Path("/usr/lib/locale/C.utf8")
ROOT = Path(__file__).resolve().parents[2]
# Prints the SHA-256 of the unsealed PDF of a part, and that of its snapshot read and written again.
_DRAW = (
    "import sys, os, hashlib\n"
    "os.umask(0o077)\n"
    "from governance.packs.draw.system import render_in_process\n"
    "from governance.packs.content.system_pack import from_json\n"
    "data = sys.stdin.buffer.read()\n"
    "for made in (render_in_process(data).pdf, from_json(data).to_json()):\n"
    "    print(hashlib.sha256(made).hexdigest())\n"
)
_NAME = (
    "import weasyprint\n"
    "from governance.packs.draw.typefaces import Typefaces, drawn_with\n"
    "for text in 'ab', 'a\u4e2d':\n"
    "    html = f'<p style=\"font-family: Pack Sans\">{text}'\n"
    "    document = weasyprint.HTML(string=html).render(font_config=Typefaces())\n"
    "    document.write_pdf()\n"
    "    print(drawn_with(document))\n"
)
# A system whose fontconfig knows no font at all, and would rather have others.
_NO_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>/nowhere</dir><match target="pattern"><test name="family"><string>DejaVu Sans</string></test>
<edit name="family" mode="assign" binding="strong"><string>Papyrus</string></edit></match></fontconfig>
"""


@pytest.fixture(scope="module")
def part() -> SystemPack:
    return parts.part_of(sample(), {})


def drawn_elsewhere(part: SystemPack, folder: Path, **environment: str) -> list[str]:
    """What a new process prints that draws the part in another folder."""
    run = subprocess.run(
        [sys.executable, "-c", _DRAW],
        input=part.to_json(),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=folder,
        check=True,
    )
    return run.stdout.decode().split()


@pytest.mark.slow
def test_the_same_snapshot_is_the_same_bytes_on_another_machine(part: SystemPack, tmp_path: Path) -> None:
    (tmp_path / "fonts.conf").write_text(_NO_FONTS)
    if NEUTRAL.is_dir():
        # glibc takes the name for a Turkish locale, in which the letter i has a glyph of its own.
        shutil.copytree(NEUTRAL, tmp_path / "tr_TR.UTF-8")
    here = drawn_elsewhere(part, ROOT, PYTHONHASHSEED="1", TZ="Pacific/Kiritimati", LC_ALL="C")
    there = drawn_elsewhere(
        part,
        tmp_path,
        PYTHONHASHSEED="4242",
        TZ="America/St_Johns",
        LC_ALL="tr_TR.UTF-8",
        LANG="de_DE.UTF-8",
        LOCPATH=str(tmp_path),
        HOME=str(tmp_path),
        XDG_CACHE_HOME=str(tmp_path),
        FONTCONFIG_FILE=str(tmp_path / "fonts.conf"),
    )
    assert here == there
    assert here[1] == part.sha256()


def test_what_changes_from_pack_to_pack_changes_no_key(part: SystemPack) -> None:
    pack = sample()
    another = replace(
        pack,
        meta=replace(
            pack.meta,
            reference="PCK-9999",
            generated_by="Somebody else",
            as_of=pack.meta.as_of + timedelta(seconds=1),
        ),
        trail=tuple(replace(event, inclusion_proof=("00" * 32,)) for event in pack.trail),
        checkpoint=None,
    )
    assert parts.part_key(parts.part_of(another, {}), "cd") == parts.part_key(part, "cd")


def test_what_changes_on_the_pages_changes_the_key(part: SystemPack, monkeypatch: pytest.MonkeyPatch) -> None:
    key = parts.part_key(part, "cd")
    renamed = replace(part, identity=replace(part.identity, name="Another name"))
    older = replace(part, meta=replace(part.meta, as_of=part.meta.as_of + timedelta(days=400)))
    assert part.findings, "their ages are printed"
    lost = parts.part_of(sample(), {part.evidence[0].reference: "it cannot be read"})
    keys = {key, *(parts.part_key(item, "cd") for item in (renamed, older, lost)), parts.part_key(part, "ef")}
    assert len(keys) == 5


def test_a_changed_template_or_module_changes_the_key(
    part: SystemPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = parts.part_key(part, "cd")
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "pack.css").write_text("p { color: red }")
    monkeypatch.setattr(parts, "templates_dir", lambda: tmp_path)
    parts.renderer_version.cache_clear()
    try:
        assert parts.part_key(part, "cd") != key
    finally:
        parts.renderer_version.cache_clear()


def test_an_update_of_the_system_changes_the_key(part: SystemPack, monkeypatch: pytest.MonkeyPatch) -> None:
    key = parts.part_key(part, "cd")
    newer = tuple("Pango 1.99.0" if item.startswith("Pango") else item for item in parts.tools())
    monkeypatch.setattr(parts, "tools", lambda: newer)
    parts.renderer_version.cache_clear()
    try:
        assert parts.part_key(part, "cd") != key
    finally:
        parts.renderer_version.cache_clear()


def test_a_font_of_the_system_that_had_to_help_out_is_named(tmp_path: Path) -> None:
    font = FontBuilder(1000)
    font.setupGlyphOrder([".notdef", "middle"])
    font.setupCharacterMap({ord("中"): "middle"})
    font.setupGlyf({name: TTGlyphPen(None).glyph() for name in (".notdef", "middle")})
    font.setupHorizontalMetrics({".notdef": (500, 0), "middle": (900, 0)})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Middle", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(tmp_path / "middle.ttf")
    (tmp_path / "fonts.conf").write_text(_NO_FONTS.replace("/nowhere", str(tmp_path)))
    run = subprocess.run(
        [sys.executable, "-c", _NAME],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "FONTCONFIG_FILE": str(tmp_path / "fonts.conf")},
        check=True,
    )
    digest = sha256_hex((tmp_path / "middle.ttf").read_bytes())
    known, strange = run.stdout.decode().splitlines()
    assert known == "; ".join((f"renderer {parts.renderer_version()[:16]}", *tools()))
    assert strange == f"{known}; Middle of the system, SHA-256 {digest[:16]}"


def test_an_evidence_file_that_cannot_be_read_is_a_gap_of_the_part() -> None:
    reference = next(item.reference for item in sample().evidence if item.sha256)
    found = parts.part_of(sample(), {reference: "the file is not in the evidence store"})
    assert found.meta.status == "draft"
    gap: Gap = found.gaps[-1]
    assert (gap.where, gap.severity) == (reference, "major") and "not in the evidence store" in gap.title
    there = {item.reference: item.not_embedded for item in found.evidence if item.sha256}
    assert there.pop(reference) == "the file is not in the evidence store"
    assert all(path.startswith("data/evidence/EVD-") for path in there.values())
    assert len(set(there.values())) == len(there), "two files of one name are both kept"


def test_a_kept_part_is_found_until_it_is_damaged_or_forgotten(tmp_path: Path) -> None:
    cache, key = PartCache(tmp_path), sha256_hex(b"a key")
    assert cache.find(key) is None
    kept = cache.keep(
        key, b"%PDF", as_of="2026-11-20T08:00:00Z", pack_hash="ab", snapshot_sha256="cd", pages=3
    )
    assert cache.find(key) == kept and (kept.size, kept.sha256) == (4, sha256_hex(b"%PDF"))
    assert cache.prune() == 0
    cache.path(key).write_bytes(b"%PDX")
    assert cache.find(key) is None
    cache.keep(key, b"%PDF", as_of="2026-11-20T08:00:00Z", pack_hash="ab", snapshot_sha256="cd", pages=3)
    (tmp_path / "work-MSP-0001").mkdir()
    assert cache.prune() == 0 and (tmp_path / "work-MSP-0001").is_dir()
    assert cache.prune(clock.now() + KEPT_FOR + timedelta(days=1)) == 1
    assert not (tmp_path / "work-MSP-0001").exists(), "left by a killed process"
    assert cache.find(key) is None and list(tmp_path.rglob("*.json")) == []
