"""Drawn again from the records inside: the same bytes, or it is said who drew what."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from governance import pack_cli
from governance.packs.draw import rendering
from governance.packs.draw.system import RenderedPack, render
from governance.packs.seal.seal import Sealer, seal
from governance.packs.verify.pdf import verify
from governance.packs.verify.redrawn import redrawn
from tests.packs.sample import sample
from tests.packs.test_render import bare

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def small(sealer: Sealer) -> RenderedPack:
    """A pack of few pages."""
    return render(bare(sample()), certificate_sha256=sealer.certificate_sha256)


@pytest.fixture(scope="module", autouse=True)
def renderer() -> Iterator[None]:
    yield
    rendering.close()


def test_the_command_draws_a_pack_again_and_finds_the_same(
    sealed: bytes, rendered: RenderedPack, tmp_path: Path
) -> None:
    path = tmp_path / "PCK-0007.pdf"
    path.write_bytes(sealed)
    said = CliRunner().invoke(pack_cli.verify, [str(path), "--redraw"])
    assert said.exit_code == 0, said.output
    assert (
        f"ok    pages: The PDF was drawn again from the records inside: {rendered.pages} pages" in said.output
    )


def by_another_writer(pdf: bytes) -> bytes:
    """The same pages, written otherwise."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out)
    return out.getvalue()


def with_other_words(pdf: bytes) -> bytes:
    """Appended, as a seal is: another content for the first page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("forged", [by_another_writer, with_other_words])
def test_pages_that_the_records_do_not_give_are_found_although_the_seal_holds(
    forged: Callable[[bytes], bytes], small: RenderedPack, sealer: Sealer, tmp_path: Path
) -> None:
    path = tmp_path / "forged.pdf"
    path.write_bytes(seal(forged(small.pdf), sealer, drawn_with=small.drawn_with))
    assert all(item.passed for item in verify(path))
    found = redrawn(path)
    assert found.word == "failed" and "with the same tools, the pages are others" in found.detail


def test_what_other_tools_drew_is_open_and_both_are_named(
    small: RenderedPack, sealer: Sealer, tmp_path: Path
) -> None:
    path = tmp_path / "older.pdf"
    path.write_bytes(seal(by_another_writer(small.pdf), sealer, drawn_with="Pango 1.20"))
    found = redrawn(path)
    assert found.word == "open" and f"drawn with Pango 1.20; here with {small.drawn_with}" in found.detail
    path.write_bytes(seal(small.pdf, sealer, drawn_with="Pango 1.20"))
    assert redrawn(path).word == "passed", "what counts is the bytes"


def test_a_damaged_pack_is_not_drawn_again(small: RenderedPack, sealer: Sealer, tmp_path: Path) -> None:
    path = tmp_path / "damaged.pdf"
    path.write_bytes(seal(small.pdf, sealer)[:-1])
    found = redrawn(path)
    assert found.word == "failed" and "does not verify" in found.detail
