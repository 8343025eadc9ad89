"""The real other sides that tests of every part may meet, and the order of the tests."""

from __future__ import annotations

from typing import Final

import pytest

pytest_plugins = ("tests.peers.postgresql",)

_BROWSERS: Final = ("tests/journeys/", "tests/kiosk/", "tests/network/", "tests/ui/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files with browsers first: they are the longest, and a worker that begins one last is waited for."""
    items.sort(key=lambda item: not item.nodeid.startswith(_BROWSERS))
