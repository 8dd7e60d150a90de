"""The report of an import is bound by digests in its run, row by row and in every state, and by a handful of events."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import func, select

from governance.access.actor import INSTALLER
from governance.controls import dry_audit, frameworks_seen, queries
from governance.controls.models import DryAuditRun, FrameworkVersion
from governance.core import clock, records
from governance.core.database import Database
from governance.core.records import table_of
from governance.core.settings import Settings
from governance.systems import imports
from governance.systems.import_models import ImportRow, ImportRun
from governance.systems.mapping_files import load_mapping
from governance.trail import bound, present, rebuild, schema, verification
from governance.trail import queries as trail
from governance.trail.models import TrailEvent
from tests.house_fixtures import House
from tests.systems.inventory import Importing, many, table
from tests.trail.test_beginnings import content
from tests.trail.test_present import disagreements, sql

AMISS = "IMR-0001: its import rows are not those that it holds the digest of; one was changed, added or taken away."
OURS = ("import_run", "dry_audit_run", "framework_version")


@pytest.fixture
def importing(house: House, settings: Settings) -> Importing:
    return Importing(house, settings)


def half_way(importing: Importing) -> str:
    """An import of 230 rows of which the first 200 are in the register."""
    reference = importing.preview(many(230))
    importing.confirm(reference)
    bring(importing, reference, many(230), 200)
    return reference


def bring(importing: Importing, reference: str, data: bytes, number: int) -> None:
    mapping = load_mapping("generic")
    rows = list(imports.read_rows(mapping, data, "inventory.csv"))[:number]
    with importing.house.acting("olivia") as session:
        imports.bring_in(session, records.get(session, ImportRun, reference), mapping, rows)


def own_events(house: House, kind: str = "import_run") -> int:
    with house.reading() as session:
        return session.scalar(select(func.count(TrailEvent.seq)).where(TrailEvent.kind == kind)) or 0


def test_an_import_writes_as_many_events_about_itself_however_many_rows_it_has(importing: Importing) -> None:
    importing.bring(many(2))
    few = own_events(importing.house)
    importing.bring(many(230))
    assert few == own_events(importing.house) - few <= 7
    assert disagreements(importing.house.database) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE import_row SET outcome = 'unchanged' WHERE record_number = 3",
        "UPDATE import_row SET reason = 'kept' WHERE record_number = 3",
        "UPDATE import_row SET system_id = NULL WHERE record_number = 3",
        "DELETE FROM import_row WHERE record_number = 3",
        "UPDATE import_row SET id = id + 1000 WHERE record_number = 2",
    ],
)
def test_a_row_that_is_changed_after_the_import_is_noticed(importing: Importing, change: str) -> None:
    importing.bring(table(*(("A", "One"), ("B", "Two"), ("C", "Three"))))
    assert disagreements(importing.house.database) == []
    sql(importing.house.database, change)
    assert disagreements(importing.house.database) == [AMISS]


def test_while_rows_are_brought_in_what_the_preview_said_of_them_is_bound(importing: Importing) -> None:
    reference = half_way(importing)
    house = importing.house
    assert disagreements(house.database) == [] and importing.run(reference).rows_digest is None
    sql(house.database, "UPDATE import_row SET name = 'Another' WHERE record_number = 12")
    assert disagreements(house.database) == [AMISS]


@pytest.mark.parametrize("end", ["cancel", "fail", "finish"])
def test_an_import_that_ends_half_way_binds_what_was_brought_in(importing: Importing, end: str) -> None:
    reference = half_way(importing)
    with importing.house.acting("olivia") as session:
        run = records.get(session, ImportRun, reference)
        imports.fail(session, run, "The file is gone.") if end == "fail" else getattr(imports, end)(
            session, run
        )
    assert disagreements(importing.house.database) == []
    sql(importing.house.database, "UPDATE import_row SET system_id = NULL WHERE record_number = 9")
    assert disagreements(importing.house.database) == [AMISS]


def test_rows_that_nothing_binds_are_named(importing: Importing) -> None:
    """Put under an import that has no report yet, or under none at all."""
    reference = importing.preview(many(1))
    database = importing.house.database
    with importing.house.acting("olivia") as session:
        mapping = load_mapping("generic")
        imports.upload(session, mapping, filename="second.csv", sha256="0" * 64, size=1)
        first = records.get(session, ImportRun, reference).id
    assert disagreements(database) == []
    sql(database, f"UPDATE import_row SET import_id = import_id + 1 WHERE import_id = {first}")
    named = disagreements(database)
    assert AMISS in named and "IMR-0002: it has import rows, and holds no digest of them." in named
    sql(database, "UPDATE import_row SET import_id = 900000")
    assert "Rows of import row belong to import_run 900000, which is not there." in disagreements(database)


def test_what_was_there_before_gets_a_clean_start_that_says_so(
    importing: Importing, house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A registry of the former version: its imports, dry audits and framework versions have no event."""
    with monkeypatch.context() as former:
        for kind in (ImportRun, DryAuditRun, FrameworkVersion):
            former.setattr(kind, "__audited__", False)
        importing.bring(table(("A", "One"), ("B", "Two")))
        half = importing.preview(many(3))
        importing.confirm(half)
        bring(importing, half, many(3), 2)
        with house.database.transaction(INSTALLER, source="test") as session:
            frameworks_seen.note(session)
            dry_audit.keep(session, dry_audit.answers(session), ())
    assert not any(own_events(house, kind) for kind in OURS)
    size = there_and_back(house.database)
    assert disagreements(house.database) == []
    with house.reading() as session:
        verdict = verification.verify(session)
        found = session.scalars(select(TrailEvent).where(TrailEvent.seq > size)).all()
        rows = sum(session.scalar(select(func.count()).select_from(table_of(kind))) or 0 for kind in
                   (ImportRun, DryAuditRun, FrameworkVersion))  # fmt: skip
    assert verdict.intact and len(found) == rows
    assert {(item.verb, item.actor_id) for item in found} == {("trail.begin", None)}
    assert all("whether it was changed before, no event says" in item.body for item in found)
    # Taken back and taken again, it has nothing new to say; what was changed in between, it says as found.
    again = there_and_back(house.database)
    assert again == size + rows and disagreements(house.database) == []
    there_and_back(house.database, "UPDATE import_row SET name = 'Changed below'")
    assert disagreements(house.database) == [] and own_events(house) == 4
    # The past has them too, as it had before; the digests of a run are the same as the program computes.
    with house.reading() as session:
        rebuild.rebuild(session, size, tmp_path / "then.db", until=clock.now())
        end = trail.head(session)[0]
        for name, starts in (("whole.db", ()), ("later.db", (tmp_path / "then.db",))):
            made = rebuild.rebuild(session, end, tmp_path / name, starts=starts)
        assert made.replayed == end - size and content(tmp_path / "later.db") == content(
            tmp_path / "whole.db"
        )
        for run in session.scalars(select(ImportRun).order_by(ImportRun.id)):
            computed = bound.digests(session, ImportRow, run.id)
            assert run.report_digest == computed["report_digest"]
            assert run.rows_digest == (None if run.state == "importing" else computed["rows_digest"])
    then = Database.of_file(tmp_path / "then.db")
    with then.transaction(readonly=True) as session:
        assert queries.latest_run(session) is not None and frameworks_seen.versions(session)
    then.dispose()


def there_and_back(database: Database, *meanwhile: str) -> int:
    """Go to the former version and come back; returns how many events there were before."""
    with database.transaction(readonly=True) as session:
        size = session.scalar(select(func.count(TrailEvent.seq))) or 0
    with database.rebuilding() as connection:
        command.downgrade(schema._config(connection), "0031")
    sql(database, *meanwhile)
    schema.upgrade(database)
    assert schema.differences(database) == []
    return size


def test_a_dry_audit_and_a_framework_version_are_events(house: House) -> None:
    with house.database.transaction(INSTALLER, source="test") as session:
        frameworks_seen.note(session)
        dry_audit.keep(session, dry_audit.answers(session), ("Trail: amiss",))
    assert own_events(house, "dry_audit_run") == 1 and own_events(house, "framework_version") > 0
    with house.reading() as session:
        assert present.compare(session).faults == []
    sql(house.database, "UPDATE dry_audit_run SET critical = critical + 1")
    assert len(disagreements(house.database)) == 1
