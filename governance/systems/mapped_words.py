"""What the readers of imported cells share: the origin of a text, its value map, and the report of
problems.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from governance.systems.import_cells import fold, one_line
from governance.systems.mapping import PLACEHOLDER, Mapped, Rule

Place = Callable[[str], int | None]

MISSING = object()


@dataclass(frozen=True)
class Problem:
    """Something a person should look at: record, column, the text that was found, why, and what was kept.

    `kept_as` is "raw" when only the source value remains.
    """

    record: int
    column: str
    raw: str
    reason: str
    kept_as: str


@dataclass
class Reading:
    """One record on its way through the readers, which add to its problems."""

    record: int
    cells: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)

    def report(self, column: str, raw: str, reason: str, kept_as: str = "raw") -> None:
        """Note a problem of this record."""
        self.problems.append(Problem(self.record, column, raw, reason, kept_as))


class Words:
    """The value map of one rule: whole values first, then patterns, then words that say nothing."""

    def __init__(self, rule: Rule, silent: frozenset[str]) -> None:
        self.values = {fold(word): value for word, value in rule.values.items()}
        self.patterns = [(re.compile(pattern), value) for pattern, value in rule.patterns.items()]
        self.silent = silent | {fold(word) for word in rule.drop}
        self.drop_patterns = [re.compile(pattern) for pattern in rule.drop_patterns]
        self.known: dict[str, object] = {}
        # Long free text cannot be a word that says nothing; folding it would take half of the time.
        searching = self.values or self.patterns or self.drop_patterns
        self.beyond = 10**9 if searching else 4 * max(map(len, self.silent), default=0)

    def look_up(self, text: str) -> object:
        """The mapped value, None for a text that says nothing, `MISSING` for one that the map does not
        know.
        """
        if len(text) > self.beyond:
            return MISSING
        folded = fold(text)
        if folded not in self.known:
            self.known[folded] = self._search(folded)
        return self.known[folded]

    def _search(self, folded: str) -> object:
        if folded in self.values:
            return self.values[folded]
        for pattern, value in self.patterns:
            if pattern.search(folded):
                return value
        if folded in self.silent or any(pattern.search(folded) for pattern in self.drop_patterns):
            return None
        return MISSING


class Origin:
    """Where a rule takes its text from, with the columns found once for the whole table."""

    def __init__(self, rule: Rule, place: Place, columns: tuple[str, ...], silent: frozenset[str]) -> None:
        self.rule = rule
        self.silent = silent
        self.columns = columns
        names = rule.first_of or rule.join
        if rule.column:
            found = next((p for name in rule.column if (p := place(name)) is not None), None)
            self.places = [] if found is None else [found]
        else:
            self.places = [p for name in names if (p := place(name)) is not None]
        self.templates = [
            (template, {name: place(name) for name in PLACEHOLDER.findall(template)})
            for template in rule.template
        ]
        used = self.places or [p for _, slots in self.templates for p in slots.values() if p is not None]
        self.column = columns[used[0]] if used else ""
        self.constant = rule.constant

    def text(self, cells: tuple[str, ...]) -> tuple[str, str]:
        """The text of this rule in one record, and the column it stands in."""
        if len(self.places) == 1 and not self.rule.join:
            return cells[self.places[0]], self.column
        if self.rule.first_of:
            for place in self.places:
                if cells[place].strip() and fold(cells[place]) not in self.silent:
                    return cells[place], self.columns[place]
        if self.rule.join:
            parts = [cells[place].strip() for place in self.places]
            return self.rule.with_.join(p for p in parts if p and fold(p) not in self.silent), self.column
        for template, slots in self.templates:
            filled = {name: one_line(cells[p]) if p is not None else "" for name, p in slots.items()}
            if all(text and fold(text) not in self.silent for text in filled.values()):
                return fill(template, filled), self.column
        return "", self.column


def fill(template: str, found: dict[str, str]) -> str:
    """The template with its {places} filled, or an empty text when one of them is blank."""
    if not all(found.values()):
        return ""
    return PLACEHOLDER.sub(lambda match: found[match[1]], template)


def texts(value: Mapped | object) -> Iterable[str]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else (str(value),)
