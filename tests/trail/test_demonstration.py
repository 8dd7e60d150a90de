"""The demonstration happens in the order of its days, so that packs of two of them prove that the trail only grew."""

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from governance import pack_cli
from governance.access import queries as people
from governance.core import clock
from governance.core.database import Database
from governance.core.settings import Settings
from governance.demo_people import Tale, together
from governance.demo_story import Story
from governance.trail.models import TrailEvent

DAY = date(2026, 1, 1)


def tale(name: str, days: list[int], told: list[tuple[str, date]]) -> Tale[str]:
    for day in days:
        yield DAY + timedelta(days=day)
        told.append((name, clock.today()))
    return name


def test_tales_are_told_in_the_order_of_their_days(database: Database, settings: Settings) -> None:
    told: list[tuple[str, date]] = []
    Story(database, settings).play(
        together(tale("a", [5, 9], told), tale("b", [], told), tale("c", [0, 5], told))
    )
    assert [(name, (day - DAY).days) for name, day in told] == [("c", 0), ("a", 5), ("c", 5), ("a", 9)]
    assert Story(database, settings).play(tale("a", [1], told)) == "a"


def test_a_tale_that_goes_back_in_time_is_not_told(database: Database, settings: Settings) -> None:
    with pytest.raises(ValueError, match="goes back from 2026-01-06 to 2026-01-02"):
        Story(database, settings).play(tale("a", [5, 1], []))


def test_the_trail_of_the_demonstration_never_goes_back_in_time(demo_settings: Settings) -> None:
    database = Database(demo_settings.database_url)
    with database.transaction(readonly=True) as session:
        events = session.execute(select(TrailEvent.seq, TrailEvent.at).order_by(TrailEvent.seq)).all()
    database.dispose()
    assert len(events) > 1_500
    assert [later.seq for before, later in pairwise(events) if later.at < before.at] == []


@pytest.mark.slow
def test_packs_of_two_earlier_days_prove_growth(demo_settings: Settings, tmp_path: Path) -> None:
    """Between them events were added, and none is dated on the wrong side of the older pack."""
    database = Database(demo_settings.database_url)
    with database.transaction(readonly=True) as session:
        olivia = people.by_email(session, "olivia@demo.example")
        assert olivia is not None
        actor = people.actor_for(olivia)
    packs = [
        pack_cli.make(
            database, demo_settings, actor, "SYS-0001", purpose="", folder=tmp_path,
            as_of=clock.today() - timedelta(days=days),
        )
        for days in (100, 14)
    ]  # fmt: skip
    database.dispose()
    checked = CliRunner().invoke(pack_cli.verify, [str(path) for path in packs])
    growth = [line.strip() for line in checked.output.splitlines() if ": growth: " in line]
    assert len(growth) == 1 and growth[0].startswith("ok"), checked.output
    assert "no event is dated on the wrong side" in growth[0]
