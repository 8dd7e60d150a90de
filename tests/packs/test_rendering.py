"""The renderer's process: it goes when its worker is killed, and ends what takes too long or too much."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance import worker
from governance.core import clock
from governance.core.errors import Interrupted, Refused
from governance.core.settings import Settings
from governance.jobs import service as jobs
from governance.jobs.models import Job, JobState
from governance.jobs.service import Work, handles
from governance.packs.draw import rendering
from tests.conftest import MORNING
from tests.house_fixtures import House
from tests.packs.misbehaving import answers, explodes, hangs, is_killed

_WORKER = """
import multiprocessing, sys
from governance.packs.draw import rendering
from governance.packs.content.system_pack import UnreadableSnapshotError
if __name__ == "__main__":
    try:
        rendering.draw(b"{}", (), "")
    except UnreadableSnapshotError:
        print(multiprocessing.active_children()[0].pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waiting for a stranger's process needs Linux")
def test_a_renderer_does_not_outlive_its_killed_worker(tmp_path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(_WORKER)
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as worker:
        assert worker.stdout is not None
        renderer = os.pidfd_open(int(worker.stdout.readline()))
        try:
            worker.kill()
            assert select.select([renderer], [], [], 20)[0], "it still waits for work that cannot come"
        finally:
            os.close(renderer)


@pytest.fixture(scope="module", autouse=True)
def _close() -> Iterator[None]:
    yield
    rendering.close()


def test_a_drawing_that_hangs_is_ended_and_the_next_one_is_drawn() -> None:
    with pytest.raises(Refused, match=r"PCK-0007 about SYS-0004 take longer than 1 seconds") as refused:
        rendering.draw(b"", (), "", function=hangs, name="PCK-0007 about SYS-0004", seconds=1)
    assert "shorten them or keep them as evidence files" in refused.value.message
    assert rendering.draw(b"", (), "", function=answers).pages == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a bound on memory")
def test_a_drawing_that_takes_all_memory_is_ended_and_the_next_one_is_drawn() -> None:
    with pytest.raises(Refused, match="PCK-0007 need more than 4 GB of memory"):
        rendering.draw(b"", (), "", function=explodes, name="PCK-0007")
    assert rendering.draw(b"", (), "", function=answers).pages == 1


def test_a_killed_renderer_is_worth_another_attempt_and_says_which_pack_it_drew() -> None:
    with pytest.raises(Interrupted, match="PCK-0007 was ended from outside"):
        rendering.draw(b"", (), "", function=is_killed, name="PCK-0007")
    assert rendering.draw(b"", (), "", function=answers).pages == 1


@handles("tests.hanging")
def _hanging(work: Work) -> dict[str, Any]:
    rendering.draw(b"", (), "", function=hangs, name="PCK-0007", seconds=1)
    return {}


@handles("tests.killed")
def _killed(work: Work) -> dict[str, Any]:
    rendering.draw(b"", (), "", function=is_killed, name="PCK-0008")
    return {}


def test_the_job_of_a_pack_that_cannot_be_drawn_fails_in_words_and_the_worker_goes_on(
    house: House, settings: Settings
) -> None:
    with clock.held_at(MORNING), house.acting("olivia") as session:
        hanging, killed = (jobs.enqueue(session, f"tests.{kind}", {}).id for kind in ("hanging", "killed"))
    for attempt in range(jobs.MOST_ATTEMPTS):
        with clock.held_at(MORNING + (attempt + 1) * jobs.RETRY_AFTER):
            worker.drain(house.database, settings, "a worker")
    with house.reading() as session:
        late, dead = session.get_one(Job, hanging), session.get_one(Job, killed)
    assert (late.state, late.attempts) == (JobState.FAILED, 1)
    assert late.message.startswith(
        "The pages of PCK-0007 take longer than 1 seconds. Look for very long texts"
    )
    assert (dead.state, dead.attempts) == (JobState.FAILED, 3)
    assert "Given up after 3 attempts: The process that drew the pages of PCK-0008 was ended" in dead.message
