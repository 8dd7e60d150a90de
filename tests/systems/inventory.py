"""An inventory on its way into the register, as the pages take it: upload, preview, confirm, worker."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from governance.core import records
from governance.core.settings import Settings
from governance.jobs import service as jobs
from governance.jobs.models import Job
from governance.systems import imports
from governance.systems.import_jobs import PREVIEW, RUN, files
from governance.systems.import_models import DeclaredClaim, ImportRow, ImportRun, SourceRow
from governance.systems.mapping_files import load_mapping
from governance.systems.models import AiSystem
from governance.systems.supplier_models import SystemSupplier
from governance.trail.models import TrailEvent
from governance.worker import drain
from tests.house_fixtures import House

HEADER = ("ID", "Name", "Purpose", "Stage", "Risk", "Testing", "Supplier", "Version", "Budget")


def table(*rows: Sequence[str], header: Sequence[str] = HEADER) -> bytes:
    """A CSV file of these rows; short rows end in blanks."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *([*row, *("",) * (len(header) - len(row))] for row in rows)])
    return text.getvalue().encode()


def many(number: int) -> bytes:
    """A CSV file of so many systems."""
    return table(
        *((f"N{n:04}", f"System {n}", f"Purpose {n}", "Pilot", "High", "yes", "Acme") for n in range(number))
    )


@dataclass(frozen=True)
class Importing:
    """Imports by Olivia into one registry."""

    house: House
    settings: Settings

    def preview(self, data: bytes, mapping: str = "generic", filename: str = "inventory.csv") -> str:
        """Upload a file and have it compared; returns the reference of the import."""
        stored = files(self.settings).put(io.BytesIO(data), limit=50_000_000)
        with self.house.acting("olivia") as session:
            run = imports.upload(
                session, load_mapping(mapping), filename=filename, sha256=stored.sha256, size=stored.size
            )
            run.job_id = jobs.enqueue(session, PREVIEW, {"import": run.reference}, record_id=run.id).id
            reference = run.reference
        self.work()
        return reference

    def confirm(self, reference: str) -> None:
        """Confirm a previewed import; the worker has still to run."""
        with self.house.acting("olivia") as session:
            run = records.get(session, ImportRun, reference)
            imports.confirm(session, run, load_mapping(run.mapping))
            run.job_id = jobs.enqueue(session, RUN, {"import": reference}, record_id=run.id).id

    def bring(self, data: bytes, mapping: str = "generic") -> str:
        """The whole way; returns the reference of the import."""
        reference = self.preview(data, mapping)
        self.confirm(reference)
        self.work()
        return reference

    def work(self) -> None:
        """Let a worker do what is due."""
        drain(self.house.database, self.settings, "test-worker")

    def run(self, reference: str) -> ImportRun:
        """The import as it stands."""
        with self.house.reading() as session:
            return records.get(session, ImportRun, reference)

    def job(self, reference: str) -> Job:
        """Its job."""
        with self.house.reading() as session:
            return session.get_one(Job, records.get(session, ImportRun, reference).job_id)

    def rows(self, reference: str) -> list[ImportRow]:
        """Its report."""
        with self.house.reading() as session:
            run = records.get(session, ImportRun, reference)
            rows = select(ImportRow).where(ImportRow.import_id == run.id).order_by(ImportRow.record_number)
            return list(session.scalars(rows))

    def system(self, title: str) -> AiSystem:
        """A system by its name, with suppliers and versions."""
        with self.house.reading() as session:
            parts = selectinload(AiSystem.supplied).joinedload(SystemSupplier.supplier)
            found = select(AiSystem).where(AiSystem.title == title)
            return session.scalars(found.options(parts, selectinload(AiSystem.versions))).one()

    def claims(self, title: str) -> dict[str, DeclaredClaim]:
        """Its declared claims by topic."""
        system = self.system(title)
        with self.house.reading() as session:
            found = session.scalars(select(DeclaredClaim).where(DeclaredClaim.system_id == system.id))
            return {item.topic: item for item in found}

    def size(self) -> dict[str, int]:
        """How many rows the register has, and the trail about it; the events of imports themselves are not counted."""
        kinds: dict[str, Any] = {
            "systems": AiSystem.id,
            "sources": SourceRow.id,
            "claims": DeclaredClaim.id,
            "supplied": SystemSupplier.id,
            "events": TrailEvent.seq,
        }
        with self.house.reading() as session:
            found = {name: session.scalar(select(func.count(column))) or 0 for name, column in kinds.items()}
            of_runs = select(func.count(TrailEvent.seq)).where(TrailEvent.kind == "import_run")
            return found | {"events": found["events"] - (session.scalar(of_runs) or 0)}
