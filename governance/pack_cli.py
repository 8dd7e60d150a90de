"""`aims pack` and `aims verify`: make a sealed pack, and check one without a database."""

import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import ModuleType

import click

from governance.access.actor import Actor
from governance.audits.models import Audit
from governance.core import records
from governance.core.database import Database
from governance.core.errors import DomainError
from governance.core.settings import Settings
from governance.packs import audit_service, bag_service, service
from governance.packs.draw import rendering
from governance.packs.models import AuditPack, EvidencePack, ManagementSystemPack, Pack
from governance.packs.schemas import RequestAuditPack, RequestManagementSystemPack, RequestSystemPack
from governance.packs.verify.bag import verify_together as check
from governance.packs.verify.redrawn import redrawn
from governance.packs.verify.results import CheckResult, KnownHead
from governance.packs.verify.standalone_proofs import one_line
from governance.systems import queries as systems
from governance.systems.models import AiSystem
from governance.trail.notes import verifier

SINCE_OF_ONE = "Only the pack of one AI system says what changed since a day."


def make_one(
    database: Database,
    settings: Settings,
    actor: Actor,
    reference: str,
    purpose: str,
    folder: Path,
    as_of: date | None,
    since: date | None,
) -> Path:
    """Make the sealed pack of an AI system or of an audit, whichever the reference names, and return the file's path."""
    if not is_audit(reference):
        return make(
            database, settings, actor, reference, purpose=purpose, folder=folder, as_of=as_of, since=since
        )
    if since:
        raise DomainError(SINCE_OF_ONE)
    return make_audit(database, settings, actor, reference, purpose=purpose, folder=folder, as_of=as_of)


def make(
    database: Database,
    settings: Settings,
    actor: Actor,
    reference: str,
    *,
    purpose: str,
    folder: Path,
    as_of: date | None = None,
    since: date | None = None,
) -> Path:
    """Make the sealed pack of a system now, saying each step, and return the file's path."""
    with database.transaction(actor, source="CLI", request_id="aims pack") as session:
        system = records.get(session, AiSystem, reference)
        pack = service.request(
            session, system, RequestSystemPack(purpose=purpose, as_of=as_of, since=since), enqueue=False
        ).reference
    return _sealed(database, settings, actor, folder, service, EvidencePack, pack)


def _sealed(
    database: Database,
    settings: Settings,
    actor: Actor,
    folder: Path,
    room: ModuleType,
    kind: type[Pack],
    pack: str,
) -> Path:
    """Collect, draw, seal and keep a requested pack, saying each step; `room` has the verbs of its kind."""
    click.echo(f"{pack}: collecting the records")
    snapshot = room.read(database, actor, pack, settings)
    click.echo(f"{pack}: drawing, with {len(snapshot.trail)} trail events")
    try:
        sealed = service.make(snapshot, settings)
    except rendering.RendererDied as error:
        raise DomainError(str(error)) from error
    finally:
        rendering.close()
    path = service.write(sealed, folder)
    with database.transaction(actor, source="CLI", request_id="aims pack") as session:
        room.keep(session, records.get(session, kind, pack), sealed, path)
    click.echo(
        f"{pack}: sealed, {sealed.drawn.pages} pages, {len(snapshot.gaps)} gaps named, pack hash {sealed.drawn.pack_hash[:12]}"
    )
    return path


def make_all(
    database: Database,
    settings: Settings,
    actor: Actor,
    words: str,
    filters: Mapping[str, str],
    *,
    purpose: str,
    folder: Path,
    processes: int = 0,
    as_of: date | None = None,
) -> Path:
    """Make the pack of the management system now, saying how far it is, and return the file's path."""
    said = [f"“{words}”"] if words else []
    said += [f"{name} is {value.replace('_', ' ')}" for name, value in filters.items()]
    with database.transaction(actor, source="CLI", request_id="aims pack") as session:
        data = RequestManagementSystemPack(purpose=purpose, as_of=as_of)
        selection = ", ".join(said) or "all systems"
        pack = bag_service.request(
            session, data, words=words, filters=filters, selection=selection, enqueue=False
        ).reference
    begun = time.monotonic()

    def progress(done: int, total: int, message: str) -> None:
        left = (time.monotonic() - begun) / done * (total - done) if done else 0
        click.echo(f"{pack}: {100 * done // total:3d} %, {left:.0f} s left: {message}")

    try:
        made = bag_service.make(database, actor, settings, pack, progress, processes=processes, folder=folder)
    except (rendering.RendererDied, OSError) as error:
        raise DomainError(f"{error} What was drawn is kept; run it again to go on.") from error
    finally:
        rendering.close()
    with database.transaction(actor, source="CLI", request_id="aims pack") as session:
        bag_service.keep(session, records.get(session, ManagementSystemPack, pack), made)
    click.echo(
        f"{pack}: {made.systems} systems, {made.drawn} drawn and the others unchanged, {made.gaps} gaps named, "
        f"{made.unreadable} evidence files unreadable, pack hash {made.pack_hash[:12]}"
    )
    return made.path


def filters_of(given: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE as the register's filters. Raises DomainError for a name that it does not have."""
    found = {}
    for item in given:
        name, _, value = item.partition("=")
        if name not in {*systems.FILTERS, "state", "owner", "supplier"} or not value:
            raise DomainError(
                f"The register has no filter {item!r}; it has {', '.join(sorted(systems.FILTERS))}."
            )
        found[name] = value
    return found


def is_audit(reference: str) -> bool:
    """Whether a reference names an audit rather than an AI system."""
    return reference.upper().startswith(f"{Audit.PREFIX}-")


def make_audit(
    database: Database,
    settings: Settings,
    actor: Actor,
    reference: str,
    *,
    purpose: str,
    folder: Path,
    as_of: date | None = None,
) -> Path:
    """Make the sealed pack of an audit now, saying each step, and return the file's path."""
    with database.transaction(actor, source="CLI", request_id="aims pack") as session:
        audit = records.get(session, Audit, reference)
        data = RequestAuditPack(purpose=purpose, as_of=as_of)
        pack = audit_service.request(session, audit, data, enqueue=False).reference
    return _sealed(database, settings, actor, folder, audit_service, AuditPack, pack)


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The certificate (PEM) that must have sealed it.",
)
@click.option("--checkpoint", metavar="SIZE:ROOT", help="A tree head kept elsewhere that must agree.")
@click.option(
    "--checkpoint-key",
    "checkpoint_keys",
    multiple=True,
    metavar="NAME+ID+KEY",
    help="A key of the registry or of a witness that must have signed the checkpoint.",
)
@click.option(
    "--redraw", is_flag=True, help="Also draw the pages again from the records inside, and compare the bytes."
)
def verify(
    files: tuple[Path, ...],
    certificate: Path | None,
    checkpoint: str | None,
    checkpoint_keys: tuple[str, ...],
    redraw: bool,
) -> None:
    """Check packs offline, one line a check; several are also checked together, for one trail that only grew.

    Exits with 1 if anything fails, with 2 if nothing fails and something could not be proven (marked ?).
    """
    head = _head(checkpoint) if checkpoint else None
    trusted = certificate.read_bytes() if certificate else None
    keys = tuple(verifier(text) for text in checkpoint_keys)
    alone, together = check(files, trusted_certificate=trusted, checkpoint=head, checkpoint_keys=keys)
    if redraw:
        for path, results in zip(files, alone, strict=True):
            if all(result.passed for result in results):
                results.append(redrawn(path))
        rendering.close()
    for name, results in (*zip(map(str, files), alone, strict=True), ("Together", together)):
        if results:
            click.echo(one_line(name))
        for result in results:
            click.echo(line(result))
    everything = [*together, *(result for results in alone for result in results)]
    if not all(result.passed for result in everything):
        click.echo("NOT VERIFIED: do not rely on what is marked FAIL.", err=True)
        sys.exit(1)
    if any(result.is_open for result in everything):
        click.echo("Nothing fails, but what is marked ? is not proven.", err=True)
        sys.exit(2)
    click.echo("Verified.")


def line(result: CheckResult) -> str:
    """One check as one line."""
    mark = {"passed": "ok  ", "failed": "FAIL", "open": "?   "}[result.word]
    return f"  {mark}  {result.name}: {result.detail}"


def _head(text: str) -> KnownHead:
    size, _, root = text.partition(":")
    if not size.isdigit() or len(root) != 64:
        raise DomainError(f"{text!r} is no checkpoint; it looks like 1234:<64 hexadecimal digits>.")
    return KnownHead(int(size), root.lower())
