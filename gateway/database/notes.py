"""What a connection remembers of its own writes, and forgets as soon as any of them is undone."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Engine, event

__all__ = ["forget_notes", "forgetful", "notes"]

_NAME: Final = "notes"


def notes(connection: Connection) -> dict[str, Any]:
    """Return what acts may write down of what they wrote, for the acts after them on the same connection.

    It is true as long as it is there: an act that is undone, or a commit that fails, empties it.
    """
    found = connection.info.setdefault(_NAME, {})
    assert isinstance(found, dict)
    return found


def forget_notes(connection: Connection) -> None:
    """Empty the notes: something that this connection wrote was undone."""
    if not connection.invalidated:  # one that was lost took its notes with it
        connection.info.pop(_NAME, None)


def forgetful(engine: Engine) -> None:
    """Make the connections of *engine* forget their notes with every transaction that is rolled back."""
    event.listen(engine, "rollback", forget_notes)
