"""A browser without a screen: signs in as a person of the cast, keeps cookies, sends the CSRF token as a browser would."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import CAST, PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """One person's browser."""

    def __init__(self, client: FlaskClient, who: str | None = None) -> None:
        self.client = client
        if who is not None:
            response = self.post(
                "/sign-in", {"email": CAST[who].email, "password": PASSWORD}, page="/sign-in"
            )
            assert response.status_code == 303, response.text

    def get(self, url: str) -> TestResponse:
        """Open a page."""
        return self.client.get(url, buffered=True)

    def post(
        self, url: str, data: dict[str, Any] | None = None, *, page: str = "/my-work", **files: Any
    ) -> TestResponse:
        """Send a form, with the token from a page that was opened before."""
        found = _TOKEN.search(self.client.get(page).text)
        assert found, f"{page} has no form"
        return self.client.post(url, data={**(data or {}), **files, "csrf_token": found.group(1)})
