"""How values look in a pack: dates, empty values, states, links; hidden characters are made visible."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

from markupsafe import Markup, escape

# Controls, zero-width and direction-changing characters: a reader must see them, for they can make a text
# say something else than it shows ("Trojan Source", CVE-2021-42574). Line breaks and tabs stay.
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_REFERENCE: Final = re.compile(r"\b[A-Z]{2,5}-[0-9][0-9-]*[0-9]\b|\bRL-[0-9]+\b|\bSYS-[0-9]+\b")
_ATTENTION: Final = (
    "missing",
    "refused",
    "stale",
    "expired",
    "overdue",
    "breached",
    "withdrawn",
    "not checked",
    "inconclusive",
    "rejected",
    "out of date",
    "blocker",
    "critical",
    "major",
    "declared",
)


def visible(text: str) -> str:
    """The text with every hidden or direction-changing character replaced by its code point, `[U+202E]`."""
    return _HIDDEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def safe_file_name(name: str, *, longest: int = 100) -> str:
    """A file name without folders, hidden characters or reserved signs, at most `longest` characters long."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    name = re.sub(r'[<>:"|?*\s]+', " ", _HIDDEN.sub("", name)).strip(" .")
    if len(name) <= longest:
        return name or "file"
    stem, dot, suffix = name.rpartition(".")
    return f"{stem[: longest - len(suffix) - 1]}.{suffix}" if dot and len(suffix) < 12 else name[:longest]


class Presenter:
    """Turns values of the snapshot into safe HTML, with links to the records that this pack prints."""

    def __init__(self, printed: Iterable[str]) -> None:
        """`printed`: the references that have a place of their own in this pack."""
        self._printed = frozenset(printed)
        self._placed: set[str] = set()

    def finalize(self, value: object) -> object:
        """Last step of every expression in a template: hidden characters made visible, then escaped."""
        return value if isinstance(value, Markup) else _escaped(str(value))

    def show(self, value: object) -> Markup:
        """Any value for a reader: empty → "not recorded", dates in ISO order, UTC, references as links."""
        if value is None or value == "" or value == ():
            return Markup('<span class="none">not recorded</span>')
        if isinstance(value, bool):
            return Markup("yes") if value else Markup("no")
        if isinstance(value, datetime):
            return escape(f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
        if isinstance(value, date):
            return escape(value.isoformat())
        if isinstance(value, tuple):
            return Markup("; ").join(self.show(item) for item in value)
        return self.linked(str(value))

    def dash(self, value: object) -> Markup:
        """Like `show` for dense table cells, where an empty value is a dash."""
        return Markup('<span class="none">–</span>') if value in (None, "", ()) else self.show(value)

    def linked(self, text: str) -> Markup:
        """Text with line breaks kept and the references of printed records made into links."""
        escaped = str(_escaped(text)).replace("\n", "<br>")
        return Markup(_REFERENCE.sub(self._link, escaped))  # noqa: S704 - escaped two lines above

    def _link(self, match: re.Match[str]) -> str:
        reference = match[0]
        return f'<a href="#{reference}">{reference}</a>' if reference in self._printed else reference

    def state(self, word: str) -> Markup:
        """A state in words, set apart; those that need attention in the colour of attention."""
        kind = "state bad" if word.lower().startswith(_ATTENTION) else "state"
        return Markup('<span class="{}">{}</span>').format(kind, _escaped(word))

    def home(self, reference: str) -> Markup:
        """The place of a record: its reference, bold; where it stands first is the target of links."""
        if not reference:
            return Markup("")
        if reference not in self._printed or reference in self._placed:
            return Markup('<b class="ref">{}</b>').format(_escaped(reference))
        self._placed.add(reference)
        return Markup('<b class="ref" id="{0}">{0}</b>').format(reference)


def _escaped(text: str) -> Markup:
    return escape(visible(text))


def short(digest: str, length: int = 12) -> str:
    """The first characters of a hash, as printed beside records."""
    return digest[:length]


def size(count: int | None) -> str:
    """A number of bytes for readers: 982 B, 12.4 kB, 3.0 MB (decimal units)."""
    if count is None:
        return ""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
