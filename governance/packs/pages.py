"""What the pages of every kind of pack share: the list, the progress, what verification says now, the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from flask import current_app, g, render_template, request, send_file
from flask.typing import ResponseReturnValue

from governance.core.errors import NotFound
from governance.jobs.models import Job
from governance.packs import queries
from governance.packs.models import Pack, PackState
from governance.packs.verify.results import CheckResult
from governance.web import lists, then
from governance.web.application import Application
from governance.web.forms import words

_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in PackState])
# A column of a list: its label, what it is sorted by, and what stands in its cell.
Column = tuple[str, str, Callable[[Any], tuple[str, Any]]]


def listing(
    of: type[Pack], heading: str, about: tuple[Column, ...], action: tuple[str, str], empty: tuple[str, ...]
) -> ResponseReturnValue:
    """The page of all packs of a kind; `about` are the columns that only this kind has."""
    query = lists.read(
        f"/{of.PATH}",
        request.args,
        (_STATES,),
        ("reference", "title", "state", "changed_at"),
        descending=True,
    )
    found = queries.listing(
        g.session,
        of,
        words=query.words,
        sort=query.sort,
        descending=query.descending,
        after=query.after,
        **query.filters,
    )
    columns: tuple[Column, ...] = (
        ("Reference", "reference", lambda pack: ("record", pack)),
        ("Pack", "title", lambda pack: ("text", pack.title)),
        *about,
        ("State", "state", lambda pack: ("badge", pack.state)),
        ("Pages", "", lambda pack: ("text", pack.pages or None)),
        ("Gaps", "", lambda pack: ("text", pack.gaps if pack.state == PackState.SEALED else None)),
        ("As of", "changed_at", lambda pack: ("date", pack.as_of)),
    )
    return render_template(
        "layout/list.html",
        heading=heading,
        query=query,
        known=(_STATES,),
        found=found,
        action=action,
        columns=[(label, sort) for label, sort, _ in columns],
        cells=lambda pack: [cell(pack) for _, _, cell in columns],
        empty=empty,
    )


def asked_for() -> dict[str, Any]:
    """What a request begins with: the day that the reader looks back at, if they do."""
    chosen = then.chosen(g.actor)
    return {"as_of": chosen.day} if chosen else {}


def file_of(pack: Pack) -> Path:
    """Where the sealed file of a pack lies."""
    return cast(Application, current_app).settings.packs_dir / pack.filename


def record(
    pack: Pack, template: str, verify: Callable[[Path], list[CheckResult]], largest: int | None = None
) -> ResponseReturnValue:
    """The page of one pack: its progress, or its hashes and what verification of files up to `largest` bytes says now."""
    sealed = pack.state == PackState.SEALED
    there = sealed and file_of(pack).is_file()
    checked = there and (largest is None or pack.size <= largest)
    return render_template(
        template,
        pack=pack,
        job=g.session.get(Job, pack.job_id) if pack.job_id else None,
        sealed=sealed,
        there=there,
        results=verify(file_of(pack)) if checked else [],
    )


def download(pack: Pack, mimetype: str) -> ResponseReturnValue:
    """The sealed file as an attachment. Raises NotFound if it is not made, or not in its folder."""
    if pack.state != PackState.SEALED or not file_of(pack).is_file():
        raise NotFound(f"The file of {pack.reference} is not here.")
    return send_file(file_of(pack), mimetype=mimetype, as_attachment=True, download_name=pack.filename)
