"""Two packs of different dates: one registry whose trail only grew, or a forked, rewritten or rolled-back one."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from governance import pack_cli
from governance.cli import main
from governance.core import clock, records
from governance.core.database import Database
from governance.core.settings import Settings, load
from governance.packs import service
from governance.packs.content.assurance import Checkpoint
from governance.packs.draw import rendering
from governance.packs.models import EvidencePack
from governance.packs.schemas import RequestPack
from governance.packs.verify.results import CheckResult
from governance.packs.verify.together import Proven, Statement, compare
from governance.systems.models import AiSystem
from governance.trail import checkpoints, notes, queries
from governance.trail.merkle import inclusion_proof, leaf_hash, root_of
from governance.web.application import Application
from tests.conftest import MORNING
from tests.house_fixtures import House
from tests.systems.build import a_system

YEAR = timedelta(days=365)


class Registry:
    """A registry in a folder, which can be copied with its keys: what forks and backups are made of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = load({"AIMS_DATA": str(folder), "AIMS_ORGANISATION": "Test House"})
        self.house = House(Database(self.settings.database_url))

    def copy(self, folder: Path) -> Registry:
        self.house.database.dispose()
        shutil.copytree(self.folder, folder)
        return Registry(folder)

    def unit(self, name: str, times: int = 1) -> None:
        """Events of the system, each after the other."""
        for number in range(times):
            with self.house.acting("olivia") as session:
                records.get(session, AiSystem, "SYS-0001").unit = f"{name} {number}"

    def pack(self, at: datetime, *, keep: bool = True, of: str = "SYS-0001") -> Path:
        with clock.held_at(at):
            with self.house.acting("owen") as session:
                system = records.get(session, AiSystem, of)
                reference = service.request(
                    session, system, RequestPack(purpose="Stage 2"), enqueue=False
                ).reference
            snapshot = service.read(self.house.database, self.house.actor("owen"), reference, self.settings)
            sealed = service.make(snapshot, self.settings)
            path = service.write(sealed, self.settings.packs_dir)
            if keep:
                with self.house.acting("owen") as session:
                    service.keep(session, records.get(session, EvidencePack, reference), sealed, path)
        return path

    def trail(self, *words: str) -> str:
        environment = {"AIMS_DATA": str(self.folder), "AIMS_DATABASE": self.settings.database_url, "AIMS_ORGANISATION": "Test House"}  # fmt: skip
        ran = CliRunner().invoke(main, ["trail", *words], env=environment)
        assert ran.exit_code == 0, ran.output
        return ran.output


@pytest.fixture
def registry(sqlite_template: Path, tmp_path: Path) -> Iterator[Registry]:
    folder = tmp_path / "registry"
    folder.mkdir()
    shutil.copyfile(sqlite_template, folder / "registry.db")
    found = Registry(folder)
    with clock.held_at(MORNING):
        a_system(found.house, "Sepsis early warning")
    yield found
    rendering.close()


def verified(*paths: Path) -> tuple[int, str]:
    """Exit code and output of `aims verify`, offline."""
    ran = CliRunner().invoke(pack_cli.verify, [str(path) for path in paths])
    return ran.exit_code, ran.output


@pytest.mark.slow
def test_two_packs_a_year_apart_are_one_trail_that_grew(registry: Registry) -> None:
    first = registry.pack(MORNING)
    with clock.held_at(MORNING + timedelta(days=200)):
        registry.unit("Ward", 3)
    second = registry.pack(MORNING + YEAR)
    # Whatever the order in which they are given.
    for paths in ((first, second), (second, first)):
        code, said = verified(*paths)
        assert code == 0, said
        assert "Together\n" in said and "by a consistency proof" in said and "by the same key" in said
        assert re.search(r"PCK-0001 \(.*\) → PCK-0002 \(.*\): growth: From \d+ events on 2026-\S+ to \d+ on 2027-", said)  # fmt: skip
    size = re.search(r"(\d+) events, root ([0-9a-f]{64})", verified(first)[1])
    assert size
    kept = CliRunner().invoke(
        pack_cli.verify, [str(second), "--checkpoint", f"{size.group(1)}:{size.group(2)}"]
    )
    assert kept.exit_code == 0 and "which goes on from yours, as proven" in kept.output


@pytest.mark.slow
def test_a_forked_registry_is_caught(registry: Registry, tmp_path: Path) -> None:
    """A copy of the database goes its own way: each pack is fine, and the two cannot both be true."""
    before = registry.pack(MORNING)
    fork = registry.copy(tmp_path / "fork")
    with clock.held_at(MORNING + timedelta(days=30)):
        registry.unit("Ward", 2)
        fork.unit("Theatre", 5)
    one, two = registry.pack(MORNING + YEAR), fork.pack(MORNING + 2 * YEAR)
    assert verified(before, one)[0] == 0 and verified(before, two)[0] == 0
    code, said = verified(one, two)
    assert code == 1 and "is another in each" in said and "forked or rolled back" in said
    assert "NOT VERIFIED" in said
    # The copy was then given the other's packs, to look as if it knew them: its own proof gives it away.
    assert verified(before, one, two)[0] == 1


@pytest.mark.slow
def test_a_registry_that_was_rolled_back_is_caught(registry: Registry, tmp_path: Path) -> None:
    backup = registry.copy(tmp_path / "backup")
    with clock.held_at(MORNING + timedelta(days=30)):
        registry.unit("Ward", 9)
    lost = registry.pack(MORNING + timedelta(days=60))
    shorter = backup.pack(MORNING + YEAR)
    code, said = verified(lost, shorter)
    assert code == 1 and "has fewer events" in said and "rolled back, or a clock was" in said
    with clock.held_at(MORNING + YEAR):
        backup.unit("Theatre", 20)
    longer = backup.pack(MORNING + 2 * YEAR)
    code, said = verified(lost, longer)
    assert code == 1 and "is another in each" in said


@pytest.mark.slow
def test_what_cannot_be_proven_is_said_and_neither_good_nor_bad(registry: Registry, tmp_path: Path) -> None:
    """A pack that the registry never kept: nothing refutes it, nothing proves it."""
    with clock.held_at(MORNING):
        # Of another system: the request for a pack of the same one stands in the later pack, with the way to the root.
        other = a_system(registry.house, "Bed planning")
        a_system(registry.house, "Rosters")
        with registry.house.reading() as session:
            size, _ = queries.head(session)
        # With the request the tree has an odd size: its last leaf stands in no proof of another event.
        registry.unit("Ward", size % 2)
    unknown = registry.pack(MORNING, keep=False, of=other)
    with clock.held_at(MORNING):
        a_system(registry.house, "Letters")
    with clock.held_at(MORNING + timedelta(days=1)):
        registry.unit("Ward", 3)
    later = registry.pack(MORNING + YEAR)
    code, said = verified(unknown, later)
    assert code == 2, said
    assert "?     PCK-0001" in said and "Not proven: no pack here carries a proof" in said
    assert "FAIL" not in said
    # A damaged pack is no witness for or against another one.
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(later.read_bytes()[:-1])
    code, said = verified(unknown, broken)
    assert code == 1 and "broken.pdf: It fails by itself, so it is not compared" in said


@pytest.mark.slow
def test_a_key_that_was_handed_over_is_followed_and_another_is_not(
    registry: Registry, tmp_path: Path
) -> None:
    first = registry.pack(MORNING)
    thief = registry.copy(tmp_path / "thief")
    with clock.held_at(MORNING + timedelta(days=1)):
        registry.trail("rotate-key")
        registry.unit("Ward")
    with clock.held_at(MORNING + timedelta(days=2)):
        registry.trail("rotate-key")
        registry.unit("Ward")
    code, said = verified(first, registry.pack(MORNING + YEAR))
    assert code == 0 and "was changed, and the old one signed for the new one" in said
    # Who has the database and not the key makes another of the same name; the trail goes on, the key does not.
    (thief.folder / "keys" / "trail-checkpoint.key").unlink()
    code, said = verified(first, thief.pack(MORNING + YEAR))
    assert code == 2 and "signed by different keys" in said


@pytest.mark.slow
def test_packs_of_different_registries_are_not_compared(
    registry: Registry, settings: Settings, house: House
) -> None:
    with clock.held_at(MORNING):
        a_system(house, "Bed planning")
    other = Registry(settings.data_dir)
    other.house, other.settings = house, replace(settings, organisation="Another house")
    code, said = verified(registry.pack(MORNING), other.pack(MORNING + YEAR))
    assert code == 2 and "They are of different registries" in said and "growth" not in said


@pytest.mark.slow
def test_the_page_takes_several_packs(registry: Registry, app: Application) -> None:
    paths = [registry.pack(MORNING), registry.pack(MORNING + YEAR)]
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/verify").text)
    assert token
    files = [(io.BytesIO(path.read_bytes()), path.name) for path in paths]
    answer = client.post("/verify", data={"csrf_token": token.group(1), "file": files}, buffered=True)
    assert answer.status_code == 200 and "one trail that only grew" in answer.text
    assert answer.text.count(": verified") == 2


# --- the comparison by itself ----------------------------------------------------------------------------------------

KEY = notes.signer("registry/x", Ed25519PrivateKey.from_private_bytes(bytes(32)))
MAIN = [leaf_hash(bytes([0, number])) for number in range(40)]


def stated(leaves: list[bytes], shown: set[int], day: int, earlier: tuple[int, ...] = ()) -> Statement:
    root = root_of(leaves).hex()
    text = str(checkpoints.signed(len(leaves), root, (KEY,)))
    head = Checkpoint(tree_size=len(leaves), root_hash=root, origin="registry/x", text=text, keys=(str(KEY.verifier),))  # fmt: skip
    events = [
        Proven(at, leaves[at], inclusion_proof(leaves, at), None) for at in sorted(shown) if at < len(leaves)
    ]
    heads = {size: root_of(leaves[:size]).hex() for size in earlier}
    return Statement(f"day {day}", MORNING + timedelta(days=day), head, heads, "00", lambda: events)


def last(found: list[CheckResult]) -> str:
    return found[-1].word


@given(
    st.integers(1, 39),
    st.integers(1, 40),
    st.integers(0, 39),
    st.sets(st.integers(0, 39)),
    st.sets(st.integers(0, 39)),
)
def test_nothing_is_called_proven_that_is_not_so(
    old: int, more: int, forked_at: int, one: set[int], two: set[int]
) -> None:
    """Whatever the two packs show, `passed` means that one tree begins with the other."""
    new = min(old + more, 40)
    other = [leaf_hash(bytes([1, at])) if at >= forked_at else leaf for at, leaf in enumerate(MAIN)]
    honest = forked_at >= old
    said = last(compare([stated(MAIN[:old], one, 1), stated(other[:new], two, 2)]))
    if honest:
        assert said != "failed"
    else:
        assert said != "passed"
        assert said == "failed" or not any(at in two and at >= forked_at for at in one if at < old)
    # All events shown: nothing stays open.
    everything = set(range(40))
    whole = last(compare([stated(MAIN[:old], everything, 1), stated(other[:new], everything, 2)]))
    assert whole == ("passed" if honest else "failed")
    # By a proof, nothing needs to be shown.
    by_proof = [stated(MAIN[:old], set(), 1), stated(other[:new], set(), 2, (old,))]
    assert last(compare(by_proof)) == ("passed" if honest else "failed")


def test_a_third_pack_that_goes_on_from_both_proves_them() -> None:
    one, two = stated(MAIN[:9], set(), 1), stated(MAIN[:20], set(), 2)
    third = stated(MAIN, set(), 3, (9, 20))
    assert [item.word for item in compare([one, two])] == ["passed", "passed", "open"]
    assert {item.word for item in compare([third, one, two])} == {"passed"}


def test_an_event_dated_on_the_wrong_side_of_a_pack_is_named() -> None:
    old = stated(MAIN[:9], set(), 10)
    for index, day, said, word in ((4, 20, "has it already", "open"), (12, 2, "it was dated back", "failed")):
        event = Proven(index, MAIN[index], inclusion_proof(MAIN, index), MORNING + timedelta(days=day))
        new = replace(stated(MAIN, set(), 30, (9,)), events=lambda event=event: [event])
        growth = compare([old, new])[1]
        assert growth.word == word and said in growth.detail
