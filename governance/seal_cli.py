"""`aims seal`: the certificate that packs are sealed with, and the organisation's own key in its place."""

from pathlib import Path

import click

from governance.core import clock
from governance.core.errors import Refused
from governance.core.settings import load
from governance.packs.seal import pkcs12
from governance.packs.seal.seal import CERTIFICATE_FILE, SealKeyError, load_or_make_key


@click.group()
def seal() -> None:
    """The key that packs are sealed with."""


@seal.command("certificate")
def certificate() -> None:
    """Say which certificate seals packs, to be published; it is made where there is none."""
    settings = load()
    sealer = load_or_make_key(settings.keys_dir, settings.organisation)
    click.echo(f"SHA-256 {sealer.certificate_sha256}")
    click.echo(settings.keys_dir / CERTIFICATE_FILE)


@seal.command("use")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.password_option(
    "--password",
    envvar="AIMS_SEAL_PASSWORD",
    confirmation_prompt=False,
    help="Of the file; asked for otherwise.",
)
def use(file: Path, password: str) -> None:
    """Seal with the organisation's key and certificate from now on (PKCS#12: a .p12 or .pfx file).

    The key lies in the key folder, without the password, readable by its owner only; the one until now stays beside it.
    Packs that were sealed before stay valid under the certificate that they show.
    """
    try:
        sealer = pkcs12.take(load().keys_dir, file.read_bytes(), password, clock.now())
    except SealKeyError as error:
        raise Refused(str(error)) from error
    click.echo(f"Packs are sealed by this certificate from now on: SHA-256 {sealer.certificate_sha256}")
