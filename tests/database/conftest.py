"""The same servers as the operations' tests."""

from tests.operations.conftest import database, server

__all__ = ["database", "server"]
