"""What changed between two days, in the whole registry or around one AI system."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import clock
from governance.core.records import Link
from governance.packs.collect.system import ids_around
from governance.packs.collect.trail import label, readable
from governance.systems import queries as systems
from governance.systems.models import AiSystem
from governance.trail import changes
from governance.trail import queries as trail
from governance.trail.queries import EventView

blueprint = Blueprint("changes", __name__)
_A_MONTH = timedelta(days=30)
_AT_ONCE = 25
_HOW = {"create": "created", "update": "changed", "delete": "removed"}
# What the pages of people show to everybody. Of everything else it is said that it is other, as on the page of the trail.
_TOLD = {
    "person": {"name", "email", "position", "unit", "left_on", "access_until", "reports_to_id"},
    "role_grant": {"role", "granted_at", "revoked_at"},
}


@blueprint.route("/changes")
def page() -> ResponseReturnValue:
    """Records created, changed and removed after the end of one day, up to the end of another (UTC), figures first."""
    until = _day("to") or clock.today()
    since = _day("from") or until - _A_MONTH
    after, last = _end_of(min(since, until)), _end_of(max(since, until))
    system = _system()
    ids = ids_around(g.session, system) if system else None
    room = request.args.get("room", "")
    found, beyond = changes.page(
        g.session, after, last, ids=ids, room=room, beyond=request.args.get("after", "")
    )
    names = people.names(g.session)
    beside = _beside(after, last, names) if not (system or room or request.args.get("after")) else ()
    return render_template(
        "packs_pages/changes.html",
        since=after.date(),
        until=last.date(),
        system=system,
        room=room,
        counted=changes.overview(g.session, after, last, ids),
        found=found,
        beyond=beyond,
        beside=beside,
        earlier=beside[-1].event.seq if len(beside) == _AT_ONCE else None,
        label=label,
        readable=lambda name, value: readable(name, value, names),
    )


@dataclass(frozen=True)
class _Beside:
    """A change that is of no record: of a person or one of their roles if it is of people, and the values that all may read."""

    event: EventView
    how: str
    person_id: int
    person: str
    role: str
    ends: tuple[str, ...]
    """Of a link between records: the references of those that are still there."""

    def is_told(self, name: str) -> bool:
        """Whether the values of a field are shown, or only that it is other."""
        return name in _TOLD.get(self.event.kind, ())


def _beside(after: datetime, until: datetime, names: dict[int, str]) -> tuple[_Beside, ...]:
    """Changes of people, links and settings, newest first."""
    before = request.args.get("beside", type=int)
    found = trail.beside_records(g.session, after, until, before=before, limit=_AT_ONCE)
    granted = people.granted(g.session, [_number(item) for item in found if item.kind == "role_grant"])
    of = {item.seq: (_number(item), "") for item in found if item.kind == "person"}
    of |= {item.seq: granted.get(_number(item), (0, "")) for item in found if item.kind == "role_grant"}
    ends = {item.seq: _ends(item) for item in found if item.kind == Link.__tablename__}
    known = trail.references(g.session, [number for pair in ends.values() for number in pair])
    return tuple(
        _Beside(
            item,
            _HOW[item.op],
            person_id,
            names.get(person_id, ""),
            role,
            tuple(known[number] for number in ends.get(item.seq, ()) if number in known),
        )
        for item in found
        for person_id, role in (of.get(item.seq, (0, "")),)
    )


def _ends(item: EventView) -> tuple[int, ...]:
    ends = {name: after or before for name, before, after in item.changes}
    return tuple(ends[name] for name in ("source_id", "target_id") if name in ends)


def _number(item: EventView) -> int:
    # Earlier versions noted no key of what was new.
    return int(item.key) if item.key.isdigit() else 0


def _system() -> AiSystem | None:
    reference = request.args.get("system", "").strip()
    return systems.get(g.session, g.actor, reference) if reference else None


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, UTC)
