"""The parts that all OSCAL documents are made of: identifiers, texts in OSCAL's forms, properties, people, resources.

OSCAL 1.2 has a form for everything; what it wants and the registry does not know is left out, or said in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from governance.core.canonical import instant

OSCAL: Final = "1.2.1"
NAMESPACE: Final = "urn:aims-oscal/1"
INDEX: Final = "../index.pdf"

Node = dict[str, Any]

# What Markdown reads as more than it is: nobody's text becomes a link, a picture, a heading or HTML in a reader.
_MARKS: Final = re.compile(
    r"[\\`*\[\]<]|(?<![^\W_])_|_(?![^\W_])|\{(?=\{)|&(?=#?\w+;)|^[#>+=~-]", re.MULTILINE
)
_NUMBERED: Final = re.compile(r"^(\d+)([.)])", re.MULTILINE)
_NO_TOKEN: Final = re.compile(r"[^A-Za-z0-9._-]+")
# Neither Python nor NIST's schemas say whether it is white space.
_BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Source:
    """The registry that the identifiers are about: the same record has the same one in every pack of it."""

    organisation: str

    def id(self, kind: str, name: str) -> str:
        """The identifier of a thing (UUID version 5, RFC 9562): the same for the same registry, kind and name."""
        return str(uuid5(NAMESPACE_URL, f"{NAMESPACE}/{self.organisation}/{kind}/{name}"))

    def person(self, name: str) -> str:
        """The identifier of a person; a pack knows people by their names alone."""
        return self.id("person", line(name))

    @property
    def system(self) -> str:
        """The identifier of the management system."""
        return self.id("management-system", "")


def line(text: str, otherwise: str = "not recorded") -> str:
    """A text in one line, without space around it; OSCAL has no empty ones."""
    return " ".join(text.replace(_BYTE_ORDER_MARK, "").split()) or otherwise


def marked(text: str) -> str:
    """A text of several lines that Markdown shows as it was typed."""
    # Space before a line would make it code.
    lines = "\n".join(each.strip() for each in text.splitlines())
    return _NUMBERED.sub(r"\1\\\2", _MARKS.sub(r"\\\g<0>", lines))


def title(text: str) -> str:
    """A title: one line that Markdown shows as it was typed."""
    return marked(line(text))


def prose(*paragraphs: tuple[str, str]) -> str:
    """Labelled paragraphs; those without text are left out."""
    return "\n\n".join(f"{label}: {marked(text)}" for label, text in paragraphs if text)


def token(text: str) -> str:
    """A name as OSCAL wants identifiers of controls: ISO clauses begin with a digit, so `9.1` becomes `clause-9.1`."""
    name = _NO_TOKEN.sub("-", text).strip("-") or "unnamed"
    return name if name[0].isalpha() or name[0] == "_" else f"clause-{name}"


def moment(day: date) -> str:
    """A day as OSCAL spells moments: its midnight, UTC."""
    return instant(datetime.combine(day, time(), UTC))


def prop(name: str, value: object, remarks: str = "") -> Node:
    """A property in the registry's own namespace."""
    said = value.isoformat() if isinstance(value, date) else str(value)
    made = {"name": name, "ns": NAMESPACE, "value": line(said)}
    return made | {"remarks": marked(remarks)} if remarks else made


def props(**values: object) -> list[Node]:
    """A property for each value that is known; `raised_on` becomes `raised-on`, of a tuple each value is one."""
    return [
        prop(name.replace("_", "-"), value)
        for name, known in values.items()
        for value in (known if isinstance(known, tuple) else (known,))
        if value not in (None, "")
    ]


def known(**values: object) -> Node:
    """An object of the values that are there; OSCAL has no empty lists and no nulls."""
    return {
        name.replace("_", "-"): value for name, value in values.items() if value not in (None, "", [], {}, ())
    }


def responsible(source: Source, **people: str) -> list[Node]:
    """Who is responsible in which role; `action_owner="Tess"` becomes the role `action-owner`."""
    return [
        {"role-id": role.replace("_", "-"), "party-uuids": [source.person(name)]}
        for role, name in people.items()
        if name
    ]


def origin(source: Source, role: str, name: str) -> list[Node]:
    """Who said it; empty if nobody is named."""
    actor = {"type": "party", "actor-uuid": source.person(name), "role-id": role}
    return [{"actors": [actor]}] if name else []


def party(source: Source, name: str) -> Node:
    """A person, by the only thing that a pack says of one."""
    return {"uuid": source.person(name), "type": "person", "name": line(name)}


def resource(uuid: str, name: str, href: str, **more: object) -> Node:
    """Something that the documents point at: a file of the bag, from the folder of the documents."""
    return {"uuid": uuid, "title": title(name), "rlinks": [{"href": href}], **more}


def subject(uuid: str, name: str) -> Node:
    """What an observation is about: a resource at the end of the document."""
    return {"subject-uuid": uuid, "type": "resource", "title": title(name)}


def roles(names: Iterable[str]) -> list[Node]:
    """The roles that a document names."""
    return [{"id": name, "title": name.replace("-", " ").capitalize()} for name in names]
