"""One audit of the demonstration from its start to the verified effect of the corrective action."""

from datetime import date, timedelta
from typing import Any

from governance.assessments import service as assessments
from governance.assessments.models import RiskAssessment
from governance.assessments.schemas import RecordProgress
from governance.audits import queries as audit_reads
from governance.audits import samples
from governance.audits import service as audits
from governance.audits.models import Audit, Verdict
from governance.audits.schemas import AnswerQuestion, DrawSample, RecordResults, ReportAudit, StartAudit
from governance.core import clock, records
from governance.demo_path import ago
from governance.demo_people import Tale
from governance.demo_story import Story
from governance.evidence.models import EvidenceKind
from governance.improvement import actions as correcting
from governance.improvement import queries as findings
from governance.improvement import service as improvement
from governance.improvement.models import CorrectiveAction, Finding
from governance.improvement.schemas import (
    AcceptFinding,
    CloseFinding,
    Contain,
    ImplementAction,
    JudgeEffect,
    OpenAction,
    PlanAction,
    ProposeCause,
    RecordFinding,
)
from governance.systems.models import AiSystem


def carry_out_treatments(story: Story, assessment: str) -> None:
    with story.acting("asha") as session:
        record = records.get(session, RiskAssessment, assessment)
        for item in record.risks:
            for treatment in item.treatments:
                done = RecordProgress(done_on=clock.today(), effect="In place; seen in the monthly report")
                assessments.record_progress(session, record, treatment, done)


def audit_fairness(story: Story, today: date, system: str, assessment: str) -> Tale[tuple[str, str]]:
    """Ada audits and finds one thing, Tess corrects it; returns the action's and the finding's reference."""
    yield ago(today, 58)
    with story.acting("ada") as session:
        audit = next(item for item in _audits(session, system) if item.audit_type == "fairness")
        reference = audit.reference
        plan = StartAudit(
            objectives="Does the system treat comparable patients alike?",
            scope_text="Version 1.0, all wards of both sites",
            method="Documents, recomputation of rates, interviews; sample of 30 alerts drawn with seed 7",
            impartiality_statement="I neither built, own, assessed nor approved this system and report to nobody who did.",
            version=audit.version,
        )
        audits.start(session, audit, plan)
    with story.acting("ada") as session:
        audit = records.get(session, Audit, reference)
        purpose = DrawSample(
            purpose="Do evidence items prove the time that they say?", kind="evidence", seed="7", size=3
        )
        drawn = samples.draw(session, audit, purpose)
        shown = {item["reference"]: "conforms" for item in drawn.items}
        samples.record_results(session, audit, drawn.number, RecordResults(results=shown))
    with story.acting("ada") as session:
        audit = records.get(session, Audit, reference)
        for number, row in enumerate(audit.answers, start=1):
            audits.answer(session, audit, row.question_id, _answer(number, assessment, system))
        weak = audit.answers[4].question_id
        audits.raise_finding(
            session, audit, weak,
            RecordFinding(
                title="Group sizes too small for two groups", grade="minor", criterion="A.7.4; own test plan, section 5",
                evidence_statement="Test report, table 3: 41 and 28 patients in two groups, reported as passed",
                gap="The plan asks for at least 100, or the verdict inconclusive", grade_reason="Limited to two groups",
                clauses=["9.1"], controls=["A.7.4"],
            ),
        )  # fmt: skip
        report = ReportAudit(
            conclusion="Conforms but for one minor nonconformity on sample sizes.", version=audit.version
        )
        audits.report(session, audit, report)
    story.sign_all(reference, ada="lead_auditor")
    return (yield from _correct(story, today, system, reference))


def _audits(session: Any, system: str) -> list[Audit]:
    return audit_reads.of_system(session, records.get(session, AiSystem, system).id)


def _answer(number: int, assessment: str, system: str) -> AnswerQuestion:
    if number == 5:
        return AnswerQuestion(
            verdict=Verdict.MINOR, note="Two groups below the minimum sample were reported as passed"
        )
    if number == 11:
        return AnswerQuestion(
            verdict=Verdict.OPPORTUNITY, note="A simpler model came close; worth a second look"
        )
    if number == 13:
        return AnswerQuestion(
            verdict=Verdict.NOT_APPLICABLE, note="No protected trait beyond age and sex is held for the test"
        )
    return AnswerQuestion(
        verdict=Verdict.CONFORMS, note="Seen and recomputed", evidence_references=[assessment, system]
    )


def _correct(story: Story, today: date, system: str, audit: str) -> Tale[tuple[str, str]]:
    yield ago(today, 50)
    with story.acting("owen") as session:
        finding = findings.from_source(session, records.get(session, Audit, audit))[0]
        reference = finding.reference
        agreed = AcceptFinding(auditee_response="We agree.", version=finding.version)
        improvement.accept_finding(session, finding, agreed)
    action = open_action(story, reference, "Larger samples, and the word inconclusive")
    contain_and_explain(
        story,
        action,
        Contain(
            correction="The two verdicts were changed to inconclusive on the same day",
            containment="No report with a group below 100 leaves the team until the template is changed",
            contained_on=clock.today(),
            version=0,
        ),
        ProposeCause(
            cause_method="five_whys",
            whys="Two groups were reported as passed: the report offered pass and fail only\n"
            "It offered no third word: the template is older than the test plan\n"
            "Nobody compared them: no step of the process changes templates when a plan changes",
            root_cause="The template had only pass and fail, because no step changes templates when the test plan changes",
            cause_class="process",
            why_not_detected="The review read the verdicts, not the sizes of the groups",
            similar_cases="Three other reports use the template; one had the same fault and was corrected",
            version=0,
        ),
    )
    plan(
        story,
        action,
        PlanAction(
            action="New template; data of both sites pooled until every group has 100 patients",
            effectiveness_criterion="Next report: every group at least 100 or reported inconclusive",
            version=0,
        ),
    )
    yield ago(today, 45)
    text = "Template 2. Demonstration document.\n"
    story.prove(action, EvidenceKind.OTHER, "Template 2 of the test report", text)
    with story.acting("tess") as session:
        done = records.get(session, CorrectiveAction, action)
        note = ImplementAction(
            done_on=clock.today(), done_note="Template 2 in use; samples pooled", version=done.version
        )
        correcting.implement(session, done, note)
    return action, reference


def verify_effect(story: Story, action: str, finding_reference: str) -> None:
    """Prue sees that it works, and Ada closes the finding."""
    text = "All groups above 100. Demonstration document.\n"
    story.prove(action, EvidenceKind.EFFECTIVENESS, "Test report of November", text)
    with story.acting("prue") as session:
        done = records.get(session, CorrectiveAction, action)
        verdict = JudgeEffect(
            effective=True, effectiveness_note="November report: smallest group 118", version=done.version
        )
        correcting.judge_effect(session, done, verdict)
    story.sign_all(action, prue="verifier")
    with story.acting("ada") as session:
        finding = records.get(session, Finding, finding_reference)
        improvement.close_finding(
            session, finding, CloseFinding(reason="Effect verified", version=finding.version)
        )


def open_action(story: Story, finding: str, title: str) -> str:
    """Owen opens a corrective action for Tess, which Prue is to verify; returns its reference."""
    with story.acting("owen") as session:
        data = OpenAction(
            title=title,
            owner_id=story.id("tess"),
            verifier_id=story.id("prue"),
            due_on=clock.today() + timedelta(days=30),
        )
        return correcting.open_action(session, records.get(session, Finding, finding), data).reference


def contain_and_explain(story: Story, action: str, first: Contain, cause: ProposeCause) -> None:
    """Tess contains it and says why it happened; Olivia agrees."""
    with story.acting("tess") as session:
        item = records.get(session, CorrectiveAction, action)
        correcting.contain(session, item, first.model_copy(update={"version": item.version}))
    with story.acting("tess") as session:
        item = records.get(session, CorrectiveAction, action)
        correcting.propose_cause(session, item, cause.model_copy(update={"version": item.version}))
    story.sign_all(action, olivia="action_reviewer")


def plan(story: Story, action: str, data: PlanAction) -> None:
    """Tess plans the action; Olivia approves."""
    with story.acting("tess") as session:
        item = records.get(session, CorrectiveAction, action)
        correcting.plan_action(session, item, data.model_copy(update={"version": item.version}))
    story.sign_all(action, olivia="action_reviewer")
