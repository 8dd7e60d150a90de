"""These tests hold on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from tests.house_fixtures import House
from tests.two_databases import database_url

__all__ = ["database_url"]


@pytest.fixture
def count_statements(house: House) -> Callable[[Callable[..., Any]], int]:
    """How many statements a read sends to the database."""

    def count(read: Callable[..., Any]) -> int:
        seen: list[str] = []
        with house.reading() as session:
            engine = session.get_bind()
            event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
            read(session)
        return len(seen)

    return count
