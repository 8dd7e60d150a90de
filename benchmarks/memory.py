"""Resident memory of `aims serve` when idle, with the worker in the process, beside a bare Python."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.served import served


def _resident(pid: int) -> float:
    """Megabytes resident, from /proc."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system has no /proc")


def run() -> None:
    """Measure on an empty registry, ten seconds after the start."""
    bare = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as process:
        time.sleep(10)
        ours, floor = _resident(process.pid), _resident(bare.pid)
        print(f"  aims serve, idle {ours:.0f} MB; bare Python {floor:.0f} MB")
    bare.kill()
