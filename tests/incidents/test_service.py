"""Incidents and concerns: clocks that run, consequences that follow, and reporters who stay protected."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from governance.access.actor import PUBLIC
from governance.core import checks, clock, records
from governance.core.errors import Forbidden, Refused
from governance.improvement.schemas import RecordFinding
from governance.incidents import concerns, queries, service
from governance.incidents.models import Concern, Incident
from governance.incidents.schemas import (
    AnswerConcern,
    AssessConcern,
    Contain,
    CorrectAwareness,
    RecordStep,
    ReportConcern,
    ReportIncident,
    Resolve,
    Tell,
    Triage,
)
from governance.systems.models import AiSystem, Status
from tests.house_fixtures import House
from tests.systems.build import a_system, requested, sign, state_of

SECRET = "The night shift is told to ignore it"


def an_incident(house: House, *, kind: str = "malfunction", active: bool = True) -> str:
    system = a_system(house)
    if active:
        with house.acting("olivia") as session:
            records.get(session, AiSystem, system).state = Status.ACTIVE
    now = clock.now()
    with house.acting("owen") as session:
        data = ReportIncident(
            title="Silent for an hour",
            incident_kind=kind,
            description="No warnings",
            aware_on=now.date(),
            aware_time=f"{now:%H:%M}",
        )
        return service.report(session, records.get(session, AiSystem, system), data).reference


def act(house: House, who: str, incident: str, verb: Callable[..., Any], schema: Any, **values: Any) -> None:
    with house.acting(who) as session:
        item = records.get(session, Incident, incident)
        verb(session, item, schema(**values, version=item.version))


def settle(house: House, incident: str, **values: Any) -> None:
    with house.acting("olivia") as session:
        item = records.get(session, Incident, incident)
        for notice in item.notices:
            service.tell(session, item, notice, Tell(**{"told": True, **values}, version=item.version))


def failing(house: House, check: str) -> list[str]:
    with house.reading() as session:
        return [row[1] for row in session.execute(checks.named(check).missing(clock.today()))]


def resolve(house: House, incident: str) -> None:
    act(
        house,
        "olivia",
        incident,
        service.resolve,
        Resolve,
        cause="A sensor",
        lessons="Alarm on silence",
        communication="Ward told; nobody harmed",
    )


def test_inv_inc2_s1_suspends_and_s2_asks_for_reassessment(house: House) -> None:
    for severity, state, reassessed in (
        ("S1", "suspended", True),
        ("S2", "active", True),
        ("S3", "active", False),
    ):
        incident = an_incident(house)
        act(house, "olivia", incident, service.triage, Triage, severity=severity)
        with house.reading() as session:
            system = records.get(session, Incident, incident).system
            assert (system.state, bool(system.under_reassessment)) == (state, reassessed)


def test_inv_inc1_the_clocks_run_from_awareness_and_moving_it_needs_a_reason(house: House) -> None:
    incident = an_incident(house)
    act(house, "olivia", incident, service.triage, Triage, severity="S3", clocks=["personal_data_breach"])
    with house.reading() as session:
        item = records.get(session, Incident, incident)
        assert item.notices[0].due_at - item.aware_at == timedelta(hours=72)
    earlier = clock.now() - timedelta(days=2)
    with pytest.raises(ValueError, match="reason"):
        act(
            house,
            "olivia",
            incident,
            service.correct_awareness,
            CorrectAwareness,
            aware_on=earlier.date(),
            aware_time="08:00",
            reason="",
        )
    act(
        house,
        "olivia",
        incident,
        service.correct_awareness,
        CorrectAwareness,
        aware_on=earlier.date(),
        aware_time="08:00",
        reason="The ward knew before",
    )
    with house.reading() as session:
        item = records.get(session, Incident, incident)
        assert item.notices[0].due_at - item.aware_at == timedelta(hours=72) and item.aware_at.hour == 8
    with pytest.raises(Forbidden):
        act(
            house,
            "owen",
            incident,
            service.correct_awareness,
            CorrectAwareness,
            aware_on=earlier.date(),
            aware_time="09:00",
            reason="Later",
        )


def test_inv_inc3_a_near_miss_stands_in_the_same_register(house: House) -> None:
    incident = an_incident(house, kind="near_miss")
    act(house, "olivia", incident, service.triage, Triage, severity="S4")
    with house.reading() as session:
        assert [item.reference for item in queries.open_incidents(session)] == [incident]


def test_top_management_is_always_told_of_an_s1(house: House) -> None:
    incident = an_incident(house)
    act(house, "olivia", incident, service.triage, Triage, severity="S1")
    with house.reading() as session:
        assert [notice.clock for notice in records.get(session, Incident, incident).notices] == [
            "top_management"
        ]


def test_a_clock_that_ran_out_is_a_critical_gap(house: House) -> None:
    incident = an_incident(house)
    act(house, "olivia", incident, service.triage, Triage, severity="S1", clocks=["widespread"])
    assert failing(house, "incidents.told_in_time") == []
    with clock.held_at(clock.now() + timedelta(hours=49)):
        assert failing(house, "incidents.told_in_time") == [incident]
        settle(house, incident, told=False, not_due_because="No infringement after all")
        assert failing(house, "incidents.told_in_time") == []


def test_it_is_not_resolved_while_somebody_waits_to_be_told(house: House) -> None:
    incident = an_incident(house)
    act(house, "olivia", incident, service.triage, Triage, severity="S1")
    act(house, "tess", incident, service.contain, Contain, containment="Switched off")
    with pytest.raises(Refused, match="waits to be told: Top management"):
        resolve(house, incident)
    with pytest.raises(Refused, match="Either they were told"):
        settle(house, incident, not_due_because="both")
    settle(house, incident)
    act(house, "tess", incident, service.record_step, RecordStep, text="Sensor replaced")
    assert state_of(house, incident) == "investigating"
    resolve(house, incident)
    with house.acting("owen") as session:
        service.ask_to_close(session, records.get(session, Incident, incident))
    slots = requested(house, incident)
    sign(house, "olivia", slots["compliance_lead"])
    sign(house, "eve", slots["top_management"])
    assert state_of(house, incident) == "closed"


def test_a_system_with_an_open_grave_incident_fails_its_check(house: House) -> None:
    incident = an_incident(house)
    assert failing(house, "incidents.none_open") == []
    act(house, "olivia", incident, service.triage, Triage, severity="S2")
    assert failing(house, "incidents.none_open") == ["SYS-0001"]
    act(house, "tess", incident, service.contain, Contain, containment="Old version")
    resolve(house, incident)
    assert failing(house, "incidents.none_open") == []


def test_what_was_left_undone_is_named(house: House) -> None:
    incident = an_incident(house)
    with clock.held_at(clock.now() + timedelta(days=4)):
        assert failing(house, "incidents.triaged") == [incident]
    act(house, "olivia", incident, service.triage, Triage, severity="S2")
    with clock.held_at(clock.now() + timedelta(days=15)):
        assert failing(house, "incidents.triaged") == [] and failing(
            house, "incidents.grave_has_finding"
        ) == [incident]
        assert failing(house, "incidents.communication_decided") == []
    with clock.held_at(clock.now() + timedelta(days=31)):
        assert failing(house, "incidents.communication_decided") == [incident]
    with house.acting("ada") as session:
        data = RecordFinding(
            title="No alarm on silence",
            grade="minor",
            criterion="A.6.2.6",
            evidence_statement="Log",
            gap="No alarm",
        )
        service.open_finding(session, records.get(session, Incident, incident), data)
    with clock.held_at(clock.now() + timedelta(days=15)):
        assert failing(house, "incidents.grave_has_finding") == []


def test_inv_rlc1_a_breached_red_line_opens_an_s1_incident_in_the_same_transaction(house: House) -> None:
    from governance.values import service as values
    from governance.values.catalogue import values as catalogue
    from governance.values.schemas import ScreenRedLines

    system = a_system(house)
    answers = {item.id: "guarded" for item in catalogue().red_lines} | {"RL-01": "crosses"}
    with house.acting("asha") as session:
        values.screen(session, records.get(session, AiSystem, system), ScreenRedLines(answers=answers))
    with house.reading() as session:
        (item,) = queries.of_system(session, id_of(house, system))
        assert (item.severity, item.incident_kind) == ("S1", "red_line") and item.source is not None
        assert item.source.kind == "red_line_check"


def id_of(house: House, reference: str) -> int:
    with house.reading() as session:
        found = records.find(session, reference)
        assert found is not None
        return found.id


def a_concern(house: House, **values: Any) -> tuple[str, str]:
    with house.database.transaction(PUBLIC, source="public") as session:
        data = ReportConcern.model_validate({"about": "The sepsis warning", "text": SECRET, **values})
        received = concerns.report(session, data, channel="web page")
        return received.concern.reference, received.receipt


def assess(house: House, concern: str, who: str = "olivia", **values: Any) -> None:
    with house.acting(who) as session:
        item = records.get(session, Concern, concern)
        data = {
            "assessment": "Plausible",
            "handler_id": house.id_of("prue"),
            "version": item.version,
            **values,
        }
        concerns.assess(session, item, AssessConcern.model_validate(data))


def test_inv_cnc1_neither_trail_nor_search_nor_signature_repeats_what_was_reported(house: House) -> None:
    concern, receipt = a_concern(house, reporter="Nurse Joy")
    assess(house, concern)
    with house.acting("prue") as session:
        item = records.get(session, Concern, concern)
        concerns.answer(session, item, AnswerConcern(outcome="The order is withdrawn", version=item.version))
        concerns.ask_to_close(session, item)
    sign(house, "olivia", requested(house, concern)["compliance_lead"])
    assert state_of(house, concern) == "closed"
    with house.reading() as session:
        kept = str(session.execute(text("select body from trail_event")).all()) + str(
            session.execute(text("select content from sign_off")).all()
        )
        for words in (SECRET, "Nurse Joy", receipt, "The order is withdrawn"):
            assert words not in kept
        assert records.get(session, Concern, concern).created_by_id is None
        assert (
            concerns.by_receipt(session, receipt) is not None
            and concerns.by_receipt(session, "wrong") is None
        )


def test_inv_cnc1_only_handlers_read_it_and_never_the_person_it_is_about(house: House) -> None:
    concern, _ = a_concern(house)
    with house.reading() as session:
        item = records.get(session, Concern, concern)
        assert concerns.may_read(house.actor("olivia"), item)
        assert not any(
            concerns.may_read(house.actor(who), item) for who in ("owen", "ada", "eve", "victor", "max")
        )
    assess(house, concern, subject_id=house.id_of("olivia"))
    with house.reading() as session:
        item = records.get(session, Concern, concern)
        assert concerns.may_read(house.actor("prue"), item) and not concerns.may_read(
            house.actor("olivia"), item
        )
    with pytest.raises(Forbidden, match="SD-9"):
        assess(house, concern)


def test_sd9_nobody_handles_or_closes_a_concern_about_themselves(house: House) -> None:
    concern, _ = a_concern(house)
    with pytest.raises(Refused, match="SD-9"):
        assess(house, concern, subject_id=house.id_of("prue"))


def test_inv_cnc2_plausible_harm_opens_an_incident_without_the_text(house: House) -> None:
    system, (concern, _) = a_system(house), a_concern(house)
    with pytest.raises(Refused, match="name it"):
        assess(house, concern, harm_plausible=True)
    assess(house, concern, harm_plausible=True, system=system)
    with house.reading() as session:
        (incident,) = queries.of_system(session, id_of(house, system))
        assert (
            incident.source is not None
            and incident.source.reference == concern
            and SECRET not in incident.description
        )


def test_a_concern_nobody_looked_at_is_a_gap(house: House) -> None:
    concern, _ = a_concern(house)
    assert failing(house, "incidents.concerns_assessed") == []
    with clock.held_at(clock.now() + timedelta(days=8)):
        assert failing(house, "incidents.concerns_assessed") == [concern]
    assess(house, concern)
    with clock.held_at(clock.now() + timedelta(days=8)):
        assert failing(house, "incidents.concerns_assessed") == []
