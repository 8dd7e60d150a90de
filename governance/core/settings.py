"""One frozen Settings object, read from the environment; a wrong value stops the start and says which."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

_MEBIBYTE = 1024 * 1024
_NAME_FILE, _LONGEST_NAME = "organisation.txt", 200
# RFC 6409 and RFC 8314.
_MAIL_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class SettingsError(Exception):
    """A setting is missing or wrong; the message names it and what would be right."""


@dataclass(frozen=True)
class MailSettings:
    """The mail server that takes our mails, and from whom they are."""

    host: str
    port: int
    security: str
    """`starttls`, `tls` from the first byte, or `none`."""
    user: str
    sender: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """Everything an installation decides. Sizes in bytes, durations in hours."""

    data_dir: Path
    database_url: str
    organisation: str
    host: str
    port: int
    upload_limit: int
    session_hours: int
    https_only: bool
    zone: str
    url: str
    """Where people reach the site, without a slash at the end: the beginning of every link in a mail."""
    mail: MailSettings | None
    """None: nothing is mailed, notifications stand in the registry only."""
    webhooks_inside: bool
    """Whether webhooks may go to this machine and its network, and without HTTPS."""
    tsa_url: str = ""
    """The time-stamping authority (RFC 3161) that stamps the seals of packs; empty: nobody is asked."""

    @property
    def evidence_dir(self) -> Path:
        """Folder of the content-addressed evidence files."""
        return self.data_dir / "evidence"

    @property
    def packs_dir(self) -> Path:
        """Folder of the finished evidence packs."""
        return self.data_dir / "packs"

    @property
    def moments_dir(self) -> Path:
        """Folder of the registry as it was: rebuilt from the trail, and made again when it is wanted again."""
        return self.data_dir / "moments"

    @property
    def keys_dir(self) -> Path:
        """Folder of the session secret and the sealing key, all with mode 0600."""
        return self.data_dir / "keys"


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from AIMS_… variables. Raises SettingsError naming the variable that is wrong."""
    data_dir = Path(environ.get("AIMS_DATA", "var")).expanduser().absolute()
    host = environ.get("AIMS_HOST", "127.0.0.1")
    port = _whole(environ, "AIMS_PORT", 8042, 1, 65535)
    return Settings(
        data_dir=data_dir,
        database_url=environ.get("AIMS_DATABASE", f"sqlite:///{data_dir / 'registry.db'}"),
        organisation=environ.get("AIMS_ORGANISATION") or _kept_name(data_dir) or "This organisation",
        host=host,
        port=port,
        upload_limit=_whole(environ, "AIMS_UPLOAD_MB", 50, 1, 4096) * _MEBIBYTE,
        session_hours=_whole(environ, "AIMS_SESSION_HOURS", 12, 1, 720),
        https_only=_yes(environ, "AIMS_HTTPS_ONLY"),
        zone=environ.get("AIMS_ZONE", "Europe/Berlin"),
        url=_url(environ, f"http://{host}:{port}"),
        mail=_mail(environ),
        webhooks_inside=_yes(environ, "AIMS_WEBHOOKS_INSIDE"),
        tsa_url=_tsa(environ),
    )


def keep_name(data_dir: Path, organisation: str) -> None:
    """Leave the organisation's name in the data folder, where the settings find it if the environment names none."""
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / _NAME_FILE).write_text(f"{organisation}\n", encoding="utf-8")


def _kept_name(data_dir: Path) -> str:
    path = data_dir / _NAME_FILE
    try:
        name = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    if not name.isprintable() or len(name) > _LONGEST_NAME:
        raise SettingsError(
            f"{path} must hold the organisation's name, one line of at most {_LONGEST_NAME} letters."
        )
    return name


def _yes(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "no").lower() in {"yes", "true", "1"}


def _url(environ: Mapping[str, str], otherwise: str) -> str:
    raw = environ.get("AIMS_URL", otherwise).rstrip("/")
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise SettingsError(
            f"AIMS_URL is {raw!r}; it must be an address such as https://registry.example.org."
        )
    return raw


def _tsa(environ: Mapping[str, str]) -> str:
    raw = environ.get("AIMS_TSA_URL", "")
    parts = urlsplit(raw)
    if raw and (parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment):
        raise SettingsError(
            f"AIMS_TSA_URL is {raw!r}; it must be an address such as https://tsa.example.org/tsr."
        )
    return raw


def _mail(environ: Mapping[str, str]) -> MailSettings | None:
    host = environ.get("AIMS_SMTP_HOST", "")
    if not host:
        return None
    security = environ.get("AIMS_SMTP_SECURITY", "starttls").lower()
    if security not in _MAIL_PORTS:
        raise SettingsError(f"AIMS_SMTP_SECURITY is {security!r}; it must be starttls, tls or none.")
    sender = environ.get("AIMS_SMTP_FROM", "")
    if "@" not in parseaddr(sender)[1]:
        raise SettingsError(
            f"AIMS_SMTP_FROM is {sender!r}; it must be an address such as AIMS Registry <aims@example.org>."
        )
    return MailSettings(
        host=host,
        port=_whole(environ, "AIMS_SMTP_PORT", _MAIL_PORTS[security], 1, 65535),
        security=security,
        user=environ.get("AIMS_SMTP_USER", ""),
        sender=sender,
        password=environ.get("AIMS_SMTP_PASSWORD", ""),
    )


def _whole(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    raw = environ.get(name, str(default))
    if not raw.isdigit() or not low <= int(raw) <= high:
        raise SettingsError(f"{name} is {raw!r}; it must be a whole number from {low} to {high}.")
    return int(raw)


def secret(settings: Settings, name: str) -> str:
    """A secret of this installation, made at first use and kept in a file with mode 0600.

    A file that others may read is refused with SettingsError: a leaked secret is no secret.
    """
    path = settings.keys_dir / name
    settings.keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path} may be read by others; run: chmod 600 {path}") from None
        return path.read_text(encoding="ascii")
    value = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(value)
    return value
