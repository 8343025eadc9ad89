"""The real other sides that tests of every part may meet, and which worker runs which tests."""

from __future__ import annotations

from typing import Final

import pytest

pytest_plugins = ("tests.peers.postgresql",)

_TALKS: Final = ("tests/journeys/", "tests/network/", "tests/ui/visit/")
_BROWSERS: Final = ("tests/kiosk/", "tests/ui/")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a file to one worker; those in which several browsers talk, all to one: two such would starve each other.

    The longest come first: a worker that begins one of them last is waited for.
    """
    for item in items:
        file, _, _ = item.nodeid.partition("::")
        item.add_marker(pytest.mark.xdist_group("talks" if file.startswith(_TALKS) else file))
    items.sort(key=lambda item: (not item.nodeid.startswith(_TALKS), not item.nodeid.startswith(_BROWSERS)))
