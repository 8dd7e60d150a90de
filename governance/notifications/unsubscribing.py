"""The signed token in the unsubscribe link: who, and from what. It has no end, as mails are read late (RFC 8058)."""

from itsdangerous import BadData, URLSafeSerializer

from governance.core.errors import NotFound
from governance.core.settings import Settings, secret


def token(settings: Settings, person_id: int, topic: str) -> str:
    """The token for a person and a topic."""
    return str(_signer(settings).dumps([person_id, topic]))


def read(settings: Settings, given: str) -> tuple[int, str]:
    """Person and topic of a token. Raises NotFound if it is none of ours."""
    try:
        person_id, topic = _signer(settings).loads(given)
    except BadData:
        raise NotFound("This link is not complete; copy it whole from the mail.") from None
    return int(person_id), str(topic)


def _signer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(secret(settings, "unsubscribe-secret"), salt="unsubscribe")
