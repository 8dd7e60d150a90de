"""Lists: words, filters, order and position from the query string, and back into links."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from governance.core.errors import DomainError
from governance.web import i18n

_BROKEN = "This link to a page of a list is broken; start at its first page."


@dataclass(frozen=True)
class Filter:
    """A filter a reader may set: its name in the query string, label and choices."""

    name: str
    label: str
    choices: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ListQuery:
    """What the reader asked of a list."""

    path: str
    words: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = "reference"
    descending: bool = False
    after: tuple[str | int, ...] | None = None

    def url(self, **changes: Any) -> str:
        """The list's address with something changed; the position is forgotten unless given."""
        values: dict[str, Any] = {
            "q": self.words,
            **self.filters,
            "sort": self.sort,
            "order": "desc" if self.descending else "asc",
        }
        values |= changes
        return f"{self.path}?{urlencode({key: value for key, value in values.items() if value})}"

    def sort_url(self, column: str) -> str:
        """Sort by a column; by the present one, turn the order round."""
        turn = column == self.sort and not self.descending
        return self.url(sort=column, order="desc" if turn else "asc")

    def next_url(self, cursor: tuple[str | int, ...]) -> str:
        """The next page."""
        return self.url(after=encode(cursor))

    def chips(self, known: Sequence[Filter]) -> list[tuple[str, str]]:
        """(label, address without it) per word and filter that is set."""
        found = [(f"“{self.words}”", self.url(q=""))] if self.words else []
        for item in known:
            value = self.filters.get(item.name)
            if value:
                label = dict(item.choices).get(value, value)
                found.append((f"{i18n.term(item.label)}: {i18n.term(label)}", self.url(**{item.name: ""})))
        return found


def read(
    path: str,
    args: MultiDict[str, str],
    known: Sequence[Filter],
    sortable: Sequence[str],
    *,
    sort: str = "reference",
    descending: bool = False,
) -> ListQuery:
    """Read a list's query string. Raises DomainError (400) for an order or position that makes no sense."""
    wanted = args.get("sort", sort)
    if wanted not in sortable:
        raise DomainError(f"This list is not sorted by {wanted!r}; it can be by {', '.join(sortable)}.")
    filters = {}
    for item in known:
        value = args.get(item.name, "")
        if value and value not in dict(item.choices):
            raise DomainError(f"{item.label} has no value {value!r}.")
        if value:
            filters[item.name] = value
    order = args.get("order", "desc" if descending else "asc")
    after = decode(args["after"]) if args.get("after") else None
    # PostgreSQL cannot compare with a NUL; nothing stored has one.
    words = args.get("q", "").replace("\0", "").strip()[:200]
    return ListQuery(path, words, filters, wanted, order == "desc", after)


def encode(cursor: tuple[str | int, ...]) -> str:
    """A position as opaque text."""
    return base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode().rstrip("=")


def decode(text: str) -> tuple[str | int, ...]:
    """A position from its text. Raises DomainError if it was tampered with."""
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise DomainError(_BROKEN) from error
    match value:
        # What the databases refuse to compare with is no position either: NUL, half a surrogate pair, 65 bits.
        case [str(key), int(number)] if (
            not isinstance(number, bool)
            and abs(number) < 2**63
            and not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in key)
        ):
            return (key, number)
    raise DomainError(_BROKEN)
