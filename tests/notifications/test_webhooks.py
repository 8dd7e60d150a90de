"""Webhooks: a real receiver checks the signature with the library of the standard; nothing leads inside."""

import ssl
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Checker
from standardwebhooks import WebhookVerificationError

from governance.core import clock
from governance.core.errors import Forbidden, Refused
from governance.core.settings import Settings
from governance.notifications import addresses, hooks, jobs, queries, service
from governance.notifications.models import Delivery, Webhook
from governance.notifications.schemas import AddWebhook, RevokeWebhook
from tests.house_fixtures import House
from tests.notifications.build import a_finding, tell, told
from tests.notifications.conftest import Receiver, a_certificate, free_port


@pytest.fixture
def inside(settings: Settings) -> Settings:
    """An installation that allows webhooks on its own machine."""
    return replace(settings, webhooks_inside=True, url="https://registry.example")


def a_webhook(house: House, url: str, topics: tuple[str, ...] = ()) -> Webhook:
    with house.acting("max") as session:
        data = AddWebhook(name="Chat", url=url, topics=list(topics))
        return service.add_webhook(session, data, inside=True)


def test_a_webhook_gets_what_happens_with_a_signature_that_the_library_accepts(
    house: House, inside: Settings, receiver: Receiver
) -> None:
    hook = a_webhook(house, receiver.url)
    finding = a_finding(house)
    jobs.webhooks(house.database, inside)
    secret = hooks.secret_of(inside, hook)
    assert secret.startswith("whsec_")
    ((headers, body),) = receiver.calls
    said = Checker(secret).verify(body, headers)
    assert said["type"] == "aims.finding"
    assert said["data"] == {
        "reference": finding,
        "subject": f"A finding on your system: No sample sizes ({finding})",
        "text": "",
        "late": False,
        "url": f"https://registry.example/findings/{finding}",
    }
    with pytest.raises(WebhookVerificationError):
        Checker(secret).verify(body.replace(b"No sample", b"No simple"), headers)
    with pytest.raises(WebhookVerificationError):
        other = a_webhook(house, receiver.url)
        Checker(hooks.secret_of(inside, other)).verify(body, headers)
    jobs.webhooks(house.database, inside)
    assert len(receiver.calls) == 1


def test_it_is_tried_again_with_the_same_id_and_a_new_signature(
    house: House, inside: Settings, receiver: Receiver
) -> None:
    hook = a_webhook(house, receiver.url)
    tell(house, "ada")
    receiver.status = 503
    jobs.webhooks(house.database, inside)
    (row,) = [item for item in told(house) if item.webhook_id]
    assert (row.state, row.last_error) == (Delivery.FAILED, "The webhook answered 503.")
    receiver.status = 200
    with clock.held_at(clock.now() + timedelta(seconds=61)):
        jobs.webhooks(house.database, inside)
    first, second = (headers for headers, _ in receiver.calls)
    assert first["webhook-id"] == second["webhook-id"] == f"msg_{row.uid}"
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    for headers, body in receiver.calls:
        Checker(hooks.secret_of(inside, hook)).verify(body, headers)


def test_only_the_topics_that_it_wants(house: House, inside: Settings, receiver: Receiver) -> None:
    a_webhook(house, receiver.url, ("escalation",))
    tell(house, "ada", topic="audit", key="one")
    tell(house, "ada", topic="escalation", key="two")
    jobs.webhooks(house.database, inside)
    assert [body["type"] for body in receiver.bodies()] == ["aims.escalation"]


def test_redirects_are_not_followed(house: House, inside: Settings, receiver: Receiver) -> None:
    a_webhook(house, receiver.url)
    receiver.status, receiver.headers = 302, {"Location": receiver.url.replace("room=4", "elsewhere")}
    tell(house, "ada")
    jobs.webhooks(house.database, inside)
    assert len(receiver.calls) == 1
    assert next(item for item in told(house) if item.webhook_id).last_error == "The webhook answered 302."


def test_one_that_says_it_is_gone_is_revoked_and_the_trail_knows(
    house: House, inside: Settings, receiver: Receiver
) -> None:
    hook = a_webhook(house, receiver.url)
    receiver.status = 410
    for key in ("one", "two"):
        tell(house, "ada", key=key)
    jobs.webhooks(house.database, inside)
    assert len(receiver.calls) == 1
    with house.reading() as session:
        assert queries.webhook(session, hook.id).revoked_reason == "It answered 410 Gone."
        assert [item.last_error for item in queries.outbox(session) if item.webhook_id] == [
            "The webhook is revoked.",
            "The webhook answered 410 Gone and is revoked.",
        ]


def test_nobody_at_the_other_end_is_tried_again(house: House, inside: Settings) -> None:
    a_webhook(house, f"http://127.0.0.1:{free_port()}/")
    tell(house, "ada")
    jobs.webhooks(house.database, inside)
    row = next(item for item in told(house) if item.webhook_id)
    assert row.state is Delivery.FAILED and "refused" in row.last_error


def test_a_slow_answer_is_cut_off(
    house: House, inside: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket
    import threading

    monkeypatch.setattr(hooks, "_LONGEST_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        held = []
        thread = threading.Thread(target=lambda: held.append(silent.accept()[0]))
        thread.start()
        a_webhook(house, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        tell(house, "ada")
        jobs.webhooks(house.database, inside)
        thread.join()
        held[0].close()
    assert next(item for item in told(house) if item.webhook_id).state is Delivery.FAILED


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/", "ftp://hooks.example/", "https://", "https://127.0.0.1/", "https://10.1.2.3/x",
        "https://169.254.169.254/latest/meta-data", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fd00::1]/",
        "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://user:word@hooks.example/", "https://hooks.example/#x",
        "https://hooks.example:0/", "https://hooks.example:99999/", "https://0.0.0.0/", "https://224.0.0.1/", "javascript:1",
    ],
)  # fmt: skip
def test_addresses_inside_or_without_https_are_refused(house: House, url: str) -> None:
    with pytest.raises(Refused), house.acting("max") as session:
        service.add_webhook(session, AddWebhook(name="Chat", url=url))


@pytest.mark.parametrize(
    "url", ["https://hooks.example/x?y=1", "https://8.8.8.8/", "https://[2606:4700::1]:8443/x"]
)
def test_addresses_on_the_open_internet_are_taken(url: str) -> None:
    assert addresses.objection(url, inside=False) == ""


def test_a_name_that_leads_inside_is_refused_when_it_is_used(
    house: House, settings: Settings, receiver: Receiver
) -> None:
    """What a name leads to can change after it was registered."""
    with house.acting("max") as session:
        url = receiver.url.replace("http://127.0.0.1", "https://localhost")
        service.add_webhook(session, AddWebhook(name="Chat", url=url))
    tell(house, "ada")
    jobs.webhooks(house.database, settings)
    row = next(item for item in told(house) if item.webhook_id)
    assert (row.state, row.last_error) == (Delivery.GIVEN_UP, addresses.INSIDE) and receiver.calls == []


def test_each_kind_of_inside_is_seen() -> None:
    inside = (
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "fe80::1",
        "::",
        "ff02::1",
        "2001::1",
    )
    assert [item for item in inside if addresses.is_outside(ip_address(item))] == []


def test_a_revoked_webhook_is_told_nothing(house: House, inside: Settings, receiver: Receiver) -> None:
    hook = a_webhook(house, receiver.url)
    tell(house, "ada", key="before")
    with house.acting("max") as session:
        service.revoke_webhook(session, session.merge(hook), RevokeWebhook(reason="No longer used"))
    tell(house, "ada", key="after")
    jobs.webhooks(house.database, inside)
    assert receiver.calls == [] and len([item for item in told(house) if item.webhook_id]) == 1


@pytest.mark.parametrize("who", ["olivia", "owen", "victor"])
def test_webhooks_are_for_administrators(house: House, who: str) -> None:
    with pytest.raises(Forbidden, match="administrator"), house.acting(who) as session:
        service.add_webhook(session, AddWebhook(name="Chat", url="https://hooks.example/"))


def test_the_secret_stands_neither_in_the_database_nor_in_the_trail(house: House, inside: Settings) -> None:
    hook = a_webhook(house, "https://hooks.example/")
    with house.reading() as session:
        from governance.trail.models import TrailEvent

        bodies = " ".join(event.body for event in session.query(TrailEvent))
    assert "webhooks.add" in bodies and hook.nonce not in bodies
    assert hooks.secret_of(inside, hook) not in bodies and hook.nonce not in hooks.secret_of(inside, hook)


def test_over_https_only_to_somebody_who_can_prove_who_they_are(
    house: House, inside: Settings, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = a_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    assert receiver.server is not None
    plain = receiver.server.socket
    # A shake of hands that fails is no error of the receiver's loop.
    receiver.server.socket = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
    a_webhook(house, receiver.url.replace("http://", "https://"))
    tell(house, "ada")
    jobs.webhooks(house.database, inside)
    row = next(item for item in told(house) if item.webhook_id)
    assert row.state is Delivery.FAILED and "certificate" in row.last_error.lower() and receiver.calls == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with clock.held_at(clock.now() + timedelta(seconds=61)):
        jobs.webhooks(house.database, inside)
    assert len(receiver.calls) == 1 and receiver.calls[0][0]["host"] == receiver.url.split("/")[2]
