"""Where rows are kept, as the settings name it: an SQLite file of this machine, or a PostgreSQL database."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway.errors import SettingsError

__all__ = ["place_of"]

_REMEDY: Final = "write sqlite:///FILE or postgresql+asyncpg://…"


def place_of(url: str, *, what: str) -> Path | URL:
    """Return the file, or the address of the server's database, of *what* the settings give *url* for.

    `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql+asyncpg://user:password@host/name`
    (https://docs.sqlalchemy.org/en/21/core/engines.html#database-urls). Raises SettingsError, which tells no password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # What cannot be read may hold a password anywhere.
        raise SettingsError(f"{what}: this is no database URL; {_REMEDY}") from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return Path(parsed.database)
        case "postgresql":
            return parsed
    raise SettingsError(f"{what}: {parsed} is neither sqlite:///FILE nor postgresql+asyncpg://…; {_REMEDY}")
