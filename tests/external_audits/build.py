"""External audits in states that users can reach: each calls real verbs."""

from datetime import date, timedelta
from io import BytesIO

from governance.core import clock, records
from governance.core.settings import Settings
from governance.evidence import service as evidence
from governance.evidence.models import Evidence
from governance.evidence.schemas import SubmitEvidence
from governance.evidence.store import Store
from governance.external_audits import queries, requests, service, sharing
from governance.external_audits.models import AuditRequest, ExternalAudit
from governance.external_audits.schemas import (
    AskRequest,
    EndExternalAudit,
    InviteAuditor,
    PlanExternalAudit,
    ProvideRequest,
    RecordDecision,
    ReportExternalAudit,
    ShareRecords,
)
from tests.cast import CAST
from tests.house_fixtures import House


def an_audit(house: House, kind: str = "stage_1", day: date | None = None, **changes: object) -> str:
    """An announced audit of three days; returns its reference."""
    first = day or clock.today()
    values: dict[str, object] = {
        "title": f"Audit {kind}", "audit_kind": kind, "body": "Certification Limited", "lead_auditor": "Xena External",
        "scope_text": "The whole management system", "starts_on": first, "ends_on": first + timedelta(days=2),
    }  # fmt: skip
    with house.acting("olivia") as session:
        return service.plan(session, PlanExternalAudit.model_validate({**values, **changes})).reference


def invited(house: House, audit: str, *, days: int = 30, who: str = "xena") -> None:
    """Xena may enter the room of an audit."""
    with house.acting("olivia") as session:
        data = InviteAuditor(
            name=CAST[who].name, email=CAST[who].email, until_on=clock.today() + timedelta(days=days)
        )
        sharing.invite(session, queries.get(session, audit), data)


def shared(house: House, audit: str, *references: str, reach: str = "with_evidence", **dates: date) -> None:
    """Olivia shares records with the auditors of an audit."""
    with house.acting("olivia") as session:
        data = ShareRecords.model_validate({"references": list(references), "reach": reach, **dates})
        sharing.share(session, queries.get(session, audit), data)


def asked(
    house: House, audit: str, title: str = "Proof of testing", *, who: str = "xena", days: int = 5
) -> str:
    """An auditor asks for something; returns the reference of the request."""
    with house.acting(who) as session:
        data = AskRequest(
            title=title, text="Show how the version in use was tested.", clause="A.6.2.4",
            due_on=clock.today() + timedelta(days=days),
        )  # fmt: skip
        return requests.ask(session, queries.get(session, audit), data).reference


def provided(house: House, reference: str, *references: str, who: str = "olivia") -> None:
    """The house answers a request."""
    with house.acting(who) as session:
        item = records.get(session, AuditRequest, reference)
        data = ProvideRequest(answer="Here it is.", references=list(references), version=item.version)
        requests.provide(session, item, data)


def a_file(
    house: House, settings: Settings, subject: str, content: bytes = b"Test report", **changes: object
) -> str:
    """Evidence of a record with a file behind it; returns its reference."""
    stored = Store(settings.evidence_dir).put(BytesIO(content), limit=10_000)
    values = {
        "title": "Test report",
        "evidence_kind": "test_report",
        "collected_on": clock.today(),
        **changes,
    }
    with house.acting("tess") as session:
        record = records.find(session, subject)
        assert record is not None
        data = SubmitEvidence.model_validate(values)
        item = evidence.submit(
            session, record, data, stored=stored, filename="report.html", media_type="text/html"
        )
        return item.reference


def reported(house: House, settings: Settings, audit: str, outcome: str = "recommended") -> None:
    """An audit is held and its report is here."""
    with house.acting("olivia") as session:
        service.start(session, queries.get(session, audit))
    report = a_file(house, settings, audit, b"Report of the body")
    with house.acting("olivia") as session:
        item = queries.get(session, audit)
        data = ReportExternalAudit.model_validate(
            {"outcome": outcome, "conclusion": "It conforms.", "report": report, "version": item.version}
        )
        service.report(session, item, data)


def decided(
    house: House, audit: str, decision: str = "granted", *, on: date, expires: date | None = None
) -> None:
    """The certification body decided."""
    with house.acting("olivia") as session:
        item = queries.get(session, audit)
        granted = {"certificate_number": f"C-{item.reference}", "expires_on": expires} if expires else {}
        data = RecordDecision.model_validate(
            {"decision": decision, "decided_on": on, "version": item.version, **granted}
        )
        service.decide(session, item, data)


def closed(house: House, audit: str) -> None:
    """An audit is over."""
    with house.acting("olivia") as session:
        item = queries.get(session, audit)
        service.close(session, item, EndExternalAudit(reason="All done", version=item.version))


def visible_to_auditors(house: House, audit: str) -> set[str]:
    """References of what the auditors of an audit may open today."""
    with house.reading() as session:
        return {item.reference for item in queries.visible(session, queries.get(session, audit)).values()}


def audit_record(session: object, reference: str) -> ExternalAudit:
    """An external audit in this session."""
    return queries.get(session, reference)  # type: ignore[arg-type]


def evidence_record(session: object, reference: str) -> Evidence:
    """An evidence item in this session."""
    return records.get(session, Evidence, reference)  # type: ignore[arg-type]
