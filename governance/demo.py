"""The demonstration organisation: a hospital group with twelve AI systems and the histories that brought them where they are."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

from governance.core import clock
from governance.core.database import Database
from governance.core.settings import Settings, keep_name
from governance.demo_chapters import CHAPTERS
from governance.demo_consultations import tell_consultations
from governance.demo_controls import look_again, tell_controls
from governance.demo_data_sets import tell_data_sets
from governance.demo_external_audit import tell_external_audit
from governance.demo_incidents import tell_incidents
from governance.demo_organisation import review_the_year, tell_organisation
from governance.demo_path import let_time_pass
from governance.demo_people import ORGANISATION, Tale, together
from governance.demo_programme import tell_programme
from governance.demo_story import Story
from governance.demo_third_parties import tell_third_parties
from governance.demo_values import tell_values
from governance.trail import schema

Report = Callable[[str], None]


def environment() -> dict[str, str]:
    """The environment of the demonstration: its own folder and SQLite file, the hospital's name, all else as set."""
    folder = os.environ.get("AIMS_DATA", str(Path("var") / "demo"))
    own = {"AIMS_DATA": folder, "AIMS_ORGANISATION": ORGANISATION}
    return {**{key: value for key, value in os.environ.items() if key != "AIMS_DATABASE"}, **own}


def pack_there(settings: Settings) -> Path | None:
    """A pack that an earlier run of the demonstration sealed."""
    return next(iter(sorted(settings.packs_dir.glob("PCK-*.pdf"))), None)


def load(settings: Settings, report: Report) -> bool:
    """Make the demonstration registry unless it is there; returns whether it was made.

    It is built beside its place and moved there whole, so that an interrupted run leaves nothing half-made.
    """
    target = Path(settings.data_dir / "registry.db")
    if target.exists():
        return False
    building = settings.data_dir / "registry.building.db"
    for suffix in ("", "-wal", "-shm"):
        Path(f"{building}{suffix}").unlink(missing_ok=True)
    database = Database(f"sqlite:///{building}")
    schema.upgrade(database)
    tell(Story(database, settings), report)
    database.tune()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    database.dispose()
    keep_name(settings.data_dir, ORGANISATION)
    os.replace(building, target)
    return True


def tell(story: Story, report: Report) -> None:
    """Tell the whole story: who did what, when, over eighteen months up to today, in the order in which it happened."""
    today = clock.today()
    with story.on(today - timedelta(days=540)):
        story.invite_players()
    done = count(1)
    story.play(
        together(
            *(_reported(title, chapter(story, today), done, report) for title, chapter in CHAPTERS),
            tell_incidents(story, today),
            tell_third_parties(story, today),
            tell_data_sets(story, today),
            tell_values(story, today),
            tell_organisation(story, today),
            tell_controls(story, today),
            tell_programme(story, today),
            review_the_year(story, today),
            look_again(story, today),
            tell_consultations(story, today, report),
            tell_external_audit(story, today),
        )
    )
    let_time_pass(story)


def _reported(title: str, tale: Tale[None], done: Iterator[int], report: Report) -> Tale[None]:
    """The tale, and a line once it is told."""
    yield from tale
    report(f"  {next(done):2} of {len(CHAPTERS)}  {title}")
