"""The list of systems with 3,611 and with 100,000: requests a second, median and 99th percentile, beside `/alive` as the floor."""

import statistics
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.population import fill
from benchmarks.served import Client, served
from governance import rooms
from governance.core.database import Database
from governance.core.settings import load
from governance.demo_story import Story
from governance.trail import schema

_REQUESTS = 300
_CLIENTS = 4
PAGES = {
    "floor: /alive": "/alive",
    "list": "/systems",
    "list by name": "/systems?sort=title",
    "filtered": "/systems?tier=high&stage=deployment",
    "search": "/systems?q=triage+fraud",
    "home": "/",
}


def run() -> None:
    """Measure both sizes."""
    rooms.open_all()
    for size in (3_611, 100_000):
        with tempfile.TemporaryDirectory() as folder:
            _prepare(Path(folder), size)
            with served(Path(folder)):
                client = Client()
                floor = _measure(client, "/alive")[0]
                print(f"  {size:,} systems")
                for name, path in PAGES.items():
                    median, worst = _measure(client, path)
                    print(
                        f"    {name:14} p50 {median:6.1f} ms   p99 {worst:6.1f} ms   {median / floor:5.1f} × floor"
                    )
                print(f"    {_CLIENTS} clients at once on the list: {_throughput():.0f} requests/s")


def _prepare(folder: Path, size: int) -> None:
    settings = load({"AIMS_DATA": str(folder)})
    database = Database(settings.database_url)
    schema.upgrade(database)
    Story(database, settings).invite_players()
    fill(database, size)
    database.tune()
    database.dispose()


def _measure(client: Client, path: str) -> tuple[float, float]:
    """Median and 99th percentile in milliseconds."""
    for _ in range(5):
        client.get(path)
    times = []
    for _ in range(_REQUESTS):
        start = time.perf_counter()
        client.get(path)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def _throughput() -> float:
    clients = [Client() for _ in range(_CLIENTS)]

    def work(client: Client) -> None:
        for _ in range(_REQUESTS // _CLIENTS):
            client.get("/systems")

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _REQUESTS // _CLIENTS * _CLIENTS / (time.perf_counter() - start)
