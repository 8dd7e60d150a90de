"""An RFC 3161 time stamp over the seal, from an authority that the organisation names; nothing is asked unless it does."""

from __future__ import annotations

import asyncio
import http.client
import secrets
import socket
import threading
from collections.abc import Callable
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from asn1crypto import cms, core, tsp  # type: ignore[import-untyped] # it carries no types
from pyhanko.sign.timestamps import TimeStamper

from governance.core.errors import Refused
from governance.packs.verify.time_stamp import BadStampError, check_stamp, trimmed

# Hexadecimal digits for the whole signature with its stamp; a chain of three certificates takes half of it.
RESERVED: Final = 48 * 1024
# Seconds before the second and the third attempt.
_WAITS: Final = (1.0, 4.0)
_TIMEOUT_SECONDS: Final = 8
# However slowly an answer drips, it is cut off here: the claim of a job lasts for sixty seconds.
_LONGEST_SECONDS: Final = 12
_LARGEST: Final = 64 * 1024


class Answer(core.Sequence):  # type: ignore[misc] # it carries no types
    """TimeStampResp (RFC 3161, 2.4.2); asn1crypto's own demands a token of those that refuse, too."""

    _fields: ClassVar = [("status", tsp.PKIStatusInfo), ("token", cms.ContentInfo, {"optional": True})]


def _nothing() -> None:
    """Nobody wants to know."""


class Stamper(TimeStamper):
    """Asks the authority at `url`, three times at most; `waiting` is called before each attempt.

    What comes back is checked as a reader of the pack would check it, before it goes in.
    """

    def __init__(
        self, url: str, waiting: Callable[[], None] = _nothing, waits: tuple[float, ...] = _WAITS
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # it carries no types
        self.url, self.waiting, self.waits = url, waiting, waits

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
        """The token over a digest (RFC 3161, 2.4). Raises Refused with what went wrong the last time."""
        problem = ""
        for pause in (0.0, *self.waits):
            await asyncio.sleep(pause)
            self.waiting()
            try:
                return self._stamped(message_digest, md_algorithm)
            except BadStampError as error:
                problem = str(error)
            except (OSError, http.client.HTTPException) as error:
                problem = f"it cannot be reached ({str(error) or type(error).__name__})"
            except ValueError:
                problem = "its answer is no time stamp"
        raise Refused(
            "The pack was not sealed, because the time-stamping authority {url} gave no time stamp in {n} attempts: {why}. "
            "Ask for the pack again later; whoever runs the registry can take AIMS_TSA_URL away to seal without.",
            url=self.url,
            n=1 + len(self.waits),
            why=problem,
        )

    def _stamped(self, digest: bytes, algorithm: str) -> Any:
        nonce = secrets.randbits(63)
        asked = tsp.TimeStampReq(
            {
                "version": 1,
                "message_imprint": {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest},
                "cert_req": True,
                "nonce": nonce,
            }
        )
        said = Answer.load(self._post(asked.dump()), strict=True)
        if said["status"]["status"].native not in ("granted", "granted_with_mods"):
            words = "; ".join(said["status"]["status_string"].native or ())
            raise BadStampError(f"it refused ({said['status']['status'].native}: {words})")
        token = trimmed(said["token"])
        if token["content"]["encap_content_info"]["content"].parsed["nonce"].native != nonce:
            raise BadStampError("its answer is to another question: the nonce differs")
        check_stamp(token.dump(), digest)
        return cms.ContentInfo.load(token.dump())

    def _post(self, body: bytes) -> bytes:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
        end = threading.Timer(_LONGEST_SECONDS, _cut, (connection,))
        end.daemon = True
        end.start()
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, body, headers)
            answer = connection.getresponse()
            data = answer.read(_LARGEST + 1)
        finally:
            end.cancel()
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise BadStampError(f"it answered {answer.status}")
        if len(data) > _LARGEST:
            raise BadStampError("its answer is too large for a time stamp")
        return data


def _cut(connection: http.client.HTTPConnection) -> None:
    try:
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It is over already.
        return
