"""These tests hold on both databases."""

from tests.two_databases import database_url

__all__ = ["database_url"]
