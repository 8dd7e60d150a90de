"""The key that seals: made once, kept to itself."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509

from governance.packs.seal.seal import SealKeyError, load_or_make_key


def test_the_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = load_or_make_key(tmp_path / "keys", "St Brigid Hospital Group")
    again = load_or_make_key(tmp_path / "keys", "Another name")
    assert first == again
    assert stat.S_IMODE((tmp_path / "keys" / "seal.pem").stat().st_mode) == 0o600
    published = x509.load_pem_x509_certificate((tmp_path / "keys" / "seal-certificate.pem").read_bytes())
    assert "St Brigid Hospital Group" in published.subject.rfc4514_string()


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: load_or_make_key(tmp_path / "keys", "Group"), range(4)))
    assert len({sealer.certificate_sha256 for sealer in made}) == 1
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["seal-certificate.pem", "seal.pem"]


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_or_make_key(tmp_path, "Group")
    (tmp_path / "seal.pem").chmod(0o644)
    with pytest.raises(SealKeyError, match="chmod 600"):
        load_or_make_key(tmp_path, "Group")


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "seal.pem").write_text("not a key")
    (tmp_path / "seal.pem").chmod(0o600)
    with pytest.raises(SealKeyError, match="not a sealing key"):
        load_or_make_key(tmp_path, "Group")


def test_a_long_name_of_an_organisation_fits(tmp_path: Path) -> None:
    assert load_or_make_key(tmp_path, "A very long name of an organisation " * 9).certificate_der
