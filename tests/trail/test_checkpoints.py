"""Checkpoints: signed every hour and with every pack, found out when forged, known across keys, cosigned by witnesses."""

import multiprocessing
import re
import stat
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from governance import worker
from governance.access.actor import INSTALLER
from governance.cli import main
from governance.core import clock
from governance.core.errors import Refused
from governance.core.settings import Settings
from governance.jobs import jobs as own_jobs
from governance.jobs.registry import all_recurring
from governance.trail import checkpoints, keys, notes, queries, verification
from governance.trail.models import CheckpointKey, TrailCheckpoint
from governance.trail.notes import WITNESS, Signer
from tests.conftest import MORNING
from tests.house_fixtures import House
from tests.trail.test_trail import fill, shorten, tamper, verdict
from tests.web_fixtures import Browser


def made(house: House, signer: Signer) -> str:
    with house.database.transaction(INSTALLER) as session:
        return checkpoints.whole_note(session, checkpoints.make(session, signer, clock.now()))


@pytest.fixture
def signer(settings: Settings) -> Signer:
    return keys.load_or_make(settings.keys_dir, settings.organisation)


def test_the_key_is_made_once_and_only_its_owner_may_read_it(settings: Settings, signer: Signer) -> None:
    path = settings.keys_dir / "trail-checkpoint.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert signer.verifier.name == "aims-registry/test-house"
    assert keys.load_or_make(settings.keys_dir, "Renamed House").verifier == signer.verifier
    assert [item.name for item in settings.keys_dir.iterdir()] == [path.name]
    path.chmod(0o640)
    with pytest.raises(Refused, match="chmod 600"):
        keys.load_or_make(settings.keys_dir, settings.organisation)
    path.chmod(0o600)
    path.write_text("something else\n")
    with pytest.raises(Refused, match="no key for checkpoints"):
        keys.load_or_make(settings.keys_dir, settings.organisation)


def _load(folder: Path) -> str:
    return str(keys.load_or_make(folder, "Test House").verifier)


def test_processes_that_start_together_have_the_same_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert len(set(pool.map(_load, [tmp_path / "keys"] * 6))) == 1


def hour(house: House, settings: Settings) -> int:
    """What the worker does at this moment: how many checkpoints there are then."""
    job = next(item for item in all_recurring() if item.name == "trail.checkpoint")
    worker.run_recurring(house.database, job)
    worker.run_recurring(house.database, job)
    worker.drain(house.database, settings, "test")
    with house.reading() as session:
        return len(checkpoints.listing(session))


def test_a_checkpoint_is_made_every_hour_in_which_the_trail_grew(house: House, settings: Settings) -> None:
    assert own_jobs.CHECKPOINT
    with clock.held_at(MORNING):
        assert hour(house, settings) == 1
        # The first one made a key known, which is itself an event.
        fill(house, 30)
        assert hour(house, settings) == 1
    with clock.held_at(MORNING + timedelta(hours=1)):
        assert hour(house, settings) == 2
    with clock.held_at(MORNING + timedelta(hours=9)):
        assert hour(house, settings) == 2, "nothing happened in these hours"
    assert verdict(house.database).intact


def test_a_checkpoint_is_a_signed_note_over_the_present_head(house: House, signer: Signer) -> None:
    with house.reading() as session:
        size, root = queries.head(session)
    found = notes.note(made(house, signer))
    assert found.signed_by((signer.verifier,)) and notes.head(found.text) == notes.Head(
        "aims-registry/test-house", size, root
    )


@pytest.mark.parametrize(
    "statement", ["UPDATE trail_checkpoint SET size = 1", "DELETE FROM trail_checkpoint"]
)
def test_the_database_itself_refuses_to_change_checkpoints(
    house: House, signer: Signer, statement: str
) -> None:
    made(house, signer)
    with pytest.raises(DatabaseError), house.database.engine.begin() as connection:
        connection.execute(text(statement))


def test_a_trail_that_was_cut_is_found_out_by_the_checkpoints_kept_in_it(
    house: House, signer: Signer
) -> None:
    fill(house, 40)
    made(house, signer)
    shorten(house.database, 35)
    assert "the trail has only 35; it was truncated" in verdict(house.database).faults[0]


def test_a_forged_checkpoint_is_named(house: House, signer: Signer) -> None:
    made(house, signer)
    with house.reading() as session:
        found = session.scalars(select(TrailCheckpoint)).one()
    tamper(house.database, "UPDATE trail_checkpoint SET root = replace(root, substr(root, 1, 4), '0000')")
    faults = verdict(house.database).faults
    assert "its columns say something else than its signed text" in faults[0]
    forged = found.note.replace(f"\n{found.size}\n", f"\n{found.size - 1}\n")
    tamper(house.database, f"UPDATE trail_checkpoint SET note = '{forged}'")
    assert "does not belong to this text" in verdict(house.database).faults[0]


def test_old_keys_stay_known_and_sign_nothing_new(house: House, settings: Settings, signer: Signer) -> None:
    with clock.held_at(MORNING):
        first = made(house, signer)
    old, new = keys.rotate(settings.keys_dir, settings.organisation)
    assert old.verifier == signer.verifier and old.verifier.name == new.verifier.name != ""
    assert keys.load_or_make(settings.keys_dir, settings.organisation).verifier == new.verifier
    with clock.held_at(MORNING + timedelta(hours=1)), house.database.transaction(INSTALLER) as session:
        both = notes.note(checkpoints.hand_over(session, old, new, clock.now()).note)
        assert len(both.signed_by((old.verifier, new.verifier))) == 2
    with house.reading() as session:
        assert [bool(row.retired_at) for row in checkpoints.own_keys(session)] == [True, False]
        assert checkpoints.read(session, first).size > 0
        told = [event.op for event in queries.latest(session, kind="checkpoint_key")]
        assert sorted(told) == ["create", "create", "update"], "a rotation stands in the trail itself"
    assert verdict(house.database).intact
    with clock.held_at(MORNING + timedelta(hours=2)):
        fill(house, 40)
        made(house, old)
    assert "a key that was retired before" in verdict(house.database).faults[0]


def test_a_checkpoint_of_another_registry_is_refused(house: House, signer: Signer) -> None:
    made(house, signer)
    other = notes.signer(signer.verifier.name, Ed25519PrivateKey.generate())
    with house.reading() as session, pytest.raises(Refused, match="No key of this registry"):
        checkpoints.read(session, str(checkpoints.signed(5, "0" * 64, (other,))))


def test_witnesses_add_their_line_once_it_holds(house: House, signer: Signer) -> None:
    witness = notes.signer("witness.example/w1", Ed25519PrivateKey.generate(), WITNESS)
    note = made(house, signer)
    body = notes.note(note).text
    line = witness.line(body, MORNING)
    with house.database.transaction(INSTALLER) as session:
        with pytest.raises(Refused, match="whose key is known"):
            checkpoints.add_witness_lines(session, line, MORNING)
        checkpoints.add_witness(session, str(witness.verifier), MORNING)
        added = checkpoints.add_witness_lines(session, f"{line}\n", MORNING)
        again = checkpoints.add_witness_lines(session, f"{note}{line}\n", MORNING)
        assert added == again and added[0].signed_at == MORNING
    with house.reading() as session:
        checkpoint, number = checkpoints.listing(session)[0]
        whole = checkpoints.whole_note(session, checkpoint)
    assert number == 1 and whole == f"{note}{line}\n"
    assert len(notes.note(whole).signed_by((signer.verifier, witness.verifier))) == 2
    elsewhere = witness.line(body.replace("\n", "x\n", 1), MORNING)
    with house.database.transaction(INSTALLER) as session, pytest.raises(Refused, match="belongs to none"):
        checkpoints.add_witness_lines(session, elsewhere, MORNING)
    with house.database.transaction(INSTALLER) as session, pytest.raises(Refused, match="does not belong"):
        checkpoints.add_witness_lines(session, f"{note}{elsewhere}\n", MORNING)
    with house.database.transaction(INSTALLER) as session, pytest.raises(Refused, match="type 0x04"):
        checkpoints.add_witness(session, str(signer.verifier), MORNING)
    assert verdict(house.database).intact
    tamper(house.database, f"UPDATE trail_cosignature SET line = '{elsewhere}'")
    assert verdict(house.database).faults[0].startswith("Witness line")


def aims(settings: Settings, *words: str, given: str | None = None) -> Result:
    environment = {
        "AIMS_DATA": str(settings.data_dir),
        "AIMS_DATABASE": settings.database_url,
        "AIMS_ORGANISATION": settings.organisation,
    }
    return CliRunner().invoke(main, words, input=given, env=environment)


def test_the_command_line_signs_rotates_cosigns_and_verifies(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "kept.txt"
    file.write_text(aims(settings, "trail", "checkpoint").output)
    key = notes.verifier(aims(settings, "trail", "key").output)
    assert notes.note(file.read_text()).signed_by((key,))
    rotated = aims(settings, "trail", "rotate-key")
    assert rotated.exit_code == 0 and str(key) in rotated.output
    witness = notes.signer("witness.example/w1", Ed25519PrivateKey.generate(), WITNESS)
    line = witness.line(notes.note(file.read_text()).text, MORNING)
    added = aims(settings, "trail", "add-witness-line", "-", "--key", str(witness.verifier), given=line)
    assert added.exit_code == 0 and "Verified and kept" in added.output
    intact = aims(settings, "trail", "verify", "--checkpoint", str(file))
    assert intact.exit_code == 0 and "intact" in intact.output
    forged = file.read_text().splitlines()
    file.write_text("\n".join([forged[0], str(int(forged[1]) + 1), *forged[2:]]) + "\n")
    assert aims(settings, "trail", "verify", "--checkpoint", str(file)).exit_code == 1
    assert aims(settings, "trail", "verify", "--checkpoint", "nothing").exit_code == 1
    tamper(house.database, "UPDATE trail_event SET verb = 'x' WHERE seq = 3")
    wrong = aims(settings, "trail", "verify")
    assert wrong.exit_code == 1 and "WRONG  Event 3:" in wrong.output


def test_an_outside_checkpoint_finds_a_trail_that_was_rewritten_whole(house: House, signer: Signer) -> None:
    fill(house, 40)
    kept = notes.head(notes.note(made(house, signer)).text)
    tamper(house.database, "DELETE FROM trail_checkpoint")
    shorten(house.database, 30)
    assert verdict(house.database).intact, "by itself nothing tells"
    fill(house, 60)
    found = verdict(house.database, verification.Checkpoint(kept.size, kept.root)).faults
    assert found == (
        f"Checkpoint of {kept.size} events: its root differs; something up to event {kept.size} was rewritten.",
    )


def test_keys_are_audited(house: House, signer: Signer) -> None:
    made(house, signer)
    with house.reading() as session:
        row = session.scalars(select(CheckpointKey)).one()
        changes = {name: after for name, _, after in queries.latest(session, limit=1)[0].changes}
    assert changes["verifier"] == row.verifier


def test_the_page_lists_checkpoints_and_gives_the_file(
    house: House, signer: Signer, browser_of: Callable[[str], Browser]
) -> None:
    browser = browser_of("tess")
    assert "No checkpoint yet" in browser.get("/trail/checkpoints").text
    note = made(house, signer)
    page = browser.get("/trail/checkpoints").text
    assert str(signer.verifier) in unescape(page)
    address = re.findall(r'href="(/trail/checkpoints/\d+)"', page)[0]
    assert browser.get(address).text == note
    assert browser.get("/trail/checkpoints/4711").status_code == 404
