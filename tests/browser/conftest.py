"""A real Chromium against the real server, with the worker running, on a fresh copy of the demonstration."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from waitress import create_server

from governance import demo_people, worker
from governance.packs.draw import rendering
from governance.web.application import Application

_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


# Not for the whole session: Playwright keeps an event loop running, in which other tests could not start their own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or the one that AIMS_CHROMIUM names."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("AIMS_CHROMIUM", "/usr/bin/chromium"), args=list(_QUIET)
        )
        yield browser
        browser.close()


@dataclass
class Site:
    """The served demonstration and a browser to look at it."""

    url: str
    chromium: Browser
    app: Application

    def open_as(self, who: str, *, width: int = 1400) -> Page:
        """A page of a browser in which a player of the demonstration is signed in."""
        page = self.chromium.new_context(
            viewport={"width": width, "height": 900}, accept_downloads=True
        ).new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{self.url}/sign-in")
        page.fill("#email", f"{who}@demo.example")
        page.fill("#password", demo_people.PASSWORD)
        page.click("main button")
        # People of the house come to Home, external auditors to their room.
        page.wait_for_url(lambda url: not url.endswith("/sign-in"))
        return page


@pytest.fixture
def site(demo_app: Application, chromium: Browser) -> Iterator[Site]:
    """The demonstration, served on a free port with its worker."""
    server = create_server(demo_app, host="127.0.0.1", port=0, threads=6)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    alarm_clock = worker.start(demo_app.database, demo_app.settings)
    yield Site(f"http://127.0.0.1:{server.effective_port}", chromium, demo_app)
    for context in list(chromium.contexts):
        context.close()
    alarm_clock.shutdown(wait=True)
    rendering.close()
    # In its own thread: a socket closed under its select ends that with an error.
    server.trigger.pull_trigger(server.close)
    thread.join(timeout=10)
