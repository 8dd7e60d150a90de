"""What runs by itself: reminders, digests, and sending what stands in the outbox."""

from datetime import datetime
from zoneinfo import ZoneInfo

from governance.access.actor import SCHEDULER
from governance.core import clock
from governance.core.database import Database
from governance.core.settings import Settings
from governance.jobs.registry import errand
from governance.jobs.service import worker_name
from governance.notifications import hooks, outbox, queries, reminders, service
from governance.notifications.catalogue import rules
from governance.notifications.letters import letter
from governance.notifications.mail import Post
from governance.notifications.schemas import RevokeWebhook
from governance.notifications.service import News
from governance.trail import checkpoints as trail

_REVOKED = "It answered 410 Gone."


@errand("notifications.remind", every_seconds=1800)
def remind(database: Database, settings: Settings) -> None:
    """Tell what falls due. Everything is read before the transaction that writes, which would let others wait."""
    with database.transaction(readonly=True) as session:
        told = reminders.wanted(session, _local(settings).date())
        if not service.would_tell(session, told):
            return
    with database.transaction(SCHEDULER, source="scheduler", request_id="notifications.remind") as session:
        service.tell_all(session, told)


@errand("notifications.checkpoints", every_seconds=300)
def checkpoints(database: Database, settings: Settings) -> None:
    """Give the newest checkpoint of the trail to who watches it, people and webhooks: once each, its whole text."""
    del settings
    with database.transaction(readonly=True) as session:
        newest = trail.listing(session, limit=1)
        if not newest:
            return
        checkpoint = newest[0][0]
        news = News(
            "checkpoint",
            f"Tree head of the audit trail after {checkpoint.size} events",
            key=f"checkpoint:{checkpoint.id}",
            path=f"/trail/checkpoints/{checkpoint.id}",
            text=trail.whole_note(session, checkpoint),
        )
        told = [(queries.who_chose(session, news.topic), news)]
        if not service.would_tell(session, told):
            return
    with database.transaction(
        SCHEDULER, source="scheduler", request_id="notifications.checkpoints"
    ) as session:
        service.tell_all(session, told)


@errand("notifications.digest", every_seconds=300)
def digest(database: Database, settings: Settings) -> None:
    """From the hour of the configuration on, one mail a day to each person for whom something waits."""
    local = _local(settings)
    if settings.mail is None or local.hour < rules().digest_hour:
        return
    day = local.date().isoformat()
    with database.transaction(readonly=True) as session:
        waiting = queries.waiting_for_digest(session)
    for person_id in waiting:
        with database.transaction(SCHEDULER, source="scheduler") as session:
            subject = f"What you were told up to {day}"
            service.open_digest(session, person_id, f"digest:{day}:{person_id}", subject)


@errand("notifications.mail", every_seconds=10)
def mail(database: Database, settings: Settings) -> None:
    """Send mails that are due, one after the other, until none is left or the server is down."""
    if settings.mail is None:
        outbox.list_only(database)
        return
    worker = worker_name()
    with Post(settings.mail) as post:
        while not post.is_down and (parcel := outbox.claim(database, worker, outbox.to_people())):
            outcome = outbox.unsendable(parcel) or post.send(letter(settings, settings.mail, parcel))
            outbox.finish(database, worker, parcel, outcome)


@errand("notifications.webhooks", every_seconds=10)
def webhooks(database: Database, settings: Settings) -> None:
    """Send what is due to webhooks; one that answers that it is gone is revoked."""
    worker = worker_name()
    while parcel := outbox.claim(database, worker, outbox.to_webhooks()):
        outcome = outbox.unsendable(parcel) or hooks.deliver(settings, parcel)
        outbox.finish(database, worker, parcel, outcome)
        if outcome == hooks.IS_GONE and parcel.row.webhook_id is not None:
            with database.transaction(SCHEDULER, source="scheduler") as session:
                hook = queries.webhook(session, parcel.row.webhook_id)
                if hook.revoked_at is None:
                    service.revoke_webhook(session, hook, RevokeWebhook(reason=_REVOKED))


@errand("notifications.forget", every_seconds=86_400)
def forget(database: Database, settings: Settings) -> None:
    """Delete what was told long ago."""
    outbox.forget(database)


def _local(settings: Settings) -> datetime:
    return clock.now().astimezone(ZoneInfo(settings.zone))
