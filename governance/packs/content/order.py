"""What a pack of one system was asked for with, whether it is a record of its own or a part of a larger pack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The pack's and the system's reference, who asked, and what is printed on the cover."""

    reference: str
    system: str
    asked_by: str
    confidentiality: str
    purpose: str = ""
    earlier: tuple[tuple[int, str], ...] = ()
    """Tree heads (size, root) of earlier packs, which this one's trail must go on from."""
    since: date | None = None
    """The day after which the pack says what changed; None: it does not say."""
