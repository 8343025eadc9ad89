"""Which starts of the machine are forgotten: those that nothing kept here was dated under (`boots`).

What says so is sealed with what it dates: letters that wait or were refused, open visits, what is set aside.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from booth_client.clock import Clock
from booth_client.ledger import Ledger
from gateway import outbox
from gateway.database import Database, Keyring

__all__ = ["MOST", "prune"]

MOST: Final = 32
"""So many starts of the machine are kept without looking whether anything was dated under them."""

_AT_ONCE: Final = 200


async def prune(clock: Clock, ledger: Ledger, database: Database, keyring: Keyring) -> None:
    """Forget what no longer dates anything, where more is kept than MOST; when the booth starts. Raises Unavailable."""
    if clock.boots <= MOST:
        return
    visits, held = await ledger.open_visits(), await ledger.quarantine.all()
    marks = {*(visit.clock for visit in visits), *(each.aside.mark for each in held)}
    await clock.forget(database, marks | await _of_letters(database, keyring))


async def _of_letters(database: Database, keyring: Keyring) -> set[str]:
    """Return under which marks letters were written."""
    marks: set[str] = set()
    seq = 0
    while letters := await database.look(partial(outbox.behind, seq=seq, limit=_AT_ONCE)):
        bodies = (letter.open(keyring) or b"" for letter in letters)
        marks |= {body.partition(b"\n")[0].decode("ascii") for body in bodies if not body.startswith(b"{")}
        seq = letters[-1].seq
    return marks
