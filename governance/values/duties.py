"""Breached red lines to clear, and checks of red lines that run out."""

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from governance.access.actor import Actor
from governance.access.duties import Duty, duties, soon
from governance.core import clock
from governance.core.records import Record
from governance.systems.models import AiSystem, Status
from governance.values.models import RedLineCheck, RedLineState


@duties
def red_lines(session: Session, actor: Actor) -> Iterable[Duty]:
    """Breaches on systems of the person, and for each of their active systems the first check that runs out."""
    mine = select(AiSystem.id).where(
        or_(AiSystem.owner_id == actor.person_id, AiSystem.technical_owner_id == actor.person_id),
        AiSystem.state.not_in((Status.RETIRED, Status.REJECTED)),
    )
    statement = (
        select(RedLineCheck)
        .where(Record.kind == "red_line_check", RedLineCheck.system_id.in_(mine))
        .where(RedLineCheck.state.in_((RedLineState.PASSED, RedLineState.BREACHED)))
        .options(joinedload(RedLineCheck.system))
        .order_by(RedLineCheck.id)
    )
    newest: dict[tuple[int, str], RedLineCheck] = {}
    for check in session.scalars(statement):
        if check.state == RedLineState.BREACHED:
            yield Duty("Red lines", f"Clear the breach: {check.title}", check)
        else:
            newest[check.system_id, check.red_line] = check
    first: dict[int, RedLineCheck] = {}
    for check in sorted(newest.values(), key=lambda item: item.valid_until):
        first.setdefault(check.system_id, check)
    for check in first.values():
        if clock.today() <= check.valid_until <= soon():
            what = f"Red-line checks of {check.system.title} run out"
            yield Duty("Red lines", what, check, check.valid_until, f"{check.system.path}/red-lines")
