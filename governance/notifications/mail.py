"""The way to the mail server (RFC 5321): which failures pass and which are for good."""

import smtplib
import ssl
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from governance.core.settings import MailSettings
from governance.notifications.models import Delivery
from governance.notifications.outbox import SENT, Outcome

_TIMEOUT_SECONDS = 30


class Post:
    """One connection to the mail server, opened at the first mail and used for all mails of a round."""

    def __init__(self, settings: MailSettings) -> None:
        self.settings = settings
        self.is_down = False
        """Whether the server does not answer or does not let us in, so that more mails would fail alike."""
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            try:
                self._connection.quit()
            except (OSError, smtplib.SMTPException):
                self._connection.close()

    def send(self, message: EmailMessage) -> Outcome:
        """Hand one mail to the server. A refused recipient or mail (5xx) is for good; everything else may pass."""
        try:
            connection = self._connection = self._connection or self._open()
        except (OSError, smtplib.SMTPException) as error:
            self.is_down = True
            return Outcome(Delivery.FAILED, f"The mail server: {_plain(error)}")
        try:
            connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            return _refusal(code, said)
        except smtplib.SMTPDataError as error:
            return _refusal(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            self.is_down = True
            return Outcome(Delivery.FAILED, f"The mail server: {_plain(error)}")
        return SENT

    def fault(self) -> str:
        """Why the server would not take a mail from us now, or an empty text. Nothing is sent."""
        try:
            self._connection = self._open()
        except (OSError, smtplib.SMTPException) as error:
            return _plain(error)
        return ""

    def _open(self) -> smtplib.SMTP:
        where = self.settings
        trusted = ssl.create_default_context()
        connection = (
            smtplib.SMTP_SSL(where.host, where.port, timeout=_TIMEOUT_SECONDS, context=trusted)
            if where.security == "tls"
            else smtplib.SMTP(where.host, where.port, timeout=_TIMEOUT_SECONDS)
        )
        try:
            if where.security == "starttls":
                connection.starttls(context=trusted)
            if where.user:
                connection.login(where.user, where.password)
        except (OSError, smtplib.SMTPException):
            connection.close()
            raise
        return connection


def _refusal(code: int, said: bytes | str) -> Outcome:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return Outcome(Delivery.GIVEN_UP if code >= 500 else Delivery.FAILED, f"The mail server: {code} {words}")


def _plain(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return f"{error.smtp_code} {words}"
    return str(error) or type(error).__name__
