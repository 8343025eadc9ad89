"""The real other sides that tests of every part may meet, and which worker runs which tests."""

from __future__ import annotations

from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no py.typed

pytest_plugins = ("tests.peers.postgresql",)

_TALKS: Final = ("tests/journeys/", "tests/network/", "tests/ui/visit/")
_BROWSERS: Final = ("tests/kiosk/", "tests/ui/")


class _Files(LoadScopeScheduling):  # type: ignore[misc]  # as above
    """Gives a file to one worker, and at the end those in which browsers talk all to one, which is then alone."""

    def _split_scope(self, nodeid: str) -> str:
        return "talks" if nodeid.startswith(_TALKS) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Return who gives the tests to the workers."""
    return _Files(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first, since a worker that begins one of them late is waited for, and the talks last."""
    items.sort(key=lambda item: (item.nodeid.startswith(_TALKS), not item.nodeid.startswith(_BROWSERS)))
