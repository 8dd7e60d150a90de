"""The templates of packs: everything in them is escaped, and shown as packs show values."""

from __future__ import annotations

import re
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from governance.core.canonical import sha256_hex
from governance.core.paths import templates_dir
from governance.packs.content.summary import red_line_state
from governance.packs.draw import present
from governance.packs.draw.present import Presenter

_SPACE_BEFORE_ELEMENT: Final = re.compile(r"(?<=[^\s>])\s+(?=<(?:a|b|code|span)\b)")


def drawn_alike(html: str) -> str:
    """The same pages for a Pango of any age.

    Where a text ends in a space and fits into the line only without it, Pango 1.50 breaks the line after the first word, and
    1.56 before the next element. A space that stands alone both take in the same way.
    """
    return _SPACE_BEFORE_ELEMENT.sub("<span> </span>", html)


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
