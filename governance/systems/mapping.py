"""The language of mapping files: how the columns of somebody's inventory become AI systems of this
register.
"""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from governance.core.canonical import content_hash
from governance.core.partial_dates import Order
from governance.core.tables import Layout
from governance.systems.import_cells import NON_VALUES
from governance.systems.import_targets import ANSWERS, TARGETS, TOPICS

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _as_ways(value: object) -> object:
    # `key: id` and `key: [agency, id]` mean one way; only a list of lists means several.
    if isinstance(value, str):
        return ((value,),)
    if isinstance(value, list) and all(isinstance(column, str) for column in value):
        return (tuple(value),) if value else ()
    return value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Mapped = str | tuple[str, ...] | None


class Part(BaseModel):
    """Base of all parts of a mapping file: unknown keys are refused, so that a slip of the pen does not
    pass.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Part):
    """How the file is read (see `governance.core.tables.Layout`), and how many records below the header are
    no data.
    """

    format: Literal["auto", "csv", "xlsx", "json"] = "auto"
    encoding: str = "auto"
    delimiter: str = "auto"
    sheet: str = ""
    header_row: int = Field(default=1, ge=1, le=1000)
    path: str = ""
    skip_records: int = Field(default=0, ge=0, le=1000)

    def layout(self) -> Layout:
        """The same as the table reader wants it."""
        return Layout(self.format, self.encoding, self.delimiter, self.sheet, self.header_row, self.path)


class Dates(Part):
    """How dates are written: whether 3/4/2024 is the third of April (day_first) or the fourth of March."""

    order: Order = "unknown"


class Rule(Part):
    """Where one value comes from and how it is read. Exactly one of the first five keys says where from.

    `column`: the column; several names are alternatives, the first that the file has is read.
    `first_of`: columns, the first that is not blank counts. `join`: columns, all that are not blank, `with`
    between. `template`: text with {column} places; of several, the first whose places are all filled.
    `constant`: always that.
    """

    column: Texts = ()
    first_of: Texts = ()
    join: Texts = ()
    with_: str = Field(default="\n\n", alias="with")
    template: Texts = ()
    constant: Mapped = None
    values: dict[str, Mapped] = Field(default_factory=dict)
    patterns: dict[str, Mapped] = Field(default_factory=dict)
    unknown: Literal["auto", "keep", "report"] = "auto"
    drop: Texts = ()
    drop_patterns: Texts = ()
    split: Texts | None = None
    default: Mapped = None
    longest: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = [
            key for key in ("column", "first_of", "join", "template", "constant") if getattr(self, key)
        ]
        if len(origins) != 1:
            given = " and ".join(origins) or "none"
            raise ValueError(
                f"say where it comes from by one of column, first_of, join, template, constant; here: {given}"
            )
        for pattern in (*self.patterns, *self.drop_patterns):
            _check_pattern(pattern)
        return self

    def references(self) -> Iterator[str]:
        """The names of columns this rule mentions, in order."""
        yield from (*self.column, *self.first_of, *self.join)
        for template in self.template:
            yield from PLACEHOLDER.findall(template)


def _rule(value: object) -> object:
    return {"column": value} if isinstance(value, str | list) else value


class ClaimRule(Rule):
    """One claim. `values` and `patterns` lead to an answer; `otherwise` is the answer to any other wording.

    With `methods` the cell is a list, and those of its items are recorded as methods (the text after the
    colon replaces the inventory's word when given). `wording` names more columns that are quoted with the
    claim.
    """

    otherwise: str | None = None
    methods: dict[str, str | None] | None = None
    wording: Texts = ()

    @model_validator(mode="after")
    def _known_answers(self) -> Self:
        given = [*self.values.values(), *self.patterns.values(), self.otherwise, self.default, self.constant]
        for answer in given:
            if answer is not None and answer not in ANSWERS:
                raise ValueError(f"{answer!r} is not an answer; the answers are {', '.join(ANSWERS)}")
        return self

    def references(self) -> Iterator[str]:
        """The names of columns this claim mentions, in order."""
        yield from super().references()
        yield from self.wording


class SupplierRule(Rule):
    """The suppliers named in a cell; `split` defaults to semicolons, commas and line breaks, company forms
    stay whole.
    """

    split: Texts | None = (";", ",", "\n")


class LinkRule(Part):
    """A web address to keep with the system; `drop` names the words that stand where there is none."""

    label: str
    column: Texts
    drop: Texts = ()
    drop_patterns: Texts = ()

    @model_validator(mode="after")
    def _patterns_compile(self) -> Self:
        for pattern in self.drop_patterns:
            _check_pattern(pattern)
        return self


FieldRule = Annotated[Rule, BeforeValidator(_rule)]
ClaimField = Annotated[ClaimRule, BeforeValidator(_rule)]
SupplierField = Annotated[SupplierRule, BeforeValidator(_rule)]


class Mapping(Part):
    """One mapping file. `key` lists ways to recognise a system again, best first; each is a list of
    columns.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    title: str
    description: str = ""
    inventory: str = ""
    source: Source = Source()
    columns: dict[str, Texts] = Field(default_factory=dict)
    dates: Dates = Dates()
    non_values: Texts = NON_VALUES
    key: Annotated[tuple[Texts, ...], BeforeValidator(_as_ways)] = Field(min_length=1)
    fields: dict[str, FieldRule]
    name_fallback: Texts = ()
    claims: dict[str, ClaimField] = Field(default_factory=dict)
    suppliers: SupplierField | None = None
    links: tuple[LinkRule, ...] = ()
    unmapped: Literal["keep"] = "keep"

    @model_validator(mode="after")
    def _targets_exist(self) -> Self:
        for field, rule in self.fields.items():
            if field not in TARGETS:
                raise ValueError(f"fields.{field}: there is no such field{_meant(field, TARGETS)}")
            _check_words(field, rule)
        if "name" not in self.fields:
            raise ValueError("fields: a system needs a name; say which column holds it")
        for topic in self.claims:
            if topic not in TOPICS:
                raise ValueError(f"claims.{topic}: there is no such topic{_meant(topic, TOPICS)}")
        return self

    @property
    def source_name(self) -> str:
        """The inventory whose systems are recognised again: mappings of two layouts of one inventory share
        it.
        """
        return self.inventory or self.name

    def content_hash(self) -> str:
        """SHA-256 of the mapping's content; comments and layout of the file make no difference."""
        return content_hash(self.model_dump(mode="json", by_alias=True))

    def references(self) -> dict[str, tuple[str, ...]]:
        """What each column name (or short name) is used for: `key`, `name`, `claims.testing`, `suppliers`,
        `links`.
        """
        uses: dict[str, list[str]] = {}

        def note(names: Iterator[str] | tuple[str, ...], use: str) -> None:
            for name in names:
                listed = uses.setdefault(name, [])
                if use not in listed:
                    listed.append(use)

        for way in self.key:
            note(way, "key")
        for field, rule in self.fields.items():
            note(rule.references(), field)
        for template in self.name_fallback:
            note(tuple(PLACEHOLDER.findall(template)), "name")
        for topic, claim in self.claims.items():
            note(claim.references(), f"claims.{topic}")
        if self.suppliers:
            note(self.suppliers.references(), "suppliers")
        for link in self.links:
            note(link.column, "links")
        return {name: tuple(listed) for name, listed in uses.items()}

    def alternatives(self) -> list[tuple[str, ...]]:
        """Groups of names of which the file should have one each: short names resolved, alternatives
        together.
        """
        groups: dict[tuple[str, ...], None] = {}
        singles = [name for way in self.key for name in way]
        rules: list[Rule] = [*self.fields.values(), *self.claims.values()]
        if self.suppliers:
            rules.append(self.suppliers)
        for rule in rules:
            if rule.column:
                groups[self._expand(rule.column)] = None
            plain = [*rule.first_of, *rule.join, *(p for t in rule.template for p in PLACEHOLDER.findall(t))]
            singles += [*plain, *(rule.wording if isinstance(rule, ClaimRule) else ())]
        for link in self.links:
            groups[self._expand(link.column)] = None
        singles += [place for template in self.name_fallback for place in PLACEHOLDER.findall(template)]
        for single in singles:
            groups[self._expand((single,))] = None
        covered = {name for group in groups if len(group) > 1 for name in group}
        return [group for group in groups if len(group) > 1 or group[0] not in covered]

    def _expand(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(header for name in names for header in self.columns.get(name, (name,))))


def _meant(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; is it {near[0]}?" if near else f"; there are {', '.join(known)}"


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"the pattern {pattern!r} is not a regular expression: {error}") from None


def _check_words(field: str, rule: Rule) -> None:
    target = TARGETS[field]
    if not target.words:
        return
    for value in (*rule.values.values(), *rule.patterns.values(), rule.default, rule.constant):
        for word in (value,) if isinstance(value, str) else value or ():
            if word not in target.words:
                raise ValueError(f"fields.{field}: {word!r} is not one of {', '.join(target.words)}")
