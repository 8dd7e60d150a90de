"""Runs the web server and the worker in a process, and ends both cleanly."""

import logging
import signal
import threading

import click
from waitress import create_server

from governance import worker
from governance.app import create_app
from governance.core.database import Database
from governance.core.errors import Refused
from governance.core.settings import Settings

_THREADS = 8


def run(settings: Settings, database: Database, host: str, port: int, *, with_worker: bool) -> None:
    """Serve until interrupted. Raises Refused if the address is taken."""
    app = create_app(settings, database)
    try:
        server = create_server(
            app,
            host=host,
            port=port,
            threads=_THREADS,
            ident="aims",
            max_request_body_size=settings.upload_limit,
        )
    except OSError as error:
        raise Refused(
            f"Cannot listen on {host}:{port} ({error.strerror}); choose another with --port."
        ) from error
    scheduler = worker.start(database, settings) if with_worker else None
    click.echo(f"AIMS Registry is served at http://{host}:{port}  (Ctrl-C stops it)")
    try:
        server.run()
    except KeyboardInterrupt:
        logging.getLogger("aims").info("Stopping.")
    finally:
        if scheduler is not None:
            scheduler.shutdown(wait=False)
        database.dispose()


def run_worker(settings: Settings, database: Database) -> None:
    """Do jobs and schedules until interrupted or terminated."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    scheduler = worker.start(database, settings)
    click.echo("The worker is running (Ctrl-C stops it)")
    stop.wait()
    scheduler.shutdown(wait=True)
    database.dispose()
