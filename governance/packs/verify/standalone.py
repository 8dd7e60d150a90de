"""The text of the `verify.py` that every management-system pack carries: both standalone modules as one file."""

import re
from pathlib import Path
from typing import Final

NAME: Final = "verify.py"
_OWN_IMPORT: Final = re.compile(r"^from governance\.[^(]*\([^)]*\)\n", re.MULTILINE)
_FUTURE: Final = "from __future__ import annotations\n"


def source() -> bytes:
    """One file that needs nothing beside it; the same for every pack of a release."""
    folder = Path(__file__).parent
    first = (folder / "standalone_proofs.py").read_text(encoding="utf-8")
    second = (folder / "standalone_verify.py").read_text(encoding="utf-8").partition(_FUTURE)[2]
    return f"#!/usr/bin/env python3\n{first}\n\n{_OWN_IMPORT.sub('', second)}".encode()
