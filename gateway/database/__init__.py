"""The one way to durable rows: `act` writes and returns once it is on the disk, `look` reads.

    async with open_database("sqlite:///booth.db", METADATA) as database:
        row = await database.act(lambda connection: connection.execute(insert(...)))

What an act or a look may be given: a plain synchronous function of one SQLAlchemy Core `Connection`. It runs inside a
transaction that is not its own: it never commits, rolls back or keeps the connection, and it may raise anything; then
it alone is undone, and the error reaches whoever awaits it. What could not be made durable raises
`gateway.errors.Unavailable`; what the operator can repair before the start raises `SettingsError`.
"""

from __future__ import annotations

from gateway.database.brief import take_time
from gateway.database.database import Database, lock, open_database
from gateway.database.keyring import Keyring, open_keyring
from gateway.database.notes import notes
from gateway.database.rows import add_row, add_rows, ask
from gateway.database.seal import DataKey, SealBroken, opener, seal, unseal

__all__ = [
    "DataKey",
    "Database",
    "Keyring",
    "SealBroken",
    "add_row",
    "add_rows",
    "ask",
    "lock",
    "notes",
    "open_database",
    "open_keyring",
    "opener",
    "seal",
    "take_time",
    "unseal",
]
