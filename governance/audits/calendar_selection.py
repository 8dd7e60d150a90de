"""What a reader wants to see in the calendar: by auditor, unit, kind of audit, state and tier; kept in addresses and in links."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

from governance.audits import catalogue
from governance.audits.calendar import Layer
from governance.audits.models import AuditState
from governance.core.errors import DomainError
from governance.systems.models import Tier

NOBODY: Final = "none"
OPEN: Final = "open"
OVERDUE: Final = "overdue"
PROJECTED: Final = Layer.PROJECTED.value
OPEN_STATES: Final = (AuditState.PLANNED, AuditState.IN_PROGRESS, AuditState.REPORTING)
FURTHER_LAYERS: Final = (Layer.CORRECTIVE_ACTION.value, Layer.MANAGEMENT_REVIEW.value)
STATES: Final = (OPEN, OVERDUE, *(item.value for item in AuditState), PROJECTED)
TIERS: Final = tuple(item.value for item in Tier)
_LONGEST_UNIT: Final = 200


@dataclass(frozen=True)
class Selection:
    """A choice of audits; an empty text means all. `also` names further layers."""

    auditor: str = ""
    unit: str = ""
    type: str = ""
    state: str = ""
    tier: str = ""
    also: tuple[str, ...] = ()

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Name and value of everything that is chosen, as it stands in an address."""
        for item in fields(self):
            value = getattr(self, item.name)
            for one in value if isinstance(value, tuple) else (value,):
                if one:
                    yield item.name, one

    @property
    def shows_audits(self) -> bool:
        """Whether audits that exist are wanted."""
        return self.state != PROJECTED

    @property
    def shows_projected(self) -> bool:
        """Whether dates are wanted that no audit was made for yet."""
        return self.state in ("", OPEN, PROJECTED)

    @property
    def about_systems(self) -> bool:
        """Whether systems are chosen by what they are."""
        return bool(self.unit or self.tier)


def read(pairs: Iterable[tuple[str, str]]) -> Selection:
    """The choice in an address, given as its names and values. Raises DomainError (400) for a value that makes no sense."""
    given: dict[str, str] = {}
    also: set[str] = set()
    for name, value in pairs:
        if name == "also":
            also.add(_known(value, FURTHER_LAYERS))
        else:
            given.setdefault(name, value.strip())
    auditor, unit = given.get("auditor", ""), given.get("unit", "")
    if auditor not in ("", NOBODY) and not (auditor.isascii() and auditor.isdigit() and len(auditor) < 10):
        raise DomainError("The auditor is named by a number of the list.")
    if len(unit) > _LONGEST_UNIT or "\0" in unit:
        raise DomainError("There is no such organisation unit.")
    return Selection(
        auditor,
        unit,
        _known(given.get("type", ""), [item.id for item in catalogue.programme().types]),
        _known(given.get("state", ""), STATES),
        _known(given.get("tier", ""), TIERS),
        tuple(name for name in FURTHER_LAYERS if name in also),
    )


def from_kept(kept: Mapping[str, str]) -> Selection:
    """The choice that a link was made with. A kind of audit that is no longer in the catalogue finds nothing, as it should."""
    auditor, unit, kind, state, tier = (
        kept.get(name, "") for name in ("auditor", "unit", "type", "state", "tier")
    )
    return Selection(auditor, unit, kind, state, tier)


def _known(value: str, choices: Sequence[str]) -> str:
    if value and value not in choices:
        raise DomainError(f"The calendar cannot be filtered by {value!r}.")
    return value
