"""HTML forms ⇄ pydantic: one definition of an input draws the form, checks it, and keeps what was typed when it is wrong."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from types import UnionType
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from werkzeug.datastructures import MultiDict

from governance.web import i18n

M = TypeVar("M", bound=BaseModel)
Choices = Sequence[tuple[str, str]]

MESSAGES = {
    "missing": "This field is needed.",
    "string_too_short": "At least {min_length} characters.",
    "string_too_long": "At most {max_length} characters.",
    "too_short": "This field is needed.",
    "too_long": "At most {max_length} items.",
    "too_many_lines": "At most {most} lines.",
    "hidden_character": "The character {character} after «{before}» cannot be seen. Type that place anew.",
    "enum": "Choose one of the list.",
    "literal_error": "Choose one of the list.",
    "date_parsing": "Enter a date like 2026-11-20.",
    "date_from_datetime_parsing": "Enter a date like 2026-11-20.",
    "date_from_datetime_inexact": "Enter a date like 2026-11-20.",
    "int_parsing": "Enter a whole number.",
    "int_parsing_size": "This number is too large.",
    "int_from_float": "Enter a whole number.",
    "float_parsing": "Enter a number.",
    "int_type": "This field is needed.",
    "string_type": "This field is needed.",
    "date_type": "This field is needed.",
    "greater_than_equal": "At least {ge}.",
    "less_than_equal": "At most {le}.",
    "greater_than": "More than {gt}.",
    "less_than": "Less than {lt}.",
    "string_pattern_mismatch": "This does not look right.",
    "extra_forbidden": "This form has no such field.",
    "bool_parsing": "Choose yes or no.",
    "finite_number": "Enter a number.",
}


@dataclass
class FormField:
    """One field as the templates draw it; `value` is the raw text, or a list of texts for choices."""

    name: str
    label: str
    help: str
    widget: str
    value: Any
    required: bool
    group: str
    choices: Choices
    errors: list[str]
    extra: dict[str, Any] = field(default_factory=dict)


def words(value: str) -> str:
    """An enumeration's value as people read it: operation_monitoring → Operation monitoring."""
    return value.replace("_", " ").capitalize()


class Form(Generic[M]):
    """A form over a pydantic model.

    `data` is the submitted form, or None when the form is only shown with `initial` values. `choices` gives the options
    of fields whose choices stand in the database. Files are not part of it; views take them from the request.
    """

    def __init__(
        self,
        schema: type[M],
        data: MultiDict[str, str] | None = None,
        *,
        initial: Mapping[str, Any] | None = None,
        choices: Mapping[str, Choices] | None = None,
    ) -> None:
        self.schema = schema
        self.errors: dict[str, list[str]] = {}
        self._choices = dict(choices or {})
        self._raw: dict[str, Any] = {}
        self._value: M | None = None
        self.submitted = data is not None
        if data is None:
            self._raw = {name: shown(value) for name, value in (initial or {}).items()}
        else:
            self._read(data, initial or {})

    def _read(self, data: MultiDict[str, str], initial: Mapping[str, Any]) -> None:
        given: dict[str, Any] = {}
        for name, info in self.schema.model_fields.items():
            self._raw[name], value = _take(data, name, info)
            if name not in data and value is _ABSENT and name in initial and name != "version":
                # A field that was not sent at all keeps its value; only one that was sent blank is cleared.
                self._raw[name], value = shown(initial[name]), initial[name]
            if value is not _ABSENT:
                given[name] = value
        for name in data:
            if name.partition(".")[0] not in self.schema.model_fields and name != "csrf_token":
                given[name] = data.get(name)
        try:
            self._value = self.schema.model_validate(given)
        except ValidationError as error:
            for item in error.errors():
                self.add_error(".".join(str(part) for part in item["loc"]), _plain_words(item))

    def add_error(self, path: str, message: str) -> None:
        """Add an error to a field, or with an empty path to the whole form.

        `tags.0` belongs to the field `tags`; several items with the same fault say it once.
        """
        name = path.partition(".")[0]
        messages = self.errors.setdefault(name if name in self.schema.model_fields else "", [])
        if message not in messages:
            messages.append(message)

    @property
    def valid(self) -> bool:
        """Whether something was submitted and nothing is wrong with it."""
        return self._value is not None and not self.errors

    @property
    def value(self) -> M:
        """The checked input. Only for valid forms."""
        if self._value is None:
            raise ValueError("The form is not valid; look at its errors.")
        return self._value

    def __iter__(self) -> Iterator[FormField]:
        return (self[name] for name in self.schema.model_fields)

    def __getitem__(self, name: str) -> FormField:
        info = self.schema.model_fields[name]
        extra = dict(info.json_schema_extra) if isinstance(info.json_schema_extra, dict) else {}
        choices = self._choices.get(name) or [
            (value, i18n.term(label)) for value, label in _own_choices(info.annotation)
        ]
        default = None if info.is_required() else info.get_default(call_default_factory=True)
        return FormField(
            name=name,
            label=i18n.term(info.title or words(name)),
            help=i18n.term(info.description or ""),
            widget=str(extra.pop("widget", "") or _widget(info.annotation, bool(choices))),
            value=self._raw.get(name, "" if self.submitted else shown(default)),
            required=info.is_required(),
            group=i18n.term(str(extra.pop("group", ""))),
            choices=choices,
            errors=[i18n.in_sentence(message) for message in self.errors.get(name, [])],
            extra=extra,
        )

    @property
    def groups(self) -> list[tuple[str, list[FormField]]]:
        """Visible fields by group, in the order of the schema."""
        found: dict[str, list[FormField]] = {}
        for item in self:
            if item.widget != "hidden":
                found.setdefault(item.group, []).append(item)
        return list(found.items())

    @property
    def hidden(self) -> list[FormField]:
        """Hidden fields, such as the record's version."""
        return [item for item in self if item.widget == "hidden"]


_ABSENT = object()
_WRITTEN_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _base(annotation: Any) -> Any:
    """The type inside `X | None`."""
    if get_origin(annotation) in (Union, UnionType):
        inner = [item for item in get_args(annotation) if item is not type(None)]
        return inner[0] if len(inner) == 1 else annotation
    return annotation


def _is_optional(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType) and type(None) in get_args(annotation)


def _take(data: MultiDict[str, str], name: str, info: FieldInfo) -> tuple[Any, Any]:
    """(what was typed, what pydantic gets)."""
    base = _base(info.annotation)
    if base is bool:
        return name in data, name in data and data[name] not in ("", "no", "false", "0")
    if get_origin(base) in (list, tuple):
        given = data.getlist(name)
        if not given and not _own_choices(base):
            return "", _ABSENT
        if len(given) == 1 and not _own_choices(base):
            lines = [line.strip() for line in given[0].splitlines()]
            return given[0], [line for line in lines if line]
        return given, [item for item in given if item]
    if get_origin(base) is dict:
        prefix = f"{name}."
        found = {key.removeprefix(prefix): data[key] for key in data if key.startswith(prefix)}
        return found, found
    raw = data.get(name)
    if raw is None:
        return "", _ABSENT
    if raw.strip() == "":
        if _is_optional(info.annotation):
            return raw, None
        if base is str and not info.is_required():
            return raw, ""
        return raw, _ABSENT
    return raw, _only_a_date(raw) if base is date else raw


def _only_a_date(raw: str) -> str:
    """The text if it is written as a date, else one that is none.

    A bare number is seconds since 1970 to pydantic: the year 2026 would become 1970-01-01.
    """
    return raw if _WRITTEN_DATE.fullmatch(raw.strip()) else "not a date"


def shown(value: Any) -> Any:
    """A stored value as a form shows it: dates in ISO order, lists a line each, nothing as an empty text."""
    match value:
        case None:
            return ""
        case bool():
            return value
        case Enum():
            return str(value.value)
        case date():
            return value.isoformat()
        case SecretStr():
            return ""
        case list() | tuple():
            return "\n".join(str(shown(item)) for item in value)
        case dict():
            return value
        case _:
            return str(value)


def _own_choices(annotation: Any) -> Choices:
    base = _base(annotation)
    if get_origin(base) in (list, tuple):
        return _own_choices(get_args(base)[0])
    if isinstance(base, type) and issubclass(base, Enum):
        return [(str(item.value), words(str(item.value))) for item in base]
    if get_origin(base) is Literal:
        return [(str(item), words(str(item))) for item in get_args(base)]
    return []


def _widget(annotation: Any, has_choices: bool) -> str:
    base = _base(annotation)
    if base is bool:
        return "checkbox"
    if get_origin(base) in (list, tuple):
        return "multiselect" if has_choices else "lines"
    if has_choices:
        return "select"
    if base is date:
        return "date"
    if base is int:
        return "number"
    return "password" if base is SecretStr else "text"


def _plain_words(item: Any) -> str:
    if item["type"] == "value_error":
        return str(item["ctx"]["error"])
    template = MESSAGES.get(item["type"])
    return template.format(**item.get("ctx", {})) if template else str(item["msg"])
