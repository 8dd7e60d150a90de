"""Mapping files on disk: found, read with the line of every mistake, recognised by the header of a table,
explained.
"""

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from governance.core.errors import Refused
from governance.core.paths import config_dir
from governance.systems.import_cells import fold
from governance.systems.mapping import Mapping

_NULLS = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True)
class ColumnUse:
    """One column of a table and what a mapping makes of it: targets, or none, and then it is kept as source
    value.
    """

    column: str
    targets: tuple[str, ...]

    @property
    def says(self) -> str:
        """The use in words."""
        return ", ".join(self.targets) or "kept as source value"


@dataclass(frozen=True)
class Explanation:
    """What a mapping does with a header. `missing` are columns that the mapping wants and the table lacks."""

    columns: tuple[ColumnUse, ...]
    missing: tuple[str, ...]

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns that the mapping does not mention; they are kept as source values."""
        return tuple(use.column for use in self.columns if not use.targets)


def imports_dir() -> Path:
    """The folder of mapping files of this installation."""
    return config_dir() / "imports"


def mapping_names() -> list[str]:
    """Names of the mapping files of this installation; files whose name starts with an underscore are left
    out.
    """
    return sorted(path.stem for path in imports_dir().glob("*.yaml") if not path.stem.startswith("_"))


def load_mapping(name_or_path: str | Path) -> Mapping:
    """Read a mapping by its name in config/imports, or by the path of a file.

    Raises Refused naming the file, the line, the key and the reason of every mistake.
    """
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = imports_dir() / f"{name_or_path}.yaml"
        if path.parent != imports_dir():
            raise Refused("{name!r} is not the name of a mapping.", name=str(name_or_path))
    if not path.is_file():
        raise Refused(
            "There is no mapping {name!r}. There are: {names}.",
            name=str(name_or_path),
            names=", ".join(mapping_names()) or "none",
        )
    return parse_mapping(path.read_text(encoding="utf-8"), path.name)


def parse_mapping(text: str, file: str = "mapping") -> Mapping:
    """Read the text of a mapping file; `file` is the name used in messages. Raises Refused as load_mapping
    does.
    """
    try:
        root = yaml.compose(text, Loader=_TextLoader)
        document = yaml.load(text, Loader=_TextLoader) if root is not None else None  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Refused(
            "{file}, line {line}: {why}.", file=file, line=line, why=error.problem or "not YAML"
        ) from None
    except yaml.YAMLError as error:
        raise Refused("{file}: {why}.", file=file, why=str(error)) from None
    if not isinstance(document, dict):
        raise Refused(
            "{file}: a mapping file is a list of keys such as name, title, key and fields.", file=file
        )
    document.setdefault("name", Path(file).stem)
    try:
        return Mapping.model_validate(document)
    except ValidationError as error:
        mistakes = []
        for mistake in error.errors(include_url=False):
            place, reason = _located(mistake["loc"], _reason(mistake["msg"]))
            mistakes.append(f"{file}, line {_line(root, place)}, {_place(place)}: {reason}")
        raise Refused("\n".join(dict.fromkeys(mistakes))) from None


def recognise(
    headers: Sequence[str], mappings: Iterable[Mapping] | None = None
) -> list[tuple[Mapping, float]]:
    """Mappings that fit a header, best first, with a score from 0 to 1.

    The score is the mean of how much of the mapping the table has, and of how much of the table the mapping
    knows. Mappings whose name column is missing do not fit at all.
    """
    if mappings is None:
        mappings = [load_mapping(name) for name in mapping_names()]
    scored = []
    for mapping in mappings:
        finder = ColumnFinder(mapping, headers)
        groups = mapping.alternatives()
        known = {place for group in groups if (place := finder.first(group)) is not None}
        if not groups or not _has_name(mapping, finder):
            continue
        score = (len(known) / len(groups) + len(known) / max(len(headers), 1)) / 2
        scored.append((mapping, round(min(score, 1.0), 3)))
    return sorted(scored, key=lambda pair: (-pair[1], pair[0].name))


def explain(mapping: Mapping, headers: Sequence[str]) -> Explanation:
    """What the mapping does with each column of a header, and which columns it misses."""
    finder = ColumnFinder(mapping, headers)
    targets: dict[int, list[str]] = {}
    for name, uses in mapping.references().items():
        place = finder.first(mapping.columns.get(name, (name,)))
        if place is not None:
            listed = targets.setdefault(place, [])
            listed += [use for use in uses if use not in listed]
    missing = tuple(" or ".join(group) for group in mapping.alternatives() if finder.first(group) is None)
    columns = tuple(ColumnUse(header, tuple(targets.get(place, ()))) for place, header in enumerate(headers))
    return Explanation(columns, missing)


class ColumnFinder:
    """Finds the columns that a mapping names in a header: exactly, else whatever case, spaces and marks, or
    by @place.
    """

    def __init__(self, mapping: Mapping, headers: Sequence[str]) -> None:
        self._short = mapping.columns
        self._width = len(headers)
        self._exact = {header: place for place, header in reversed(list(enumerate(headers)))}
        self._folded = {_fold_header(header): place for place, header in reversed(list(enumerate(headers)))}

    def place(self, name: str) -> int | None:
        """The place (from 0) of a column named by short name, header, `header#2` or `@7`; None when it is
        not there.
        """
        return self.first(self._short.get(name, (name,)))

    def first(self, headers: Iterable[str]) -> int | None:
        """The place of the first of several headers that is there."""
        for header in headers:
            if header.startswith("@") and header[1:].isdigit():
                if 1 <= int(header[1:]) <= self._width:
                    return int(header[1:]) - 1
                continue
            for found in (self._exact.get(header), self._folded.get(_fold_header(header))):
                if found is not None:
                    return found
        return None


def _fold_header(header: str) -> tuple[str, str]:
    name, mark, number = header.rpartition("#")
    return (fold(name), number) if mark and name and number.isdigit() else (fold(header), "1")


def _has_name(mapping: Mapping, finder: ColumnFinder) -> bool:
    rule = mapping.fields["name"]
    wanted = list(rule.references())
    return not wanted or any(finder.place(name) is not None for name in wanted)


class _TextLoader(yaml.SafeLoader):
    """Reads every scalar as it is written: yes stays yes, 01 keeps its zero; a blank is nothing."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands here a second time", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=deep)


def _scalar(loader: _TextLoader, node: yaml.ScalarNode) -> str | None:
    text = str(loader.construct_scalar(node))
    return None if node.style is None and text in _NULLS else text


_TextLoader.add_constructor("tag:yaml.org,2002:str", _scalar)


def _line(root: yaml.Node | None, place: tuple[int | str, ...]) -> int:
    node = root
    line = 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
            if found is None:
                continue
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def _located(place: tuple[int | str, ...], reason: str) -> tuple[tuple[int | str, ...], str]:
    """Where a mistake is: rules about the whole file put the place before the reason: `fields.stage: …`."""
    head, mark, rest = reason.partition(": ")
    if not place and mark and re.fullmatch(r"(fields|claims)(\.\S+)?", head):
        return tuple(head.split(".", 1)), rest
    return place, reason


def _place(place: tuple[int | str, ...]) -> str:
    inner = {"str", "function-before", "tuple[str, ...]", "nullable"}
    shown = [str(step) for step in place if not any(str(step).startswith(word) for word in inner)]
    return ".".join(shown) or "the whole file"


def _reason(message: str) -> str:
    plain = {
        "Extra inputs are not permitted": "there is no such key",
        "Field required": "this key is missing",
        "Input should be a valid tuple": "a list is wanted here",
        "Input should be a valid dictionary or instance of Rule": "a column is wanted here, or a rule",
        "Input should be a valid string": "a text is wanted here",
        "Input should be a valid dictionary": "keys with values are wanted here",
    }
    return plain.get(message, message.removeprefix("Value error, "))
