"""The pack of one audit: from the button to the sealed file, its pages against its JSON, and what a stranger finds out."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner

from governance import pack_cli, worker
from governance.audits import planning, samples, sampling, service, team
from governance.audits.conduct_models import MemberRole
from governance.audits.models import Audit, Verdict
from governance.audits.schemas import (
    AddMember,
    AnswerQuestion,
    Attest,
    DistributeReport,
    DrawSample,
    RecordResults,
    ReportAudit,
)
from governance.core import clock, records
from governance.core.errors import Forbidden
from governance.core.settings import Settings
from governance.evidence import service as evidence
from governance.evidence.models import EvidenceKind
from governance.evidence.schemas import SubmitEvidence
from governance.evidence.store import Store
from governance.improvement import service as improvement
from governance.improvement.models import Finding, Grade
from governance.improvement.schemas import AcceptFinding, RecordFinding
from governance.packs import audit_service
from governance.packs.content import audit_gaps
from governance.packs.content.audit import (
    Answer,
    AuditFile,
    AuditIdentity,
    DrawnSample,
    Member,
    SampleItem,
    audit_from_json,
    json_schema,
)
from governance.packs.content.audit_sections import AUDIT_SECTIONS
from governance.packs.content.system_pack import PackMeta, UnreadableSnapshotError
from governance.packs.draw import rendering
from governance.packs.draw.audit import render_audit
from governance.packs.models import AuditPack, PackState
from governance.packs.schemas import RequestAuditPack
from governance.packs.seal.seal import Sealer, seal
from governance.packs.verify.pdf import verify
from tests.audits.build import an_audit, begin, make_auditor
from tests.house_fixtures import House
from tests.improvement.build import planned
from tests.packs.sample import AS_OF
from tests.systems.build import a_system, requested, sign

pytestmark = pytest.mark.slow


def words(path: Path) -> str:
    """The text of the pages, line breaks as single spaces."""
    said = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    return " ".join(said.stdout.split())


def registry_of(path: Path) -> AuditFile:
    with pikepdf.open(path) as pdf:
        return audit_from_json(pdf.attachments["registry.json"].get_file().read_bytes())


def failures(path: Path) -> dict[str, str]:
    return {result.name: result.detail for result in verify(path) if not result.passed}


def a_document(house: House, settings: Settings, audit: str) -> str:
    """A file as evidence of the audit; returns its reference."""
    stored = Store(settings.evidence_dir).put(io.BytesIO(b"minutes of the opening meeting"), limit=1_000_000)
    with house.acting("ada") as session:
        data = SubmitEvidence(
            title="Opening <meeting>", evidence_kind=EvidenceKind.TEST_REPORT, collected_on=clock.today()
        )
        subject = records.get(session, Audit, audit)
        return evidence.submit(
            session, subject, data, stored=stored, filename="minutes.txt", media_type="text/plain"
        ).reference


def conducted(house: House, settings: Settings, system: str) -> str:
    """An audit with a team, a sample, every question answered, a finding that was answered and gets an action."""
    make_auditor(house, "prue")
    audit = an_audit(house, system)
    with house.acting("olivia") as session:
        item = records.get(session, Audit, audit)
        for who, role in (("prue", MemberRole.AUDITOR), ("owen", MemberRole.AUDITEE)):
            data = AddMember(person_id=house.id_of(who), role=role, version=item.version)
            team.add_member(session, item, data)
    with house.acting("prue") as session:
        item = records.get(session, Audit, audit)
        team.attest(session, item, Attest(statement="I built none of it.", version=item.version))
    begin(house, audit)
    proof = a_document(house, settings, audit)
    with house.acting("ada") as session:
        item = records.get(session, Audit, audit)
        seed = DrawSample(purpose="Are entries complete?", kind="ai_system", seed="seven")
        number = samples.draw(session, item, seed).number
        results = RecordResults(results={system: "deviates"}, notes={system: "No owner of the data"})
        samples.record_results(session, item, number, results)
        for row in item.answers:
            verdict, note, cited = Verdict.CONFORMS, "Seen", [proof, system]
            if row.position == 1:
                verdict, note, cited = Verdict.MAJOR, "Limits were set after the test", [system]
            if row.position == 2:
                verdict, note, cited = Verdict.NOT_AUDITED, "The site was closed", []
            data = AnswerQuestion(verdict=verdict, note=note, evidence_references=cited)
            service.answer(session, item, row.question_id, data)
        graded = RecordFinding(
            title="Limits after results", grade=Grade.MAJOR, criterion="A.6.2.4", evidence_statement="Protocol 7", gap="Limits are set before"
        )  # fmt: skip
        finding = service.raise_finding(
            session, item, item.answers[0].question_id, graded, system=item.system
        )
        reference = finding.reference
    with house.acting("owen") as session:
        item = records.get(session, Finding, reference)
        improvement.accept_finding(
            session, item, AcceptFinding(auditee_response="We see it otherwise.", version=item.version)
        )
    return audit


def close(house: House, audit: str) -> None:
    with house.acting("ada") as session:
        item = records.get(session, Audit, audit)
        service.report(
            session, item, ReportAudit(conclusion="Conforms but for one point.", version=item.version)
        )
    sign(house, "ada", requested(house, audit)["lead_auditor"])
    with house.acting("ada") as session:
        planning.distribute(
            session,
            records.get(session, Audit, audit),
            DistributeReport(person_ids=[house.id_of("owen"), house.id_of("olivia")]),
        )
    with house.acting("owen") as session:
        planning.confirm_reading(session, records.get(session, Audit, audit))


def test_an_audit_is_handed_over_whole_and_checked_by_anybody(
    house: House, settings: Settings, tmp_path: Path, browser_of
) -> None:
    system = a_system(house, "Sepsis <early> & warning")
    audit = conducted(house, settings, system)
    planned(house, "FND-0001")
    browser = browser_of("ada")
    assert f"/audit-packs/new?for={audit}" in browser.get(f"/audits/{audit}").text
    assert "says draft until the audit is closed" in browser.get(f"/audit-packs/new?for={audit}").text
    close(house, audit)
    form = {"purpose": "Client", "confidentiality": "internal"}
    asked = browser.post(f"/audit-packs/new?for={audit}", form)
    assert (asked.status_code, asked.headers["Location"]) == (303, "/audit-packs/APK-0001")
    assert "Being made" in browser.get("/audit-packs/APK-0001").text
    assert browser.get("/audit-packs/APK-0001/file").status_code == 404
    worker.drain(house.database, settings, "worker")
    page = browser.get("/audit-packs/APK-0001").text
    assert "Verification, run just now" in page and "APK-0001" in browser.get("/audit-packs").text
    download = browser.get("/audit-packs/APK-0001/file").data

    path = tmp_path / "pack.pdf"
    path.write_bytes(download)
    assert failures(path) == {}
    good = CliRunner().invoke(pack_cli.verify, [str(path)])
    assert good.exit_code == 0 and "samples: 1 samples, drawn again" in good.output
    assert subprocess.run(["qpdf", "--check", path], capture_output=True).returncode == 0
    signed = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True).stdout
    assert "Signature is Valid" in signed and "Total document signed" in signed
    flipped = bytearray(download)
    flipped[len(flipped) // 2] ^= 1
    path.with_name("flipped.pdf").write_bytes(flipped)
    bad = CliRunner().invoke(pack_cli.verify, [str(path.with_name("flipped.pdf"))])
    assert bad.exit_code == 1 and "FAIL" in bad.output

    pack, text = registry_of(path), words(path)
    assert pack.meta.status == "final" and "DRAFT" not in text
    assert [gap.check_id for gap in pack.gaps] == ["packs.audit_unread", "packs.audit_not_audited"]
    assert [(item.name, item.role) for item in pack.members] == [
        ("Ada Auditor", "lead auditor"), ("Prue Approver", "auditor"), ("Owen Owner", "auditee"),
    ]  # fmt: skip
    assert all(item.competence and item.attested_at for item in pack.members[:2])
    assert pack.samples[0].population == (system,) and pack.samples[0].items[0].result == "deviates"
    assert [item.attachment for item in pack.evidence] == ["EVD-0001 minutes.txt"]
    assert [item.reference for item in pack.cited] == [system]
    assert [item.state for item in pack.sign_offs if item.subject == audit] == ["valid"]
    assert {event.verb for event in pack.trail} >= {
        "audits.start", "audits.answer", "audits.report", "signoffs.sign", "improvement.accept_finding", "improvement.plan_action",
    }  # fmt: skip
    assert_pages_say(pack, text)


def assert_pages_say(pack: AuditFile, text: str) -> None:
    """Every text of the JSON stands on the pages; columns lie side by side there, so word by word."""
    for section in AUDIT_SECTIONS:
        assert f"{section.number} {section.title}" in text
    audit, closely = pack.identity, text.replace(" ", "")
    said = [audit.name, audit.objectives, audit.scope, audit.method, audit.conclusion, audit.content_sha256]
    said += [part for item in pack.answers for part in (item.question, item.note, *item.evidence)]
    said += [part for item in pack.members for part in (item.name, item.statement)]
    said += [part for item in pack.findings for part in (item.title, item.gap, item.response, item.criterion)]
    said += [part for item in pack.actions for part in (item.root_cause, item.action, item.effective_if)]
    said += [part for item in pack.samples for part in (item.seed, item.population_sha256)]
    said += [gap.title for gap in pack.gaps] + [copy.name for copy in pack.copies]
    said += [event.leaf_hash[:12] for event in pack.trail]
    assert {word for phrase in said for word in phrase.split() if word not in closely} == set()


def test_an_open_audit_is_a_draft_whose_gaps_are_named_and_only_the_entitled_ask(
    house: House, settings: Settings
) -> None:
    system = a_system(house)
    audit = an_audit(house, system)
    begin(house, audit)
    with pytest.raises(Forbidden), house.acting("victor") as session:
        audit_service.request(session, records.get(session, Audit, audit), RequestAuditPack())
    path = pack_cli.make_audit(
        house.database, settings, house.actor("ada"), audit, purpose="", folder=settings.packs_dir
    )
    rendering.close()
    assert failures(path) == {} and pack_cli.is_audit(audit) and not pack_cli.is_audit(system)
    pack, text = registry_of(path), words(path)
    assert pack.meta.status == "draft" and "DRAFT until the audit is closed" in text
    found = {gap.check_id for gap in pack.gaps}
    assert found == {"packs.audit_unanswered", "packs.audit_no_conclusion", "packs.audit_not_signed"}
    assert re.search(r"None recorded as of [0-9: -]+UTC: this audit was held outside a schedule", text)
    with house.reading() as session:
        record = records.get(session, AuditPack, pack.meta.reference)
        assert (record.state, record.gaps, record.filename) == (PackState.SEALED, len(pack.gaps), path.name)


POPULATION = tuple(f"RSK-{n:04}" for n in range(1, 41))


def small() -> AuditFile:
    """An audit with next to nothing, but a sample."""
    seed = "41c0"
    drawn = sampling.draw(POPULATION, 4, seed)
    return AuditFile(
        meta=PackMeta(
            reference="APK-0009", organisation="House", as_of=AS_OF, generated_by="Ada", software_version="1"
        ),
        identity=AuditIdentity(
            reference="AUD-2026-009", name="Audit", record_version=1, kind="Fairness audit", state="in progress"
        ),
        samples=(
            DrawnSample(
                number=1, purpose="Signed?", kind="risk assessment", in_state="", since=None, population=POPULATION,
                population_sha256=sampling.population_hash(POPULATION), seed=seed, drawn_by="Ada", drawn_at=AS_OF,
                items=tuple(SampleItem(reference=item, result="conforms") for item in drawn),
            ),
        ),
    )  # fmt: skip


def test_a_sample_that_was_picked_and_not_drawn_is_told_by_the_check(sealer: Sealer, tmp_path: Path) -> None:
    pack, path = small(), tmp_path / "pack.pdf"
    path.write_bytes(seal(render_audit(pack, certificate_sha256=sealer.certificate_sha256).pdf, sealer))
    assert failures(path) == {}
    wanted = SampleItem(reference=next(item for item in POPULATION if item != pack.samples[0].items[0].reference), result="conforms")  # fmt: skip
    picked = replace(pack.samples[0], items=(wanted, *pack.samples[0].items[1:]))
    bent = replace(pack, samples=(picked,))
    path.write_bytes(seal(render_audit(bent, certificate_sha256=sealer.certificate_sha256).pdf, sealer))
    assert list(failures(path)) == ["samples"]
    assert "packs.audit_sample_bent" in {gap.check_id for gap in audit_gaps.named(bent, AS_OF.date()).gaps}


def test_the_same_audit_is_the_same_bytes_and_every_section_says_that_it_is_empty(tmp_path: Path) -> None:
    bare = replace(small(), samples=())
    drawn, path = render_audit(bare), tmp_path / "pack.pdf"
    assert render_audit(bare).pdf == drawn.pdf
    path.write_bytes(drawn.pdf)
    text = words(path)
    assert text.count("recorded as of 2026-11-20 12:00 UTC") >= 12


def gaps(**changes: object) -> set[str]:
    whole = AuditFile(**{"meta": small().meta, "identity": small().identity, **changes})  # type: ignore[arg-type]
    found = audit_gaps.named(whole, AS_OF.date()).gaps
    return {gap.check_id.removeprefix("packs.audit_") for gap in found}


def asked(verdict: str, **more: object) -> Answer:
    return Answer(
        position=1, question_id="Q", question="?", requirements=(), wanted="", verdict=verdict, **more
    )  # type: ignore[arg-type]


def test_what_is_missing_is_a_gap() -> None:
    identity = small().identity
    assert {"no_leader", "plan", "not_signed"} <= gaps()
    assert "overdue" in gaps(identity=replace(identity, due_on=date(2026, 1, 1)))
    silent = Member(name="Ada", role="auditor", must_be_independent=True)
    assert {"impartiality", "competence"} <= gaps(members=(silent,))
    guest = Member(name="Owen", role="auditee", must_be_independent=False)
    assert not {"impartiality", "competence"} & gaps(members=(guest,))
    assert "no_evidence" in gaps(answers=(asked("conforms"),))
    assert "no_finding" in gaps(answers=(asked("minor"),))
    assert not {"no_finding"} & gaps(answers=(asked("minor", finding="FND-0001"),))
    assert gaps(identity=replace(identity, state="cancelled")) == set()


def test_the_published_schema_is_that_of_the_code_and_other_json_is_refused() -> None:
    published = Path(__file__).parents[2] / "docs" / "audit-pack.schema.json"
    assert published.read_bytes() == json_schema(), (
        "Write it again: python -c 'import sys; from governance.packs.content.audit import json_schema;"
        " sys.stdout.buffer.write(json_schema())' > docs/audit-pack.schema.json"
    )
    assert audit_from_json(small().to_json()) == small()
    with pytest.raises(UnreadableSnapshotError, match=r"identity\.record_version"):
        audit_from_json(small().to_json().replace(b'"record_version":1', b'"record_version":"many"'))
