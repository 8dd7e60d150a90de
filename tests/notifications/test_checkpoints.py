"""Who watches the trail gets each signed tree head, whole and once; nobody else is bothered."""

from dataclasses import replace

from governance.access.actor import INSTALLER
from governance.core import clock
from governance.core.settings import Settings
from governance.notifications import jobs
from governance.notifications.models import How
from governance.trail import checkpoints, keys
from tests.house_fixtures import House
from tests.notifications.build import choose, told
from tests.notifications.conftest import Mailbox, Receiver
from tests.notifications.test_webhooks import a_webhook
from tests.systems.build import a_system


def a_checkpoint(house: House, settings: Settings) -> str:
    signer = keys.load_or_make(settings.keys_dir, "Test House")
    with house.database.transaction(INSTALLER, source="test", last_verb="trail.checkpoint") as session:
        return checkpoints.whole_note(session, checkpoints.make(session, signer, clock.now()))


def test_who_watches_gets_each_tree_head_once_as_text_that_can_be_verified(
    house: House, mailing: Settings, mailbox: Mailbox
) -> None:
    choose(house, "victor", checkpoint=How.AT_ONCE)
    jobs.checkpoints(house.database, mailing)
    a_system(house)
    note = a_checkpoint(house, mailing)
    for _ in range(2):
        jobs.checkpoints(house.database, mailing)
        jobs.mail(house.database, mailing)
    (mail,) = mailbox.mails
    body = mail.get_body(("plain",))
    assert body is not None and note.strip() in body.get_content().replace("\r\n", "\n")
    assert [
        item for who in ("olivia", "ada", "eve") for item in told(house, who) if item.topic == "checkpoint"
    ] == []
    with house.reading() as session:
        head = checkpoints.read(session, told(house, "victor")[0].text)
    assert str(head.size) in mail["Subject"]


def test_a_webhook_gets_the_note_to_the_letter(house: House, settings: Settings, receiver: Receiver) -> None:
    inside = replace(settings, webhooks_inside=True, url="https://registry.example")
    a_webhook(house, receiver.url, ("checkpoint",))
    note = a_checkpoint(house, inside)
    jobs.checkpoints(house.database, inside)
    jobs.webhooks(house.database, inside)
    (said,) = receiver.bodies()
    assert said["data"]["text"] == note
