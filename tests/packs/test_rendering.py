"""The renderer's process: it goes when its worker is killed."""

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

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
