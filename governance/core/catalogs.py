"""Loads and validates the catalogues in config/; a wrong file stops the start with file, line, key and reason."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from governance.core import paths
from governance.core.canonical import content_hash

M = TypeVar("M", bound=BaseModel)


class CatalogError(Exception):
    """A catalogue is missing or wrong; the message names file, line, key and reason."""


@dataclass(frozen=True)
class Catalog(Generic[M]):
    """A validated catalogue with the SHA-256 of its content (RFC 8785 JSON), which decisions keep."""

    file: str
    value: M
    hash: str


_declared: dict[str, Callable[[], Any]] = {}


def declared(load: Callable[[], M]) -> Callable[[], M]:
    """Declare a catalogue, so that the start of the program validates it; loads once, at first use."""
    cached = cache(load)
    _declared[f"{load.__module__}.{load.__name__}"] = cached
    return cached


def load_all() -> None:
    """Load every declared catalogue. Raises CatalogError for the first that is wrong."""
    for load in _declared.values():
        load()


def catalog(file: str, model: type[M]) -> Catalog[M]:
    """Load `config/<file>` as a pydantic model. Raises CatalogError."""
    return read(paths.config_dir() / file, model)


def read(path: Path, model: type[M]) -> Catalog[M]:
    """Load one YAML file as a pydantic model. Raises CatalogError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CatalogError(f"{path}: cannot be read ({error.strerror}).") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CatalogError(f"{path}: is not YAML: {error}") from error
    # YAML takes the last of two equal keys without a word; in a rule that people edit, the first would silently not count.
    if repeated := [f"{path.name}, line {line}, {key}: stands here twice" for key, line in _repeated(root)]:
        raise CatalogError("; ".join(repeated))
    try:
        value = model.model_validate(data)
    except ValidationError as error:
        found = [_explain(path, root, item["loc"], item["msg"]) for item in error.errors()]
        raise CatalogError("; ".join(found)) from error
    return Catalog(path.name, value, content_hash(_texts(data)))


def _repeated(node: yaml.Node | None, above: tuple[str, ...] = ()) -> Iterator[tuple[str, int]]:
    """Key paths that occur again in the same mapping, each with the line of the later one."""
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _repeated(item, (*above, str(position)))
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                yield ".".join((*above, name)), key.start_mark.line + 1
            seen.add(name)
            yield from _repeated(value, (*above, name))


def _explain(path: Path, root: yaml.Node | None, location: tuple[int | str, ...], message: str) -> str:
    line = _line(root, location)
    key = ".".join(str(part) for part in location) or "the file"
    return f"{path.name}, line {line}, {key}: {message}"


def _line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    line = 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            child = next((value for key, value in node.value if str(key.value) == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            child = node.value[part]
        else:
            child = None
        if child is None:
            break
        node = child
        line = node.start_mark.line + 1
    return line if node is None else node.start_mark.line + 1


def _texts(value: Any) -> Any:
    """YAML allows numbers as keys, JSON does not; floats are told apart by their digits."""
    if isinstance(value, dict):
        return {str(key): _texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return repr(value) if isinstance(value, float) else value
