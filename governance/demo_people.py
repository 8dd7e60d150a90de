"""The people of the demonstration, a hospital group, and how their tales are told: in the order in which things happened.

Their password is public, so they exist in demonstrations only.
"""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from heapq import heapify, heappop, heappush
from typing import Any, TypeVar, cast

PASSWORD = "demonstration only"  # noqa: S105 - printed on purpose
ORGANISATION = "Sankt Elin Hospitals"


R = TypeVar("R")
# Code that yields a day wherever time passes, and goes on that morning; what it returns is for the tale around it.
Tale = Generator[date, None, R]


@dataclass(frozen=True)
class Player:
    """A person of the demonstration."""

    key: str
    name: str
    position: str
    unit: str
    roles: tuple[str, ...]

    @property
    def email(self) -> str:
        """Address to sign in with."""
        return f"{self.key}@demo.example"


PLAYERS = (
    Player("max", "Max Weber", "IT administrator", "IT", ("administrator",)),
    Player(
        "olivia", "Olivia Brandt", "AI compliance officer", "Quality and Compliance", ("compliance_officer",)
    ),
    Player("owen", "Dr Owen Hartmann", "Head of intensive care", "Intensive Care", ("system_owner",)),
    Player("rana", "Dr Rana Yılmaz", "Head of radiology", "Radiology", ("system_owner",)),
    Player("tess", "Tess Lindqvist", "Lead data scientist", "Data and Analytics", ("system_owner",)),
    Player("asha", "Asha Iyer", "Risk assessor", "Quality and Compliance", ("assessor",)),
    Player("prue", "Prof Prue Okafor", "Patient safety lead", "Patient Safety", ("approver",)),
    Player("ada", "Ada Novak", "Internal auditor", "Internal Audit", ("auditor",)),
    Player("eve", "Prof Eve Martin", "Medical director", "Board", ("executive",)),
    Player("victor", "Victor Lang", "Works council", "Works Council", ("viewer",)),
    Player("xena", "Xena Rossi", "Certification body", "External", ("external_auditor",)),
)

ADVOCATE = "Patients' ombudsperson and council"


def advocates(tier: str | None) -> tuple[str, ...]:
    """Who speaks for people where the tier asks for an independent advocate."""
    return (ADVOCATE,) if tier == "critical" else ()


def together(*tales: Tale[Any]) -> Tale[None]:
    """Several tales as one: whichever goes on first in time is next, and of those of one day the one named first."""
    waiting = [(day, place) for place, tale in enumerate(tales) if (day := next(tale, None)) is not None]
    heapify(waiting)
    while waiting:
        day, place = heappop(waiting)
        yield day
        if (following := next(tales[place], None)) is not None:
            heappush(waiting, (following, place))


def played(tale: Tale[R], on: Callable[[date], AbstractContextManager[None]]) -> R:
    """Go through a tale, each step within `on(its day)`; returns what the tale returns.

    Raises ValueError if a step is on an earlier day than the one before: the trail would go back in time.
    """
    before = date.min
    try:
        day = next(tale)
        while True:
            if day < before:
                raise ValueError(f"The tale goes back from {before} to {day}.")
            before = day
            with on(day):
                day = next(tale)
    except StopIteration as end:
        return cast(R, end.value)
