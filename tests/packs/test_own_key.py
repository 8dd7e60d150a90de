"""An organisation seals with its own key, and what cannot make such a seal is refused and changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from governance.cli import main
from governance.packs.draw.system import RenderedPack
from governance.packs.seal.pkcs12 import take
from governance.packs.seal.seal import SealKeyError, load_or_make_key, seal
from governance.packs.verify.signature import check_seal

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
AUTHORITY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def a_file(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, *, days: int = 400, signs: bool = True
) -> bytes:
    usage = x509.KeyUsage(signs, False, not signs, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named("Test House"))
        .issuer_name(named("An authority"))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW - timedelta(days=30) + timedelta(days=days))
        .add_extension(usage, critical=True)
        .sign(AUTHORITY, hashes.SHA256())
    )
    hidden = serialization.BestAvailableEncryption(b"open sesame")
    return pkcs12.serialize_key_and_certificates(b"seal", key, certificate, None, hidden)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=4096)


def test_a_pack_is_sealed_by_the_key_of_an_authority_and_the_old_one_is_kept(
    tmp_path: Path, key: rsa.RSAPrivateKey, rendered: RenderedPack
) -> None:
    old = load_or_make_key(tmp_path, "Test House")
    own = take(tmp_path, a_file(key), "open sesame", NOW)
    assert load_or_make_key(tmp_path, "Test House") == own != old
    said = check_seal(seal(rendered.pdf, own))
    assert said.certificate_sha256 == own.certificate_sha256 and "Test House" in said.signer
    kept = tmp_path / f"seal-{old.certificate_sha256[:16]}.pem"
    assert {path.stat().st_mode & 0o777 for path in (kept, tmp_path / "seal.pem")} == {0o600}
    published = x509.load_pem_x509_certificate((tmp_path / "seal-certificate.pem").read_bytes())
    assert published.fingerprint(hashes.SHA256()).hex() == own.certificate_sha256


@pytest.mark.parametrize(
    ("make", "password", "said"),
    [
        (a_file, "wrong", "password is wrong"),
        (lambda _: b"no such file", "open sesame", "no PKCS#12 file"),
        (lambda key: a_file(key, days=20), "open sesame", "valid from .* and not today"),
        (lambda key: a_file(key, signs=False), "open sesame", "not for signing"),
        (lambda _: a_file(ec.generate_private_key(ec.SECP256R1())), "open sesame", "must be RSA"),
        (lambda _: a_file(AUTHORITY), "open sesame", "3072 bits"),
    ],
)
def test_what_cannot_make_such_a_seal_is_refused_and_changes_nothing(
    tmp_path: Path, key: rsa.RSAPrivateKey, make: object, password: str, said: str
) -> None:
    before = load_or_make_key(tmp_path, "Test House")
    with pytest.raises(SealKeyError, match=said):
        take(tmp_path, make(key), password, NOW)  # type: ignore[operator]
    assert load_or_make_key(tmp_path, "Test House") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["seal-certificate.pem", "seal.pem"]


def test_the_command_line_says_which_certificate_is_used_and_what_is_wrong(
    tmp_path: Path, key: rsa.RSAPrivateKey
) -> None:
    file = tmp_path / "own.p12"
    file.write_bytes(a_file(key, days=20_000))
    environment = {"AIMS_DATA": str(tmp_path / "data"), "AIMS_SEAL_PASSWORD": "open sesame"}
    ran = CliRunner().invoke(main, ["seal", "use", str(file)], env=environment)
    assert ran.exit_code == 0, ran.output
    fingerprint = ran.output.split()[-1]
    assert fingerprint in CliRunner().invoke(main, ["seal", "certificate"], env=environment).output
    wrong = CliRunner().invoke(
        main, ["seal", "use", str(file)], env={**environment, "AIMS_SEAL_PASSWORD": "no"}
    )
    assert wrong.exit_code == 1 and "password is wrong" in wrong.output
