"""What people choose to be told: digests, unsubscribing with one click, and what nobody may unsubscribe."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from governance.app import create_app
from governance.core import clock
from governance.core.errors import Refused
from governance.core.settings import Settings
from governance.notifications import jobs, queries, service
from governance.notifications.catalogue import rules
from governance.notifications.models import Delivery, How
from governance.notifications.schemas import AddWebhook, ChooseTopics
from governance.notifications.topics import TOPICS
from governance.web import i18n
from tests.cast import CAST
from tests.house_fixtures import House
from tests.notifications.build import choose, tell, told
from tests.notifications.conftest import Mailbox
from tests.web_fixtures import Browser

MORNING = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def one_click(mail) -> str:
    """The path that a mail program posts to."""
    found = re.fullmatch(r"<https://registry\.example(/unsubscribe/\S+)>", mail["List-Unsubscribe"])
    assert found and mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return found.group(1)


def test_a_digest_is_one_mail_a_day_with_everything_that_waited(
    house: House, mailing: Settings, mailbox: Mailbox
) -> None:
    choose(house, "ada", audit=How.DIGEST)
    with clock.held_at(MORNING - timedelta(hours=2)):
        tell(house, "ada", key="one", subject="The first thing")
        tell(house, "ada", key="two", subject="The second thing")
        jobs.digest(house.database, mailing)
        jobs.mail(house.database, mailing)
        assert mailbox.mails == [], "before the hour nothing is sent"
    with clock.held_at(MORNING):
        for _ in range(2):
            jobs.digest(house.database, mailing)
            jobs.mail(house.database, mailing)
        tell(house, "ada", key="three", subject="The third thing")
        jobs.digest(house.database, mailing)
        jobs.mail(house.database, mailing)
    (mail,) = mailbox.mails
    body = mail.get_content()
    assert "The first thing" in body and "The second thing" in body and "third" not in body
    assert [item.state for item in told(house, "ada")] == [Delivery.SENT] * 2 + [
        Delivery.SENT,
        Delivery.QUEUED,
    ]
    with clock.held_at(MORNING + timedelta(days=1)):
        jobs.digest(house.database, mailing)
        jobs.mail(house.database, mailing)
    assert len(mailbox.mails) == 2 and "The third thing" in mailbox.mails[1].get_content()
    with house.reading() as session:
        listed = [item.subject for item in queries.mine(session, house.actor("ada"))]
    assert listed == ["The third thing", "The second thing", "The first thing"]


def test_a_digest_that_fails_takes_its_members_along_when_it_succeeds(
    house: House, mailing: Settings, mailbox: Mailbox
) -> None:
    choose(house, "ada", audit=How.DIGEST)
    with clock.held_at(MORNING):
        tell(house, "ada")
        mailbox.answer = "451 later"
        jobs.digest(house.database, mailing)
        jobs.mail(house.database, mailing)
        assert [item.state for item in told(house)] == [Delivery.QUEUED, Delivery.FAILED]
    mailbox.answer = "250 OK"
    with clock.held_at(MORNING + timedelta(minutes=2)):
        jobs.mail(house.database, mailing)
    assert [item.state for item in told(house)] == [Delivery.SENT, Delivery.SENT] and len(mailbox.mails) == 1


def test_mandatory_topics_come_at_once_and_the_refusal_says_why(
    house: House, mailing: Settings, mailbox: Mailbox
) -> None:
    for topic in ("signature", "escalation"):
        for how in (How.OFF, How.DIGEST):
            with pytest.raises(Refused, match=re.escape(TOPICS[topic].mandatory)):
                choose(house, "olivia", **{topic: how})
    tell(house, "olivia", topic="escalation")
    jobs.mail(house.database, mailing)
    (mail,) = mailbox.mails
    assert mail["List-Unsubscribe"] is None and "/unsubscribe/" not in mail.get_content()
    assert TOPICS["escalation"].mandatory in mail.get_content()


def test_what_is_off_stands_in_the_list_only(house: House, mailing: Settings, mailbox: Mailbox) -> None:
    choose(house, "ada", audit=How.OFF)
    tell(house, "ada")
    jobs.mail(house.database, mailing)
    assert mailbox.mails == [] and [item.state for item in told(house, "ada")] == [Delivery.LISTED]


def test_one_click_unsubscribes_without_signing_in_and_opening_the_link_does_not(
    house: House, mailing: Settings, mailbox: Mailbox
) -> None:
    """RFC 8058: a POST with List-Unsubscribe=One-Click is enough; nothing happens on GET."""
    tell(house, "ada", key="one")
    jobs.mail(house.database, mailing)
    path = one_click(mailbox.mails[0])
    client = create_app(mailing, house.database).test_client()
    page = client.get(path)
    assert page.status_code == 200 and "Audits you lead" in page.text and "Ada" not in page.text
    with house.reading() as session:
        assert queries.settings_of(session, house.id_of("ada"))["audit"] is How.AT_ONCE
    tell(house, "ada", key="two")
    answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "You get no more mails" in answer.text
    tell(house, "ada", key="three")
    jobs.mail(house.database, mailing)
    assert len(mailbox.mails) == 1, "neither what waited nor what comes after is sent"
    with house.reading() as session:
        from governance.trail.models import TrailEvent

        assert session.query(TrailEvent).filter_by(verb="notifications.unsubscribe").count() == 1


def test_unsubscribing_from_a_digest_ends_all_that_came_with_it(
    house: House, mailing: Settings, mailbox: Mailbox
) -> None:
    choose(house, "ada", audit=How.DIGEST)
    with clock.held_at(MORNING):
        tell(house, "ada")
        jobs.digest(house.database, mailing)
        jobs.mail(house.database, mailing)
    client = create_app(mailing, house.database).test_client()
    assert client.post(one_click(mailbox.mails[0]), data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with house.reading() as session:
        chosen = queries.settings_of(session, house.id_of("ada"))
    assert How.DIGEST not in chosen.values() and chosen["audit"] is How.OFF
    assert chosen["action"] is How.AT_ONCE and chosen["signature"] is How.AT_ONCE


def test_a_link_that_somebody_changed_is_no_link(house: House, mailing: Settings, mailbox: Mailbox) -> None:
    tell(house, "ada")
    jobs.mail(house.database, mailing)
    path = one_click(mailbox.mails[0])
    client = create_app(mailing, house.database).test_client()
    # Not the last letter, of which base64 ignores some bits.
    assert client.post(path[:-9] + ("A" if path[-9] != "A" else "B") + path[-8:]).status_code == 404
    assert client.get("/unsubscribe/nothing").status_code == 404


def test_everybody_sets_their_own_notifications(house: House, browser_of) -> None:
    browser = browser_of("victor")
    page = browser.get("/notifications/settings").text
    assert "This cannot be unsubscribed." in page and "No mail server is set" in page
    wrong = browser.post("/notifications/settings", {})
    assert wrong.status_code == 422
    refused = browser.post("/notifications/settings", {"language": "en", "choices.signature": "off"})
    assert refused.status_code == 422 and "stands still" in refused.text
    chosen = browser.post("/notifications/settings", {"language": "fr", "choices.finding": "off"})
    assert chosen.status_code == 303
    with house.reading() as session:
        assert queries.settings_of(session, house.id_of("victor"))["finding"] is How.OFF
        assert queries.language_of(session, house.id_of("victor")) == "fr"
    assert "nobody" not in browser.get("/notifications").text


def test_languages_of_mails_are_those_of_the_pages() -> None:
    for language in i18n.LANGUAGES:
        assert ChooseTopics(choices={}, language=language).language == language
    with pytest.raises(ValueError, match="pattern"):
        ChooseTopics(choices={}, language="it")


def test_the_list_shows_what_is_new_until_it_is_seen(house: House, browser_of) -> None:
    tell(house, "ada", subject="An audit is near")
    browser = browser_of("ada")
    page = browser.get("/notifications").text
    assert "An audit is near" in page and "tag-new" in page
    assert browser.post("/notifications/seen").status_code == 303
    page = browser.get("/notifications").text
    assert "An audit is near" in page and "tag-new" not in page
    assert "An audit is near" not in browser_of("owen").get("/notifications").text


def test_the_outbox_is_for_those_who_look_after_it(house: House, browser_of, settings: Settings) -> None:
    tell(house, "ada")
    jobs.mail(house.database, settings)
    (item,) = told(house)
    assert browser_of("victor").get("/outbox").status_code == 403
    assert browser_of("victor").post(f"/outbox/{item.id}/send-again").status_code == 403
    browser: Browser = browser_of("max")
    assert "No mail server is set." in browser.get("/outbox?state=listed").text
    assert CAST["ada"].name not in browser.get("/outbox?state=sent").text
    assert browser.get("/outbox?state=lost").status_code == 404
    assert browser.post(f"/outbox/{item.id}/send-again").status_code == 303
    assert told(house)[0].state is Delivery.QUEUED
    assert browser.post(f"/outbox/{item.id}/send-again").status_code == 422
    assert browser.post("/outbox/999/send-again").status_code == 404


def test_a_webhook_is_added_tested_and_revoked_and_its_secret_shown_once(house: House, browser_of) -> None:
    browser: Browser = browser_of("max")
    refused = browser.post("/webhooks", {"name": "Chat", "url": "http://127.0.0.1/x"}, page="/webhooks")
    assert refused.status_code == 422 and "https://" in refused.text
    data = {"name": "Chat", "url": "https://hooks.example/x", "topics": ["escalation"]}
    made = browser.post("/webhooks", data, page="/webhooks")
    assert made.status_code == 200 and re.search(r"<code>whsec_[\w+/]+=*</code>", made.text)
    assert "whsec_" not in browser.get("/webhooks").text
    assert browser.post("/webhooks/1/test").status_code == 303
    assert "This is a test." in browser.get("/outbox").text
    assert browser.post("/webhooks/1/revoke", {"reason": "No longer used"}).status_code == 303
    assert browser.post("/webhooks/1/test").status_code == 422
    officer: Browser = browser_of("olivia")
    assert officer.get("/webhooks").status_code == 403
    page = officer.get("/my-work").text
    assert 'href="/outbox"' in page and 'href="/webhooks"' not in page, "nobody is led to a closed door"


def test_what_is_old_is_deleted_and_what_waits_stays(
    house: House, mailing: Settings, mailbox: Mailbox
) -> None:
    with clock.held_at(MORNING):
        choose(house, "ada", audit=How.DIGEST)
        tell(house, "ada", key="old")
        jobs.digest(house.database, mailing)
        jobs.mail(house.database, mailing)
        assert len(told(house)) == 2
    with clock.held_at(MORNING + timedelta(days=rules().delivery.keep_days + 1)):
        tell(house, "ada", key="new")
        jobs.forget(house.database, mailing)
    assert [item.key.partition(":")[0] for item in told(house)] == ["new"]


def test_a_webhook_needs_no_person_and_a_person_no_webhook(house: House) -> None:
    with house.acting("max") as session:
        service.add_webhook(session, AddWebhook(name="Chat", url="https://hooks.example/"))
    tell(house, "ada")
    assert sorted((bool(item.person_id), bool(item.webhook_id)) for item in told(house)) == [
        (False, True),
        (True, False),
    ]


def test_long_lists_go_on_over_pages(house: House) -> None:
    for number in range(5):
        with clock.held_at(MORNING - timedelta(days=number)):
            tell(house, "ada", key=str(number), subject=f"Thing {number}")
    with house.reading() as session:
        ada = house.actor("ada")
        first = queries.mine(session, ada, limit=2)
        rest = queries.mine(session, ada, before=first[-1].id)
    assert [item.subject[-1] for item in (*first, *rest)] == ["0", "1", "2", "3", "4"]
