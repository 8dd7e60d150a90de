"""Mails: in the language of the person, with title and reference of a record and nothing else of it."""

from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr

from governance.core import clock
from governance.core.settings import MailSettings, Settings
from governance.notifications import topics, unsubscribing
from governance.notifications.models import Notification
from governance.notifications.outbox import Parcel
from governance.notifications.topics import TOPICS
from governance.web import i18n

_WHOLE = frozenset({"list-unsubscribe", "message-id"})


class _Whole(EmailPolicy):
    """Headers that hold one long word stay on a line: folded, an address would be encoded and dead (RFC 2047 allows neither)."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _WHOLE:
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


# Seven bits, as not every server on the way takes eight.
_POLICY = _Whole(linesep="\r\n", cte_type="7bit")


def letter(settings: Settings, mail: MailSettings, parcel: Parcel) -> EmailMessage:
    """The mail of a claimed notification. Its Message-ID is the same at every attempt, so that readers drop a second copy."""
    row, say = parcel.row, i18n.catalogue(parcel.language).say_sentence
    assert row.person is not None
    message = EmailMessage(policy=_POLICY)
    message["Subject"] = say(row.subject)
    message["From"] = mail.sender
    message["To"] = row.person.email
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{row.uid}@{parseaddr(mail.sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    link = ""
    if not topics.mandatory(row.topic):
        # RFC 8058: a POST to this address is enough, without signing in and without asking back.
        link = f"{settings.url}/unsubscribe/{unsubscribing.token(settings, row.person.id, row.topic)}"
        message["List-Unsubscribe"] = f"<{link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(_body(settings, parcel, link))
    return message


def _body(settings: Settings, parcel: Parcel, link: str) -> str:
    row, say = parcel.row, i18n.catalogue(parcel.language).say_sentence
    parts = [_about(settings, item, parcel.language) for item in (parcel.members or (row,))]
    foot = [
        say(f"This is a mail of the AIMS Registry of {settings.organisation}; nobody reads answers to it.")
    ]
    if topics.mandatory(row.topic):
        foot += [say("You cannot unsubscribe from it:"), say(TOPICS[row.topic].mandatory)]
    elif link:
        foot.append(say(f"Unsubscribe from “{say(topics.title(row.topic))}”:") + f"\n{link}")
    foot.append(say("Choose what you are told, and how:") + f"\n{settings.url}/notifications/settings")
    return "\n\n".join([*parts, "-- \n" + "\n".join(foot)]) + "\n"


def _about(settings: Settings, item: Notification, language: str) -> str:
    say = i18n.catalogue(language).say_sentence
    lines = [say(item.subject), say(item.text) if item.text else "", f"{settings.url}{item.path}"]
    return "\n".join(line for line in lines if line)
