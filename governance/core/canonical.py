"""RFC 8785 canonical JSON and the SHA-256 of a record's content: same value, same bytes, everywhere."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Final, TypeAlias
from uuid import UUID

import rfc8785

Plain: TypeAlias = "bool | int | str | float | list[Plain] | dict[str, Plain] | None"

# RFC 8785 numbers are IEEE 754 doubles: an integer beyond this would silently become another one.
LARGEST_INTEGER: Final = 2**53 - 1


class NotCanonicalError(ValueError):
    """A value that has no canonical JSON form; the message says where in the value it stands."""


def canonical(value: object) -> bytes:
    """Canonical JSON of a value as UTF-8 bytes (RFC 8785).

    What JSON lacks is turned into text before, by one rule each: an aware datetime → UTC, ISO 8601 with `Z`
    (microseconds only when there are any); a date → `YYYY-MM-DD`; an Enum → its value; a tuple → a list; a
    Decimal → its digits without exponent or trailing zeros; a UUID → its text; a dataclass → an object of its
    fields. Raises NotCanonicalError for anything else: naive datetimes, NaN and infinities, integers beyond
    2^53 - 1, sets, bytes, keys that are not text.
    """
    return encoded(plain(value))


def encoded(simple: Plain) -> bytes:
    """Canonical JSON of a value that is in JSON's own types already. Raises NotCanonicalError as `canonical` does."""
    try:
        # JSON's own encoder is in C and thirty times as fast; it differs in how it writes fractions and sorts rare keys.
        if _is_simple(simple):
            return _ENCODE(simple).encode()
        return rfc8785.dumps(simple)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise NotCanonicalError(f"This value has no canonical JSON form: {error}") from error


_ENCODE: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _is_simple(value: Plain) -> bool:
    """Whether nothing in the value is written or sorted otherwise by RFC 8785 than by Python."""
    if isinstance(value, dict):
        return all(map(str.isascii, value)) and all(map(_is_simple, value.values()))
    if isinstance(value, list):
        return all(map(_is_simple, value))
    return not isinstance(value, float)


def sha256_hex(data: bytes) -> str:
    """SHA-256 of bytes as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def content_hash(value: object) -> str:
    """SHA-256 of the canonical JSON of a value: what signatures and caches are bound to."""
    return sha256_hex(canonical(value))


def instant(moment: datetime) -> str:
    """An aware datetime as hashes spell it, `2026-11-20T22:33:01Z`. Naive → NotCanonicalError."""
    if moment.tzinfo is None:
        raise NotCanonicalError(f"A time without a time zone has no canonical form: {moment.isoformat()}")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def plain(value: object, where: str = "$") -> Plain:
    """The value in JSON's own types, by the rules of `canonical`. `where` is the path used in messages."""
    # Before the scalar cases: StrEnum and IntEnum members are str and int as well.
    if isinstance(value, Enum):
        return plain(value.value, where)
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonicalError(f"{where}: {value} is beyond 2^53 - 1; write it as text.")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotCanonicalError(f"{where}: {value} is not a number that JSON knows.")
        return value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return _compound(value, where)


def _decimal(value: Decimal, where: str) -> str:
    if not value.is_finite():
        raise NotCanonicalError(f"{where}: {value} is not a number that JSON knows.")
    # Equal numbers, equal text: one database gives 0.80 back as 0.8000000000, the other as 0.80.
    return "0" if value.is_zero() else format(value.normalize(), "f")


def _compound(value: object, where: str) -> Plain:
    if isinstance(value, Decimal):
        return _decimal(value, where)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{where}[{number}]") for number, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {_key(key, where): plain(item, f"{where}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name), f"{where}.{field.name}")
            for field in dataclasses.fields(value)
        }
    raise NotCanonicalError(f"{where}: {type(value).__name__} has no canonical JSON form.")


def _key(key: object, where: str) -> str:
    if isinstance(key, Enum):
        key = key.value
    if not isinstance(key, str):
        raise NotCanonicalError(f"{where}: the key {key!r} is not text.")
    return key
