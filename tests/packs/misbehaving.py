"""Drawings that do not end, and one that does at once, for the renderer's process: it imports them by name."""

import os
import signal
import time
from collections.abc import Sequence

from governance.packs.draw.system import RenderedPack
from governance.packs.seal.attach import Attachment


def hangs(snapshot_json: bytes, attachments: Sequence[Attachment], certificate_sha256: str) -> RenderedPack:
    """Works on and on, and catches what it can."""
    while True:
        try:
            time.sleep(0.01)
        except Exception:  # noqa: BLE001 - as a library would that goes on without a picture
            continue


def explodes(
    snapshot_json: bytes, attachments: Sequence[Attachment], certificate_sha256: str
) -> RenderedPack:
    """Asks for more and more memory."""
    hoard = []
    while True:
        # Zeros that nobody touched cost no memory, only addresses: the machine of the test stays well.
        hoard.append(bytes(256 * 1024**2))


def is_killed(
    snapshot_json: bytes, attachments: Sequence[Attachment], certificate_sha256: str
) -> RenderedPack:
    """Is ended as the kernel ends what takes too much."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def answers(snapshot_json: bytes, attachments: Sequence[Attachment], certificate_sha256: str) -> RenderedPack:
    """Shows that the renderer's process is there."""
    return RenderedPack(b"%PDF", "", "", 1, ())
