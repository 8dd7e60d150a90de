"""Characters that hide or mislead: which ones a reader is shown by their code point, and which ones no field takes."""

import re
import unicodedata
from typing import Final

# Controls, zero-width and direction-changing characters: a reader must see them, for they can make a text
# say something else than it shows ("Trojan Source", CVE-2021-42574). Line breaks and tabs stay.
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)
# Of these, what no language and no emoji needs. Zero-width (non-)joiners and the like stay: they spell Persian and
# Hindi, so they are let in and shown.
_REFUSED: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,60}/[A-Za-z0-9][A-Za-z0-9.+_-]{0,60}")
# Latin takes two marks on a letter, Vietnamese and Hebrew three; a tower of them is drawn over the lines above it.
MOST_MARKS: Final = 6
_MAYBE_TOWER: Final = re.compile(f"[^\x00-\u02ff]{{{MOST_MARKS + 1},}}")


def visible(text: str) -> str:
    """The text with every hidden or direction-changing character, and each mark too many, as its code point: `[U+202E]`."""
    if text.isascii() and text.isprintable():
        return text
    # Browsers end lines with both characters.
    return _HIDDEN.sub(_shown, _MAYBE_TOWER.sub(_lowered, text.replace("\r\n", "\n")))


def refused(text: str) -> tuple[str, str] | None:
    """The first character that no field takes, as `U+202E`, and the words before it; None for a good text."""
    if (found := _REFUSED.search(text)) is None:
        return None
    before = visible(text[max(found.start() - 20, 0) : found.start()])
    return f"U+{ord(found[0]):04X}", before


def safe_file_name(name: str, *, longest: int = 180) -> str:
    """A file name without folders, hidden characters or reserved signs, at most `longest` bytes of UTF-8.

    Together with a reference it stays below the 255 bytes that file systems take. The ending is kept.
    """
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    name = re.sub(r'[<>:"|?*\s]+', " ", _HIDDEN.sub("", name)).strip(" .")
    if len(name.encode()) <= longest:
        return name or "file"
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > 12:
        stem, suffix = name, ""
    ending = f".{suffix}" if suffix else ""
    return _first_bytes(stem, longest - len(ending.encode())).rstrip(" .") + ending


def safe_media_type(text: str) -> str:
    """The media type if it is written like one (RFC 6838, 4.2), else that of unknown bytes.

    It stands in a PDF as a name, where other signs would begin an object of their own.
    """
    return text if _MEDIA_TYPE.fullmatch(text) else "application/octet-stream"


def _first_bytes(text: str, count: int) -> str:
    return text.encode()[:count].decode(errors="ignore")


def _shown(match: re.Match[str]) -> str:
    return f"[U+{ord(match[0]):04X}]"


def _lowered(match: re.Match[str]) -> str:
    """A run of letters beyond Latin, in which no letter keeps more than MOST_MARKS marks; more are counted."""
    kept: list[str] = []
    marks = 0
    for letter in match[0] + "\0":
        if unicodedata.category(letter) in ("Mn", "Me"):
            marks += 1
            if marks <= MOST_MARKS:
                kept.append(letter)
            continue
        if marks > MOST_MARKS:
            kept.append(f"[and {marks - MOST_MARKS} more marks]")
        marks = 0
        kept.append(letter)
    return "".join(kept[:-1])
