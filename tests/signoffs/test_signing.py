"""Signing: bound to content, given after re-authentication, by the right person, once, and stale after a change."""

import pytest
from sqlalchemy import text

from governance.core import checks, clock, records
from governance.core.canonical import content_hash
from governance.core.errors import Forbidden, Refused
from governance.signoffs import queries, service
from governance.signoffs.models import SignOff
from governance.signoffs.schemas import Reject, Sign, Withdraw
from governance.systems.models import AiSystem
from tests.cast import PASSWORD
from tests.house_fixtures import House
from tests.systems.build import a_classification, a_system, requested, sign, state_of


@pytest.fixture
def decision(house: House) -> str:
    return a_classification(house, a_system(house))


def test_a_signature_keeps_who_when_how_and_what(house: House, decision: str) -> None:
    """SO-01, SO-02, INV-SIG1."""
    reference = requested(house, decision)["compliance_lead"]
    sign(house, "olivia", reference)
    with house.reading() as session:
        item = records.get(session, SignOff, reference)
        assert (item.state, item.signer_name, item.slot) == ("signed", "Olivia Officer", "compliance_lead")
        assert item.content_hash == content_hash(item.subject.signed_content()) == content_hash(item.content)
        assert item.signed_at is not None and "password" in item.method and decision in item.statement
        assert queries.holds(item)


def test_the_password_is_asked_again(house: House, decision: str) -> None:
    """SO-05."""
    reference = requested(house, decision)["compliance_lead"]
    with pytest.raises(Refused, match="not your password"):
        sign(house, "olivia", reference, password="something else entirely")
    assert state_of(house, reference) == "requested"


def test_the_author_does_not_approve_their_own_work(house: House) -> None:
    """SD-1: signer ≠ author, computed from the trail."""
    system = a_system(house)
    with house.acting("olivia") as session:
        from governance.systems import service as systems
        from governance.systems.schemas import Classify
        from tests.systems.build import MINIMAL_ANSWERS

        own = systems.classify(
            session, records.get(session, AiSystem, system), Classify(answers=MINIMAL_ANSWERS)
        ).reference
    with pytest.raises(Refused, match="SD-1"):
        sign(house, "olivia", requested(house, own)["compliance_lead"])


@pytest.mark.parametrize("who", ["owen", "asha", "eve", "ada"])
def test_a_slot_is_for_its_role_only(house: House, decision: str, who: str) -> None:
    """SO-07."""
    with pytest.raises(Refused, match="is for compliance officer"):
        sign(house, who, requested(house, decision)["compliance_lead"])


@pytest.mark.parametrize("who", ["victor", "max", "xena"])
def test_readers_and_administrators_never_sign(house: House, decision: str, who: str) -> None:
    with pytest.raises(Forbidden):
        sign(house, who, requested(house, decision)["compliance_lead"])


def test_what_was_not_shown_is_not_signed(house: House, decision: str) -> None:
    """SO-04."""
    reference = requested(house, decision)["compliance_lead"]
    with pytest.raises(Refused, match="SO-04"), house.acting("olivia") as session:
        data = Sign.model_validate({"content_hash": "0" * 64, "password": PASSWORD})
        service.sign(session, records.get(session, SignOff, reference), data)


def test_a_change_of_content_makes_the_signature_stale_at_once(house: House) -> None:
    """Beat list 2, SO-10: in the same transaction, with the reason."""
    system = a_system(house)
    with house.acting("olivia") as session:
        service.request(session, records.get(session, AiSystem, system), "classification")
    reference = requested(house, system)["compliance_lead"]
    with house.acting("asha") as session:
        records.get(session, AiSystem, system).unit = "made by Asha so that Olivia is not the last editor"
    with house.reading() as session:
        olivia_wrote = records.get(session, SignOff, reference)
        assert olivia_wrote.state == "requested"
    with pytest.raises(Refused, match="SD-1"):
        sign(house, "olivia", reference)


def test_a_signed_register_entry_goes_stale_when_edited(house: House) -> None:
    with house.acting("owen") as session:
        from governance.systems import service as systems
        from governance.systems.schemas import RegisterSystem

        system = systems.register(session, RegisterSystem(title="Owen's own")).reference
    with house.acting("asha") as session:
        service.request(session, records.get(session, AiSystem, system), "classification")
    reference = requested(house, system)["compliance_lead"]
    sign(house, "olivia", reference)
    with house.acting("asha") as session:
        records.get(session, AiSystem, system).intended_purpose = "Something new"
    with house.reading() as session:
        item = records.get(session, SignOff, reference)
        assert (item.state, item.state_reason) == ("stale", "The content changed after signing.")
        assert item.signer_name == "Olivia Officer"


def test_a_stage_move_does_not_touch_what_was_signed(house: House, decision: str) -> None:
    reference = requested(house, decision)["compliance_lead"]
    sign(house, "olivia", reference)
    with house.acting("asha") as session:
        records.get(session, AiSystem, "SYS-0001").next_review_on = None
    assert state_of(house, reference) == "signed"


def test_a_signature_is_never_edited(house: House, decision: str) -> None:
    """INV-SIG2."""
    reference = requested(house, decision)["compliance_lead"]
    sign(house, "olivia", reference)
    with pytest.raises(Refused, match="never edited"), house.acting("max") as session:
        records.get(session, SignOff, reference).signer_name = "Somebody Else"


def test_a_refusal_needs_a_reason_and_closes_the_round(house: House, decision: str) -> None:
    """SO-14."""
    reference = requested(house, decision)["compliance_lead"]
    with house.acting("olivia") as session:
        data = Reject.model_validate({"password": PASSWORD, "reason": "Annex III was overlooked"})
        service.reject(session, records.get(session, SignOff, reference), data)
    assert (state_of(house, reference), state_of(house, decision)) == ("rejected", "draft")


def test_a_complete_round_cannot_be_withdrawn(house: House, decision: str) -> None:
    """SO-13."""
    reference = requested(house, decision)["compliance_lead"]
    sign(house, "olivia", reference)
    with pytest.raises(Refused, match="approved already"), house.acting("olivia") as session:
        service.withdraw(
            session, records.get(session, SignOff, reference), Withdraw(reason="changed my mind")
        )


def broken(house: House) -> list[tuple[str, str]]:
    """What the check of separate duties finds: (reference, why)."""
    with house.reading() as session:
        found = session.execute(checks.named("signoffs.duties_separate").missing(clock.today()))
        return [(row[1], row[2]) for row in found]


def test_inv_sig3_separation_of_duties_is_proved_by_a_query(house: House, decision: str) -> None:
    """The doors keep it; the query finds what got past them, such as a row changed by hand."""
    reference = requested(house, decision)["compliance_lead"]
    sign(house, "olivia", reference)
    assert broken(house) == []
    with house.reading() as session:
        item = records.get(session, SignOff, reference)
        signature, subject = item.id, item.subject_id

    def now_signed_by(who: str) -> None:
        values = {"who": house.id_of(who), "id": signature}
        with house.database.engine.begin() as connection:
            connection.execute(text("UPDATE sign_off SET signer_id = :who WHERE id = :id"), values)

    now_signed_by("asha")
    assert broken(house) == [(reference, "Signed by who wrote it")]
    now_signed_by("eve")
    assert broken(house) == []
    with house.database.engine.begin() as connection:
        connection.execute(text("UPDATE sign_off SET policy = 'waiver' WHERE id = :id"), {"id": signature})
        connection.execute(
            text("UPDATE record SET owner_id = :who WHERE id = :id"),
            {"who": house.id_of("eve"), "id": subject},
        )
    assert broken(house) == [(reference, "Signed by the owner of the system")]
