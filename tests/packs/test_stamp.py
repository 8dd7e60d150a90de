"""The RFC 3161 time stamp over a seal: asked of a real server, held by other people's programs, and strict about each bit."""

from __future__ import annotations

import hashlib
import random
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from governance.core import clock, records
from governance.core.errors import Refused
from governance.core.settings import Settings, SettingsError, load
from governance.packs import service
from governance.packs.draw import rendering
from governance.packs.draw.system import RenderedPack
from governance.packs.schemas import RequestPack
from governance.packs.seal.seal import Sealer, seal
from governance.packs.seal.stamp import Stamper
from governance.packs.verify.pdf import verify
from governance.packs.verify.signature import check_seal
from governance.packs.verify.time_stamp import BadStampError, check_stamp
from governance.systems.models import AiSystem
from tests.conftest import MORNING
from tests.house_fixtures import House
from tests.packs.tsa import NOON, Authority, OpenSsl, serving
from tests.systems.build import a_system


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    with serving(Authority()) as found:
        yield found


def stamper(authority: Authority, *moods: str) -> Stamper:
    authority.moods, authority.asked = list(moods), 0
    return Stamper(authority.url, waits=(0.0, 0.0))


@pytest.fixture(scope="module")
def stamped(rendered: RenderedPack, sealer: Sealer, authority: Authority) -> bytes:
    return seal(rendered.pdf, sealer, stamper(authority))


def test_a_stamped_pack_verifies_and_says_when_and_by_whom(
    stamped: bytes, authority: Authority, tmp_path: Path
) -> None:
    path = tmp_path / "stamped.pdf"
    path.write_bytes(stamped)
    results = {item.name: item for item in verify(path)}
    assert [name for name, item in results.items() if not item.passed] == []
    said = results["time stamp"].detail
    assert "Sealed before 2026-11-20 12:00:00 UTC, says Common Name: Test Authority" in said
    assert authority.certificate.sha256.hex() in said
    kept = check_seal(stamped).stamp
    assert kept is not None and kept.at == NOON


def test_without_a_stamp_that_is_said_and_no_fault(sealed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed)
    results = {item.name: item for item in verify(path)}
    assert results["time stamp"].passed and "only the registry's clock" in results["time stamp"].detail


def test_a_stamped_pack_is_pdf_a_3a_and_other_programs_accept_it(stamped: bytes, tmp_path: Path) -> None:
    path = tmp_path / "stamped.pdf"
    path.write_bytes(stamped)
    checked = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    with pikepdf.open(path) as pdf:
        with pdf.open_metadata() as xmp:
            assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("3", "A")
            assert xmp["pdf:Producer"] == str(pdf.docinfo["/Producer"])
        assert pdf.pdf_version == "1.7" and "/Version" not in pdf.Root
        assert len(pdf.Root.AF) == len(pdf.attachments)
    said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True).stdout
    assert "Signature is Valid" in said and "Total document signed" in said


def test_openssl_holds_the_token_for_good(stamped: bytes, authority: Authority, tmp_path: Path) -> None:
    """The token taken out of the PDF, and the signature that it is over, given to a program that is not ours."""
    from io import BytesIO

    from asn1crypto import pem  # type: ignore[import-untyped] # it carries no types
    from pyhanko.pdf_utils.reader import PdfFileReader

    info = PdfFileReader(BytesIO(stamped)).embedded_signatures[0].signer_info
    (tmp_path / "token").write_bytes(info["unsigned_attrs"][0]["values"][0].dump())
    (tmp_path / "over").write_bytes(info["signature"].native)
    (tmp_path / "root.pem").write_bytes(pem.armor("CERTIFICATE", authority.root.dump()))
    command = "openssl ts -verify -token_in -in token -data over -CAfile root.pem"
    done = subprocess.run(
        [*command.split(), "-attime", str(int(NOON.timestamp()))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "Verification: OK" in done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("with_root", [True, False])
def test_no_flipped_bit_of_a_token_goes_unnoticed(with_root: bool) -> None:
    """Every byte of the token, also those that its own signature does not cover: chains with and without their root."""
    digest = hashlib.sha256(b"a signature").digest()
    with serving(Authority(with_root=with_root)) as authority:
        import asyncio

        token = asyncio.run(stamper(authority).async_timestamp(digest, "sha256")).dump()
    assert check_stamp(token, digest).at == NOON
    missed = []
    for place in range(len(token)):
        # The fifth turns capitals into small letters, which some comparisons of names pass over.
        for bit in (0, 5, 7):
            changed = bytearray(token)
            changed[place] ^= 1 << bit
            try:
                check_stamp(bytes(changed), digest)
            except Exception:  # noqa: BLE001 - a damaged token can break a parser in any way
                continue
            missed.append((place, bit))
    assert missed == []
    with pytest.raises(BadStampError, match="something else"):
        check_stamp(token, bytes(32))


def test_a_stamp_of_another_maker_is_taken(rendered: RenderedPack, sealer: Sealer, tmp_path: Path) -> None:
    """OpenSSL as the authority: ECDSA over SHA-512, three certificates, accuracy and ordering said."""
    with serving(OpenSsl(tmp_path)) as other:
        done = check_seal(seal(rendered.pdf, sealer, Stamper(other.url, waits=()))).stamp
    assert done is not None and done.by == "Common Name: tsa" and other.asked == 1


@pytest.mark.slow
def test_no_flipped_byte_of_a_stamped_seal_goes_unnoticed(stamped: bytes) -> None:
    start = stamped.index(b"/Contents <") + len(b"/Contents <")
    end = stamped.index(b">", start)
    random.seed(7)
    missed = []
    for place in sorted(random.sample(range(start, end), 60)):
        changed = bytearray(stamped)
        changed[place] ^= (0x01, 0x02, 0x20)[place % 3]
        try:
            check_seal(bytes(changed))
        except Exception:  # noqa: BLE001 - as above
            continue
        missed.append(place)
    assert missed == []


def test_an_authority_that_comes_back_is_asked_again(
    rendered: RenderedPack, sealer: Sealer, authority: Authority
) -> None:
    seal(rendered.pdf, sealer, stamper(authority))
    assert authority.asked == 1, "nobody is asked for the size of an answer beforehand"
    done = seal(rendered.pdf, sealer, stamper(authority, "busy", "hang up"))
    assert authority.asked == 3 and check_seal(done).stamp is not None


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ("busy", "it answered 503"),
        ("hang up", "it cannot be reached"),
        ("garbage", "no time stamp"),
        ("endless", "too large"),
        ("refuse", "it refused (rejection: not on Sundays)"),
        ("nonce", "the nonce differs"),
        ("digest", "something else than this seal"),
        ("broken", "does not hold"),
    ],
)
def test_an_authority_that_fails_three_times_stops_the_seal_in_words(
    rendered: RenderedPack, sealer: Sealer, authority: Authority, mood: str, said: str
) -> None:
    with pytest.raises(Refused) as refused:
        seal(rendered.pdf, sealer, stamper(authority, mood, mood, mood))
    assert said in refused.value.message and "3 attempts" in refused.value.message
    assert authority.url in refused.value.message and authority.asked == 3


def test_a_certificate_for_another_purpose_is_refused(rendered: RenderedPack, sealer: Sealer) -> None:
    with (
        serving(Authority(purpose=ExtendedKeyUsageOID.CODE_SIGNING)) as other,
        pytest.raises(Refused, match="not one for"),
    ):
        seal(rendered.pdf, sealer, stamper(other))


def test_certificates_that_nothing_proves_are_left_out(rendered: RenderedPack, sealer: Sealer) -> None:
    with serving(Authority(with_root=False)) as alone:
        assert check_seal(seal(rendered.pdf, sealer, stamper(alone))).stamp is not None
        assert check_seal(seal(rendered.pdf, sealer, stamper(alone, "extra"))).stamp is not None


def test_the_address_of_an_authority_is_one(tmp_path: Path) -> None:
    assert load({}).tsa_url == ""
    assert load({"AIMS_TSA_URL": "http://tsa.example/tsr?x=1"}).tsa_url == "http://tsa.example/tsr?x=1"
    for wrong in ("tsa.example", "ftp://tsa.example", "https://"):
        with pytest.raises(SettingsError, match="AIMS_TSA_URL"):
            load({"AIMS_TSA_URL": wrong})


@pytest.mark.slow
def test_the_setting_stamps_a_system_s_pack_or_nothing_is_made(
    house: House, settings: Settings, authority: Authority, tmp_path: Path
) -> None:
    with clock.held_at(MORNING):
        reference = a_system(house)
    with house.acting("owen") as session:
        system = records.get(session, AiSystem, reference)
        pack = service.request(session, system, RequestPack(purpose="Stage 2"), enqueue=False).reference
    snapshot = service.read(house.database, house.actor("owen"), pack, settings)
    authority.moods = []
    made = service.make(snapshot, replace(settings, tsa_url=authority.url))
    assert check_seal(made.pdf).stamp is not None
    # Nobody listens there.
    with pytest.raises(Refused, match="cannot be reached"):
        service.make(snapshot, replace(settings, tsa_url="http://127.0.0.1:9/tsr"))
    rendering.close()
