"""What the certification body waits for: requests to answer, and audits of its cycle to plan."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.duties import Duty, duties
from governance.core import clock
from governance.external_audits import cycle, queries
from governance.external_audits.models import RequestState

_AREA = "External audits"
_DUE = {
    cycle.Duty.FIRST_SURVEILLANCE: "Have the first surveillance audit held",
    cycle.Duty.SURVEILLANCE_OF_YEAR: "Have the surveillance audit of the year held",
    cycle.Duty.RECERTIFICATION: "Have the certificate renewed",
    cycle.Duty.RESTORATION: "Have the certificate restored",
}


@duties
def requests_to_answer(session: Session, actor: Actor) -> Iterable[Duty]:
    """Requests that the person is to answer; compliance officers see them all."""
    for item in queries.open_requests(session):
        if actor.has("compliance_officer") or item.owner_id == actor.person_id:
            again = item.state == RequestState.FLAGGED
            asked = f"Answer the external auditor again: {item.title}"
            what = asked if again else f"Answer the external auditor: {item.title}"
            yield Duty(_AREA, what, item, item.due_on)


@duties
def cycle_to_keep(session: Session, actor: Actor) -> Iterable[Duty]:
    """Audits of the certification cycle that are due soon or late, for compliance officers."""
    if not actor.has("compliance_officer"):
        return
    for audit, rows, until, _ in queries.majors(session, clock.today()):
        first = ", ".join(row.reference for row in rows)
        yield Duty(
            _AREA,
            f"Have the correction verified by the body: {first}",
            audit,
            until,
            "/external-audits/cycle",
        )
    for certificate in queries.certificates(session)[:1]:
        for item in queries.milestones(session, certificate, clock.today()):
            if item.done_on is None and item.standing in (cycle.Standing.SOON, cycle.Standing.LATE):
                yield Duty(_AREA, _DUE[item.duty], certificate, item.due_on, "/external-audits/cycle")
