"""How values look in a pack: dates, empty values, states, links; hidden characters are made visible."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

from markupsafe import Markup, escape

from governance.core.hidden import visible

_REFERENCE: Final = re.compile(r"\b[A-Z]{2,5}-[0-9][0-9-]*[0-9]\b|\bRL-[0-9]+\b|\bSYS-[0-9]+\b")
# Line breaking looks at a word again for each line of it: 20,000 letters without a space took 17 s, in pieces 0.5 s.
_LONG_WORD: Final = re.compile(r"\S{100,}")
# Between 40 and 60 letters, not before a mark: that would stand on the next line without its letter.
_PIECE: Final = re.compile(r"\S{40,59}?(?=\w)|\S{60}")
# Thousands of them are pages of nothing.
_BLANK_LINES: Final = re.compile(r"\n(?:[^\S\n]*\n){4,}")
# A.6.2.4, v.2: Pango before 1.52 takes the full stop for a place to break the line, newer ones do not. Escapes have no stop.
# Nor are they long: what may not be broken must fit into the narrowest column.
_WITH_STOP: Final = re.compile(r"(?<![\w.-])[\w.-]{0,3}[^\W\d_]\.\d[\w.-]{0,6}(?<![.-])(?![\w-])")
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
        escaped = _BLANK_LINES.sub(_counted, str(_escaped(text))).replace("\n", "<br>")
        escaped = _WITH_STOP.sub(r'<span class="ref">\g<0></span>', escaped)
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
        return Markup('<b class="ref" id="{0}">{0}</b>').format(_escaped(reference))


def _escaped(text: str) -> Markup:
    return escape(_LONG_WORD.sub(_breakable, visible(text)))


def _breakable(match: re.Match[str]) -> str:
    """A long word with invisible places to break it (U+200B, our own: what people type is made visible before)."""
    return _PIECE.sub("\\g<0>\u200b", match[0])


def _counted(match: re.Match[str]) -> str:
    return f"\n[{match[0].count(chr(10)) - 1} empty lines]\n"


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
