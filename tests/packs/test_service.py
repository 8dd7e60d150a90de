"""A pack from the request to the sealed file, through the queue, and what survives a killed worker."""

import io
import json
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance import pack_cli, worker
from governance.consultations import service as consultations
from governance.consultations.schemas import PlanConsultation, RecordGroup
from governance.core import clock, records
from governance.core.canonical import canonical
from governance.core.errors import Forbidden
from governance.core.settings import Settings
from governance.evidence import service as evidence
from governance.evidence.models import EvidenceKind
from governance.evidence.schemas import SubmitEvidence
from governance.evidence.store import Store
from governance.jobs import service as jobs
from governance.packs import service
from governance.packs.collect import system as collect
from governance.packs.collect import trail as collect_trail
from governance.packs.content.system_pack import from_json
from governance.packs.models import EvidencePack, PackState
from governance.packs.schemas import RequestPack
from governance.packs.verify.pdf import verify
from governance.systems.models import AiSystem
from governance.trail import checkpoints, keys, notes, verification
from governance.trail import queries as trail
from governance.trail.merkle import is_included
from tests.conftest import MORNING
from tests.house_fixtures import House
from tests.systems.build import a_system, state_of


def a_file(house: House, settings: Settings, system: str, content: bytes, title: str) -> str:
    """A file named scan.pdf as evidence; returns its SHA-256."""
    stored = Store(settings.evidence_dir).put(io.BytesIO(content), limit=1_000_000)
    with house.acting("tess") as session:
        data = SubmitEvidence(
            title=title, evidence_kind=EvidenceKind.TEST_REPORT, collected_on=date(2026, 11, 1)
        )
        evidence.submit(
            session,
            records.get(session, AiSystem, system),
            data,
            stored=stored,
            filename="scan.pdf",
            media_type="application/pdf",
        )
    return stored.sha256


def a_request(house: House, system: str, who: str = "owen") -> str:
    with house.acting(who) as session:
        data = RequestPack(purpose="Stage 2 audit")
        return service.request(session, records.get(session, AiSystem, system), data).reference


def embedded(path: Path) -> dict[str, bytes]:
    with pikepdf.open(path) as pdf:
        return {name: pdf.attachments[name].get_file().read_bytes() for name in pdf.attachments}


def test_a_pack_survives_a_killed_worker_and_can_be_checked_by_anybody(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    with clock.held_at(MORNING):
        system = a_system(house, "Sepsis <early> & warning")
        a_file(house, settings, system, b"first scan", "Test of May")
        a_file(house, settings, system, b"second scan", "Test of June")
        lost = a_file(house, settings, system, b"third scan", "Test of July")
        (settings.evidence_dir / lost[:2] / lost).unlink()
        reference = a_request(house, system)
        assert jobs.claim(house.database, "a worker that dies") is not None
        worker.drain(house.database, settings, "another")
        assert state_of(house, reference) == PackState.REQUESTED, "the dead worker's claim still holds"
        settings.packs_dir.mkdir(parents=True)
        (settings.packs_dir / f"drawing-{reference}-x.part").write_bytes(b"half")
    with clock.held_at(MORNING + jobs.CLAIM + timedelta(seconds=1)):
        worker.drain(house.database, settings, "another")

    with house.reading() as session:
        pack = records.get(session, EvidencePack, reference)
        assert pack.state == PackState.SEALED
        path = settings.packs_dir / pack.filename
        assert [item.name for item in settings.packs_dir.iterdir()] == [path.name]
        assert (pack.size, pack.purpose) == (path.stat().st_size, "Stage 2 audit")
        shown = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True).stdout
        assert f"Pages:           {pack.pages}\n" in shown
        assert {event.verb for event in trail.history(session, pack)} == {"packs.request", "packs.keep"}

    assert [result for result in verify(path) if not result.passed] == []
    files = embedded(path)
    scans = {name: data for name, data in files.items() if name.endswith("scan.pdf")}
    assert sorted(scans.values()) == [b"first scan", b"second scan"], "two files of one name"
    snapshot = from_json(files["registry.json"])
    assert canonical(json.loads(files["registry.json"])) == files["registry.json"]
    assert snapshot.identity.name == "Sepsis <early> & warning"
    assert [gap.title for gap in snapshot.gaps if gap.check_id == "packs.evidence_not_embedded"] == [
        "EVD-0003 (Test of July) could not be embedded: the file cannot be read (No such file or directory)"
    ]
    text = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout
    assert "Sepsis <early> & warning" in text and "DRAFT" in text

    good = CliRunner().invoke(pack_cli.verify, [str(path)])
    assert good.exit_code == 0 and "Verified." in good.output
    key = str(keys.load_or_make(settings.keys_dir, settings.organisation).verifier)
    signed = CliRunner().invoke(pack_cli.verify, [str(path), "--checkpoint-key", key])
    assert signed.exit_code == 0 and "as you trust" in signed.output
    stranger = str(notes.signer("aims-registry/test-house", Ed25519PrivateKey.generate()).verifier)
    other = CliRunner().invoke(pack_cli.verify, [str(path), "--checkpoint-key", stranger])
    assert other.exit_code == 1 and "None of the keys that you gave signed it" in other.output
    with house.reading() as session:
        kept = [(item.size, item.root) for item, _ in checkpoints.listing(session)]
        assert (pack.trail_size, pack.trail_root) in kept, "every pack's checkpoint is one of the trail's"
        assert verification.verify(session).intact
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    forged = tmp_path / "forged.pdf"
    forged.write_bytes(data)
    bad = CliRunner().invoke(pack_cli.verify, [str(forged)])
    assert bad.exit_code == 1 and "FAIL" in bad.output


def test_who_may_only_look_asks_for_no_pack(house: House) -> None:
    system = a_system(house)
    with pytest.raises(Forbidden):
        a_request(house, system, "victor")


def test_every_event_of_the_system_is_proven_and_small_groups_are_withheld(house: House) -> None:
    """CON-5, INV-PCK2: the number of a group of fewer than five stands neither on a page nor in a file; that it is left out does."""
    system = a_system(house)
    with house.acting("olivia") as session:
        record = records.get(session, AiSystem, system)
        consultation = consultations.plan(
            session,
            record,
            PlanConsultation(
                title="People affected",
                purpose="Hear what worries them about the score",
                decision_it_can_change="The threshold",
                level=2,
                method="workshop",
                groups=["Ward nurses"],
                starts_on=date(2026, 11, 1),
                ends_on=date(2026, 11, 30),
            ),
        )
        consultations.open_(session, consultation)
        data = RecordGroup(name="Night nurses", invited=40, took_part=3, version=consultation.version)
        consultations.record_group(session, consultation, data)
    reference = a_request(house, system)
    actor = house.actor("olivia")
    with house.database.transaction(actor, readonly=True) as session:
        found = collect.collect(session, records.get(session, EvidencePack, reference), actor, "House")

    own = [
        row.reference for control in found.controls for row in control.records if row.reference == reference
    ]
    assert own == [], "a pack does not evidence a control for itself"
    assert next(item for item in found.controls if item.control == "A.8.5").gap
    assert "Night nurses" in {item.name for item in found.consultations[0].groups if item.took_part is None}
    assert [event for event in found.trail if event.leaf is None] == []
    counted = [
        json.loads(event.leaf)["changes"] for event in found.trail if event.leaf and "took_part" in event.leaf
    ]
    assert [changes["took_part"] for changes in counted if "invited" in changes][-1] == [None, "fewer than 5"]
    assert len(found.redactions) == 1
    former = {"kind": "consulted_group", "changes": {"took_part": [0, 3]}}
    assert collect_trail.reveals_few(former), (
        "what an earlier version wrote to the trail is withheld from packs"
    )
    head = found.checkpoint
    assert head is not None
    for event in found.trail:
        proof = [bytes.fromhex(item) for item in event.inclusion_proof]
        assert is_included(
            bytes.fromhex(event.leaf_hash), event.index, head.tree_size, proof, bytes.fromhex(head.root_hash)
        )
