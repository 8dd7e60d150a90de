"""Which reading of a value binds where: regions lie in regions, and the nearest reading wins. Pure, over config/contexts.yaml."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator

from governance.core.catalogs import Catalog, catalog, declared

EVERYWHERE = ""


class Regions(BaseModel):
    """The file: each region with the region it lies in; an empty text is everywhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    regions: dict[str, str]

    @model_validator(mode="after")
    def _is_a_tree(self) -> "Regions":
        for name in self.regions:
            seen, here = {name}, self.regions[name]
            while here != EVERYWHERE:
                if here in seen or here not in self.regions:
                    raise ValueError(f"{name} lies in {here}, which leads nowhere")
                seen.add(here)
                here = self.regions[here]
        return self


@cache
def _file() -> Catalog[Regions]:
    return catalog("contexts.yaml", Regions)


@declared
def regions() -> Regions:
    """The regions in force."""
    return _file().value


def line_of(region: str) -> tuple[str, ...]:
    """A region and everything it lies in, nearest first, ending with everywhere."""
    found, here = [], region
    while here != EVERYWHERE:
        found.append(here)
        here = regions().regions.get(here, EVERYWHERE)
    return (*found, EVERYWHERE)


class Reading(Protocol):
    """What an interpretation says about its context."""

    id: int
    region: str
    sector: str
    community: str


R = TypeVar("R", bound=Reading)


def binding(readings: Iterable[R], region: str, sector: str, communities: Sequence[str] = ()) -> R | None:
    """The reading that binds in a place: the nearest region first, then its sector, then its community, then the newest.

    A reading for another region, sector or community than those given never binds.
    """
    line = line_of(region)
    fitting = [
        item
        for item in readings
        if item.region in line
        and item.sector in (EVERYWHERE, sector)
        and item.community in (EVERYWHERE, *communities)
    ]
    return min(
        fitting,
        key=lambda item: (
            line.index(item.region),
            item.sector == EVERYWHERE,
            item.community == EVERYWHERE,
            -item.id,
        ),
        default=None,
    )
