"""The seal: a PAdES signature over the finished PDF, by a key that the registry makes at first use.

The certificate is self-made, so it proves only that two packs come from the same registry; an organisation
makes it prove more by publishing its fingerprint. No network is used unless a time-stamping authority is named.
"""

from __future__ import annotations

import io
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from asn1crypto import keys, x509  # type: ignore[import-untyped] # it carries no types
from cryptography import x509 as certificates
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.signers.pdf_byterange import BuildProps
from pyhanko_certvalidator.registry import SimpleCertificateStore

from governance.core import clock
from governance.core.canonical import sha256_hex
from governance.packs.seal.stamp import RESERVED, Stamper

FIELD: Final = "Seal"
BUILD_NAME: Final = "AIMS-Registry"
KEY_FILE: Final = "seal.pem"
CERTIFICATE_FILE: Final = "seal-certificate.pem"
_VALID_FOR: Final = timedelta(days=3653)


class SealKeyError(Exception):
    """The key file cannot be used; the message says why and what to do."""


class _PlainWriter(IncrementalPdfFileWriter):
    """Adds the signature and nothing else.

    pyHanko would also write a new date and producer, into the document information and into XMP in different
    words, and PDF/A wants both to say the same. The dates of a pack are those of its snapshot.
    """

    def _update_meta(self) -> None:
        """Leave the metadata as they were drawn."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """A key with its certificate, both DER; `certificate_sha256` is the fingerprint that people compare."""

    key_der: bytes
    certificate_der: bytes

    @property
    def certificate_sha256(self) -> str:
        """SHA-256 of the DER certificate, hexadecimal."""
        return sha256_hex(self.certificate_der)


def load_or_make_key(folder: Path, organisation: str) -> Sealer:
    """The registry's sealing key (RSA, 3072 bits), made at first use in `folder` with mode 0600.

    The certificate lies beside it in a file of its own, to be published. Two processes that start together
    end up with the same key. Raises SealKeyError if others may read the key, or if the file is not such a
    key.
    """
    path = folder / KEY_FILE
    if not path.exists():
        _make(path, organisation)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SealKeyError(f"{path} may be read by others; run: chmod 600 {path}")
    sealer = load(path)
    published = folder / CERTIFICATE_FILE
    if not published.exists():
        published.write_bytes(pem(sealer.certificate_der))
    return sealer


def seal(
    pdf: bytes,
    sealer: Sealer,
    stamper: Stamper | None = None,
    *,
    reason: str = "Sealed by the registry",
    drawn_with: str = "",
) -> bytes:
    """The PDF with an invisible PAdES signature that covers all of it (ETSI EN 319 142-1): baseline B-B, with a stamper B-T.

    The signature is an incremental update: the bytes given in stand unchanged at the start of the result. It says with which
    tools the pages were drawn: here, so that the same snapshot is the same bytes before it is sealed. Raises Refused
    if the time-stamping authority gives no time stamp.
    """
    certificate = x509.Certificate.load(sealer.certificate_der)
    signer = signers.SimpleSigner(
        signing_cert=certificate,
        signing_key=keys.PrivateKeyInfo.load(sealer.key_der),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call] # it carries no types
    )
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason,
        app_build_props=BuildProps(BUILD_NAME, drawn_with) if drawn_with else None,
    )
    output = io.BytesIO()
    signers.sign_pdf(
        _PlainWriter(io.BytesIO(pdf)),
        metadata,
        signer=signer,
        timestamper=stamper,
        new_field_spec=fields.SigFieldSpec(FIELD, on_page=0),
        # Said beforehand, or the authority would be asked once more for the size of its answer.
        bytes_reserved=RESERVED if stamper else None,
        output=output,
    )
    return output.getvalue()


def _make(path: Path, organisation: str) -> None:
    """Write a new key and certificate, complete or not at all; an existing file stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # RSA: with an elliptic curve pyHanko must declare an extension of PDF 2.0, which PDF/A-3 (PDF 1.7) lacks.
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    data = key_pem + _certificate(key, organisation, clock.now()).public_bytes(serialization.Encoding.PEM)
    # The link fails if another process was first.
    with _temporary(path, data) as file:
        try:
            path.hardlink_to(file)
        except FileExistsError:
            return


def written_whole(path: Path, data: bytes) -> None:
    """Put a secret in the place of another, whole or not at all; only its owner may read it."""
    with _temporary(path, data) as file:
        os.replace(file, path)


@contextmanager
def _temporary(path: Path, data: bytes) -> Iterator[Path]:
    # A temporary file has mode 0600 from the start.
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        yield Path(file.name)
    finally:
        Path(file.name).unlink(missing_ok=True)


def _certificate(key: rsa.RSAPrivateKey, organisation: str, now: datetime) -> certificates.Certificate:
    # 64 characters: the upper bound of both attributes (RFC 5280, appendix A.1).
    name = certificates.Name(
        [
            certificates.NameAttribute(
                NameOID.ORGANIZATION_NAME, organisation[:64] or "Unnamed organisation"
            ),
            certificates.NameAttribute(NameOID.COMMON_NAME, "AIMS Registry seal"),
        ]
    )
    public = key.public_key()
    usage = certificates.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        certificates.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(certificates.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID_FOR)
        .add_extension(certificates.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(certificates.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def load(path: Path) -> Sealer:
    """A key and its certificate from a file of both. Raises SealKeyError."""
    data = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(data, password=None)
        certificate = certificates.load_pem_x509_certificate(data)
    except ValueError as error:
        raise SealKeyError(f"{path} is not a sealing key with its certificate: {error}") from error
    key_der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Sealer(key_der, certificate.public_bytes(serialization.Encoding.DER))


def pem(certificate_der: bytes) -> bytes:
    """A certificate as text, to be published."""
    return certificates.load_der_x509_certificate(certificate_der).public_bytes(serialization.Encoding.PEM)
