"""The templates of packs: everything in them is escaped, and shown as packs show values."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from governance.core.canonical import sha256_hex
from governance.core.paths import templates_dir
from governance.packs.content.summary import red_line_state
from governance.packs.draw import present
from governance.packs.draw.present import Presenter


def environment(presenter: Presenter, **filters: Any) -> Environment:
    """The templates, with the presenter's filters and some more; a name that a template misspells raises UndefinedError."""
    made = Environment(
        loader=FileSystemLoader(templates_dir() / "packs"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=presenter.finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        show=presenter.show,
        dash=presenter.dash,
        state=presenter.state,
        home=presenter.home,
        short=present.short,
        filesize=present.size,
        digest=sha256_hex,
        red_line_state=red_line_state,
        **filters,
    )
    return made
