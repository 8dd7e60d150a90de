"""A time-stamping authority on this machine: real sockets, real tokens, and every fault that one may have."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import keys, tsp  # type: ignore[import-untyped] # it carries no types
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

from governance.packs.seal.stamp import Answer

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: str,
    key: rsa.RSAPrivateKey,
    issuer: str,
    by: rsa.RSAPrivateKey,
    purpose: x509.ObjectIdentifier | None,
) -> asn1.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOON - timedelta(days=400))
        .not_valid_after(NOON + timedelta(days=4000))
        .add_extension(x509.BasicConstraints(ca=purpose is None, path_length=None), critical=True)
    )
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    der = builder.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return asn1.Certificate.load(der)


@dataclass
class Authority:
    """What answers at `url`: by `mood`, one word for each request that is still to come, and `good` for all after."""

    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING
    moods: list[str] = field(default_factory=list)
    asked: int = 0
    url: str = ""
    at: datetime = NOON
    with_root: bool = True

    def __post_init__(self) -> None:
        root, own = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
        self.root = _certificate("Test Root", root, "Test Root", root, None)
        self.certificate = _certificate("Test Authority", own, "Test Root", root, self.purpose)
        self.key = keys.PrivateKeyInfo.load(
            own.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.other = _certificate("Another Authority", root, "Nobody", own, None)

    def answer(self, body: bytes) -> tuple[int, bytes]:
        """Status and body for a request."""
        mood = self.moods.pop(0) if self.moods else "good"
        self.asked += 1
        if mood == "busy":
            return 503, b"come back later"
        if mood == "garbage":
            return 200, b"<html>Welcome</html>"
        if mood == "endless":
            return 200, b"0" * 200_000
        asked = tsp.TimeStampReq.load(body)
        if mood == "refuse":
            status = {"status": "rejection", "status_string": ["not on Sundays"]}
            return 200, Answer({"status": status}).dump()
        if mood == "nonce":
            asked["nonce"] = 7
        if mood == "digest":
            asked["message_imprint"]["hashed_message"] = bytes(32)
        extra = {"extra": [self.other], "good": [self.root] if self.with_root else []}.get(mood, [self.root])
        dummy: Any = DummyTimeStamper(self.certificate, self.key, extra, fixed_dt=self.at)
        said = dummy.request_tsa_response(asked).dump()
        if mood == "broken":
            said = said[:-1] + bytes([said[-1] ^ 1])
        return 200, said


class OpenSsl(Authority):
    """The same from OpenSSL: elliptic curves, SHA-512, an intermediate authority, and another hand that writes the token."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        (folder / "ts.cnf").write_text(_TS_CONFIG)
        (folder / "serial").write_text("01\n")
        (folder / "ca.ext").write_text("basicConstraints=critical,CA:TRUE\n")
        (folder / "tsa.ext").write_text("extendedKeyUsage=critical,timeStamping\n")
        self.run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 3650 -subj /CN=Root")
        for name, curve, issuer in (("ca2", "prime256v1", "ca"), ("tsa", "secp384r1", "ca2")):
            self.run(f"ecparam -name {curve} -genkey -noout -out {name}.key")
            self.run(f"req -new -key {name}.key -subj /CN={name} -out {name}.csr")
            extension = "tsa.ext" if name == "tsa" else "ca.ext"
            self.run(
                f"x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial -days 3000 -extfile {extension} -out {name}.pem"
            )
        (folder / "chain.pem").write_bytes(
            (folder / "ca2.pem").read_bytes() + (folder / "ca.pem").read_bytes()
        )

    def run(self, arguments: str) -> None:
        subprocess.run(["openssl", *arguments.split()], cwd=self.folder, check=True, capture_output=True)

    def answer(self, body: bytes) -> tuple[int, bytes]:
        self.asked += 1
        (self.folder / "query").write_bytes(body)
        self.run("ts -reply -config ts.cnf -queryfile query -out reply")
        return 200, (self.folder / "reply").read_bytes()


_TS_CONFIG = """
[ tsa ]
default_tsa = house
[ house ]
serial = ./serial
signer_cert = ./tsa.pem
certs = ./chain.pem
signer_key = ./tsa.key
signer_digest = sha512
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = yes
ess_cert_id_alg = sha256
"""


@contextmanager
def serving(authority: Authority) -> Iterator[Authority]:
    """The authority at an address of this machine while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            if authority.moods[:1] == ["hang up"]:
                authority.moods.pop(0)
                authority.asked += 1
                self.close_connection = True
                return
            status, said = authority.answer(body)
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    authority.url = f"http://127.0.0.1:{server.server_address[1]}/tsr"
    try:
        yield authority
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
