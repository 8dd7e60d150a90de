"""The console command `aims`."""

import logging
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TextIO

import click
from sqlalchemy.orm import Session

from governance import (
    __version__,
    demo,
    demo_people,
    diagnosis,
    import_cli,
    pack_cli,
    rooms,
    seal_cli,
    serving,
)
from governance.access import queries as people
from governance.access import service as access
from governance.access.actor import INSTALLER, Actor
from governance.access.policy import PolicyError
from governance.access.schemas import AddPerson
from governance.core import clock
from governance.core.catalogs import CatalogError
from governance.core.database import Database
from governance.core.errors import DomainError, Refused
from governance.core.settings import Settings, SettingsError, load
from governance.packs.verify.bag import checkpoint_of
from governance.packs.verify.pdf import verify as verify_pack
from governance.packs.verify.standalone_proofs import one_line
from governance.trail import checkpoints, keys, present, schema, verification

_ADMINISTRATOR = "administrator@localhost"


class _Aims(click.Group):
    """Turns every refusal into one line on standard error and exit code 1."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (DomainError, SettingsError, CatalogError, PolicyError) as error:
            click.echo(f"aims: {error}", err=True)
            for gap in getattr(error, "gaps", ()):
                click.echo(
                    f"  - {gap.title} ({gap.clause}){': ' + gap.detail if gap.detail else ''} → {gap.fix}",
                    err=True,
                )
            sys.exit(1)


@click.group(cls=_Aims)
@click.version_option(__version__, prog_name="aims")
def main() -> None:
    """AIMS Registry: AI governance that an auditor can check."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for noisy in ("weasyprint", "fontTools", "pyhanko", "pyhanko_certvalidator", "alembic", "waitress.queue"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    rooms.open_all()


def opened() -> tuple[Settings, Database]:
    """Settings and the database at the present schema, created where there is none."""
    settings = load()
    database = Database(settings.database_url)
    schema.upgrade(database)
    return settings, database


def existing() -> Database:
    """The database as it is, without making or upgrading one. Raises Refused if there is none."""
    settings = load()
    database = Database(settings.database_url)
    if not database.is_there() or not schema.is_current(database):
        raise Refused(
            f"There is no registry at the present schema in {settings.data_dir}; run: aims db upgrade"
        )
    click.get_current_context().call_on_close(database.dispose)
    return database


def acting(database: Database, email: str | None) -> Actor:
    """Who acts on the command line: the person named, or the only compliance officer."""
    with database.transaction(readonly=True) as session:
        if email:
            person = people.by_email(session, email)
            if person is None or not person.is_active:
                raise Refused(f"Nobody active has the address {email}.")
            return people.actor_for(person)
        officers = people.with_role(session, "compliance_officer")
        if not officers:
            raise Refused(
                "There is no compliance officer yet; add one with: aims user add --role compliance_officer …"
            )
        return people.actor_for(officers[0])


@main.command()
@click.option("--host", help="Address to listen on; AIMS_HOST otherwise.")
@click.option("--port", type=int, help="Port to listen on; AIMS_PORT otherwise.")
@click.option("--worker/--no-worker", default=True, help="Whether this process also does jobs and schedules.")
def serve(host: str | None, port: int | None, worker: bool) -> None:
    """Serve the site, with the worker in the same process."""
    settings, database = opened()
    _first_start(database)
    serving.run(settings, database, host or settings.host, port or settings.port, with_worker=worker)


def _first_start(database: Database) -> None:
    with database.transaction(readonly=True) as session:
        if not people.is_empty(session):
            return
    with database.transaction(INSTALLER, source="CLI") as session:
        data = AddPerson(name="Administrator", email=_ADMINISTRATOR, roles=["administrator"])
        one_time = access.reset_password(session, access.add_person(session, data))
    click.echo("First start. Sign in once with these, then choose your own password and add people:")
    click.echo(f"  address   {_ADMINISTRATOR}\n  password  {one_time}")


@main.command()
def worker() -> None:
    """Do jobs and schedules without serving the site (scale-out)."""
    settings, database = opened()
    serving.run_worker(settings, database)


@main.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the present schema and put the guards in place."""
    opened()
    click.echo("The database is at the present schema.")


@main.command()
def doctor() -> None:
    """Look whether everything is as it should be: configuration, schema, guards, trail, evidence files, worker."""
    settings, database = load(), existing()
    _end_if_wrong(list(diagnosis.faults(settings, database)))
    click.echo("All is well: configuration, schema, guards, trail, evidence files.")


@main.group()
def user() -> None:
    """People."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, required=True)
def user_add(email: str, name: str, roles: tuple[str, ...]) -> None:
    """Add a person and print their one-time password."""
    _, database = opened()
    with database.transaction(INSTALLER, source="CLI") as session:
        data = AddPerson(name=name, email=email, roles=list(roles))
        one_time = access.reset_password(session, access.add_person(session, data))
    click.echo(f"{name} can sign in as {email} with the one-time password {one_time}")


@user.command("reset-password")
@click.argument("email")
def user_reset(email: str) -> None:
    """Give a person a new one-time password and print it."""
    _, database = opened()
    with database.transaction(INSTALLER, source="CLI") as session:
        person = people.by_email(session, email)
        if person is None:
            raise Refused(f"Nobody has the address {email}.")
        click.echo(f"One-time password of {person.name}: {access.reset_password(session, person)}")


@main.group()
def trail() -> None:
    """The audit trail."""


@trail.command("verify")
@click.option(
    "--checkpoint",
    "kept",
    multiple=True,
    metavar="FILE|SIZE:ROOT",
    help="A checkpoint kept elsewhere: its file, or number of events and root.",
)
@click.option(
    "--pack",
    "packs",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A pack whose checkpoint must still hold.",
)
@click.option(
    "--records", "with_records", is_flag=True, help="Also compare every row with the trail's last word on it."
)
def trail_verify(kept: tuple[str, ...], packs: tuple[Path, ...], with_records: bool) -> None:
    """Recompute the whole trail and say exactly which event, or which record, is wrong."""
    database = existing()
    with database.transaction(readonly=True) as session:
        outside = [_checkpoint(session, text) for text in kept]
        outside += [verification.Checkpoint(*checkpoint_of(path)) for path in packs]
        verdict = verification.verify(session, tuple(outside))
        compared = present.compare(session) if with_records else None
    _end_if_wrong((*verdict.faults, *(compared.faults if compared else ())))
    click.echo(f"The trail is intact: {verdict.size} events, root {verdict.root}.")
    if not outside:
        click.echo("No head from outside was compared: give a checkpoint or a pack kept elsewhere.")
    if compared:
        click.echo(f"{compared.rows} rows agree with it{_unsealed(compared.unsealed)}.")


def _end_if_wrong(faults: Sequence[str]) -> None:
    """Name each fault on a line of its own, whatever stands in the database that it repeats; exit code 1 if there is one."""
    for fault in faults:
        click.echo(f"WRONG  {one_line(fault)}", err=True)
    if faults:
        sys.exit(1)


def _unsealed(number: int) -> str:
    """Said where an upgraded registry has secrets that were last written before the trail sealed them."""
    return f"; {number} secret values are older than their seals and were not compared" if number else ""


def _checkpoint(session: Session, text: str) -> verification.Checkpoint:
    if (path := Path(text)).is_file():
        head = checkpoints.read(session, path.read_text(encoding="utf-8"))
        return verification.Checkpoint(head.size, head.root)
    size, _, root = text.partition(":")
    if not size.isdigit() or len(root) != 64:
        raise Refused(f"{text!r} is no checkpoint: neither a file nor like 1234:<64 hexadecimal digits>.")
    return verification.Checkpoint(int(size), root.lower())


@trail.command("checkpoint")
def trail_checkpoint() -> None:
    """Sign the present tree head and print it; the worker does so every hour in which the trail grew."""
    settings, database = load(), existing()
    signer = keys.load_or_make(settings.keys_dir, settings.organisation)
    with database.transaction(INSTALLER, source="CLI", last_verb="trail.checkpoint") as session:
        made = checkpoints.make(session, signer, clock.now())
        click.echo(checkpoints.whole_note(session, made), nl=False)


@trail.command("key")
def trail_key() -> None:
    """Print the key that checkpoints are verified with, to be published. It is made where there is none."""
    settings = load()
    click.echo(str(keys.load_or_make(settings.keys_dir, settings.organisation).verifier))


@trail.command("rotate-key")
def trail_rotate_key() -> None:
    """Sign from now on with a new key, and sign one checkpoint with both; the old key stays known for verification."""
    settings, database = load(), existing()
    old, new = keys.rotate(settings.keys_dir, settings.organisation)
    with database.transaction(INSTALLER, source="CLI", last_verb="trail.rotate_key") as session:
        checkpoints.hand_over(session, old, new, clock.now())
    click.echo(f"Publish the new key: {new.verifier}\nRetired, and known still: {old.verifier}")


@trail.command("add-witness-line")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--key", metavar="NAME+ID+KEY", help="The witness's verifier key, if it is not known yet.")
def trail_add_witness_line(file: TextIO, key: str | None) -> None:
    """Add a witness's line to its checkpoint: FILE has the cosigned checkpoint or the line alone (- reads it from input)."""
    database = existing()
    with database.transaction(INSTALLER, source="CLI", last_verb="trail.add_witness_line") as session:
        if key:
            checkpoints.add_witness(session, key, clock.now())
        for line in checkpoints.add_witness_lines(session, file.read(), clock.now()):
            click.echo(f"Verified and kept: {line.line}")


main.add_command(pack_cli.verify)
main.add_command(seal_cli.seal)


@main.command()
@click.argument("reference", required=False)
@click.option("--all", "everything", is_flag=True, help="The whole management system, as one bag.")
@click.option("--words", default="", help="With --all: only systems that match these words.")
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="NAME=VALUE",
    help="With --all: only systems of the list filtered so, for instance tier=high.",
)
@click.option("--processes", default=0, help="With --all: how many draw at once; one a processor otherwise.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to; the packs folder of the data otherwise.",
)
@click.option("--as", "email", help="Who asks, by address.")
@click.option("--purpose", default="", help="Purpose and recipient, printed on the cover.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="As the registry was at the end of this day (UTC), rebuilt from the trail.",
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Of one AI system: also what changed after the end of this day (UTC).",
)
def pack(
    reference: str | None,
    everything: bool,
    words: str,
    filters: tuple[str, ...],
    processes: int,
    out: Path | None,
    email: str | None,
    purpose: str,
    as_of: datetime | None,
    since: datetime | None,
) -> None:
    """Make the sealed evidence pack of one AI system, of one audit (AUD-2026-001), or of the management system."""
    if bool(reference) == everything:
        raise Refused("Name one AI system or one audit, or say --all.")
    if since and everything:
        raise Refused(pack_cli.SINCE_OF_ONE)
    settings, database = opened()
    folder, actor = out or settings.packs_dir, acting(database, email)
    days = (as_of.date() if as_of else None, since.date() if since else None)
    if reference:
        path = pack_cli.make_one(database, settings, actor, reference, purpose, folder, *days)
    else:
        path = pack_cli.make_all(
            database, settings, actor, words, pack_cli.filters_of(filters),
            purpose=purpose, folder=folder, processes=processes, as_of=days[0],
        )  # fmt: skip
    click.echo(str(path))
    database.dispose()


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mapping", required=True, help="Name of a mapping in config/imports, or a path to a mapping file."
)
@click.option("--as", "email", help="Who imports, by address.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write each row's outcome and each problem as CSV.",
)
def import_file(file: Path, mapping: str, email: str | None, dry_run: bool, report: Path | None) -> None:
    """Import an inventory of AI systems; a second import of the same file changes nothing."""
    _, database = opened()
    import_cli.bring_in(database, acting(database, email), file, mapping, dry_run=dry_run, report=report)
    database.tune()
    database.dispose()


@main.command("demo")
@click.option("--serve/--no-serve", "then_serve", default=True, help="Whether to serve the site at the end.")
def run_demo(then_serve: bool) -> None:
    """Load the demonstration hospital group, make and verify a sealed pack, and serve the site."""
    settings = load(demo.environment())
    click.echo(f"1 of 4  Demonstration registry in {settings.data_dir}")
    if not demo.load(settings, click.echo):
        click.echo("  is there already; nothing is added.")
    database = Database(settings.database_url)
    schema.upgrade(database)
    click.echo("2 of 4  Sealed evidence pack")
    actor = acting(database, None)
    path = demo.pack_there(settings) or pack_cli.make(
        database, settings, actor, "SYS-0001", purpose="Demonstration", folder=settings.packs_dir
    )
    click.echo(f"  {path}")
    click.echo("3 of 4  Verification, as an auditor would run it: aims verify FILE")
    results = verify_pack(path)
    for result in results:
        click.echo(pack_cli.line(result))
    if not all(result.passed for result in results):
        raise Refused("The pack does not verify; that is a fault of the registry.")
    click.echo("4 of 4  Sign-ins of the demonstration (the password of all is: " + demo_people.PASSWORD + ")")
    for player in demo_people.PLAYERS:
        click.echo(f"  {player.email:24} {player.name:20} {', '.join(player.roles)}")
    if then_serve:
        serving.run(settings, database, settings.host, settings.port, with_worker=True)
    database.dispose()


if __name__ == "__main__":
    main()
