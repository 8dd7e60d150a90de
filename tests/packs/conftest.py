"""One rendered and sealed pack for all tests of a run: drawing it takes longer than looking at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.packs.draw.system import RenderedPack, render
from governance.packs.seal.attach import Attachment
from governance.packs.seal.seal import Sealer, load_or_make_key, seal
from tests.packs.sample import FILES, sample


@pytest.fixture(scope="session")
def attachments() -> list[Attachment]:
    return [Attachment(reference, data=data) for reference, data in FILES.items()]


@pytest.fixture(scope="session")
def sealer(tmp_path_factory: pytest.TempPathFactory) -> Sealer:
    return load_or_make_key(tmp_path_factory.mktemp("keys"), "St Brigid Hospital Group")


@pytest.fixture(scope="session")
def rendered(sealer: Sealer, attachments: list[Attachment]) -> RenderedPack:
    return render(sample(), attachments, certificate_sha256=sealer.certificate_sha256)


@pytest.fixture(scope="session")
def sealed(rendered: RenderedPack, sealer: Sealer) -> bytes:
    return seal(rendered.pdf, sealer, drawn_with=rendered.drawn_with)


@pytest.fixture
def pack_file(sealed: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "PCK-0007.pdf"
    path.write_bytes(sealed)
    return path
