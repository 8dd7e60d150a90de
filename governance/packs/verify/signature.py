"""Whether the seal of a PDF is the only one, covers every byte, and holds; strict about every bit of it.

A signature leaves a hole in what it signs: the place where it stands itself. Whatever in that hole is not
protected by the mathematics (padding, spelling of hexadecimal digits, unsigned parts of the container) is
compared with what our own seal writes there, so that no byte of the file can change unnoticed.
"""

from __future__ import annotations

import hmac
import io
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from asn1crypto import algos, cms, x509  # type: ignore[import-untyped] # it carries no types
from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext

from governance.core.canonical import sha256_hex
from governance.core.hidden import visible
from governance.packs.verify.results import FailedCheckError
from governance.packs.verify.time_stamp import BadStampError, Stamp, check_stamp

_LONGEST_NAMES: Final = 2000


class BrokenSealError(FailedCheckError):
    """The seal does not hold; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What a good seal says: the signer's certificate, the length of the PDF that was sealed, its time stamp, if any,
    and what drew the pages, if it tells.
    """

    certificate_der: bytes
    signer: str
    signed_length: int
    stamp: Stamp | None = None
    drawn_with: str = ""

    @property
    def certificate_sha256(self) -> str:
        """Fingerprint of the certificate."""
        return sha256_hex(self.certificate_der)


def check_seal(data: bytes) -> Seal:
    """Check the seal of a PDF, offline. Raises BrokenSealError, or whatever a damaged PDF makes the parser
    raise.
    """
    reader = PdfFileReader(io.BytesIO(data), strict=True)
    signatures = reader.embedded_signatures
    if len(signatures) != 1:
        raise BrokenSealError(f"The file carries {len(signatures)} signatures; a pack carries exactly one.")
    embedded = signatures[0]
    container = _container(data, embedded)
    certificate, token = _strict_profile(container, embedded)
    context = ValidationContext(trust_roots=[certificate], allow_fetching=False)
    status = validate_pdf_signature(
        embedded,
        signer_validation_context=context,
        ts_validation_context=_of_stamp(token),
        skip_diff=True,
    )
    if not status.intact:
        raise BrokenSealError("The file was changed after it was sealed: its digest is not the signed one.")
    if not status.valid:
        raise BrokenSealError("The signature does not belong to the certificate that comes with it.")
    return Seal(
        certificate.dump(),
        certificate.subject.human_friendly,
        len(data),
        _stamp(embedded, token),
        _drawn_with(embedded),
    )


def _drawn_with(embedded: EmbeddedPdfSignature) -> str:
    """The tools that the seal names (Prop_Build, the build properties of a signature); earlier releases named none."""
    build = embedded.sig_object.get("/Prop_Build")
    application = build.get("/App") if isinstance(build, DictionaryObject) else None
    named = application.get("/REx") if isinstance(application, DictionaryObject) else None
    return visible(str(named))[:_LONGEST_NAMES] if isinstance(named, str) else ""


def _of_stamp(token: cms.ContentInfo | None) -> ValidationContext | None:
    """What pyHanko needs in order not to complain of a stranger; whether the stamp holds, `check_stamp` says."""
    if token is None:
        return None
    there = [item.chosen for item in token["content"]["certificates"]]
    return ValidationContext(trust_roots=there, allow_fetching=False)


def _stamp(embedded: EmbeddedPdfSignature, token: cms.ContentInfo | None) -> Stamp | None:
    if token is None:
        return None
    try:
        return check_stamp(token.dump(), sha256(embedded.signer_info["signature"].native).digest())
    except BadStampError as error:
        raise BrokenSealError(f"The time stamp of the seal does not hold: {error}.") from error


def _container(data: bytes, embedded: EmbeddedPdfSignature) -> bytes:
    """The DER bytes of the signature, after checking that the signed ranges leave out nothing else."""
    ranges = [int(number) for number in embedded.byte_range]
    if len(ranges) != 4 or ranges[0] != 0:
        raise BrokenSealError("The signed ranges do not start at the first byte.")
    _, first_end, second_start, second_length = ranges
    if second_start + second_length != len(data):
        raise BrokenSealError(
            "The signature does not cover the end of the file: something was appended or cut off."
        )
    hole = data[first_end:second_start]
    if not (hole.startswith(b"<") and hole.endswith(b">")):
        raise BrokenSealError("The signed ranges leave out more than the signature itself.")
    container = embedded.pkcs7_content
    written = hole[1:-1]
    der = container[: _der_length(container)]
    # pyHanko writes capitals and fills up with zeros; any other spelling means the same and was not written
    # by us.
    if not hmac.compare_digest(written, der.hex().upper().encode().ljust(len(written), b"0")):
        raise BrokenSealError("The space around the signature holds something that the seal did not write.")
    return der


def _der_length(container: bytes) -> int:
    """Length of the outermost DER element, header included (X.690, 8.1.3)."""
    first = container[1]
    if first < 0x80:
        return 2 + first
    count = first & 0x7F
    return 2 + count + int.from_bytes(container[2 : 2 + count], "big")


def _strict_profile(
    der: bytes, embedded: EmbeddedPdfSignature
) -> tuple[x509.Certificate, cms.ContentInfo | None]:
    """Rebuild the container from its protected parts; it must come out the same, bit by bit.

    Gives the certificate, and the time stamp if there is one, which is still to be checked.
    """
    signed = cms.ContentInfo.load(der, strict=True)["content"]
    if len(signed["certificates"]) != 1 or len(signed["signer_infos"]) != 1:
        raise BrokenSealError("The signature carries more than one certificate or signer.")
    certificate: x509.Certificate = signed["certificates"][0].chosen
    info = signed["signer_infos"][0]
    token = _token(info)
    stamped = {"unsigned_attrs": [_stamp_attribute(token)]} if token is not None else {}
    digest = algos.DigestAlgorithm({"algorithm": "sha256"})
    rebuilt = cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": cms.SignedData(
                {
                    "version": "v1",
                    "digest_algorithms": cms.DigestAlgorithms((digest,)),
                    "encap_content_info": {"content_type": "data"},
                    "certificates": [certificate],
                    "signer_infos": [
                        cms.SignerInfo(
                            {
                                "version": "v1",
                                "sid": cms.SignerIdentifier(
                                    {
                                        "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                                            {
                                                "issuer": certificate.issuer,
                                                "serial_number": certificate.serial_number,
                                            }
                                        )
                                    }
                                ),
                                "digest_algorithm": digest,
                                "signature_algorithm": algos.SignedDigestAlgorithm(
                                    {"algorithm": "sha256_rsa"}
                                ),
                                "signed_attrs": info["signed_attrs"],
                                "signature": info["signature"],
                                **stamped,
                            }
                        )
                    ],
                }
            ),
        }
    )
    if rebuilt.dump() != der:
        raise BrokenSealError("The signature container is not in the form that a pack's seal has.")
    if _signed_fingerprint(info) != certificate.sha256:
        raise BrokenSealError("The certificate in the file is not the one that was signed with.")
    if embedded.sig_object.get("/SubFilter") != "/ETSI.CAdES.detached":
        raise BrokenSealError("The signature is not a PAdES signature.")
    return certificate, token


def _token(info: cms.SignerInfo) -> cms.ContentInfo | None:
    """The time stamp beside the signature; nothing else may stand there."""
    for attribute in info["unsigned_attrs"] or ():
        if attribute["type"].native == "signature_time_stamp_token" and len(attribute["values"]) == 1:
            return attribute["values"][0]
    return None


def _stamp_attribute(token: cms.ContentInfo) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [token]})


def _signed_fingerprint(info: cms.SignerInfo) -> bytes:
    """The certificate's SHA-256 inside the signed attributes (signing-certificate-v2, RFC 5035)."""
    for attribute in info["signed_attrs"]:
        if attribute["type"].native == "signing_certificate_v2":
            identified = attribute["values"][0]["certs"][0]
            return bytes(identified["cert_hash"].native)
    raise BrokenSealError("The signature does not say which certificate it was made with.")
