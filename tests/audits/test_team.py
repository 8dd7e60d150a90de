"""Nobody audits what they had a part in, nobody without competence, nobody who did not say that they are impartial."""

from datetime import timedelta

import pytest
from dateutil.relativedelta import relativedelta

from governance.access import queries as people
from governance.access import service as access
from governance.access.duties import of_person
from governance.access.schemas import ChangeLine
from governance.audits import catalogue, independence, planning, service, team
from governance.audits.conduct_models import MemberRole
from governance.audits.models import Audit, Verdict
from governance.audits.schemas import (
    AddMember,
    AnnounceAudit,
    AnswerQuestion,
    ArrangeReview,
    Attest,
    DistributeReport,
    PlanAudit,
    ReportAudit,
    ReviewWork,
)
from governance.controls import service as controls
from governance.core import clock, records
from governance.core.errors import Conflict, Refused
from governance.improvement import service as improvement
from governance.improvement.schemas import RecordFinding
from governance.organisation import service as organisation
from governance.organisation.schemas import RecordTraining
from governance.systems.models import AiSystem
from tests.audits.build import an_audit, assign, begin, make_auditor
from tests.house_fixtures import House
from tests.systems.build import a_system, requested, sign


def objection(house: House, who: str, *references: str) -> str:
    with house.reading() as session:
        found = [records.get(session, AiSystem, item) for item in references]
        return independence.objection(session, house.id_of(who), found)


def later(months: int):
    return clock.held_at(clock.now() + relativedelta(months=months))


def test_a_part_in_the_system_counts_for_as_long_as_the_programme_says(house: House) -> None:
    """INV-AUD1: twelve months after writing the entry, and not for ever; owning counts as long as one owns."""
    months = catalogue.programme().look_back_months
    system = a_system(house)
    assert objection(house, "olivia", system) == f"wrote {system}"
    assert objection(house, "owen", system) == f"owns {system}"
    assert objection(house, "ada", system) == ""
    with later(months - 1):
        assert objection(house, "olivia", system)
    with later(months + 1):
        assert objection(house, "olivia", system) == ""
        assert objection(house, "owen", system) == f"owns {system}"


def test_who_owned_it_until_lately_does_not_audit_it(house: House) -> None:
    """INV-AUD1, look-back over ownership."""
    system = a_system(house)
    with house.acting("olivia") as session:
        records.get(session, AiSystem, system).owner_id = house.id_of("prue")
    assert objection(house, "owen", system) == f"owned {system} until not long ago"
    with later(13):
        assert objection(house, "owen", system) == ""


def report_to(house: House, who: str, superior: str) -> None:
    with house.acting("max") as session:
        person = people.person(session, house.id_of(who))
        data = ChangeLine(reports_to_id=house.id_of(superior), reason="new line", version=person.version)
        access.change_line(session, person, data)


def test_nobody_audits_what_their_superior_owns(house: House) -> None:
    """INV-AUD1: no report to the owner of anything in scope."""
    system = a_system(house)
    report_to(house, "ada", "owen")
    assert objection(house, "ada", system) == f"reports to who owns {system}"
    with pytest.raises(Refused, match="by a detour"):
        report_to(house, "owen", "ada")


def test_the_management_system_is_not_audited_by_who_writes_it(house: House) -> None:
    assert objection(house, "ada") == ""
    with house.acting("olivia") as session:
        controls.draft_statement(session)
    assert objection(house, "olivia").startswith("wrote SOA-")


def test_one_system_of_many_is_enough(house: House) -> None:
    first, second = a_system(house, "One"), a_system(house, "Two", owner_id=house.id_of("prue"))
    make_auditor(house, "prue")
    audit = an_audit(house, first, second)
    with pytest.raises(Refused, match=f"Prue Approver owns {second}.*Independent would be: Ada Auditor"):
        assign(house, audit, "prue")


def test_without_a_valid_competence_nobody_leads(house: House) -> None:
    """7.2: refused at assignment, and at the start when it expired in between."""
    audit = an_audit(house, a_system(house))
    make_auditor(house, "prue", trained=False)
    with pytest.raises(Refused, match=r"cannot show today: Auditing after ISO 19011.*Ada Auditor"):
        assign(house, audit, "prue")
    assign(house, audit, "ada")
    with later(40), pytest.raises(Refused, match="cannot show today"):
        begin(house, audit)


def test_one_of_the_team_can_show_what_the_checklist_asks_for(house: House) -> None:
    """7.2: statistics for a fairness audit; an expert may bring it, and who is able is said."""
    with house.acting("olivia") as session:
        shown = RecordTraining(
            person_id=house.id_of("victor"), competence="statistics", completed_on=clock.today(), proof="Degree in statistics"
        )  # fmt: skip
        organisation.record_training(session, shown)
    audit = an_audit(house, a_system(house))
    make_auditor(house, "prue")
    with pytest.raises(
        Refused, match=r"Statistics and measures of fairness \(7\.2\).*able: Ada Auditor, Victor"
    ):
        begin(house, audit, "prue")
    add(house, audit, "victor", MemberRole.TECHNICAL_EXPERT)
    attest(house, audit, "victor")
    begin(house, audit, "prue")


def waiting(house: House, who: str) -> list[str]:
    with house.reading() as session:
        return [item.what for item in of_person(session, house.actor(who)) if item.area == "Audits"]


def test_who_is_in_the_team_finds_their_statement_among_what_waits_for_them(house: House) -> None:
    audit = an_audit(house, a_system(house, "Triage"))
    make_auditor(house, "prue")
    add(house, audit, "prue", MemberRole.AUDITOR)
    assert waiting(house, "prue") == ["State your impartiality: Fairness audit: Triage"]
    attest(house, audit, "prue")
    assert waiting(house, "prue") == ["Audit: Fairness audit: Triage"]


def add(house: House, audit: str, who: str, role: MemberRole) -> None:
    with house.acting("olivia") as session:
        item = records.get(session, Audit, audit)
        data = AddMember(person_id=house.id_of(who), role=role, version=item.version)
        team.add_member(session, item, data)


def attest(house: House, audit: str, who: str) -> None:
    with house.acting(who) as session:
        item = records.get(session, Audit, audit)
        team.attest(session, item, Attest(statement="I had no part in any of it.", version=item.version))


def test_each_member_attests_before_the_start(house: House) -> None:
    audit = an_audit(house, a_system(house))
    make_auditor(house, "prue")
    add(house, audit, "prue", MemberRole.AUDITOR)
    with pytest.raises(Refused, match="Prue Approver did not state"):
        begin(house, audit)
    attest(house, audit, "prue")
    begin(house, audit)


def test_an_auditee_may_own_what_is_audited_and_an_expert_may_not(house: House) -> None:
    audit = an_audit(house, a_system(house))
    add(house, audit, "owen", MemberRole.AUDITEE)
    with pytest.raises(Refused, match="INV-AUD1"):
        add(house, audit, "tess", MemberRole.TECHNICAL_EXPERT)


def test_an_audit_is_announced_once_the_plan_is_whole(house: House) -> None:
    audit = an_audit(house, a_system(house))
    assign(house, audit, "ada")

    def announce() -> None:
        with house.acting("ada") as session:
            item = records.get(session, Audit, audit)
            planning.announce(
                session, item, AnnounceAudit(announcement="We come on Monday.", version=item.version)
            )

    with pytest.raises(Refused, match="plan lacks"):
        announce()
    with house.acting("ada") as session:
        item = records.get(session, Audit, audit)
        today = clock.today()
        plan = PlanAudit(
            objectives="Fair?", criteria=["A.5.4"], scope_text="Version 1", method="Documents", held_from=today, held_until=today + timedelta(days=2),
            version=item.version,
        )  # fmt: skip
        planning.plan(session, item, plan)
    with pytest.raises(Refused, match="add an auditee"):
        announce()
    add(house, audit, "owen", MemberRole.AUDITEE)
    announce()
    begin(house, audit)


def answer(house: House, audit: str, who: str, question: str, *, seen: int | None = None) -> None:
    with house.acting(who) as session:
        item = records.get(session, Audit, audit)
        data = AnswerQuestion(verdict=Verdict.NOT_AUDITED, note=f"{who} ran out of time", revision=seen)
        service.answer(session, item, question, data)


def test_two_auditors_do_not_lose_each_others_answers(house: House) -> None:
    audit = an_audit(house, a_system(house))
    make_auditor(house, "prue")
    add(house, audit, "prue", MemberRole.AUDITOR)
    attest(house, audit, "prue")
    begin(house, audit)
    answer(house, audit, "ada", "FAIR-01", seen=0)
    with pytest.raises(Conflict, match="Somebody else answered FAIR-01"):
        answer(house, audit, "prue", "FAIR-01", seen=0)
    answer(house, audit, "prue", "FAIR-02", seen=0)
    answer(house, audit, "prue", "FAIR-01", seen=1)
    with house.reading() as session:
        item = records.get(session, Audit, audit)
        assert [(row.answered_by_id, row.revision) for row in item.answers[:2]] == [
            (house.id_of("prue"), 2),
            (house.id_of("prue"), 1),
        ]


def arrange(house: House, audit: str, who: str, reviewer: str) -> None:
    with house.acting("olivia") as session:
        item = records.get(session, Audit, audit)
        data = ArrangeReview(
            person_id=house.id_of(who),
            reviewer_id=house.id_of(reviewer),
            reason="We are nine people, and she is the only one who knows how",
            version=item.version,
        )
        team.arrange_review(session, item, data)


def test_a_compensating_review_is_for_small_organisations_and_precedes_the_report(house: House) -> None:
    """9.2.2: the objection stays on record, and the report waits for the reviewer."""
    audit = an_audit(house, a_system(house, owner_id=house.id_of("ada")))
    with pytest.raises(Refused, match="nobody at present"):
        assign(house, audit, "ada")
    with pytest.raises(Refused, match="the reviewer is independent"):
        arrange(house, audit, "ada", "tess")
    arrange(house, audit, "ada", "prue")
    begin(house, audit)
    with house.reading() as session:
        questions = [row.question_id for row in records.get(session, Audit, audit).answers]
    for question in questions:
        answer(house, audit, "ada", question)

    def report() -> None:
        with house.acting("ada") as session:
            item = records.get(session, Audit, audit)
            service.report(
                session, item, ReportAudit(conclusion="Nothing could be audited", version=item.version)
            )

    with pytest.raises(Refused, match="compensating review is outstanding"):
        report()
    assert len([what for what in waiting(house, "prue") if what.startswith("Compensating review")]) == 1
    with house.acting("prue") as session:
        item = records.get(session, Audit, audit)
        done = ReviewWork(result="Looked at every answer; I agree", version=item.version)
        team.review_work(session, item, house.id_of("ada"), done)
    assert waiting(house, "prue") == []
    report()
    sign(house, "ada", requested(house, audit)["lead_auditor"])
    with house.acting("ada") as session:
        item = records.get(session, Audit, audit)
        planning.distribute(session, item, DistributeReport(person_ids=[house.id_of("eve")]))
    assert [what.partition(":")[0] for what in waiting(house, "eve")] == ["Report to read"]
    with house.acting("eve") as session:
        planning.confirm_reading(session, records.get(session, Audit, audit))
    assert waiting(house, "eve") == []


def test_no_compensating_review_while_somebody_independent_is_free(house: House) -> None:
    make_auditor(house, "owen")
    audit = an_audit(house, a_system(house))
    with pytest.raises(Refused, match="Independent would be: Ada Auditor"):
        arrange(house, audit, "owen", "prue")


def test_an_internal_audit_asks_about_each_applicable_control_and_last_times_findings(house: House) -> None:
    """9.2.1: the starter list never replaces a question per applicable control."""
    system = a_system(house)
    an_approved_statement(house, excluded="A.10.4")
    with house.acting("ada") as session:
        data = RecordFinding(
            title="Logs end early", grade="minor", criterion="A.6.2.8", evidence_statement="Log", gap="A week"
        )
        finding = improvement.record_finding(session, records.get(session, AiSystem, system), data).reference
    audit = an_audit(house, system, kind="system_internal")
    begin(house, audit, controls=True)
    with house.reading() as session:
        asked = [row.question_id for row in records.get(session, Audit, audit).answers]
    assert asked[:1] == ["AIMS-01"] and finding in asked
    controls = {name.removeprefix("CTL-") for name in asked if name.startswith("CTL-")}
    assert "A.6.2.4" in controls and "A.10.4" not in controls
    assert len(set(asked)) == len(asked)


def an_approved_statement(house: House, *, excluded: str) -> None:
    with house.acting("olivia") as session:
        statement = controls.draft_statement(session)
        for entry in statement.entries:
            entry.applicable, entry.justification = entry.control != excluded, "Decided together"
        session.flush()
        statement.state = "approved"
