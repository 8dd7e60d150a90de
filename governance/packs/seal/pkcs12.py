"""The organisation's own sealing key: taken from a PKCS#12 file (RFC 7292) into the place of the registry's."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from governance.packs.seal.seal import (
    CERTIFICATE_FILE,
    KEY_FILE,
    Sealer,
    SealKeyError,
    load,
    pem,
    written_whole,
)

# What NIST SP 800-57 part 1, table 2 asks for after 2030.
_SMALLEST: Final = 3072


def take(folder: Path, data: bytes, password: str, now: datetime) -> Sealer:
    """Seal with the key and certificate of a PKCS#12 file from now on; the key until now stays beside it, retired.

    Issuers in the file are not taken: a seal carries the certificate of its signer only, and readers compare its
    fingerprint. Raises SealKeyError, and changes nothing, if the password is wrong, or the key cannot make such a seal.
    """
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(data, password.encode() or None)
    except ValueError as error:
        raise SealKeyError(
            f"The file cannot be opened: it is no PKCS#12 file, or the password is wrong ({error})."
        ) from error
    if key is None or certificate is None:
        raise SealKeyError("The file holds no private key with its certificate.")
    _refuse_unfit(key, certificate, now)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / KEY_FILE
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        retired = folder / f"seal-{load(path).certificate_sha256[:16]}.pem"
        if not retired.exists():
            retired.hardlink_to(path)
    written_whole(path, key_pem + certificate.public_bytes(serialization.Encoding.PEM))
    sealer = load(path)
    (folder / CERTIFICATE_FILE).write_bytes(pem(sealer.certificate_der))
    return sealer


def _refuse_unfit(key: object, certificate: x509.Certificate, now: datetime) -> None:
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _SMALLEST:
        # See `seal._make`: PDF/A-3 knows no signature with an elliptic curve.
        raise SealKeyError(
            f"The key must be RSA with {_SMALLEST} bits or more, for PDF/A-3 knows no other that is safe."
        )
    if key.public_key() != certificate.public_key():
        raise SealKeyError("The certificate is not that of the key.")
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise SealKeyError(
            f"The certificate is valid from {certificate.not_valid_before_utc:%Y-%m-%d} to "
            f"{certificate.not_valid_after_utc:%Y-%m-%d}, and not today."
        )
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (usage.digital_signature or usage.content_commitment):
        raise SealKeyError("The certificate is not for signing: its key usage says so (RFC 5280, 4.2.1.3).")
