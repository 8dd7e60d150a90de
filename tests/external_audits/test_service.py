"""External audits from the plan to the certificate; what is shared, with whom and until when; requests and their answers."""

from datetime import date, timedelta

import pytest

from governance.access import duties
from governance.access import queries as people
from governance.access import service as access
from governance.access.schemas import AddPerson, ChangeRoles
from governance.core import checks, clock, records
from governance.core.errors import DomainError, Forbidden, Refused
from governance.core.settings import Settings
from governance.external_audits import queries, requests, service, sharing
from governance.external_audits.models import AuditRequest, VisitAct
from governance.external_audits.schemas import (
    AcceptRequest,
    AssignRequest,
    EndExternalAudit,
    FlagRequest,
    InviteAuditor,
    RecordExternalFinding,
    ReportExternalAudit,
    WithdrawRequest,
)
from governance.improvement.models import Finding, FindingState
from governance.trail import queries as trail
from tests.cast import CAST
from tests.external_audits.build import (
    a_file,
    an_audit,
    asked,
    audit_record,
    closed,
    decided,
    invited,
    provided,
    reported,
    shared,
    visible_to_auditors,
)
from tests.house_fixtures import House
from tests.improvement import build as corrections
from tests.systems.build import a_system, state_of

TODAY_PLUS = timedelta(days=30)


def missing(house: House, check: str, day: date | None = None) -> set[str]:
    with house.reading() as session:
        return {row[1] for row in session.execute(checks.named(check).missing(day or clock.today()))}


def a_finding(house: House, audit: str, grade: str = "major", system: str = "") -> str:
    with house.acting("olivia") as session:
        data = RecordExternalFinding.model_validate(
            {
                "title": "No method for impacts", "grade": grade, "criterion": "8.4", "evidence_statement": "Two of five lack it",
                "gap": "All need it", "system": system,
            }
        )  # fmt: skip
        return service.record_finding(session, audit_record(session, audit), data).reference


def test_an_audit_goes_from_its_plan_to_the_certificate_and_the_trail_has_it(
    house: House, settings: Settings
) -> None:
    audit = an_audit(house, "stage_2", clock.today() - timedelta(days=10))
    reported(house, settings, audit)
    decided(house, audit, on=clock.today(), expires=clock.today() + timedelta(days=1095))
    closed(house, audit)
    assert state_of(house, audit) == "closed"
    with house.reading() as session:
        verbs = [item.verb for item in trail.history(session, audit_record(session, audit))]
    assert {
        "external_audits.plan",
        "external_audits.report",
        "external_audits.decide",
        "external_audits.close",
    } <= set(verbs)


@pytest.mark.parametrize("who", ["victor", "ada", "max", "xena"])
def test_only_the_compliance_officer_plans_shares_and_invites(house: House, who: str) -> None:
    audit = an_audit(house)
    for act in (
        service.start,
        lambda session, item: sharing.share(session, item, None),
        lambda session, item: sharing.invite(session, item, None),
    ):
        with pytest.raises(Forbidden), house.acting(who) as session:
            act(session, audit_record(session, audit))


def test_a_report_is_evidence_of_the_audit(house: House) -> None:
    audit = an_audit(house)
    with house.acting("olivia") as session:
        service.start(session, audit_record(session, audit))
    with pytest.raises(Refused, match="as evidence"), house.acting("olivia") as session:
        item = audit_record(session, audit)
        data = ReportExternalAudit(
            outcome="ready", conclusion="Ready", report="EVD-9999", version=item.version
        )
        service.report(session, item, data)


def test_a_certificate_has_a_number_an_end_and_the_right_audit_behind_it(
    house: House, settings: Settings
) -> None:
    first = an_audit(house, "stage_1", clock.today() - timedelta(days=5))
    reported(house, settings, first, "ready")
    with pytest.raises(Refused, match="follows from stage 2"):
        decided(house, first, on=clock.today(), expires=clock.today() + TODAY_PLUS)
    second = an_audit(house, "stage_2", clock.today() - timedelta(days=5))
    reported(house, settings, second)
    with pytest.raises(Refused, match="has a number"):
        decided(house, second, on=clock.today())
    with pytest.raises(Refused, match="before the last day"):
        decided(house, second, on=clock.today() - timedelta(days=9), expires=clock.today() + TODAY_PLUS)


def test_a_finding_of_the_body_concerns_the_organisation_or_a_system(house: House) -> None:
    system, audit = a_system(house), an_audit(house)
    with pytest.raises(Refused, match="findings come with"):
        a_finding(house, audit)
    with house.acting("olivia") as session:
        service.start(session, audit_record(session, audit))
    of_all, of_one = a_finding(house, audit), a_finding(house, audit, "minor", system)
    with house.reading() as session:
        whole, one = records.get(session, Finding, of_all), records.get(session, Finding, of_one)
        assert whole.system is None and whole.owner_id == house.id_of("olivia")
        assert one.system is not None and one.owner_id == house.id_of("owen")
        assert whole.source is not None and whole.source.reference == audit


def test_closing_waits_for_answers_and_ends_all_access(house: House, settings: Settings) -> None:
    audit = an_audit(house, day=clock.today() - timedelta(days=3))
    invited(house, audit)
    request = asked(house, audit)
    reported(house, settings, audit, "ready")
    with pytest.raises(Refused, match=request):
        closed(house, audit)
    provided(house, request)
    closed(house, audit)
    with house.reading() as session:
        person = people.by_email(session, CAST["xena"].email)
        assert person is not None and not person.is_active
        assert queries.guest_of(session, person.id) is None


def test_a_cancelled_audit_shares_nothing_any_more(house: House) -> None:
    audit = an_audit(house)
    with house.acting("olivia") as session:
        item = audit_record(session, audit)
        service.cancel(session, item, EndExternalAudit(reason="Postponed", version=item.version))
    with pytest.raises(Refused, match="nothing is shared"):
        shared(house, audit, a_system(house))
    with pytest.raises(Refused, match="nothing is shared"):
        invited(house, audit)


def invite(house: House, audit: str, email: str, days: int = 10) -> str:
    with house.acting("olivia") as session:
        data = InviteAuditor(name="Yuki Guest", email=email, until_on=clock.today() + timedelta(days=days))
        return sharing.invite(session, audit_record(session, audit), data)[1]


def test_a_new_auditor_gets_an_account_that_stops_on_its_day(house: House) -> None:
    audit = an_audit(house)
    assert invite(house, audit, "yuki@example.com")
    with house.reading() as session:
        person = people.by_email(session, "yuki@example.com")
        assert person is not None
        assert person.roles == {"external_auditor"} and person.must_change_password
        assert person.access_until == clock.today() + timedelta(days=10)
        assert queries.guest_of(session, person.id) is not None
    with clock.held_at(clock.now() + timedelta(days=11)), house.reading() as session:
        person = people.by_email(session, "yuki@example.com")
        assert person is not None and not person.is_active
        assert queries.guest_of(session, person.id) is None


@pytest.mark.parametrize(
    ("email", "days", "why"),
    [
        (CAST["owen"].email, 10, "Somebody of the house"),
        ("yuki@example.com", -1, "in the past"),
        ("yuki@example.com", 400, "a year at most"),
    ],
)
def test_nobody_is_invited_for_ever_or_out_of_the_house(
    house: House, email: str, days: int, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        invite(house, an_audit(house), email, days)


def test_an_auditor_is_in_one_room_at_a_time(house: House) -> None:
    first, second = an_audit(house), an_audit(house, "stage_2")
    invited(house, first)
    with pytest.raises(Refused, match=first):
        invited(house, second)
    with house.acting("olivia") as session:
        item = audit_record(session, first)
        sharing.end_access(session, item, item.guests[0])
    assert invite(house, second, CAST["xena"].email), "who was out gets a one-time password again"


def test_an_external_auditor_holds_no_other_role(house: House) -> None:
    with pytest.raises(Refused, match="no other role"), house.acting("max") as session:
        data = AddPerson(name="Both", email="both@example.org", roles=["external_auditor", "auditor"])
        access.add_person(session, data)
    with pytest.raises(Refused, match="no other role"), house.acting("max") as session:
        xena = people.person(session, house.id_of("xena"))
        data = ChangeRoles(roles=["external_auditor", "viewer"], reason="Easier", version=xena.version)
        access.change_roles(session, xena, data)


def test_ending_access_kills_sessions_for_good(house: House) -> None:
    audit = an_audit(house)
    invited(house, audit)
    with house.acting("olivia") as session:
        token = access.open_session(session, people.person(session, house.id_of("xena")), 12).token
    with house.acting("olivia") as session:
        item = audit_record(session, audit)
        sharing.end_access(session, item, item.guests[0])
    invited(house, audit)
    with house.reading() as session:
        assert access.signed_in(session, token) is None, "also when access is given again on the same day"


def test_no_session_outlives_the_access_it_was_opened_with(house: House) -> None:
    audit = an_audit(house)
    invited(house, audit, days=0)
    with house.acting("olivia") as session:
        token = access.open_session(session, people.person(session, house.id_of("xena")), 48).token
        assert access.signed_in(session, token) is not None
    tomorrow = clock.now() + timedelta(days=1)
    with clock.held_at(tomorrow), house.acting("max") as session:
        people.person(session, house.id_of("xena")).access_until = None
    with clock.held_at(tomorrow), house.reading() as session:
        assert access.signed_in(session, token) is None


def test_a_record_is_shared_alone_with_its_evidence_or_with_all_that_belongs_to_it(
    house: House, settings: Settings
) -> None:
    system, audit = a_system(house), an_audit(house)
    other = a_system(house, "Another")
    proof = a_file(house, settings, system)
    secret = a_file(house, settings, system, b"Secret", confidentiality="confidential")
    with house.acting("olivia") as session:
        service.start(session, audit_record(session, audit))
    finding = a_finding(house, audit, "minor", system)
    foreign = a_finding(house, audit, "minor", other)
    of_finding = a_file(house, settings, finding, b"Of the finding")
    assert visible_to_auditors(house, audit) == set()
    shared(house, audit, system, reach="record")
    assert visible_to_auditors(house, audit) == {system}
    shared(house, audit, system, reach="with_evidence")
    assert visible_to_auditors(house, audit) == {system, proof}
    shared(house, audit, system, reach="with_related")
    found = visible_to_auditors(house, audit)
    assert {system, proof, finding, of_finding} <= found
    assert not found & {secret, foreign, other}, "confidential evidence and other systems stay out"
    shared(house, audit, secret)
    assert secret in visible_to_auditors(house, audit), "unless it is shared by itself"


def test_what_is_shared_has_its_days_and_is_withdrawn_at_any_time(house: House) -> None:
    system, audit, today = a_system(house), an_audit(house), clock.today()
    shared(house, audit, system, from_on=today + timedelta(days=1), until_on=today + timedelta(days=2))
    for days, expected in ((0, set()), (1, {system}), (2, {system}), (3, set())):
        with clock.held_at(clock.now() + timedelta(days=days)):
            assert visible_to_auditors(house, audit) == expected, days
    shared(house, audit, system)
    with house.acting("olivia") as session:
        item = audit_record(session, audit)
        sharing.withdraw_share(session, item, item.shares[-1])
    assert visible_to_auditors(house, audit) == set()
    with house.reading() as session:
        verbs = {item.verb for item in trail.history(session, audit_record(session, audit))}
    assert {"external_audits.share", "external_audits.withdraw_share"} <= verbs


def test_what_hangs_on_a_record_comes_along_if_it_is_shared_with_related(house: House) -> None:
    system, audit = a_system(house), an_audit(house)
    with house.acting("olivia") as session:
        service.start(session, audit_record(session, audit))
    finding = a_finding(house, audit, "minor", system)
    action = corrections.opened(house, finding)
    shared(house, audit, finding, reach="with_related")
    assert visible_to_auditors(house, audit) == {finding, action}
    other = an_audit(house)
    shared(house, other, system, reach="with_related")
    assert {finding, action} < visible_to_auditors(house, other)


def test_what_does_not_exist_or_is_never_shared_is_named(house: House) -> None:
    audit = an_audit(house)
    with pytest.raises(Refused, match="SYS-0404"):
        shared(house, audit, "SYS-0404")
    with pytest.raises(Refused, match="never shared"):
        shared(house, audit, audit)


def act(house: House, who: str, reference: str, what: str) -> None:
    inputs = {
        "accept": lambda version: AcceptRequest(version=version),
        "flag": lambda version: FlagRequest(reason="Only half of it", version=version),
        "withdraw": lambda version: WithdrawRequest(reason="Seen elsewhere", version=version),
    }
    with house.acting(who) as session:
        item = records.get(session, AuditRequest, reference)
        getattr(requests, what)(session, item, inputs[what](item.version))


def test_a_request_goes_to_and_fro_until_it_is_accepted(house: House, settings: Settings) -> None:
    system, audit = a_system(house), an_audit(house)
    invited(house, audit)
    request = asked(house, audit)
    assert missing(house, "external_audits.requests_answered") == set()
    late = clock.today() + timedelta(days=6)
    assert missing(house, "external_audits.requests_answered", late) == {request}
    added = a_file(house, settings, request, b"Only for the request")
    provided(house, request, system)
    assert visible_to_auditors(house, audit) == {system, added}
    assert missing(house, "external_audits.requests_answered", late) == set()
    act(house, "xena", request, "flag")
    assert state_of(house, request) == "flagged"
    provided(house, request)
    act(house, "xena", request, "accept")
    with house.reading() as session:
        item = queries.request(session, request)
        assert [row.act for row in item.exchanges] == ["asked", "provided", "flagged", "provided", "accepted"]
        assert queries.counts(session, audit_record(session, audit)) == {
            "asked": 0, "provided": 0, "accepted": 1, "flagged": 0, "withdrawn": 0,
        }  # fmt: skip
    with pytest.raises(Refused, match="accepted already"):
        act(house, "xena", request, "withdraw")


def test_an_open_request_is_a_duty_of_the_compliance_officer_and_of_its_owner(house: House) -> None:
    audit = an_audit(house)
    invited(house, audit)
    request = asked(house, audit)
    with house.acting("olivia") as session:
        item = records.get(session, AuditRequest, request)
        requests.assign(session, item, AssignRequest(owner_id=house.id_of("owen"), version=item.version))

    def have_it() -> set[str]:
        with house.reading() as session:
            return {
                who
                for who in ("olivia", "owen", "victor")
                for duty in duties.of_person(session, house.actor(who))
                if duty.record.reference == request
            }

    assert have_it() == {"olivia", "owen"}
    provided(house, request, who="owen")
    assert have_it() == set()


def test_the_owner_of_a_request_shares_what_is_theirs_and_nothing_else(house: House) -> None:
    audit, mine = an_audit(house), a_system(house)
    foreign = a_system(house, "Of somebody else", owner_id=house.id_of("tess"))
    invited(house, audit)
    request = asked(house, audit)
    with house.acting("olivia") as session:
        item = records.get(session, AuditRequest, request)
        requests.assign(session, item, AssignRequest(owner_id=house.id_of("owen"), version=item.version))
    with pytest.raises(Refused, match=foreign):
        provided(house, request, foreign, who="owen")
    provided(house, request, mine, who="owen")
    assert visible_to_auditors(house, audit) == {mine}


def test_only_who_is_invited_asks_and_judges(house: House) -> None:
    audit, other = an_audit(house), an_audit(house, "stage_2")
    with pytest.raises(Forbidden, match="not invited"):
        asked(house, audit)
    aloud = asked(house, audit, who="olivia")
    invited(house, audit)
    with pytest.raises(Forbidden, match="not invited"):
        asked(house, other)
    with pytest.raises(Forbidden, match="speak for themselves"):
        asked(house, audit, who="olivia")
    provided(house, aloud)
    for what in ("accept", "flag", "withdraw"):
        with pytest.raises(Forbidden):
            act(house, "olivia", aloud, what)
        with pytest.raises(Forbidden):
            act(house, "owen", aloud, what)
    act(house, "xena", aloud, "accept")


def test_an_external_auditor_changes_nothing_of_the_house(house: House) -> None:
    audit = an_audit(house)
    invited(house, audit)
    request = asked(house, audit)
    with pytest.raises(Forbidden):
        provided(house, request, who="xena")
    with pytest.raises(DomainError), house.acting("xena") as session:
        access.leave(session, people.person(session, house.id_of("owen")), None)


def test_a_visit_is_an_event_of_the_audit(house: House) -> None:
    audit = an_audit(house)
    invited(house, audit)
    with house.acting("xena") as session:
        sharing.visit(session, VisitAct.REFUSED, "/systems/SYS-0001")
    with pytest.raises(Forbidden), house.acting("victor") as session:
        sharing.visit(session, VisitAct.VIEWED, "/auditors-room")
    with house.reading() as session:
        latest = trail.history(session, audit_record(session, audit))[0]
    assert (latest.actor, latest.verb) == ("Xena External", "auditors_room.visit")
    assert ("address", None, "/systems/SYS-0001") in latest.changes


def certified(house: House, settings: Settings, day: date, kind: str = "stage_2") -> str:
    """A certificate of three years, decided a week after the audit."""
    with clock.held_at(clock.now().replace(year=day.year, month=day.month, day=day.day)):
        audit = an_audit(house, kind, day - timedelta(days=7))
        reported(house, settings, audit)
        decided(house, audit, on=day, expires=date(day.year + 3, day.month, day.day) - timedelta(days=1))
    return audit


def surveyed(house: House, settings: Settings, day: date, kind: str = "surveillance_1") -> None:
    with clock.held_at(clock.now().replace(year=day.year, month=day.month, day=day.day)):
        reported(house, settings, an_audit(house, kind, day - timedelta(days=2)))


def test_the_checks_follow_the_cycle(house: House, settings: Settings) -> None:
    first = certified(house, settings, date(2024, 6, 10))
    due, each, planned, again = (
        "external_audits.surveillance_due", "external_audits.surveillance_each_year",
        "external_audits.recertification_planned", "external_audits.recertified",
    )  # fmt: skip
    assert missing(house, due, date(2025, 6, 10)) == set()
    assert missing(house, due, date(2025, 6, 11)) == {first}
    assert missing(house, each, date(2025, 12, 31)) == set()
    assert missing(house, each, date(2026, 1, 1)) == {first}
    surveyed(house, settings, date(2025, 5, 5))
    assert missing(house, due, date(2025, 6, 11)) == missing(house, each, date(2026, 1, 1)) == set()
    assert missing(house, each, date(2027, 1, 1)) == {first}
    surveyed(house, settings, date(2026, 5, 5), "surveillance_2")
    assert missing(house, each, date(2027, 1, 1)) == set()
    assert missing(house, planned, date(2027, 3, 10)) == set()
    assert missing(house, planned, date(2027, 3, 11)) == {first}
    assert missing(house, again, date(2027, 6, 9)) == set()
    assert missing(house, again, date(2027, 6, 10)) == {first}
    an_audit(house, "recertification", date(2027, 4, 1))
    assert missing(house, planned, date(2027, 3, 11)) == set()
    second = certified(house, settings, date(2027, 5, 20), "recertification")
    assert missing(house, again, date(2027, 6, 10)) == set()
    assert missing(house, due, date(2028, 5, 21)) == {second}


def test_a_major_of_stage_2_that_is_open_after_six_months_repeats_it(house: House) -> None:
    last, check = date(2026, 3, 31), "external_audits.majors_verified"
    audit = an_audit(house, "stage_2", last - timedelta(days=2))
    with house.acting("olivia") as session:
        service.start(session, audit_record(session, audit))
    finding = a_finding(house, audit)
    with house.acting("olivia") as session:
        audit_record(session, audit).state = "reported"
    assert missing(house, check, date(2026, 9, 30)) == set()
    assert missing(house, check, date(2026, 10, 1)) == {audit}
    with house.reading() as session:
        ((item, rows, until, late),) = queries.majors(session, date(2026, 10, 1))
        assert (item.reference, [row.reference for row in rows], until, late) == (
            audit,
            [finding],
            date(2026, 9, 30),
            True,
        )
        assert [
            duty.due_on
            for duty in duties.of_person(session, house.actor("olivia"))
            if "by the body" in duty.what
        ] == [until]
    with house.acting("olivia") as session:
        records.get(session, Finding, finding).state = FindingState.CLOSED
    assert missing(house, check, date(2026, 10, 1)) == set()
    with house.reading() as session:
        assert queries.majors(session, date(2026, 10, 1)) == []


def test_what_the_cycle_asks_for_soon_is_a_duty(house: House, settings: Settings) -> None:
    certified(house, settings, clock.today() - timedelta(days=330))
    with house.reading() as session:
        found = [
            item.what
            for item in duties.of_person(session, house.actor("olivia"))
            if item.area == "External audits"
        ]
        others = [
            item for item in duties.of_person(session, house.actor("owen")) if item.area == "External audits"
        ]
    assert "Have the first surveillance audit held" in found
    assert others == []
