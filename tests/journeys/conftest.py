"""Six rows of a public inventory of 2025, imported as a spreadsheet would be, and a hospital group that takes them on."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from governance.core import checks, clock, records
from governance.core.errors import Refused
from governance.core.records import Record
from governance.core.settings import Settings
from governance.demo_path import edit
from governance.demo_story import Story
from governance.packs import service
from governance.packs.draw import rendering
from governance.packs.models import EvidencePack
from governance.packs.schemas import RequestPack
from governance.packs.verify.pdf import verify
from governance.systems import lifecycle, queries
from governance.systems.models import AiSystem
from governance.worker import drain
from tests.house_fixtures import House
from tests.systems.inventory import Importing

# A work of the United States government, in the public domain; addresses of contacts were taken out.
INVENTORY = Path(__file__).with_name("inventory_2025.csv")


@dataclass
class Registry:
    """The imported register, in which the players act."""

    story: Story
    settings: Settings

    @property
    def today(self) -> date:
        """The day of the test."""
        return clock.today()

    def row(self, title: str) -> str:
        """The reference of an imported system whose name begins so."""
        with self.story.database.transaction(readonly=True) as session:
            found = select(Record.reference).where(Record.kind == "ai_system", Record.title.startswith(title))
            return session.scalars(found).one()

    def describe(self, system: str, **details: Any) -> dict[str, Any]:
        """Add what an inventory does not know: who answers for it, who is affected, how it is watched. Returns all details."""
        with self.story.database.transaction(readonly=True) as session:
            title = records.get(session, AiSystem, system).title
        known = {
            "owner_id": self.story.id("owen"),
            "technical_owner_id": self.story.id("tess"),
            "users": "Clerks",
            "excluded_uses": "No decision without a person",
            "human_oversight": "in_the_loop",
            "autonomy": "human_decides",
            "fallback": "By hand, as before",
            "data_description": "Cases of five years",
            "data_provenance": "Own records",
            "personal_data": "yes",
            "special_category_data": "no",
            "regions": ["Hesse"],
            "sourcing": "in_house",
            "scope": "in_scope",
            **details,
        }
        edit(self.story, "olivia", system, owner_id=known.pop("owner_id"))
        edit(self.story, "owen", system, **known)
        return {"title": title, "owner_id": self.story.id("owen"), **known}

    def state(self, system: str) -> str:
        """The system's status."""
        return str(self.field(system, "state"))

    def field(self, reference: str, name: str) -> Any:
        """One field of any record."""
        with self.story.database.transaction(readonly=True) as session:
            record = records.find(session, reference)
            assert record is not None
            return getattr(record, name)

    def missing(self, check: str) -> set[str]:
        """References of the records that fail a check."""
        with self.story.database.transaction(readonly=True) as session:
            return {row[1] for row in session.execute(checks.named(check).missing(clock.today()))}

    def of(self, system: str, kind: str) -> list[Any]:
        """Records of a kind that belong to the system, newest first."""
        with self.story.database.transaction(readonly=True) as session:
            return dict(queries.related(session, records.get(session, AiSystem, system))).get(kind, [])

    def refusal(self, system: str, gate: str) -> Refused:
        """Ask for a gate that says no; returns what it says."""
        with pytest.raises(Refused) as said, self.story.acting("olivia") as session:
            lifecycle.ask(session, records.get(session, AiSystem, system), gate)
        return said.value

    def pack(self, system: str) -> str:
        """Make the evidence pack, verify it offline, and return what its pages say."""
        with self.story.acting("olivia") as session:
            data = RequestPack(purpose="Stage 2 audit")
            made = service.request(session, records.get(session, AiSystem, system), data).reference
        drain(self.story.database, self.settings, "journey")
        with self.story.database.transaction(readonly=True) as session:
            path = self.settings.packs_dir / records.get(session, EvidencePack, made).filename
        assert [item for item in verify(path) if not item.passed] == []
        done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
        return " ".join(done.stdout.decode().split())


@pytest.fixture
def registry(story: Story, house: House, settings: Settings) -> Iterator[Registry]:
    """The public inventory is imported; nobody has looked at it yet."""
    Importing(house, settings).bring(INVENTORY.read_bytes(), "omb-2025")
    yield Registry(story, settings)
    rendering.close()
