"""Verbs on red lines: screening, checking, and lifting a breach."""

from datetime import date

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.errors import Refused
from governance.core.records import Record
from governance.improvement import service as improvement
from governance.improvement.models import Grade
from governance.improvement.schemas import RecordFinding
from governance.incidents import service as incidents
from governance.incidents.schemas import ReportIncident, Triage
from governance.signoffs import service as signoffs
from governance.systems import lifecycle
from governance.systems import service as systems
from governance.systems.models import AiSystem, VersionState
from governance.values.catalogue import values
from governance.values.models import RedLineCheck, RedLineState
from governance.values.schemas import AskClearance, CheckRedLine, ScreenRedLines

POLICY = "red_line_clearance"
_ANSWERS = ("cannot", "guarded", "crosses")


@verb("values.screen")
def screen(session: Session, system: AiSystem, data: ScreenRedLines) -> list[RedLineCheck]:
    """Answer for every red line whether the system could cross it: it cannot, it is guarded, or it does (a breach)."""
    known = [item.id for item in values().red_lines]
    for id in known:
        if data.answers.get(id) not in _ANSWERS:
            raise Refused(f"{id} has no answer: {values().red_line(id).statement}", field="answers")
    if "cannot" in data.answers.values() and not data.note.strip():
        raise Refused(
            "A red line holds for every system; say why it cannot concern this one (INV-RED1).", field="note"
        )
    made = []
    for id in known:
        crosses = data.answers[id] == "crosses"
        method = {
            "cannot": "Desk review: the system has no means to.",
            "guarded": "Desk review: guarded by design.",
        }
        made.append(
            _record(
                session,
                system,
                id,
                state=RedLineState.BREACHED if crosses else RedLineState.SCREENED,
                method=method.get(data.answers[id], "Desk review: the intended use crosses it."),
                note=data.note,
                performed_on=clock.today(),
                violations=int(crosses),
            )
        )
    for item in made:
        if item.state == RedLineState.BREACHED:
            _breach(session, item)
    return made


def _record(
    session: Session,
    system: AiSystem,
    red_line: str,
    *,
    state: RedLineState,
    method: str,
    performed_on: date,
    note: str = "",
    probes: int = 0,
    violations: int = 0,
) -> RedLineCheck:
    current = system.current_version
    months = values().validity_months[system.tier.value if system.tier else "moderate"]
    check = RedLineCheck(
        title=f"{red_line}: {values().red_line(red_line).statement}",
        state=state,
        owner_id=actor_of(session).person_id,
        system=system,
        version_id=current.id if current else None,
        red_line=red_line,
        method=method,
        note=note,
        probes=probes,
        violations=violations,
        performed_on=performed_on,
        valid_until=performed_on + relativedelta(months=months),
    )
    session.add(check)
    session.flush()
    return check


@verb("values.check_red_line")
def check_red_line(session: Session, system: AiSystem, data: CheckRedLine) -> RedLineCheck:
    """Record a check of the current frozen version. The result is computed from the violations (INV-G6).

    A breach suspends the system, voids its release gates, opens a major finding and an S1 incident in the same transaction
    (INV-RLC1).
    """
    if data.red_line not in {item.id for item in values().red_lines}:
        raise Refused("There is no such red line.", field="red_line")
    if data.performed_on > clock.today():
        raise Refused("This lies in the future.", field="performed_on")
    current = system.current_version
    if current is None or current.state is VersionState.DRAFT:
        raise Refused(
            "A check means one frozen version; freeze the version first (INV-VER2).",
            fix=f"{system.path}/versions",
        )
    least = values().least_probes[system.tier.value if system.tier else "moderate"]
    if data.violations == 0 and data.probes < least:
        raise Refused(
            f"Too few probes to say that there is no violation: at least {least} for this tier.",
            field="probes",
        )
    state = RedLineState.BREACHED if data.violations else RedLineState.PASSED
    check = _record(session, system, state=state, **data.model_dump())
    if state is RedLineState.BREACHED:
        _breach(session, check)
    return check


def _breach(session: Session, check: RedLineCheck) -> None:
    system = check.system
    why = f"{check.reference}: red line {check.red_line} is breached ({values().red_line(check.red_line).statement})."
    systems.suspend_because(system, why)
    lifecycle.void_gates(session, system, ("G3", "G4", "G5"), why)
    finding = RecordFinding(
        title=f"Red line {check.red_line} breached by {system.title}"[:300],
        grade=Grade.MAJOR,
        grade_reason="A breached red line is always major.",
        criterion=f"Red line {check.red_line}: {values().red_line(check.red_line).statement}",
        evidence_statement=f"{check.reference}: {check.violations} violations in {check.probes} probes. {check.method}",
        gap="The system does what no system may do.",
        controls=["A.9.2"],
    )
    improvement.record_finding(session, system, finding, source=check)
    now = clock.now()
    happened = ReportIncident(
        title=finding.title,
        incident_kind="red_line",
        description=finding.evidence_statement,
        aware_on=now.date(),
        aware_time=f"{now:%H:%M}",
        occurred_on=check.performed_on,
    )
    incident = incidents.report(session, system, happened, source=check)
    incidents.triage(session, incident, Triage(severity="S1", version=incident.version))


@verb("values.ask_clearance")
def ask_clearance(session: Session, check: RedLineCheck, data: AskClearance) -> RedLineCheck:
    """Ask to lift a breach: needs a clean newer check of the same red line, and two signatures (INV-RLC2)."""
    if check.state != RedLineState.BREACHED:
        raise Refused(f"{check.reference} is not a breach.")
    if _clean_after(session, check) is None:
        raise Refused(
            f"A breach is lifted only after a clean new check of {check.red_line} (INV-RLC2).",
            fix=f"{check.system.path}/red-lines",
        )
    session.info["reason"] = data.reason
    check.state_reason = data.reason
    signoffs.request(session, check, POLICY)
    return check


def _clean_after(session: Session, check: RedLineCheck) -> RedLineCheck | None:
    statement = select(RedLineCheck).where(
        RedLineCheck.system_id == check.system_id,
        RedLineCheck.red_line == check.red_line,
        RedLineCheck.id > check.id,
        # Recorded later is not performed later: an old clean check proves nothing about the breach.
        RedLineCheck.performed_on >= check.performed_on,
        RedLineCheck.state == RedLineState.PASSED,
    )
    return session.scalars(statement).first()


@signoffs.when_complete(POLICY)
def _cleared(session: Session, record: Record) -> None:
    record.state = RedLineState.CLEARED
