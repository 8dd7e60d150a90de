"""Whether an RFC 3161 time stamp is over the seal and holds; strict about every bit of it, as about the seal itself.

A stamp lies where the signature does not reach. So what its own signature does not protect either (versions, names of
algorithms, certificates) must be in the one form that it can have, and each certificate must prove itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import cms, tsp, x509  # type: ignore[import-untyped] # it carries no types
from cryptography import x509 as certificates
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from governance.core.canonical import sha256_hex

_DIGESTS: Final = ("sha256", "sha384", "sha512")
_PURPOSE: Final = "time_stamping"


class BadStampError(Exception):
    """The stamp does not hold; the message says what is wrong with it, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a good stamp says: when (UTC), by whom, and the fingerprint of their certificate."""

    at: datetime
    by: str
    certificate_sha256: str


def check_stamp(token: bytes, digest: bytes) -> Stamp:
    """Check a token (DER) over a SHA-256 digest, offline. Raises BadStampError, or what a damaged one makes the parser raise."""
    # Written again it must be the same; on a copy, for what asn1crypto has written again it also takes for what was given.
    if cms.ContentInfo.load(token, strict=True).dump(force=True) != token:
        raise BadStampError("it is not in the form that a pack's time stamp has")
    signed, info, signer = _strict_form(cms.ContentInfo.load(token, strict=True))
    stated = signed["encap_content_info"]["content"].parsed
    if not isinstance(stated, tsp.TSTInfo) or stated["version"].native != "v1":
        raise BadStampError("it holds no time stamp")
    imprint = stated["message_imprint"]
    if (
        imprint["hash_algorithm"]["algorithm"].native != "sha256"
        or imprint["hashed_message"].native != digest
    ):
        raise BadStampError("it is over something else than this seal")
    _check_certificates(signed, signer)
    at = stated["gen_time"].native.astimezone(UTC)
    _check_signature(signed, info, signer)
    purposes = signer.extended_key_usage_value
    if purposes is None or _PURPOSE not in purposes.native:
        raise BadStampError("its certificate is not one for time stamps")
    if not signer.not_valid_before <= at <= signer.not_valid_after:
        raise BadStampError("it was made when its certificate was not valid")
    return Stamp(at, signer.subject.human_friendly, sha256_hex(signer.dump()))


def trimmed(token: Any) -> Any:
    """The token with only those certificates that prove themselves: the signer's, and issuers up to one signed by itself.

    Authorities send more; a certificate whose issuer is not there could be changed without anybody noticing.
    """
    signed = token["content"]
    there = [item.chosen for item in signed["certificates"]]
    signer = _signer(signed, there)
    kept = [signer]
    while not _is_issued_by(kept[-1], kept[-1]):
        issuer = next((item for item in there if item not in kept and _is_issued_by(kept[-1], item)), None)
        if issuer is None:
            kept = [signer]
            break
        kept.append(issuer)
    signed["certificates"] = cms.CertificateSet(
        [cms.CertificateChoices({"certificate": item}) for item in kept]
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": signed})


def _check_signature(signed: Any, info: Any, signer: Any) -> None:
    """The signed attributes name content and certificate, and the certificate's key signed them (RFC 5652, 5.4; RFC 5816)."""
    name = info["digest_algorithm"]["algorithm"].native
    said = {item["type"].native: item["values"] for item in info["signed_attrs"]}
    content = signed["encap_content_info"]["content"].contents
    named = said.get("signing_certificate_v2") or said.get("signing_certificate")
    if len(said) != len(info["signed_attrs"]) or named is None:
        raise BadStampError("it does not say which certificate it was made with")
    identified = named[0]["certs"][0]
    hashed = identified["hash_algorithm"]["algorithm"].native if "signing_certificate_v2" in said else "sha1"
    holds = (
        said["content_type"][0].native == "tst_info",
        said["message_digest"][0].native == hashlib.new(name, content).digest(),
        identified["cert_hash"].native == hashlib.new(hashed, signer.dump(), usedforsecurity=False).digest(),
    )
    if not all(holds):
        raise BadStampError("its signature is about something else than its content")
    key = serialization.load_der_public_key(signer.public_key.dump())
    value, attributes = info["signature"].native, info["signed_attrs"].untag().dump()
    digest = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[name]
    is_ecdsa = info["signature_algorithm"]["algorithm"].native.endswith("_ecdsa")
    try:
        if isinstance(key, rsa.RSAPublicKey) and not is_ecdsa:
            key.verify(value, attributes, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and is_ecdsa:
            key.verify(value, attributes, ec.ECDSA(digest))
        else:
            raise BadStampError("its signature is of another kind than its certificate's key")
    except InvalidSignature:
        raise BadStampError("its own signature does not hold") from None


def _signer(signed: Any, there: list[Any]) -> Any:
    """The certificate that the token says it was signed with."""
    named = signed["signer_infos"][0]["sid"]
    if named.name != "issuer_and_serial_number":
        raise BadStampError("it does not name its certificate by issuer and number")
    # By their bytes: to asn1crypto names that differ in case only are equal.
    issuer, number = named.chosen["issuer"].dump(), named.chosen["serial_number"].native
    for item in there:
        if item.issuer.dump() == issuer and item.serial_number == number:
            return item
    raise BadStampError("its certificate is not in it")


def _strict_form(found: Any) -> tuple[Any, Any, Any]:
    """Content, signer's entry and certificate, if all that no signature covers is in the one form that it can have."""
    signed = found["content"]
    if found["content_type"].native != "signed_data" or len(signed["signer_infos"]) != 1:
        raise BadStampError("it is not signed once")
    info = signed["signer_infos"][0]
    algorithm, names = info["digest_algorithm"], [item.name for item in signed["certificates"]]
    digest = algorithm["algorithm"].native
    plain = (
        signed["version"].native == "v3",
        info["version"].native == "v1",
        signed["encap_content_info"]["content_type"].native == "tst_info",
        [item.dump() for item in signed["digest_algorithms"]] == [algorithm.dump()],
        digest in _DIGESTS and _has_no_parameters(algorithm),
        info["signature_algorithm"]["algorithm"].native
        in ("rsassa_pkcs1v15", f"{digest}_rsa", f"{digest}_ecdsa"),
        _has_no_parameters(info["signature_algorithm"]),
        not signed["crls"] and not info["unsigned_attrs"],
        set(names) == {"certificate"},
    )
    if not all(plain):
        raise BadStampError("it is not in the form that a pack's time stamp has")
    return signed, info, _signer(signed, [item.chosen for item in signed["certificates"]])


def _has_no_parameters(algorithm: Any) -> bool:
    return algorithm["parameters"].native is None


def _check_certificates(signed: Any, signer: Any) -> None:
    """The signer's certificate, whose hash its signature covers, and issuers that each prove the next, the last itself."""
    there = [item.chosen for item in signed["certificates"]]
    chain = [signer]
    while len(there) > 1 and not _is_issued_by(chain[-1], chain[-1]):
        issuer = next((item for item in there if item not in chain and _is_issued_by(chain[-1], item)), None)
        if issuer is None:
            raise BadStampError("a certificate in it is not proven by another one")
        chain.append(issuer)
    if len(chain) != len(there):
        raise BadStampError("it carries a certificate that is not needed")


def _is_issued_by(item: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        one, other = (certificates.load_der_x509_certificate(each.dump()) for each in (item, issuer))
        one.verify_directly_issued_by(other)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
