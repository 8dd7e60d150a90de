"""One cell at a time: folding for comparison, values that say nothing, list-like cells, names of suppliers,
addresses.
"""

import ast
import json
import re
from functools import lru_cache

# fmt: off
NON_VALUES = (
    "n/a", "#n/a", "na", "n.a.", "n.v.t.", "nvt", "k.a.", "s.o.", "null", "nil", "-", "--", "—", "?", ".",
    "\ufffd", "not applicable", "not available", "not reported", "not provided", "not specified", "tbd",
    "to be determined", "unknown",
)
# fmt: on

_ENUMERATOR = re.compile(r"^\(?(?:[a-z]|\d{1,2})\)\s+|^[a-z]\.\s+")
_NOT_WORD = re.compile(r"[^\w]+")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\{}|^]+", re.IGNORECASE)
_BARE_ADDRESS = re.compile(r"(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,6}(?:/\S*)?", re.IGNORECASE)
_COMPANY_FORM = re.compile(
    r"^(?:inc|llc|l\.l\.c|ltd|limited|corp|corporation|co|company|plc|lp|l\.p|llp|gmbh|ag|se|sa|s\.a|sas|s\.a\.s|"
    r"bv|b\.v|nv|n\.v|ab|as|oy|spa|s\.p\.a|srl|s\.r\.l|pty ltd|kg|dba\b.*|jr|sr)\.?(?:\s*\(.*\))?$",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(r"\b(?:inc|corp|ltd|co|[a-z]\.[a-z])\.$", re.IGNORECASE)
_SENTENCE = re.compile(r"\b(?:these|includes?|included|including|for example|such as|which)\b", re.IGNORECASE)
_MARKS = str.maketrans({"&": " and ", "'": "", "’": "", "‘": "", "ʼ": ""})


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Text for comparison: case, spaces, punctuation, `&` and a leading "a)" or "1)" make no difference."""
    text = " ".join(text.replace("\xa0", " ").split()).casefold()
    folded = _NOT_WORD.sub(" ", _ENUMERATOR.sub("", text, count=1).translate(_MARKS)).strip()
    # What consists of marks only (-, ?, …) must stay different from a blank.
    return " ".join(folded.split()) or text


def one_line(text: str) -> str:
    """Text with every run of white space, line breaks included, as one space."""
    return " ".join(text.split())


def paragraphs(text: str) -> str:
    """Text with its line breaks, otherwise trimmed; at most one blank line in a row."""
    if "\n" not in text and "\r" not in text:
        return " ".join(text.split())
    lines = [" ".join(line.split()) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def list_items(cell: str, separators: tuple[str, ...] | None = None) -> list[str]:
    """The items of a list-like cell, trimmed, without blanks and repetitions.

    Reads JSON lists and Python lists (`['a', 'b']`, by `ast.literal_eval`, which runs nothing) first; then
    the given `separators`; without them, lines, bullets and semicolons. A cell without any of these is one
    item.
    """
    text = cell.strip()
    if text.startswith("[") and text.endswith("]") and (items := _literal_list(text)) is not None:
        return _distinct(items)
    if separators is None:
        parts = re.split(r"[;\r\n•▪●]", text)
        return _distinct([re.sub(r"^[-*–]\s+", "", part.strip()) for part in parts])
    return _distinct(_split_outside_brackets(text, separators))


def supplier_names(cell: str, separators: tuple[str, ...]) -> list[str]:
    """Company names of a cell: split outside brackets, with ", Inc." kept at its name and a leading "and"
    taken off.
    """
    names: list[str] = []
    for part in list_items(cell, separators):
        name = re.sub(r"^(?:and|&)\s+", "", part.strip(), flags=re.IGNORECASE)
        if not _ABBREVIATED.search(name):
            name = name.rstrip(" .")
        if names and _COMPANY_FORM.match(name):
            names[-1] = f"{names[-1]}, {name}"
        elif name:
            names.append(name)
    return _distinct([one_line(name) for name in names])


def addresses(cell: str) -> list[str]:
    """The web addresses in a cell; a cell that is nothing but `www.example.org/x` counts, with https://
    before it.
    """
    found = [match.rstrip(".,;:)]") for match in _ADDRESS.findall(cell)]
    if not found and _BARE_ADDRESS.fullmatch(cell.strip()):
        found = [f"https://{cell.strip()}"]
    return _distinct(found)


def not_a_name(text: str) -> str:
    """Why this cannot be the name of a supplier, or an empty text."""
    if _ADDRESS.match(text) or ("/" not in text and text.startswith("www.")):
        return "it is a web address"
    if re.match(r"^\d{4}-\d\d-\d\d|^\d{1,2}/\d{1,2}/\d{2,4}", text):
        return "it is a date"
    if len(text) > 120 or (len(text) > 60 and re.search(r"[.!?]\s+[A-Z]\w+ \w+", text)):
        return "it is a sentence"
    if not re.search(r"[^\W\d_]", text):
        return "it has no letters"
    return ""


def is_prose(text: str) -> bool:
    """Whether a cell that should name suppliers is written as a sentence, so that its commas do not
    separate names.
    """
    return bool(_SENTENCE.search(text)) or (len(text) > 60 and bool(re.search(r"[.!?]\s+[A-Z]\w+ \w+", text)))


def _literal_list(text: str) -> list[str] | None:
    if len(text) > 100_000:
        return None
    value: object
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            return None
    if not isinstance(value, list):
        return None
    return [item if isinstance(item, str) else _scalar(item) for item in value if item is not None]


def _scalar(item: object) -> str:
    if isinstance(item, dict):
        for key in ("name", "label", "title", "value"):
            if isinstance(item.get(key), str):
                return str(item[key])
    return json.dumps(item, ensure_ascii=False, default=str)


def _split_outside_brackets(text: str, separators: tuple[str, ...]) -> list[str]:
    ordered = sorted(separators, key=len, reverse=True)
    parts, start, depth, place = [], 0, 0, 0
    while place < len(text):
        if text[place] in "([":
            depth += 1
        elif text[place] in ")]":
            depth = max(0, depth - 1)
        elif found := next((s for s in ordered if depth == 0 and s and text.startswith(s, place)), ""):
            parts.append(text[start:place])
            place += len(found)
            start = place
            continue
        place += 1
    return [*parts, text[start:]]


def _distinct(items: list[str]) -> list[str]:
    return list(dict.fromkeys(item for item in (one_line(item) for item in items) if item))
