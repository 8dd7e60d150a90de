"""The real server in a process of its own, and a signed-in client that counts time."""

import http.client
import os
import re
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from governance import demo_people

PORT = 8765


@contextmanager
def served(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`aims serve` on a data folder."""
    environment = {**os.environ, "AIMS_DATA": str(data)}
    command = [sys.executable, "-m", "governance", "serve", "--port", str(PORT)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await()
        yield process
    finally:
        process.terminate()
        process.wait()


def _await() -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
            connection.request("GET", "/alive")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("The server did not start.")


class Client:
    """One keep-alive connection, signed in as the compliance officer of the demonstration."""

    def __init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        self.cookie = ""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/sign-in"))
        assert token
        form = {
            "email": "olivia@demo.example",
            "password": demo_people.PASSWORD,
            "csrf_token": token.group(1),
        }
        self._request("POST", "/sign-in", urllib.parse.urlencode(form))

    def _request(self, method: str, path: str, body: str = "") -> str:
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        if cookie := response.getheader("Set-Cookie"):
            self.cookie = cookie.split(";")[0]
        return response.read().decode()

    def get(self, path: str) -> str:
        """A page."""
        return self._request("GET", path)
