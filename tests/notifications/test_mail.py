"""Mails: written with the event, sent to a real server, repeated when that can help, and never more than the title."""

import re
import ssl
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from governance import diagnosis
from governance.core import clock, records
from governance.core.errors import Refused
from governance.core.settings import Settings, SettingsError, load
from governance.improvement import service as improvement
from governance.improvement.schemas import RecordFinding
from governance.notifications import jobs, service
from governance.notifications.models import Delivery, How
from governance.notifications.schemas import ChooseTopics
from governance.systems.models import AiSystem
from governance.worker import start
from tests.cast import CAST
from tests.house_fixtures import House
from tests.notifications.build import a_finding, states, tell, told
from tests.notifications.conftest import Mailbox, a_certificate, free_port, with_mail
from tests.systems.build import a_system, requested

MORNING = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def test_a_mail_says_title_reference_and_link_and_nothing_else(
    house: House, mailing: Settings, mailbox: Mailbox
) -> None:
    """No personal content leaves the house by mail."""
    with house.acting("owen") as session:
        service.choose(session, ChooseTopics(choices={"finding": How.AT_ONCE}, language="en"))
    finding = a_finding(house)
    jobs.mail(house.database, mailing)
    (mail,) = mailbox.mails
    assert mailbox.recipients == [CAST["owen"].email] == [mail["To"]]
    assert mail["Subject"] == f"A finding on your system: No sample sizes ({finding})"
    body = mail.get_content().replace("\r\n", "\n")
    assert f"https://registry.example/findings/{finding}\n" in body
    # RFC 8058: both headers, and whole addresses in them.
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].startswith("<https://registry.example/unsubscribe/")
    assert "Table 3" not in body and "Owen" not in body and "Ada" not in body
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Message-ID"].endswith("@registry.example>")
    assert states(house) == [Delivery.SENT]
    jobs.mail(house.database, mailing)
    assert len(mailbox.mails) == 1


def test_a_title_of_two_lines_is_no_header_of_its_own_and_keeps_no_mail_back(
    house: House, mailing: Settings, mailbox: Mailbox
) -> None:
    with house.acting("owen") as session:
        service.choose(session, ChooseTopics(choices={"finding": How.AT_ONCE}, language="en"))
    finding = a_finding(house, "No sample\nBcc: everybody@example.org")
    jobs.mail(house.database, mailing)
    (mail,) = mailbox.mails
    said = f"A finding on your system: No sample Bcc: everybody@example.org ({finding})"
    assert (mail["Subject"].strip(), mail["Bcc"]) == (said, None)
    assert mailbox.recipients == [CAST["owen"].email] and states(house) == [Delivery.SENT]


def test_what_is_rolled_back_was_told_to_nobody(house: House) -> None:
    system = a_system(house)
    with pytest.raises(Refused, match="not today"), house.acting("ada") as session:
        data = RecordFinding(title="No sample sizes", grade="observation")
        improvement.record_finding(session, records.get(session, AiSystem, system), data)
        raise Refused("not today")
    assert told(house) == []


def test_everybody_who_could_sign_is_told_but_not_who_asked(house: House) -> None:
    from tests.systems.build import a_classification

    system = a_system(house)
    a_classification(house, system)
    asked = requested(house, system) or requested(house, "CLS-0001")
    wanted = [item for item in told(house) if item.topic == "signature"]
    assert asked and wanted
    assert {item.how for item in wanted} == {How.AT_ONCE}
    by_id = {house.id_of(who): who for who in CAST}
    assert "victor" not in {by_id[item.person_id] for item in wanted if item.person_id}


def test_a_refused_recipient_is_for_good_and_others_still_get_theirs(
    house: House, mailing: Settings, mailbox: Mailbox
) -> None:
    mailbox.refused[CAST["ada"].email] = "550 No such mailbox here"
    tell(house, "ada", "owen")
    jobs.mail(house.database, mailing)
    by_person = {item.person_id: item for item in told(house)}
    refused, sent = by_person[house.id_of("ada")], by_person[house.id_of("owen")]
    assert (refused.state, sent.state) == (Delivery.GIVEN_UP, Delivery.SENT)
    assert "550 No such mailbox here" in refused.last_error
    with clock.held_at(clock.now() + timedelta(days=2)):
        jobs.mail(house.database, mailing)
    assert mailbox.recipients == [CAST["owen"].email]


def test_a_server_that_says_later_is_asked_again_after_ever_longer_waits(
    house: House, mailing: Settings, mailbox: Mailbox
) -> None:
    mailbox.answer = "451 Try again later"
    now = MORNING
    waits = []
    with clock.held_at(now):
        tell(house, "ada")
    for _ in range(14):
        with clock.held_at(now):
            jobs.mail(house.database, mailing)
            jobs.mail(house.database, mailing)
            (item,) = told(house)
            waits.append((item.not_before - now).total_seconds())
            now = item.not_before
    assert waits[:5] == [60, 120, 240, 480, 960] and max(waits) == 6 * 3600
    assert (item.state, item.attempts) == (Delivery.GIVEN_UP, 14) and "451 Try again later" in item.last_error
    mailbox.answer = "250 OK"
    with house.acting("max") as session:
        service.send_again(session, session.merge(item))
    jobs.mail(house.database, mailing)
    assert states(house) == [Delivery.SENT] and len(mailbox.mails) == 1


def test_a_server_that_is_down_costs_one_attempt_of_one_mail_a_round(
    house: House, settings: Settings, mailbox: Mailbox
) -> None:
    tell(house, "ada", "owen", "prue")
    jobs.mail(house.database, with_mail(settings, free_port()))
    assert sorted(states(house)) == [Delivery.FAILED, Delivery.QUEUED, Delivery.QUEUED]
    assert "refused" in next(item.last_error for item in told(house) if item.last_error).lower()
    with clock.held_at(clock.now() + timedelta(minutes=2)):
        jobs.mail(house.database, with_mail(settings, mailbox.port))
    assert set(states(house)) == {Delivery.SENT} and len(mailbox.mails) == 3


def test_without_a_mail_server_the_list_works_and_nothing_is_sent_later(
    house: House, settings: Settings, mailing: Settings, mailbox: Mailbox
) -> None:
    tell(house, "ada")
    jobs.mail(house.database, settings)
    (item,) = told(house, "ada")
    assert (item.state, item.last_error) == (Delivery.LISTED, "No mail server is set.")
    jobs.mail(house.database, mailing)
    assert mailbox.mails == []


def test_a_worker_that_was_off_for_long_does_not_flood_people(
    house: House, mailing: Settings, mailbox: Mailbox
) -> None:
    with clock.held_at(MORNING):
        tell(house, "ada")
    with clock.held_at(MORNING + timedelta(days=8)):
        jobs.mail(house.database, mailing)
    assert states(house) == [Delivery.LISTED] and mailbox.mails == []


def test_who_left_gets_no_mail(house: House, mailing: Settings, mailbox: Mailbox) -> None:
    from governance.access import queries as people
    from governance.access import service as access
    from governance.access.schemas import Leave

    tell(house, "ada")
    with house.acting("max") as session:
        ada = people.person(session, house.id_of("ada"))
        access.leave(session, ada, Leave(left_on=clock.today(), reason="retired", version=ada.version))
    jobs.mail(house.database, mailing)
    assert states(house) == [Delivery.LISTED] and mailbox.mails == []
    tell(house, "ada", key="later")
    assert len(told(house)) == 1


def test_mails_are_in_the_language_of_the_person(house: House, mailing: Settings, mailbox: Mailbox) -> None:
    with house.acting("owen") as session:
        service.choose(session, ChooseTopics(choices={"finding": How.AT_ONCE}, language="de"))
    finding = a_finding(house)
    jobs.mail(house.database, mailing)
    (mail,) = mailbox.mails
    assert mail["Subject"] == f"Eine Feststellung zu Ihrem System: No sample sizes ({finding})"
    assert "Wählen Sie, was Ihnen mitgeteilt wird" in mail.get_content()


def test_a_title_cannot_write_headers(house: House, mailing: Settings, mailbox: Mailbox) -> None:
    tell(house, "ada", subject="An audit\r\nBcc: everybody@example.org\r\n\r\nHello")
    jobs.mail(house.database, mailing)
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None and mailbox.recipients == [CAST["ada"].email]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"AIMS_SMTP_HOST": "mx", "AIMS_SMTP_SECURITY": "ssl"}, "AIMS_SMTP_SECURITY"),
        ({"AIMS_SMTP_HOST": "mx"}, "AIMS_SMTP_FROM"),
        ({"AIMS_SMTP_HOST": "mx", "AIMS_SMTP_FROM": "a@b.example", "AIMS_SMTP_PORT": "x"}, "AIMS_SMTP_PORT"),
        ({"AIMS_URL": "registry.example"}, "AIMS_URL"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(wrong: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load(wrong)


def test_settings_of_mail_keep_the_password_out_of_sight() -> None:
    given = load(
        {"AIMS_SMTP_HOST": "mx.example", "AIMS_SMTP_FROM": "AIMS <a@b.example>", "AIMS_SMTP_PASSWORD": "hush"}
    )
    assert given.mail is not None and (given.mail.port, given.mail.password) == (587, "hush")
    assert "hush" not in repr(given)


def test_the_running_worker_sends_by_itself(house: House, mailing: Settings, mailbox: Mailbox) -> None:
    arrived = threading.Event()
    keep = mailbox.handle_DATA

    async def handle_data(*arguments):
        answer = await keep(*arguments)
        arrived.set()
        return answer

    mailbox.handle_DATA = handle_data
    tell(house, "ada")
    alarm_clock = start(house.database, mailing)
    try:
        assert arrived.wait(20)
    finally:
        alarm_clock.shutdown(wait=True)
    assert states(house) == [Delivery.SENT]


def test_over_starttls_with_a_password_and_never_to_a_server_that_nobody_vouches_for(
    house: House, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = a_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    box, seen = Mailbox(port=free_port()), []

    def let_in(server, session, envelope, mechanism, given) -> AuthResult:
        seen.append((given.login, given.password, session.ssl is not None))
        return AuthResult(success=given.password == b"hush", handled=False)

    server = Controller(
        box, hostname="127.0.0.1", port=box.port, tls_context=context, require_starttls=True, authenticator=let_in
    )  # fmt: skip
    server.start()
    try:
        tell(house, "ada")
        given = with_mail(settings, box.port, security="starttls", user="aims", password="hush")
        jobs.mail(house.database, given)
        assert states(house) == [Delivery.FAILED] and "certificate" in told(house)[0].last_error.lower()
        assert box.mails == [] and seen == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        for password, state in (("wrong", Delivery.FAILED), ("hush", Delivery.SENT)):
            with house.acting("max") as session:
                service.send_again(session, session.merge(told(house)[0]))
            jobs.mail(house.database, with_mail(settings, box.port, security="starttls", user="aims", password=password))  # fmt: skip
            assert states(house) == [state]
    finally:
        server.stop()
    # The library tries each way that the server offers.
    assert set(seen) == {(b"aims", b"wrong", True), (b"aims", b"hush", True)} and len(box.mails) == 1


def test_long_titles_fold_and_long_addresses_do_not(
    house: House, mailing: Settings, mailbox: Mailbox
) -> None:
    """RFC 5322: lines of 78 signs; RFC 2369: an address in angle brackets stays whole all the same."""
    title = "Prüfung der Übertragbarkeit über Häuser hinweg, mit allem, was dazugehört, " * 4
    tell(house, "ada", subject=title)
    jobs.mail(
        house.database, replace(mailing, url="https://registry.a-hospital-with-a-very-long-name.example/aims")
    )
    (mail,) = mailbox.mails
    assert mail["Subject"] == " ".join(title.split())
    raw = mailbox.raw[0].decode("ascii")
    words = re.findall(r"=\?utf-8\?\S+", raw)
    assert len(words) > 4 and max(map(len, words)) < 78
    assert re.search(r"^List-Unsubscribe: <https://registry\S+/unsubscribe/\S+>\r?$", raw, re.MULTILINE)
    assert re.search(r"^Message-ID: <\S+@registry\.example>\r?$", raw, re.MULTILINE)


def test_the_doctor_tries_the_mail_server_and_looks_at_the_links(
    house: House, settings: Settings, mailing: Settings, mailbox: Mailbox
) -> None:
    assert list(diagnosis.faults(mailing, house.database)) == []
    wrong = replace(with_mail(settings, free_port()), url="http://127.0.0.1:8042")
    links, server = diagnosis.faults(wrong, house.database)
    assert "set AIMS_URL" in links and "refused" in server
    assert mailbox.mails == []
