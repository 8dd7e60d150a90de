"""What `aims doctor` looks at."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from sqlalchemy import select

from governance import app
from governance.core.database import Database
from governance.core.errors import DomainError
from governance.core.settings import Settings
from governance.evidence.models import Evidence
from governance.evidence.store import Store
from governance.notifications.mail import Post
from governance.trail import schema, verification


def faults(settings: Settings, database: Database) -> Iterator[str]:
    """Everything that is not as it should be, one sentence each. Raises CatalogError or PolicyError for wrong files."""
    app.validate()
    if not schema.is_current(database):
        yield "The database is not at the present schema; run: aims db upgrade"
        return
    yield from (f"The schema differs from the models: {item}" for item in schema.differences(database))
    yield from _faults_of_mail(settings)
    store = Store(settings.evidence_dir)
    with database.transaction(readonly=True) as session:
        yield from verification.verify(session).faults
        for item in session.scalars(select(Evidence).where(Evidence.sha256 != "")):
            try:
                store.read_verified(item.sha256)
            except DomainError as error:
                yield f"{item.reference} ({item.filename}): {error.message}"


def _faults_of_mail(settings: Settings) -> Iterator[str]:
    if settings.mail is None:
        return
    if urlsplit(settings.url).hostname in ("127.0.0.1", "::1", "localhost"):
        yield f"Links in mails lead to {settings.url}, which is this machine only; set AIMS_URL"
    with Post(settings.mail) as post:
        if fault := post.fault():
            yield f"The mail server {settings.mail.host}:{settings.mail.port} takes no mail from us: {fault}"
