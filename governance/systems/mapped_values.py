"""How a cell becomes a value of a system, names of suppliers or links; what does not is reported and kept
raw.
"""

import re

from governance.core.partial_dates import Order, UnreadableDateError
from governance.core.partial_dates import parse as parse_date
from governance.systems.import_cells import (
    addresses,
    fold,
    is_prose,
    list_items,
    not_a_name,
    one_line,
    paragraphs,
    supplier_names,
)
from governance.systems.import_targets import NO_WORDS, TARGETS, YES_WORDS, Kind
from governance.systems.mapped_words import MISSING, Origin, Place, Reading, Words, texts
from governance.systems.mapping import LinkRule, Rule, SupplierRule

FieldValue = str | list[str]


class ValueReader:
    """Reads one field of the AI system from each record."""

    def __init__(
        self,
        name: str,
        rule: Rule,
        place: Place,
        columns: tuple[str, ...],
        silent: frozenset[str],
        order: Order,
    ) -> None:
        self.target = TARGETS[name]
        self.rule = rule
        self.order: Order = order
        self.origin = Origin(rule, place, columns, silent)
        self.words = Words(rule, silent)
        self.longest = min(rule.longest or self.target.longest, self.target.longest)
        strict = bool(self.target.words)
        mapped = bool(rule.values or rule.patterns)
        self.reports = rule.unknown == "report" or strict or (rule.unknown == "auto" and mapped)
        self.keeps = not strict
        self.separators = None if rule.split in (None, ("auto",)) else rule.split

    def read(self, reading: Reading) -> FieldValue | None:
        """The value in this record, or None."""
        if self.origin.constant is not None:
            return self._shaped(self.origin.constant)
        text, column = self.origin.text(reading.cells)
        value = self._value(text, column, reading) if text.strip() else None
        return self._shaped(self.rule.default) if value is None and self.rule.default is not None else value

    def _value(self, text: str, column: str, reading: Reading) -> FieldValue | None:
        kind = self.target.kind
        if kind in (Kind.LIST, Kind.CHOICES):
            return self._list(text, column, reading)
        found = self.words.look_up(text)
        if found is not MISSING:
            return self._shaped(found)
        if kind is Kind.DATE:
            return self._date(text, column, reading)
        if kind is Kind.FLAG:
            folded = fold(text)
            if folded in YES_WORDS or folded in NO_WORDS:
                return "yes" if folded in YES_WORDS else "no"
            reading.report(column, text, "it is neither yes nor no")
            return None
        if kind is Kind.CHOICE:
            return self._choice(text, column, reading)
        clean = paragraphs(text) if kind is Kind.TEXT else one_line(text)
        if self.reports:
            reading.report(column, text, "the mapping has no value for it", clean)
        return self._cut(clean, column, reading)

    def _choice(self, text: str, column: str, reading: Reading) -> str | None:
        word = fold(text).replace(" ", "_")
        if word in self.target.words:
            return word
        reading.report(
            column,
            text,
            f"the mapping has no value for it; it would need one of {', '.join(self.target.words)}",
        )
        return None

    def _date(self, text: str, column: str, reading: Reading) -> str | None:
        try:
            found = parse_date(text, self.order)
        except UnreadableDateError as error:
            reading.report(column, text, f"no date: {error}")
            return None
        if found.note:
            reading.report(column, text, found.note, found.text)
        return found.text or None

    def _list(self, text: str, column: str, reading: Reading) -> list[str] | None:
        whole = self.words.look_up(text)
        if whole is None:
            return None
        items = [text] if whole is not MISSING else list_items(text, self.separators)
        result: list[str] = []
        for item in items:
            found = self.words.look_up(item)
            if found is MISSING:
                if self.target.words:
                    chosen = self._choice(item, column, reading)
                    result += [chosen] if chosen else []
                    continue
                if self.reports:
                    reading.report(column, item, "the mapping has no value for it", item)
                result.append(self._cut(one_line(item), column, reading))
            elif found is not None:
                result += [found] if isinstance(found, str) else list(texts(found))
        return list(dict.fromkeys(result)) or None

    def _cut(self, text: str, column: str, reading: Reading) -> str:
        if len(text) <= self.longest:
            return text
        short = text[: self.longest - 1].rstrip() + "…"
        reading.report(column, text, f"it has {len(text)} characters, {self.longest} fit", short)
        return short

    def _shaped(self, value: object) -> FieldValue | None:
        if value is None:
            return None
        if self.target.kind in (Kind.LIST, Kind.CHOICES):
            return list(texts(value))
        return " ".join(texts(value))


class SupplierReader:
    """Reads the names of suppliers from each record."""

    def __init__(
        self, rule: SupplierRule, place: Place, columns: tuple[str, ...], silent: frozenset[str]
    ) -> None:
        self.origin = Origin(rule, place, columns, silent)
        self.words = Words(rule, silent)
        self.separators = rule.split or (";", ",", "\n")

    def read(self, reading: Reading) -> list[str]:
        """Supplier names in the order they stand; what is no name is reported."""
        text, column = self.origin.text(reading.cells)
        if not text.strip():
            return []
        whole = self.words.look_up(text)
        if whole is None:
            return []
        if whole is not MISSING:
            return list(texts(whole))
        if is_prose(text):
            return self._refused(text, column, "it is a sentence", reading)
        names: list[str] = []
        for name in supplier_names(text, self.separators):
            found = self.words.look_up(name)
            if found is MISSING:
                if why := not_a_name(name):
                    self._refused(name, column, why, reading)
                else:
                    names.append(name)
            elif found is not None:
                names += texts(found)
        return list(dict.fromkeys(names))

    @staticmethod
    def _refused(text: str, column: str, why: str, reading: Reading) -> list[str]:
        reading.report(column, text, f"not the name of a supplier: {why}")
        return []


class LinkReader:
    """Reads web addresses of one kind from each record."""

    def __init__(
        self, rule: LinkRule, place: Place, columns: tuple[str, ...], silent: frozenset[str]
    ) -> None:
        self.label = rule.label
        self.place = next((p for name in rule.column if (p := place(name)) is not None), None)
        self.column = "" if self.place is None else columns[self.place]
        self.silent = silent | {fold(word) for word in rule.drop}
        self.drop_patterns = [re.compile(pattern) for pattern in rule.drop_patterns]

    def read(self, reading: Reading) -> list[dict[str, str]]:
        """Label and address of every link; a cell with text but no address is reported."""
        cell = "" if self.place is None else reading.cells[self.place]
        if not cell.strip():
            return []
        found = addresses(cell)
        folded = fold(cell)
        if not found and folded not in self.silent and not any(p.search(folded) for p in self.drop_patterns):
            reading.report(self.column, cell, "there is no web address in it")
        return [{"label": self.label, "url": url} for url in found]
