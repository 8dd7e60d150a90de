"""The jobs of an import: make the preview, bring the rows in; both safe to run again after a crash."""

from pathlib import Path
from typing import Any

from governance.core import records
from governance.core.errors import Conflict, DomainError
from governance.core.settings import Settings
from governance.evidence.store import Store
from governance.jobs.service import Work, handles
from governance.systems import imports
from governance.systems.import_models import ImportRun, ImportState
from governance.systems.mapped_rows import MappedRow
from governance.systems.mapping import Mapping
from governance.systems.mapping_files import load_mapping

PREVIEW, RUN = "import.preview", "import.run"
_SIGN_OF_LIFE = 2_000
_ATTEMPTS = 3


def files(settings: Settings) -> Store:
    """Where uploaded inventories are kept."""
    return store_in(settings.data_dir)


def store_in(data_dir: Path) -> Store:
    """The same by the folder of the installation's data."""
    return Store(data_dir / "imports")


@handles(PREVIEW)
def preview(work: Work) -> dict[str, Any]:
    """Compare the file with the register and keep the report."""
    try:
        return _preview(work)
    except DomainError as error:
        _fail(work, error)
        raise


def _preview(work: Work) -> dict[str, Any]:
    mapping, rows = _read(work)
    work.progress(0, len(rows), f"Comparing {len(rows)} rows with the register")
    with work.database.transaction(work.actor, readonly=True) as session:
        planned = imports.plan(session, mapping, rows)
    with work.database.transaction(work.actor, source="import", request_id=_reference(work)) as session:
        imports.keep_preview(session, records.get(session, ImportRun, _reference(work)), planned)
    return imports.counts(planned)


@handles(RUN)
def run(work: Work) -> dict[str, Any]:
    """Bring the rows in, portion by portion."""
    try:
        return _run(work)
    except DomainError as error:
        _fail(work, error)
        raise


def _run(work: Work) -> dict[str, Any]:
    reference = _reference(work)
    mapping, rows = _read(work)
    done = 0
    for portion in imports.batches(iter(rows)):
        work.progress(done, len(rows), f"{done:,} of {len(rows):,} rows")
        if not _bring_in(work, mapping, portion):
            return {"import": reference, "rows": done}
        done += len(portion)
    with work.database.transaction(work.actor, source="import", request_id=reference) as session:
        imports.finish(session, records.get(session, ImportRun, reference))
    return {"import": reference, "rows": done}


def _bring_in(work: Work, mapping: Mapping, portion: list[MappedRow]) -> bool:
    """Commit one portion; False when the import was cancelled meanwhile."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with work.database.transaction(
                work.actor, source="import", request_id=_reference(work)
            ) as session:
                item = records.get(session, ImportRun, _reference(work))
                if item.state == ImportState.CANCELLED:
                    return False
                imports.bring_in(session, item, mapping, portion)
                return True
        except Conflict:
            # Somebody saved one of these systems in the same moment: compare the portion anew.
            if attempt == _ATTEMPTS:
                raise
    return True


def _reference(work: Work) -> str:
    return str(work.payload["import"])


def _read(work: Work) -> tuple[Mapping, list[MappedRow]]:
    work.progress(0, 1, "Reading the file")
    with work.database.transaction(readonly=True) as session:
        item = records.get(session, ImportRun, _reference(work))
    mapping = load_mapping(item.mapping)
    imports.refuse_other_mapping(item, mapping)
    data = files(work.settings).read_verified(item.sha256)
    rows: list[MappedRow] = []
    for row in imports.read_rows(mapping, data, item.filename):
        rows.append(row)
        if len(rows) % _SIGN_OF_LIFE == 0:
            # Without a sign of life the claim on a large file runs out and another worker begins anew.
            work.progress(0, 1, f"Reading the file: {len(rows):,} rows")
    return mapping, rows


def _fail(work: Work, error: DomainError) -> None:
    with work.database.transaction(work.actor, source="import", request_id=_reference(work)) as session:
        imports.fail(session, records.get(session, ImportRun, _reference(work)), error.message)
