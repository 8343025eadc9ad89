"""The real other sides that tests of every part may meet, and which worker runs which tests."""

from __future__ import annotations

from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no py.typed

pytest_plugins = ("tests.peers.postgresql",)

_TALKS: Final = ("tests/journeys/", "tests/network/", "tests/ui/visit/")
_LONG: Final = (_TALKS, ("tests/kiosk/", "tests/ui/"))
_ALONE: Final = (
    "tests/journeys/test_booth_killed_among_three.py",
    "tests/journeys/test_demo.py",
    "tests/journeys/test_four_in_a_visit.py",
    "tests/journeys/test_killed_in_a_visit.py",
    "tests/journeys/test_road_of_a_visit.py",
    "tests/journeys/test_server_killed_in_a_visit.py",
    "tests/journeys/test_stranger.py",
    "tests/journeys/test_three_in_a_visit.py",
    "tests/network/test_three_pages.py",
)
"""They take two processors by themselves (up to twelve connections with pictures), or hold a time that was promised."""


class _Files(LoadScopeScheduling):  # type: ignore[misc]  # as above
    """Gives a file to one worker, those in which several browsers talk all to one, and at the end some to one alone."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_ALONE):
            return "alone"
        return "talks" if nodeid.startswith(_TALKS) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Return who gives the tests to the workers."""
    return _Files(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first, since a worker that begins one of them last is waited for; and those alone last."""
    items.sort(key=lambda item: [item.nodeid.startswith(_ALONE), *(not item.nodeid.startswith(_) for _ in _LONG)])
