"""One frozen Settings object, read from the environment; a wrong value stops the start and says which."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_MEBIBYTE = 1024 * 1024


class SettingsError(Exception):
    """A setting is missing or wrong; the message names it and what would be right."""


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

    @property
    def evidence_dir(self) -> Path:
        """Folder of the content-addressed evidence files."""
        return self.data_dir / "evidence"

    @property
    def packs_dir(self) -> Path:
        """Folder of the finished evidence packs."""
        return self.data_dir / "packs"

    @property
    def keys_dir(self) -> Path:
        """Folder of the session secret and the sealing key, all with mode 0600."""
        return self.data_dir / "keys"


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from AIMS_… variables. Raises SettingsError naming the variable that is wrong."""
    data_dir = Path(environ.get("AIMS_DATA", "var")).expanduser().absolute()
    return Settings(
        data_dir=data_dir,
        database_url=environ.get("AIMS_DATABASE", f"sqlite:///{data_dir / 'registry.db'}"),
        organisation=environ.get("AIMS_ORGANISATION", "This organisation"),
        host=environ.get("AIMS_HOST", "127.0.0.1"),
        port=_whole(environ, "AIMS_PORT", 8042, 1, 65535),
        upload_limit=_whole(environ, "AIMS_UPLOAD_MB", 50, 1, 4096) * _MEBIBYTE,
        session_hours=_whole(environ, "AIMS_SESSION_HOURS", 12, 1, 720),
        https_only=environ.get("AIMS_HTTPS_ONLY", "no").lower() in {"yes", "true", "1"},
        zone=environ.get("AIMS_ZONE", "Europe/Berlin"),
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
