"""Taking part without an account: links that end, words that can be erased, and nobody who can be found out."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from governance.access.actor import PUBLIC, SCHEDULER
from governance.access.service import TooManyTries
from governance.consultations import jobs, participation, queries, service, throttle
from governance.consultations.models import Consultation
from governance.consultations.participation_models import Contribution, Invitation, PublicAttempt
from governance.consultations.participation_schemas import TakePart, Triage
from governance.core import checks, clock, records
from governance.core.errors import Forbidden, NotFound, Refused
from governance.trail.models import TrailEvent
from tests.consultations.build import answered, linked, opened, planned, sent, taken_back, told_back
from tests.house_fixtures import House
from tests.systems.build import a_system

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)
WORDS = "My husband was startled by the siren"


@pytest.fixture(autouse=True)
def _today():
    with clock.held_at(MORNING):
        yield


def read(house: House, reference: str, number: int = 1, **values: object) -> None:
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        row = queries.contribution(session, item, number)
        participation.triage(session, item, row, Triage.model_validate(values))


def trail_of(house: House) -> str:
    with house.reading() as session:
        return "\n".join(session.scalars(select(TrailEvent.body)))


def test_an_answer_arrives_under_its_group_and_its_words_stand_in_no_trail(house: House) -> None:
    """INV-G11, CON-5."""
    reference = opened(house, a_system(house))
    token = linked(house, reference)
    code = sent(house, token, WORDS)
    with house.reading() as session:
        item = records.get(session, Consultation, reference)
        row = queries.contributions(session, item)[0]
        assert (row.number, row.received_on, row.consent_version) == (1, date(2026, 11, 20), "1")
        assert row.content is not None and row.content["answers"] == [["What worries you?", WORDS]]
        assert queries.heads(session, item) == {item.groups[0].id: 1}
        assert session.scalars(select(Invitation.token_hash)).one() != token
    written = trail_of(house)
    assert WORDS not in written and token not in written and code.replace("-", "") not in written
    assert '"group_id":["(secret)","(secret)"]' in written and "consultations.take_part" in written


def test_withdrawing_erases_the_words_and_keeps_number_date_group_and_the_fact(house: House) -> None:
    """CON-3."""
    reference = opened(house, a_system(house))
    token = linked(house, reference)
    code = sent(house, token, WORDS)
    sent(house, token)
    taken_back(house, code.lower().replace("-", " "))
    with house.reading() as session:
        item = records.get(session, Consultation, reference)
        row = queries.contributions(session, item)[0]
        assert (row.number, row.content, row.withdrawn_on) == (1, None, date(2026, 11, 20))
        assert row.received_on == date(2026, 11, 20) and row.group is item.groups[0]
        assert queries.heads(session, item) == {item.groups[0].id: 2}
        assert [row.is_waiting for row in queries.contributions(session, item)] == [False, True]
    assert "consultations.withdraw_contribution" in trail_of(house)
    with pytest.raises(Refused, match="withdrawn already"):
        taken_back(house, code)
    with pytest.raises(Refused, match="nothing to read"):
        read(house, reference, set_aside="No concern")


def test_what_was_withdrawn_is_gone_from_the_database_file_too(house: House) -> None:
    """CON-3: erased is erased, not hidden."""
    address = house.database.engine.url
    if address.get_backend_name() != "sqlite":
        pytest.skip("a question about SQLite's pages")

    def found() -> bool:
        files = [Path(f"{address.database}{end}") for end in ("", "-wal")]
        return any(WORDS.encode() in file.read_bytes() for file in files if file.exists())

    code = sent(house, linked(house, opened(house, a_system(house))), WORDS)
    assert found()
    taken_back(house, code)
    with house.database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    assert not found()


def test_a_link_for_one_person_works_once(house: House) -> None:
    token = linked(house, opened(house, a_system(house)), kind="one_person", uses_allowed=50)
    sent(house, token)
    with pytest.raises(Refused, match="used as often as it may be"):
        sent(house, token)


def test_a_link_keeps_to_its_limit_its_day_and_the_state_of_the_consultation(house: House) -> None:
    reference = planned(house, a_system(house))
    token = linked(house, reference, uses_allowed=2, expires_on=date(2026, 11, 25))
    with pytest.raises(Refused, match="not opened yet"):
        sent(house, token)
    with house.acting("asha") as session:
        service.open_(session, records.get(session, Consultation, reference))
    sent(house, token)
    with clock.held_at(MORNING + timedelta(days=6)), pytest.raises(Refused, match="ended on 2026-11-25"):
        sent(house, token)
    sent(house, token)
    with pytest.raises(Refused, match="used as often"):
        sent(house, token)
    another = linked(house, reference)
    with house.acting("asha") as session:
        service.begin_analysing(session, records.get(session, Consultation, reference))
    with pytest.raises(Refused, match="takes no more answers"):
        sent(house, another)


def test_a_link_that_was_taken_back_is_useless(house: House) -> None:
    reference = opened(house, a_system(house))
    token = linked(house, reference)
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        participation.revoke(session, item, participation.invitation_of(session, token))
    with pytest.raises(Refused, match="taken back"):
        sent(house, token)


def test_nobody_is_invited_without_a_consent_text_or_beyond_the_end(house: House) -> None:
    with pytest.raises(Refused, match="consent text is missing"):
        linked(house, opened(house, a_system(house), consent_text=""))
    reference = opened(house, a_system(house))
    with pytest.raises(Refused, match="ends between today"):
        linked(house, reference, expires_on=date(2027, 1, 1))
    with pytest.raises(Refused, match="one of the groups"):
        linked(house, reference, group=999_999)


def test_an_unknown_link_says_no_more_than_that(house: House) -> None:
    with pytest.raises(NotFound, match="not known"), house.reading() as session:
        participation.invitation_of(session, "guessed")


def test_without_consent_or_words_nothing_is_kept_and_programs_are_found_out() -> None:
    with pytest.raises(ValidationError, match="only if you agree"):
        TakePart(concern="It is loud")
    with pytest.raises(ValidationError, match="at least one question"):
        TakePart(consent=True, answers={"0": "  "})
    with pytest.raises(ValidationError, match="Leave the field"):
        TakePart(consent=True, concern="Buy now", website="https://example.com")
    with pytest.raises(ValidationError, match="at most 5000"):
        TakePart(consent=True, answers={"0": "a" * 5001})


def test_only_the_public_takes_part_and_the_public_does_nothing_else(house: House) -> None:
    reference = opened(house, a_system(house))
    token = linked(house, reference)
    with pytest.raises(Forbidden), house.acting("asha") as session:
        invitation = participation.invitation_of(session, token)
        participation.take_part(session, invitation, TakePart(concern="Me too", consent=True))
    with pytest.raises(Forbidden), house.database.transaction(PUBLIC) as session:
        service.begin_analysing(session, records.get(session, Consultation, reference))


def test_an_unread_contribution_stops_answers_and_feedback(house: House) -> None:
    """CON-1: every contribution has an answer with a reason before feedback is given."""
    reference = opened(house, a_system(house))
    token = linked(house, reference)
    sent(house, token)
    sent(house, token, "Nothing to say")
    with pytest.raises(Refused, match="Contribution 1, 2 led to no concern yet"):
        told_back(house, reference)
    read(house, reference, new_concern="The alarm frightens patients", severity=2)
    read(house, reference, 2, set_aside="It names no concern")
    with pytest.raises(Refused, match="Concern 1 has no disposition"):
        told_back(house, reference)
    answered(house, reference)
    told_back(house, reference)
    with house.reading() as session:
        item = records.get(session, Consultation, reference)
        assert queries.support(session, item) == {item.concerns[0].id: 1}
        assert [row.is_waiting for row in queries.contributions(session, item)] == [False, False]


def test_reading_again_replaces_what_was_said_before(house: House) -> None:
    reference = opened(house, a_system(house))
    sent(house, linked(house, reference))
    read(house, reference, new_concern="The alarm frightens patients")
    read(house, reference, set_aside="Read again: it names no concern")
    with house.reading() as session:
        row = queries.contributions(session, records.get(session, Consultation, reference))[0]
        assert (row.concerns, row.set_aside) == ([], "Read again: it names no concern")
    with pytest.raises(ValidationError, match="Either it contains"):
        Triage(concerns=[1], set_aside="None")


def test_words_are_erased_when_their_time_is_over_and_a_check_says_if_not(house: House) -> None:
    """INV-G11: retention-bound."""
    reference = opened(house, a_system(house), retention_until=date(2027, 6, 30))
    sent(house, linked(house, reference))

    def kept_too_long(today: date) -> list[str]:
        with house.reading() as session:
            return [
                row.reference
                for row in session.execute(checks.named("consultations.words_erased").missing(today))
            ]

    assert kept_too_long(date(2027, 6, 30)) == []
    assert kept_too_long(date(2027, 7, 1)) == [reference]
    later = datetime(2027, 7, 1, 8, tzinfo=UTC)
    with clock.held_at(later):
        for _ in range(2):
            with house.database.transaction(SCHEDULER, source="scheduler") as session:
                jobs.erase(session, later)
    with house.reading() as session:
        row = session.scalars(select(Contribution)).one()
        assert (row.content, row.erased_on, row.withdrawn_on) == (None, date(2027, 7, 1), None)
    assert kept_too_long(date(2027, 7, 1)) == []


def test_floods_are_slowed_down_and_forgotten_after_a_quarter_of_an_hour(house: House) -> None:
    key = throttle.daily_key("salt", date(2026, 11, 20), "address", "192.0.2.1")
    assert key != throttle.daily_key("salt", date(2026, 11, 21), "address", "192.0.2.1")
    with house.database.transaction() as session:
        for _ in range(throttle.PER_ADDRESS):
            throttle.count(session, key, "link")
        with pytest.raises(TooManyTries):
            throttle.count(session, key, "link")
    with (
        clock.held_at(MORNING + throttle.WINDOW + timedelta(seconds=1)),
        house.database.transaction() as session,
    ):
        throttle.count(session, key, "link")
        assert len(session.scalars(select(PublicAttempt)).all()) == 2
        assert "192.0.2.1" not in str([row.key for row in session.scalars(select(PublicAttempt))])


def test_contributions_are_read_page_by_page(house: House) -> None:
    reference = opened(house, a_system(house))
    token = linked(house, reference)
    codes = [sent(house, token) for _ in range(4)]
    taken_back(house, codes[1])
    read(house, reference, 3, set_aside="It names no concern")
    with house.reading() as session:
        item = records.get(session, Consultation, reference)
        pages = [
            [row.number for row in queries.contributions(session, item, after=after, limit=2)]
            for after in (0, 2, 4)
        ]
        assert pages == [[1, 2], [3, 4], []]
        assert (queries.unread(session, item), queries.sent(session, item)) == ([1, 4], (4, 1))
