"""The certification of the demonstration: stage 1 is under way, its auditor asked three things, and stage 2 is planned."""

from datetime import date, timedelta

from governance.core import clock, records
from governance.demo_people import PLAYERS, Tale
from governance.demo_story import Story
from governance.evidence.models import EvidenceKind
from governance.external_audits import queries, requests, service, sharing
from governance.external_audits.models import AuditRequest, VisitAct
from governance.external_audits.schemas import (
    AcceptRequest,
    AskRequest,
    FlagRequest,
    InviteAuditor,
    PlanExternalAudit,
    ProvideRequest,
    ShareRecords,
)

_BODY = "Lahn Certification (demonstration)"
_ROOM = "/auditors-room"


def tell_external_audit(story: Story, today: date) -> Tale[None]:
    """Olivia plans both stages and invites Xena; of Xena's three requests one is accepted, one answered twice, one open."""
    yield today - timedelta(days=40)
    stage1 = _planned(story, "stage_1", "Stage 1 of the certification", today - timedelta(days=4), 6)
    _planned(story, "stage_2", "Stage 2 of the certification", today + timedelta(days=55), 4)
    yield today - timedelta(days=6)
    with story.acting("olivia") as session:
        audit = queries.get(session, stage1)
        xena = next(item for item in PLAYERS if item.key == "xena")
        until = today + timedelta(days=21)
        sharing.invite(session, audit, InviteAuditor(name=xena.name, email=xena.email, until_on=until))
        overview = ShareRecords(references=["POL-0001", "SOA-0001"], reach="with_evidence")
        sharing.share(session, audit, overview)
        sharing.share(session, audit, ShareRecords(references=["SYS-0001"], reach="with_related"))
    yield today - timedelta(days=4)
    with story.acting("olivia") as session:
        service.start(session, queries.get(session, stage1))
        review = ShareRecords(references=["MRV-0001"], reach="with_evidence")
        sharing.share(session, queries.get(session, stage1), review)
    first = _asked(
        story,
        stage1,
        "Scope of the management system",
        "4.3",
        "Where is it decided which systems are inside?",
        3,
    )
    second = _asked(
        story, stage1, "Competence of those who assess impacts", "7.2",
        "Who assesses impacts, and what shows that they can?", 4,
    )  # fmt: skip
    _asked(
        story, stage1, "How changes of a supplier's model are noticed", "A.10.3",
        "Show one case from the notice to the re-evaluation.", 6,
    )  # fmt: skip
    for page in ("", "/records/SOA-0001", "/records/SYS-0001"):
        with story.acting("xena") as session:
            sharing.visit(session, VisitAct.VIEWED, _ROOM + page)
    yield today - timedelta(days=3)
    _provided(
        story,
        first,
        "Each entry says whether it is in scope and why; the policy names the sites.",
        ["POL-0001"],
    )
    _provided(story, second, "The record of training is shared.", ["TRN-0001"])
    yield today - timedelta(days=2)
    with story.acting("xena") as session:
        item = records.get(session, AuditRequest, first)
        requests.accept(session, item, AcceptRequest(note="Clear.", version=item.version))
    with story.acting("xena") as session:
        item = records.get(session, AuditRequest, second)
        reason = "It shows that a course was attended, not that somebody looked at the result."
        requests.flag(session, item, FlagRequest(reason=reason, version=item.version))
    yield today - timedelta(days=1)
    story.prove(
        second,
        EvidenceKind.OTHER,
        "Second reading of two impact assessments",
        "Two assessments were read again by the patient safety lead. Demonstration document.\n",
    )
    _provided(story, second, "Two assessments were read again by somebody else; the note is attached.", [])


def _planned(story: Story, kind: str, title: str, first: date, days: int) -> str:
    with story.acting("olivia") as session:
        data = PlanExternalAudit.model_validate(
            {
                "title": title,
                "audit_kind": kind,
                "body": _BODY,
                "lead_auditor": "Xena Rossi",
                "scope_text": "Development, purchase and use of AI systems in all hospitals of the group",
                "starts_on": first,
                "ends_on": first + timedelta(days=days),
            }
        )
        return service.plan(session, data).reference


def _asked(story: Story, audit: str, title: str, clause: str, text: str, days: int) -> str:
    with story.acting("xena") as session:
        due = clock.today() + timedelta(days=days)
        data = AskRequest(title=title, text=text, clause=clause, due_on=due)
        return requests.ask(session, queries.get(session, audit), data).reference


def _provided(story: Story, reference: str, answer: str, shown: list[str]) -> None:
    with story.acting("olivia") as session:
        item = records.get(session, AuditRequest, reference)
        data = ProvideRequest(answer=answer, references=shown, version=item.version)
        requests.provide(session, item, data)
