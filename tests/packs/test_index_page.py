"""The page that lists a whole pack leads to every file in it, and what people wrote stays text."""

import posixpath
import re
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import unquote

from governance.packs.content.aims import AimsPack, EvidenceLine, SystemLine
from governance.packs.content.assurance import Checkpoint
from governance.packs.content.system_pack import PackMeta
from governance.packs.draw.index_page import index_page

HOSTILE = '<script>alert(1)</script>" onmouseover="x\u202e{{ 7*7 }}'


def a_line(number: int, name: str = "Sepsis early warning") -> SystemLine:
    reference = f"SYS-{number:04d}"
    return SystemLine(
        reference=reference, name=name, status="Deployed", stage="Operation", tier="High", owner="Owen Owner", draft=False,
        critical=0, major=2, minor=1, file=f"data/systems/{reference} Sepsis 100%.pdf", file_sha256="0" * 64,
        snapshot_sha256="0" * 64, pages=30, as_of="2026-11-20T08:00:00Z",
    )  # fmt: skip


def a_pack(*systems: SystemLine, evidence: tuple[EvidenceLine, ...] = ()) -> AimsPack:
    moment = datetime(2026, 11, 20, 8, tzinfo=UTC)
    return AimsPack(
        meta=PackMeta(
            reference="MSP-0001", organisation="Test House", as_of=moment, generated_by="Olivia Officer", software_version="1",
            status="draft", confidentiality="Confidential", purpose="",
        ),
        selection="all systems", blocks=(), systems=systems, evidence=evidence, unreadable=(), gaps=(),
        checkpoint=Checkpoint(tree_size=1, root_hash="0" * 64, origin="Test House", text=""),
    )  # fmt: skip


def links(page: str) -> list[str]:
    return [posixpath.join("data", unquote(found)) for found in re.findall(r'href="([^"#]+)"', page)]


def test_every_system_and_every_file_has_its_link() -> None:
    systems = [a_line(number) for number in range(1, 1001)]
    scan = EvidenceLine(
        reference="EVD-0001", title="Scan", file="data/evidence/EVD-0001 a&b #1.pdf", file_sha256="1" * 64
    )
    gone = EvidenceLine(reference="EVD-0002", title="Lost", file="", file_sha256="", missing="not on disk")
    page = index_page(a_pack(*systems, evidence=(scan, gone))).decode()
    assert {item.file for item in systems} | {scan.file} <= set(links(page))
    assert "not on disk" in page and len(links(page)) == 1003


def test_what_people_wrote_stays_text_and_what_hides_is_shown() -> None:
    page = index_page(a_pack(a_line(1, HOSTILE))).decode()
    assert "<script" not in page and not re.search(r"<[^>]*onmouseover", page)
    assert "[U+202E]{{ 7*7 }}" in page and "\u202e" not in page


def test_the_same_pack_gives_the_same_page() -> None:
    pack = a_pack(a_line(1))
    assert index_page(pack) == index_page(replace(pack))
