"""A fixture that lets the tests of a folder run on both databases: import it in the folder's conftest."""

import pytest


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh registry on SQLite, then one on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
