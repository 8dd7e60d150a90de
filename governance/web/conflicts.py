"""What a person typed beside what somebody else saved meanwhile, so that nothing is typed twice and nothing is lost."""

from dataclasses import dataclass

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from governance.core import records
from governance.web.forms import shown, words

_NOT_FIELDS = frozenset({"csrf_token", "version", "password"})


@dataclass(frozen=True)
class Difference:
    """A field that both changed, or that the other one did: its value now, and as it was typed."""

    name: str
    label: str
    theirs: str
    mine: str


@dataclass(frozen=True)
class Clash:
    """Everything a page needs to let somebody choose field by field and save against the present version."""

    reference: str
    version: int
    differences: tuple[Difference, ...]
    alike: tuple[tuple[str, str], ...]
    """Fields to send again as they were typed."""


def clash(session: Session, reference: str, typed: MultiDict[str, str]) -> Clash | None:
    """Compare a refused form with the record as it is now. None if there is no such record, or nothing typed to compare."""
    record = records.find(session, reference)
    if record is None or "version" not in typed:
        return None
    differences: list[Difference] = []
    alike: list[tuple[str, str]] = []
    for name, values in typed.lists():
        if name in _NOT_FIELDS:
            continue
        present = record.field(name)
        theirs = str(shown(present))
        if present is None or len(values) > 1 or _same(theirs, values[0]):
            alike += [(name, value) for value in values]
        else:
            differences.append(Difference(name, words(name.removesuffix("_id")), theirs, values[0]))
    return Clash(record.reference, record.version, tuple(differences), tuple(alike))


def _same(one: str, other: str) -> bool:
    # Browsers send line breaks as CR LF.
    return one.split() == other.split()
