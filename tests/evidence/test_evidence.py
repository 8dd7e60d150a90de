"""What a file proves, for which time, and that nobody changes it afterwards."""

from datetime import date, timedelta
from io import BytesIO

import pytest

from governance.core import checks, clock, records
from governance.core.errors import NotFound, Refused
from governance.core.settings import Settings
from governance.evidence import service
from governance.evidence.models import Evidence, EvidenceKind
from governance.evidence.schemas import JudgeEvidence, SubmitEvidence
from governance.evidence.store import Store
from governance.systems.models import AiSystem
from tests.house_fixtures import House
from tests.systems.build import a_system


@pytest.fixture
def store(settings: Settings) -> Store:
    return Store(settings.evidence_dir)


def submitted(house: House, store: Store, system: str, *, by: str = "tess", **more: object) -> str:
    """A test report; returns its reference."""
    values = {
        "title": "Test report 1.0",
        "evidence_kind": EvidenceKind.TEST_REPORT,
        "collected_on": clock.today(),
        **more,
    }
    stored = None if more.get("url") else store.put(BytesIO(b"All thresholds were met."), limit=1000)
    with house.acting(by) as session:
        subject = records.get(session, AiSystem, system)
        data = SubmitEvidence.model_validate(values)
        return service.submit(session, subject, data, stored=stored, filename="report.txt").reference


def judged(house: House, reference: str, *, accept: bool = True) -> None:
    with house.acting("prue") as session:
        item = records.get(session, Evidence, reference)
        service.judge(session, item, JudgeEvidence(accept=accept, reason="Read it all", version=item.version))


def missing(house: House, check: str, day: date) -> set[str]:
    """References of the systems that fail a check on a day."""
    with house.reading() as session:
        return {row[1] for row in session.execute(checks.named(check).missing(day))}


def test_inv_evi1_the_file_behind_a_reference_never_changes(house: House, store: Store) -> None:
    reference = submitted(house, store, a_system(house))
    judged(house, reference)
    with pytest.raises(Refused, match="Upload a new item"), house.acting("tess") as session:
        records.get(session, Evidence, reference).sha256 = "0" * 64


def test_inv_evi1_a_file_that_was_changed_on_the_disk_is_not_handed_out(house: House, store: Store) -> None:
    reference = submitted(house, store, a_system(house))
    with house.reading() as session:
        digest = records.get(session, Evidence, reference).sha256
    assert store.read_verified(digest) == b"All thresholds were met."
    (store.folder / digest[:2] / digest).write_bytes(b"All thresholds were missed.")
    with pytest.raises(Refused, match="no longer has the hash"):
        store.read_verified(digest)
    (store.folder / digest[:2] / digest).unlink()
    with pytest.raises(NotFound, match="restore it from the backup"):
        store.read_verified(digest)


def test_inv_evi2_a_bare_link_is_weak_evidence_and_flagged(house: House, store: Store) -> None:
    linked, kept = a_system(house, "Linked"), a_system(house, "Kept")
    judged(house, submitted(house, store, linked, url="https://example.org/report"))
    judged(house, submitted(house, store, kept))
    assert missing(house, "evidence.kept_here", clock.today()) == {linked}


def test_evidence_is_a_file_or_a_link_and_never_both_or_neither(house: House, store: Store) -> None:
    system = a_system(house)
    stored = store.put(BytesIO(b"x"), limit=10)
    for url, file in (("", None), ("https://example.org/report", stored)):
        data = SubmitEvidence(
            title="Report", evidence_kind=EvidenceKind.OTHER, url=url, collected_on=clock.today()
        )
        with pytest.raises(Refused, match="either a file or a link"), house.acting("tess") as session:
            service.submit(session, records.get(session, AiSystem, system), data, stored=file)


def test_inv_evi3_accepted_evidence_counts_in_the_time_it_proves_and_not_outside(
    house: House, store: Store
) -> None:
    system, today = a_system(house), clock.today()
    times = {"covers_from": today - timedelta(days=30), "covers_to": today + timedelta(days=30)}
    judged(house, submitted(house, store, system, **times))
    asked = {day: missing(house, "evidence.test_report", today + timedelta(days=day)) for day in (-31, 0, 31)}
    assert asked == {-31: {system}, 0: set(), 31: {system}}


def test_inv_evi3_without_a_time_it_proves_from_the_day_it_was_collected(house: House, store: Store) -> None:
    system, collected = a_system(house), clock.today() - timedelta(days=10)
    reference = submitted(house, store, system, collected_on=collected)
    judged(house, reference)
    with house.reading() as session:
        assert records.get(session, Evidence, reference).covers_from == collected
    assert missing(house, "evidence.test_report", collected - timedelta(days=1)) == {system}
    assert missing(house, "evidence.test_report", clock.today()) == set()


def test_inv_evi3_an_item_that_says_no_time_is_not_accepted(house: House, store: Store) -> None:
    reference = submitted(house, store, a_system(house))
    with house.acting("tess") as session:
        records.get(session, Evidence, reference).covers_from = None
    with pytest.raises(Refused, match="INV-EVI3"):
        judged(house, reference)
    judged(house, reference, accept=False)


def test_who_submitted_evidence_does_not_judge_it(house: House, store: Store) -> None:
    """SD-1."""
    reference = submitted(house, store, a_system(house), by="olivia")
    with pytest.raises(Refused, match="SD-1"), house.acting("olivia") as session:
        item = records.get(session, Evidence, reference)
        service.judge(session, item, JudgeEvidence(accept=True, reason="Mine", version=item.version))
