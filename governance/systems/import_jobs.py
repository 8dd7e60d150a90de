"""The jobs of an import: make the preview, bring the rows in; both safe to run again after a crash."""

from typing import Any

from governance.core import records
from governance.core.database import Database
from governance.core.settings import Settings
from governance.evidence.store import Store
from governance.jobs.service import Work, handles
from governance.systems import imports
from governance.systems.import_models import ImportRun, ImportState
from governance.systems.mapped_rows import MappedRow
from governance.systems.mapping import Mapping
from governance.systems.mapping_files import load_mapping

PREVIEW, RUN = "import.preview", "import.run"


def files(settings: Settings) -> Store:
    """Where uploaded inventories are kept."""
    return Store(settings.data_dir / "imports")


def _rows(database: Database, settings: Settings, reference: str) -> tuple[Mapping, list[MappedRow]]:
    with database.transaction(readonly=True) as session:
        run = records.get(session, ImportRun, reference)
    mapping = load_mapping(run.mapping)
    data = files(settings).read_verified(run.sha256)
    return mapping, list(imports.read_rows(mapping, data, run.filename))


@handles(PREVIEW)
def preview(work: Work) -> dict[str, Any]:
    """Compare the file with the register and keep the report."""
    reference = work.payload["import"]
    work.progress(0, 2, "Reading the file")
    mapping, rows = _rows(work.database, work.settings, reference)
    work.progress(1, 2, f"Comparing {len(rows)} rows with the register")
    with work.database.transaction(work.actor, readonly=True) as session:
        planned = imports.plan(session, mapping, rows)
    with work.database.transaction(work.actor, source="import", request_id=reference) as session:
        imports.keep_preview(session, records.get(session, ImportRun, reference), planned)
    return imports.counts(planned)


@handles(RUN)
def run(work: Work) -> dict[str, Any]:
    """Bring the rows in, portion by portion."""
    reference = work.payload["import"]
    mapping, rows = _rows(work.database, work.settings, reference)
    done = 0
    for portion in imports.batches(iter(rows)):
        work.progress(done, len(rows), f"{done} of {len(rows)} rows")
        with work.database.transaction(work.actor, source="import", request_id=reference) as session:
            item = records.get(session, ImportRun, reference)
            if item.state == ImportState.CANCELLED:
                return {"import": reference, "rows": done}
            imports.bring_in(session, item, mapping, portion)
        done += len(portion)
    with work.database.transaction(work.actor, source="import", request_id=reference) as session:
        imports.finish(session, records.get(session, ImportRun, reference))
    return {"import": reference, "rows": done}
