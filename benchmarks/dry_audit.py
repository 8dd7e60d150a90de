"""The dry audit over 100,000 systems: every check once, beside as many counts of the register as the floor, and its page."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.population import fill
from governance import rooms
from governance.controls import dry_audit
from governance.core.database import Database
from governance.core.records import Record
from governance.core.settings import load
from governance.trail import schema

_SYSTEMS = 100_000


def run() -> None:
    """Measure the checks against plain counts of the same systems."""
    rooms.open_all()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(load({"AIMS_DATA": str(Path(folder))}).database_url)
        schema.upgrade(database)
        fill(database, _SYSTEMS)
        database.tune()
        asked = len(dry_audit.asked())
        counted = select(func.count()).select_from(Record).where(Record.kind == "ai_system")
        with database.transaction(readonly=True) as session:
            floor = _seconds(lambda: [session.execute(counted).scalar_one() for _ in range(asked)])
            audit = _seconds(lambda: dry_audit.answers(session))
        database.dispose()
    print(
        f"  {asked} checks over {_SYSTEMS:,} systems: {audit:.2f} s, {audit / _SYSTEMS * 1000:.3f} ms a system"
    )
    print(
        f"  floor: {asked} counts of the register: {floor:.2f} s; the dry audit takes {audit / floor:.1f} ×"
    )


def _seconds(act: Callable[[], object]) -> float:
    act()
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin
