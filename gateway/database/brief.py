"""Brief looks: tried at once in the loop's own thread, because to wake another and then the loop again costs as much.

SQLite finds a page by its index in less time than a sleeping core needs to wake up, twice. So a look that says that it
is brief is begun where it is asked, and held to its word: SQLite stops it when its time is over (sqlite_reading.py),
and what is known to take longer says so itself (`take_time`). Either way it is begun again in a reader's thread, where
it has all the time it needs; for it is given nothing but a snapshot, nobody can tell.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

__all__ = ["NotBrief", "be_brief", "take_time"]

_NAME: Final = "brief"


class NotBrief(Exception):
    """A look in the loop's own thread takes longer than it may hold the loop."""


def be_brief(connection: Connection) -> None:
    """Mark *connection* as one that is used in the loop's own thread."""
    connection.info[_NAME] = True


def take_time(connection: Connection) -> None:
    """Go on only where nobody waits for it: what comes now is not brief. In the loop's own thread it ends the try."""
    if _NAME in connection.info:
        raise NotBrief
