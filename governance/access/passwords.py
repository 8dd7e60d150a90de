"""Passwords: argon2id, and what a password must be like (NIST SP 800-63B: length, not composition)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from governance.core.errors import Refused

MINIMUM_LENGTH = 12

# RFC 9106's second recommended option asks for 64 MiB; OWASP's 19 MiB, 2 passes is the floor for small machines.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Verified against when nobody has that address, so that the answer takes as long either way.
_NOBODY = _hasher.hash("nobody's password")


def hashed(password: str) -> str:
    """The argon2id hash of a password. Raises Refused if it is too short."""
    if len(password) < MINIMUM_LENGTH:
        raise Refused(
            f"A password needs at least {MINIMUM_LENGTH} characters; a sentence is good.", field="password"
        )
    return _hasher.hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Whether the password belongs to the hash; takes the same time for an empty hash."""
    try:
        _hasher.verify(password_hash or _NOBODY, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return bool(password_hash)
