"""Webhooks per Standard Webhooks 1.0: signed, sent to the address that was looked at, no redirects, with an end to waiting."""

import base64
import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
from datetime import UTC
from http import HTTPStatus
from urllib.parse import urlsplit

from standardwebhooks import Webhook as Signer

from governance import __version__
from governance.core import clock
from governance.core.settings import Settings, secret
from governance.notifications import addresses
from governance.notifications.models import Delivery, Notification, Webhook
from governance.notifications.outbox import SENT, Outcome, Parcel

_TIMEOUT_SECONDS = 10
# However slowly an answer drips, it is cut off here.
_LONGEST_SECONDS = 30
IS_GONE = Outcome(Delivery.GIVEN_UP, "The webhook answered 410 Gone and is revoked.")


def secret_of(settings: Settings, hook: Webhook) -> str:
    """The signing secret of a webhook, whsec_…

    It is made of a random number in the database and a key in a file, so that neither a copy of the database nor the
    key alone can sign.
    """
    key = secret(settings, "webhook-secret").encode()
    made = hmac.digest(key, bytes.fromhex(hook.nonce), hashlib.sha256)
    return f"whsec_{base64.b64encode(made).decode()}"


def payload(settings: Settings, row: Notification) -> str:
    """What is sent: type, timestamp of the event, and data with no more than title, reference and link."""
    data = {
        "reference": row.reference,
        "subject": row.subject,
        "text": row.text,
        "late": row.late,
        "url": f"{settings.url}{row.path}",
    }
    body = {"type": f"aims.{row.topic}", "timestamp": row.created_at.isoformat(), "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def deliver(settings: Settings, parcel: Parcel) -> Outcome:
    """Send a claimed notification to its webhook. 410 Gone is for good, as is an address inside; all else may pass."""
    row, hook = parcel.row, parcel.row.webhook
    assert hook is not None
    if objection := addresses.objection(hook.url, inside=settings.webhooks_inside):
        return Outcome(Delivery.GIVEN_UP, objection)
    body, message_id = payload(settings, row), f"msg_{row.uid}"
    # The library counts from the clock face: the moment has to be in UTC.
    moment = clock.now().astimezone(UTC)
    headers = {
        "content-type": "application/json",
        "user-agent": f"aims-registry/{__version__}",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Signer(secret_of(settings, hook)).sign(message_id, moment, body),
    }
    try:
        status = _post(hook.url, body.encode(), headers, inside=settings.webhooks_inside)
    except addresses.NotAllowed as error:
        return Outcome(Delivery.GIVEN_UP, str(error))
    except (OSError, http.client.HTTPException) as error:
        return Outcome(Delivery.FAILED, f"The webhook: {str(error) or type(error).__name__}")
    if 200 <= status < 300:
        return SENT
    if status == HTTPStatus.GONE:
        return IS_GONE
    return Outcome(Delivery.FAILED, f"The webhook answered {status}.")


def _post(url: str, body: bytes, headers: dict[str, str], *, inside: bool) -> int:
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_safe = parts.scheme == "https"
    port = parts.port or (443 if is_safe else 80)
    line = socket.create_connection(
        (addresses.resolved(host, port, inside=inside), port), timeout=_TIMEOUT_SECONDS
    )
    if is_safe:
        # To the address that was looked at; the certificate is that of the name.
        trusted = ssl.create_default_context()
        line = trusted.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
    end = threading.Timer(_LONGEST_SECONDS, _cut, (line,))
    end.daemon = True
    end.start()
    connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
    try:
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        connection.sock = line
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        name = f"[{host}]" if ":" in host else host
        # By itself the Host header would name the standard port of HTTPS, which receivers do not expect.
        at = name if port == (443 if is_safe else 80) else f"{name}:{port}"
        connection.request("POST", target, body, headers | {"host": at, "connection": "close"})
        return connection.getresponse().status
    finally:
        end.cancel()
        connection.close()
        line.close()


def _cut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It is over already.
        return
