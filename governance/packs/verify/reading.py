"""Whether a registry.json was read without loss, also one that an earlier release wrote.

Within a version of the schema (`aims-system-pack/1`) fields are only ever added, and what is added may be left out. So a
pack that was sealed before a field was thought of lacks it, and still says all that it ever said; one with a field that
this release does not know was not written by it or by any before it.
"""

from __future__ import annotations

from typing import Final

from governance.core.canonical import canonical

_WHOLE: Final = "the document"


def lost_in_reading(given: object, read: object, place: str = "") -> str:
    """Where `read`, the JSON of what was understood, does not say what the JSON `given` says; empty if nowhere.

    A field that `given` leaves out is no difference: reading succeeds without it only where it is optional.
    """
    if isinstance(given, dict) and isinstance(read, dict):
        for name, value in given.items():
            inside = f"{place}.{name}" if place else name
            if name not in read:
                return inside
            if found := lost_in_reading(value, read[name], inside):
                return found
        return ""
    if isinstance(given, list) and isinstance(read, list) and len(given) == len(read):
        pairs = zip(given, read, strict=True)
        return next((found for number, pair in enumerate(pairs) if (found := lost_in_reading(*pair, f"{place}[{number}]"))), "")  # fmt: skip
    return "" if canonical(given) == canonical(read) else place or _WHOLE
