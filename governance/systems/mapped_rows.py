"""Rows of a table read through a mapping: values, claims and suppliers, and a report of all that could not
be read.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from governance.core.errors import Refused
from governance.core.tables import Row, Table
from governance.systems.import_cells import fold, one_line
from governance.systems.mapped_claims import Claim, ClaimReader
from governance.systems.mapped_values import FieldValue, LinkReader, SupplierReader, ValueReader
from governance.systems.mapped_words import Problem, Reading, fill
from governance.systems.mapping import PLACEHOLDER, Mapping
from governance.systems.mapping_files import ColumnFinder

_KEY_LONGEST = 300
_NAME_FROM_TEXT = 120


@dataclass(frozen=True)
class MappedRow:
    """One record of an inventory, read.

    `key` recognises the system at the next import and is unique in the file. `raw` has every cell as it
    came, by column. `row_hash` is the SHA-256 of the raw cells by the mapping's own column names,
    `content_hash` of what was read from them: equal `content_hash` means that nothing changed for the
    register. `rejected` is the reason why this record cannot become a system, else None.
    """

    record: int
    key: str
    raw: dict[str, str]
    values: dict[str, FieldValue] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    suppliers: tuple[str, ...] = ()
    links: tuple[dict[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()
    rejected: str | None = None
    row_hash: str = ""
    content_hash: str = ""
    mapping_hash: str = ""


def apply(mapping: Mapping, table: Table) -> Iterator[MappedRow]:
    """Read every row of a table through a mapping, in the order of the file; nothing is left out.

    Raises Refused at once when the table has none of the columns of the name and none of the key: wrong
    mapping.
    """
    reader = _RowReader(mapping, table.columns)
    return (reader.read(row, place) for place, row in enumerate(table.rows, start=1))


def apply_rows(
    mapping: Mapping, columns: Sequence[str], rows: Iterable[Sequence[str]]
) -> Iterator[MappedRow]:
    """The same for rows that come from elsewhere; records are numbered from 2, as below a header."""
    numbered = tuple(Row(number, tuple(cells)) for number, cells in enumerate(rows, start=2))
    return apply(mapping, Table(tuple(columns), numbered, "csv"))


class _RowReader:
    def __init__(self, mapping: Mapping, columns: Sequence[str]) -> None:
        self.mapping = mapping
        self.columns = tuple(columns)
        self.finder = ColumnFinder(mapping, columns)
        self.mapping_hash = mapping.content_hash()
        self.silent = frozenset(fold(word) for word in mapping.non_values)
        self.own_names = self._own_names()
        self.key_ways = self._key_ways()
        self._refuse_wrong_mapping()
        order = mapping.dates.order
        place = self.finder.place
        self.fields = {
            name: ValueReader(name, rule, place, self.columns, self.silent, order)
            for name, rule in mapping.fields.items()
        }
        self.claims = [
            ClaimReader(t, rule, place, self.columns, self.silent) for t, rule in mapping.claims.items()
        ]
        self.suppliers = (
            SupplierReader(mapping.suppliers, place, self.columns, self.silent) if mapping.suppliers else None
        )
        self.links = [LinkReader(rule, place, self.columns, self.silent) for rule in mapping.links]
        self.seen: dict[str, tuple[int, str, int]] = {}

    def read(self, row: Row, place: int) -> MappedRow:
        raw = dict(zip(self.columns, row.cells, strict=True))
        raw |= {f"column {len(self.columns) + n}": cell for n, cell in enumerate(row.surplus, start=1)}
        row_hash = _hash([dict(zip(self.own_names, row.cells, strict=True)), row.surplus])
        if place <= self.mapping.source.skip_records:
            reason = "The mapping says that this record below the header is not data."
            return MappedRow(row.record, f"record={row.record}", raw, rejected=reason, row_hash=row_hash)
        reading = Reading(row.record, row.cells)
        if row.fault:
            reading.report("", " | ".join(row.surplus), row.fault)
        values: dict[str, FieldValue] = {}
        for name, reader in self.fields.items():
            value = reader.read(reading)
            if value is not None:
                values[name] = value
        claims = tuple(claim for claim_reader in self.claims if (claim := claim_reader.read(reading)))
        suppliers = tuple(self.suppliers.read(reading)) if self.suppliers else ()
        links = tuple(link for link_reader in self.links for link in link_reader.read(reading))
        key = self._key(reading, row_hash)
        rejected = None if values.get("name") else self._name(reading, values, key)
        content = [values, [[c.topic, c.answer, c.wording, c.methods] for c in claims], suppliers, links]
        return MappedRow(
            row.record,
            key,
            raw,
            values,
            claims,
            suppliers,
            links,
            tuple(reading.problems),
            rejected,
            row_hash,
            _hash(content),
            self.mapping_hash,
        )

    def _own_names(self) -> list[str]:
        names = list(self.columns)
        for short in self.mapping.columns:
            place = self.finder.place(short)
            if place is not None:
                names[place] = short
        return names

    def _key_ways(self) -> list[list[tuple[str, int]]]:
        ways = []
        for way in self.mapping.key:
            places = [(self._key_name(name), self.finder.place(name)) for name in way]
            if all(place is not None for _, place in places):
                ways.append([(name, place) for name, place in places if place is not None])
        return ways

    def _key_name(self, name: str) -> str:
        return name if name in self.mapping.columns else fold(name).replace(" ", "_")

    def _refuse_wrong_mapping(self) -> None:
        wanted = list(self.mapping.fields["name"].references())
        if self.key_ways and (not wanted or any(self.finder.place(name) is not None for name in wanted)):
            return
        lacking = wanted if self.key_ways else [name for way in self.mapping.key for name in way]
        raise Refused(
            "The mapping {mapping} does not fit this file. It wants a column {wanted}; there are {columns}.",
            mapping=self.mapping.name,
            wanted=" or ".join(repr(name) for name in dict.fromkeys(lacking)),
            columns=", ".join(repr(one_line(column)[:60]) for column in self.columns[:30]),
        )

    def _filled(self, cell: str) -> str:
        text = one_line(cell)
        return "" if fold(text) in self.silent else text

    def _key(self, reading: Reading, row_hash: str) -> str:
        base = ""
        for way in self.key_ways:
            parts = [(name, self._filled(reading.cells[place])) for name, place in way]
            if all(text for _, text in parts):
                base = "|".join(f"{name}={text.casefold().replace('|', '/')}" for name, text in parts)
                break
        if not base:
            base = f"content={row_hash[:32]}"
            reading.report(
                "", "", "no column of the key is filled; the record is recognised by its whole content", base
            )
        if len(base) > _KEY_LONGEST:
            base = f"{base[: _KEY_LONGEST - 40]}…{hashlib.sha256(base.encode()).hexdigest()[:32]}"
        return self._unique(base, reading, row_hash)

    def _unique(self, base: str, reading: Reading, row_hash: str) -> str:
        earlier = self.seen.get(base)
        if earlier is None:
            self.seen[base] = (reading.record, row_hash, 1)
            return base
        first, first_hash, count = earlier
        self.seen[base] = (first, first_hash, count + 1)
        key = f"{base}#{count + 1}"
        why = (
            f"it repeats record {first} in every column"
            if first_hash == row_hash
            else f"it has the key of record {first} with other content"
        )
        reading.report("", base, f"{why}; it is kept as a system of its own", key)
        return key

    def _name(self, reading: Reading, values: dict[str, FieldValue], key: str) -> str | None:
        """Give a nameless record a name from the mapping's fallbacks, else from its key; the reason when it
        has none.
        """
        for template in self.mapping.name_fallback:
            found = {name: self._filled(self._cell(reading, name)) for name in PLACEHOLDER.findall(template)}
            if text := fill(template, found):
                values["name"] = _shorten(one_line(text), _NAME_FROM_TEXT)
                break
        else:
            if key.startswith("content="):
                return "The record has no name, and nothing of which a name could be made."
            values["name"] = _shorten(f"Unnamed system ({key})", _NAME_FROM_TEXT)
        reading.report("name", "", "the record has no name; one was made for it", str(values["name"]))
        return None

    def _cell(self, reading: Reading, name: str) -> str:
        place = self.finder.place(name)
        return "" if place is None else reading.cells[place]


def _shorten(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _hash(value: object) -> str:
    # Text, lists and text-keyed objects only, so sorted compact JSON is canonical enough, and five times
    # faster.
    packed = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(packed.encode("utf-8", "surrogatepass")).hexdigest()
