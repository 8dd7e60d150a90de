"""The key that checkpoints are signed with: made at first use, in a file of its own that nobody else may read."""

import os
import re
import stat
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.core.errors import Refused
from governance.trail.notes import Signer, signer

_FILE = "trail-checkpoint.key"
_MARK = "PRIVATE+KEY"


def load_or_make(folder: Path, organisation: str) -> Signer:
    """The registry's signer (Ed25519), made at first use in `folder` with mode 0600.

    Its name, which is also the origin of the checkpoints, stands in the file and stays when the organisation is
    renamed. Two processes that start together end up with the same key. Raises Refused if others may read the file, or
    if it is no such key.
    """
    path = folder / _FILE
    if not path.exists():
        temporary = _written(folder, signer(_origin(organisation), Ed25519PrivateKey.generate()))
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    return _load(path)


def rotate(folder: Path, organisation: str) -> tuple[Signer, Signer]:
    """Put a new key of the same name in the place of the old one. Returns both; the old one is nowhere else any more."""
    old = load_or_make(folder, organisation)
    new = signer(old.verifier.name, Ed25519PrivateKey.generate())
    os.replace(_written(folder, new), folder / _FILE)
    return old, new


def _origin(organisation: str) -> str:
    """A name without spaces and plus, as key names must be; checkpoints recommend an address without scheme."""
    words = "-".join(re.findall(r"\w+", organisation.lower()))
    return f"aims-registry/{words[:80] or 'unnamed'}"


def _written(folder: Path, made: Signer) -> Path:
    """The key in a temporary file, which has mode 0600 from the start."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name, key_id, _ = str(made.verifier).split("+", 2)
    text = f"{_MARK}+{name}+{key_id}+{made.private.private_bytes_raw().hex()}\n"
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Path(file.name)


def _load(path: Path) -> Signer:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Refused(f"{path} may be read by others; run: chmod 600 {path}")
    try:
        mark, name, key_id, private = path.read_text(encoding="utf-8").strip().rsplit("+", 3)
        found = signer(name, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private)))
    except ValueError:
        raise Refused(f"{path} is no key for checkpoints.") from None
    if mark != _MARK or found.verifier.key_id.hex() != key_id:
        raise Refused(f"{path} is no key for checkpoints.")
    return found
