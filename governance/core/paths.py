"""Where config/, templates/ and migrations/ are: beside the package in a checkout, inside it in an installed wheel."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_INSTALLED = _PACKAGE / "_data"


def _data_dir(name: str) -> Path:
    installed = _INSTALLED / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def config_dir() -> Path:
    """Folder of the catalogues an organisation may change; AIMS_CONFIG points to a copy of its own."""
    own = os.environ.get("AIMS_CONFIG")
    return Path(own) if own else _data_dir("config")


def templates_dir() -> Path:
    """Folder of the Jinja templates of pages, mails and packs."""
    return _data_dir("templates")


def migrations_dir() -> Path:
    """Folder of the Alembic environment with the one history for both databases."""
    return _data_dir("migrations")
