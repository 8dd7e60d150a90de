"""The pack of a management system: what is in it, that nothing in it changes unnoticed, and that work is never done twice."""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance import pack_cli
from governance.access.actor import Actor
from governance.core import records
from governance.core.canonical import canonical, sha256_hex
from governance.core.database import Database
from governance.core.errors import Forbidden, Refused
from governance.core.settings import Settings, load
from governance.evidence import service as evidence
from governance.evidence.models import EvidenceKind
from governance.evidence.schemas import SubmitEvidence
from governance.evidence.store import Store
from governance.improvement import service as improvement
from governance.improvement.models import Grade
from governance.improvement.schemas import RecordFinding
from governance.jobs.service import Cancelled
from governance.packs import bag_service
from governance.packs.bag import make as bag_make
from governance.packs.bag.make import BagOrder, Made
from governance.packs.bag.writer import Bag
from governance.packs.content.aims import aims_from_json
from governance.packs.draw import aims as aims_render
from governance.packs.draw import index_page, rendering
from governance.packs.models import ManagementSystemPack, PackState
from governance.packs.schemas import RequestManagementSystemPack
from governance.packs.seal import seal
from governance.packs.verify import standalone
from governance.packs.verify.bag import checkpoint_of, verify_any
from governance.packs.verify.pdf import verify as verify_pdf
from governance.packs.verify.redrawn import redrawn
from governance.packs.verify.results import KnownHead
from governance.packs.verify.signature import check_seal
from governance.packs.verify.standalone_verify import Pack
from governance.packs.verify.standalone_verify import verify as checked
from governance.systems import service as systems
from governance.systems.models import AiSystem
from governance.trail import notes
from tests.house_fixtures import House
from tests.packs.tsa import Authority, serving
from tests.systems.build import a_system

pytestmark = pytest.mark.slow

COMPONENTS = "data/oscal/component-definition.json"


@dataclass
class Registry:
    """A registry with three systems, and the packs that were made of it, one after the other."""

    house: House
    settings: Settings
    made: list[Made]

    def order(self, reference: str, **more: object) -> BagOrder:
        values: dict[str, object] = {
            "reference": reference,
            "words": "",
            "filters": {},
            "selection": "all systems",
            "confidentiality": "confidential",
            "purpose": "Stage 1",
        }
        return BagOrder(**{**values, **more})  # type: ignore[arg-type]

    def make(self, reference: str, **more: object) -> Made:
        earlier = [(item.checkpoint.tree_size, item.checkpoint.root_hash) for item in self.made]
        order = self.order(reference, **{"earlier": tuple(earlier), **more})
        made = bag_make.make(self.house.database, self.actor, self.settings, order, processes=1)
        self.made.append(made)
        return made

    @property
    def actor(self) -> Actor:
        return self.house.actor("olivia")


def a_file(house: House, settings: Settings, system: str, content: bytes, title: str) -> str:
    stored = Store(settings.evidence_dir).put(io.BytesIO(content), limit=1_000_000)
    with house.acting("tess") as session:
        data = SubmitEvidence(
            title=title, evidence_kind=EvidenceKind.TEST_REPORT, collected_on=date(2026, 11, 1)
        )
        subject = records.get(session, AiSystem, system)
        evidence.submit(
            session, subject, data, stored=stored, filename="scan 100%.pdf", media_type="application/pdf"
        )
    return stored.sha256


@pytest.fixture(scope="module")
def registry(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder = tmp_path_factory.mktemp("bag")
    shutil.copyfile(sqlite_template, folder / "registry.db")
    settings = load({"AIMS_DATA": str(folder), "AIMS_ORGANISATION": "Test House"})
    house = House(Database(settings.database_url))
    first = a_system(house, "Sepsis early warning")
    a_system(house, "Bed planning")
    a_system(house, "Letters", scope="out_of_scope", scope_reason="Typing aid")
    a_file(house, settings, first, b"first scan", "Test of May")
    a_file(house, settings, first, b"second scan", "Test of June")
    lost = a_file(house, settings, first, b"third scan", "Test of July")
    (settings.evidence_dir / lost[:2] / lost).unlink()
    found = Registry(house, settings, [])
    found.make("MSP-0001")
    yield found
    house.database.dispose()
    rendering.close()


@pytest.fixture
def pack(registry: Registry) -> Path:
    return registry.made[0].path


def failing(path: Path, **more: object) -> list[tuple[str, str]]:
    return [(name, detail) for name, passed, detail in checked(Pack(path, **more)) if not passed]  # type: ignore[arg-type]


def content(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(f"{archive.namelist()[0].partition('/')[0]}/{name}")


@pytest.mark.thorough
def test_every_part_and_the_index_are_drawn_again_alike(pack: Path) -> None:
    found = redrawn(pack)
    assert found.word == "passed" and found.detail.startswith("4 PDFs were drawn again"), found.detail
    rendering.close()


def test_a_bag_holds_everything_once(registry: Registry, pack: Path) -> None:
    with zipfile.ZipFile(pack) as archive:
        names = [name.removeprefix("MSP-0001/") for name in archive.namelist()]
    assert len(names) == len(set(names))
    assert {name for name in names if "/" not in name} == {
        "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "tagmanifest-sha256.txt.p7s",
        "verify.py", "README.txt",
    }  # fmt: skip
    assert [name for name in names if name.startswith("data/evidence/")] == [
        "data/evidence/EVD-0001 scan 100%.pdf",
        "data/evidence/EVD-0002 scan 100%.pdf",
    ]
    assert content(pack, "data/evidence/EVD-0002 scan 100%.pdf") == b"second scan"
    assert {"data/index.pdf", "data/registry.json", "data/tables/gaps.csv", "data/trail/events.jsonl"} <= set(
        names
    )
    # No audit was reported and no finding is open, which OSCAL has no document for.
    assert [name for name in names if name.startswith("data/oscal/")] == [COMPONENTS]
    components = json.loads(content(pack, COMPONENTS))["component-definition"]["components"]
    assert [item["title"] for item in components[1:]] == ["Sepsis early warning", "Bed planning", "Letters"]
    said = json.loads(content(pack, "data/registry.json"))
    assert canonical(said) == content(pack, "data/registry.json")
    assert [item["name"] for item in said["systems"]] == ["Sepsis early warning", "Bed planning", "Letters"]
    assert (
        sum(item["major"] + item["critical"] + item["minor"] for item in said["systems"])
        == registry.made[0].gaps
    )


def test_an_unreadable_evidence_file_is_a_gap_and_not_the_end(
    registry: Registry, pack: Path, tmp_path: Path
) -> None:
    said = json.loads(content(pack, "data/registry.json"))
    assert [gap["where"] for gap in said["unreadable"]] == ["EVD-0003"] and registry.made[0].unreadable == 1
    for name in ("data/index.pdf", "data/systems/SYS-0001.pdf"):
        path = tmp_path / "part.pdf"
        path.write_bytes(content(pack, name))
        text = subprocess.run(
            ["pdftotext", str(path), "-"], capture_output=True, text=True, check=True
        ).stdout
        assert "EVD-0003 (Test of July) is not in the" in " ".join(text.split()), name


def test_a_good_bag_passes_every_check_of_both_programs(pack: Path, tmp_path: Path) -> None:
    results = verify_any(pack)
    assert [item.name for item in results if not item.passed] == []
    assert [item.name for item in results][-3:] == ["seals", "time stamp", "verify.py"]
    assert "4 PDFs" in results[-3].detail and "None" in results[-2].detail
    program = tmp_path / "verify.py"
    program.write_bytes(content(pack, "verify.py"))
    assert program.read_bytes() == standalone.source()
    command = [sys.executable, "-I", "-S", str(program), str(pack)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (run.returncode, run.stdout.splitlines()[-1]) == (0, "Verified."), run.stdout + run.stderr
    key = content(pack, "data/trail/keys.txt").decode().strip()
    assert "signed by aims-registry/test-house." in next(
        item.detail for item in results if item.name == "checkpoint"
    )
    assert failing(pack, keys=(key,)) == []
    stranger = str(notes.signer("stranger.example", Ed25519PrivateKey.generate()).verifier)
    assert failing(pack, keys=(key, stranger)) == [("checkpoint", "It is not signed by stranger.example.")]
    good = CliRunner().invoke(pack_cli.verify, [str(pack), "--checkpoint-key", key])
    assert good.exit_code == 0 and "ok    seals" in good.output


def test_other_tools_read_the_bag(pack: Path, tmp_path: Path) -> None:
    """RFC 8493: any program that knows SHA-256 lists checks it; a part is a whole pack of its own to `aims verify`."""
    with zipfile.ZipFile(pack) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    bag = tmp_path / "MSP-0001"
    lines = (bag / "manifest-sha256.txt").read_text().replace("%25", "%")
    for listing in (lines, (bag / "tagmanifest-sha256.txt").read_text()):
        subprocess.run(
            ["sha256sum", "-c", "-"], input=listing, text=True, cwd=bag, check=True, capture_output=True
        )
    cms = "openssl cms -verify -binary -noverify -inform DER -in tagmanifest-sha256.txt.p7s -out /dev/null"
    subprocess.run(
        [*cms.split(), "-content", "tagmanifest-sha256.txt"], cwd=bag, check=True, capture_output=True
    )
    assert [item for item in verify_pdf(bag / "data" / "systems" / "SYS-0001.pdf") if not item.passed] == []
    assert (bag / "bagit.txt").read_text() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def test_no_flipped_byte_goes_unnoticed(pack: Path, tmp_path: Path) -> None:
    data = pack.read_bytes()
    random.seed(42)
    where = {0, 14, 18, 27, *range(len(data) - 22, len(data)), *random.sample(range(len(data)), 25)}
    with zipfile.ZipFile(pack) as archive:
        for item in archive.infolist():
            start = item.header_offset + 30 + len(item.filename.encode())
            # Its header, and the file at its beginning, in the middle and at its end.
            where |= {item.header_offset + random.randrange(start - item.header_offset), start}
            where |= {start + item.file_size // 2, start + max(item.file_size - 1, 0)}
        where |= {archive.start_dir + offset for offset in range(0, len(data) - archive.start_dir, 41)}
    path, missed = tmp_path / "flipped.zip", []
    for number, place in enumerate(sorted(where)):
        changed = bytearray(data)
        changed[place] ^= (0x01, 0x20, 0x80)[number % 3]
        path.write_bytes(changed)
        if not failing(path):
            missed.append(place)
    assert missed == [] and len(where) > 150
    for other in (data + b"\0", data[:-1], data[:-400]):
        path.write_bytes(other)
        assert failing(path)
    bad = CliRunner().invoke(pack_cli.verify, [str(path)])
    assert bad.exit_code == 1 and bad.output.count("FAIL  ") == 1


def rewritten(
    registry: Registry, pack: Path, out: Path, change: Callable[[str, bytes], bytes], keys: str
) -> Path:
    """The bag made anew around changed files, signed with the key of a folder: what a forger could do at best."""
    with zipfile.ZipFile(pack) as archive, out.open("w+b") as file:
        bag = Bag(file, "MSP-0001")
        for item in archive.infolist():
            name = item.filename.removeprefix("MSP-0001/")
            if name.startswith("data/"):
                bag.add(name, [change(name, archive.read(item))])
        bag.close({}, {}, seal.load_or_make_key(registry.settings.data_dir / keys, "Test House"))
    return out


def test_a_forger_with_another_key_or_with_ours_is_found_out(
    registry: Registry, pack: Path, tmp_path: Path
) -> None:
    def same(name: str, data: bytes) -> bytes:
        return data

    def other_event(name: str, data: bytes) -> bytes:
        return data.replace(b"Sepsis", b"Asthma", 1) if name == "data/trail/events.jsonl" else data

    def other_evidence(name: str, data: bytes) -> bytes:
        return b"better scan" if data == b"second scan" else data

    def other_page(name: str, data: bytes) -> bytes:
        return data[:-9] + b"x" + data[-8:] if name == "data/index.pdf" else data

    def other_records(name: str, data: bytes) -> bytes:
        return data.replace(b"Sepsis", b"Asthma", 1) if name == "data/registry.json" else data

    ours = sha256_hex(seal.load_or_make_key(registry.settings.keys_dir, "Test House").certificate_der)
    foreign = rewritten(registry, pack, tmp_path / "a.zip", same, "other")
    assert failing(foreign) == [] and failing(foreign, certificate=ours)[0][0] == "signature"
    assert next(item for item in verify_any(foreign) if not item.passed).name == "seals"
    event = rewritten(registry, pack, tmp_path / "b.zip", other_event, "keys")
    assert failing(event, certificate=ours)[0][0] == "events"
    file = rewritten(registry, pack, tmp_path / "c.zip", other_evidence, "keys")
    assert "data/evidence/" in failing(file)[0][1] and failing(file)[0][0] == "registry.json"
    page = rewritten(registry, pack, tmp_path / "d.zip", other_page, "keys")
    assert [item.name for item in verify_any(page) if not item.passed] == ["seals"]
    records = rewritten(registry, pack, tmp_path / "e.zip", other_records, "keys")
    assert failing(records) == [], "verify.py does not read PDFs"
    (found,) = (item for item in verify_any(records) if not item.passed)
    assert found.name == "seals" and "drawn of other records" in found.detail


def test_unchanged_systems_are_not_drawn_again_and_older_heads_are_proven(registry: Registry) -> None:
    assert registry.made[0].drawn == 3
    again = registry.make("MSP-0002")
    assert (again.systems, again.drawn) == (3, 0)
    with registry.house.acting("olivia") as session:
        system = records.get(session, AiSystem, "SYS-0002")
        systems.edit(session, system, _edited(system, description="Now also at night"))
    changed = registry.make("MSP-0003")
    assert (changed.systems, changed.drawn) == (3, 1)
    same = [content(item.path, "data/systems/SYS-0001.pdf") for item in (registry.made[0], changed)]
    assert same[0] == same[1]
    assert changed.checkpoint.tree_size > again.checkpoint.tree_size
    heads = json.loads(content(changed.path, "data/trail/consistency.json"))
    assert {item["tree_size"] for item in heads} == {item.checkpoint.tree_size for item in registry.made[:2]}
    size, root = checkpoint_of(registry.made[0].path)
    assert failing(changed.path, known=(size, root)) == []
    assert failing(changed.path, known=(size, "00" * 32))[0][0] == "consistency"
    assert [item.passed for item in verify_any(changed.path, checkpoint=KnownHead(size, root))] == [True] * 13


def _edited(system: AiSystem, **changes: object) -> object:
    from governance.systems.schemas import EditSystem

    names = EditSystem.model_fields
    values = {name: getattr(system, name) for name in names if hasattr(system, name)}
    return EditSystem.model_validate({**values, **changes})


def test_the_index_alone_is_stamped(registry: Registry) -> None:
    """RFC 3161: the index prints the hash of the records, and they name every part and file."""
    with serving(Authority()) as authority:
        settings = replace(registry.settings, tsa_url=authority.url)
        order = registry.order("MSP-0050")
        made = bag_make.make(registry.house.database, registry.actor, settings, order, processes=1)
    stamped = check_seal(content(made.path, "data/index.pdf")).stamp
    assert authority.asked == 1 and stamped is not None and "Test Authority" in stamped.by
    assert check_seal(content(made.path, "data/systems/SYS-0001.pdf")).stamp is None
    results = {item.name: item for item in verify_any(made.path)}
    assert all(item.passed for item in results.values()) and "Test Authority" in results["time stamp"].detail


def test_a_filter_chooses_the_systems(registry: Registry) -> None:
    made = registry.make("MSP-0004", filters={"scope": "out_of_scope"}, selection="scope is out of scope")
    said = json.loads(content(made.path, "data/registry.json"))
    assert [item["name"] for item in said["systems"]] == ["Letters"] and made.drawn == 0
    assert said["selection"] == "scope is out of scope" and said["evidence"] == []


def test_cancelling_leaves_nothing_but_what_was_drawn(registry: Registry) -> None:
    def cancel(done: int, total: int, message: str) -> None:
        if "Packing" in message or "index" in message:
            raise Cancelled

    before = sorted(path.name for path in registry.settings.packs_dir.iterdir())
    with pytest.raises(Cancelled):
        bag_make.make(
            registry.house.database, registry.actor, registry.settings, registry.order("MSP-0099"), cancel, 1
        )
    assert sorted(path.name for path in registry.settings.packs_dir.iterdir()) == before
    assert list((registry.settings.packs_dir / "cache").glob("work-*")) == []


def test_a_killed_process_loses_only_what_it_was_drawing(registry: Registry, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    shutil.copytree(registry.settings.data_dir, folder, ignore=shutil.ignore_patterns("packs"))
    environment = {**os.environ, "AIMS_DATA": str(folder), "AIMS_ORGANISATION": "Test House"}
    command = [sys.executable, "-m", "governance", "pack", "--all", "--processes", "1"]
    kept = folder / "packs" / "cache"
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as running:
        until = time.monotonic() + 60
        while not list(kept.glob("??/*.json")) and time.monotonic() < until and running.poll() is None:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    drawn = len(list(kept.glob("??/*.json")))
    assert drawn in (1, 2) and list((folder / "packs").glob("*.zip")) == []
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0 and f"{3 - drawn} drawn" in run.stdout, run.stdout + run.stderr
    path = Path(run.stdout.splitlines()[-1])
    assert failing(path) == [] and list((folder / "packs").glob("*.part")) == []


def test_who_may_only_look_asks_for_no_pack_and_an_empty_choice_is_refused(house: House) -> None:
    with house.acting("victor") as session, pytest.raises(Forbidden):
        bag_service.request(session, RequestManagementSystemPack())
    with pytest.raises(Refused, match="No AI system"), house.acting("olivia") as session:
        bag_service.request(session, RequestManagementSystemPack())
    a_system(house)
    with house.acting("olivia") as session:
        pack = bag_service.request(session, RequestManagementSystemPack())
        assert (pack.reference, pack.state) == ("MSP-0001", PackState.REQUESTED)
    with house.reading() as session:
        assert records.get(session, ManagementSystemPack, "MSP-0001").job_id is not None


def test_the_index_of_very_many_systems_lists_the_gravest_and_says_so(pack: Path) -> None:
    said = aims_from_json(content(pack, "data/registry.json"))
    many = tuple(
        replace(said.systems[0], reference=f"SYS-{number:04d}", critical=int(number % 7 == 0))
        for number in range(1, 251)
    )
    shown = aims_render.listed(many)
    assert len(shown) == aims_render.MOST_LISTED and [item.reference for item in shown] == sorted(
        item.reference for item in shown
    )
    assert {item.reference for item in many if item.critical} <= {item.reference for item in shown}
    source = aims_render.index_source(replace(said, systems=many), "0" * 64, "")
    assert "Here are the 200 of 250 systems" in source and "data/index.html" in source
    assert "Here are the" not in aims_render.index_source(said, "0" * 64, "")


def test_the_page_of_everything_leads_to_files_that_are_there(pack: Path) -> None:
    page = content(pack, index_page.NAME).decode()
    names = {name.partition("/")[2] for name in zipfile.ZipFile(pack).namelist()}
    linked = {f"data/{unquote(found)}" for found in re.findall(r'href="([^"#]+)"', page)}
    assert linked <= names
    assert {name for name in names if name.startswith(("data/systems/", "data/evidence/"))} <= linked


def test_what_is_found_on_the_management_system_itself_brings_its_events(house: House) -> None:
    with house.acting("ada") as session:
        data = RecordFinding(
            title="No review", grade=Grade.MINOR, criterion="9.3", evidence_statement="None held", gap="None"
        )
        finding = improvement.record_finding(session, None, data)
        session.flush()
        number = finding.id
    with house.reading() as session:
        assert number in bag_make.own_records(session)
