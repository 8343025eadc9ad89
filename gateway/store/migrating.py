"""The store's tables brought to what this release expects, with the data in place; alembic's only door.

A database says in `alembic_version` which revision it has. A new one is made whole and says the newest; an older one is
refused until `teleborne admin migrate` has run. https://alembic.sqlalchemy.org
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from gateway.database import Database, Keyring
from gateway.store.reindexing import reindex
from gateway.store.revision import FIRST, revision
from gateway.store.tables import METADATA, resource

__all__ = ["migrate", "revisions"]

_FOLDER: Final = Path(__file__).parent / "migrations"


def revisions() -> list[Any]:
    """Return alembic's scripts, the oldest first."""
    return list(reversed(list(_scripts().walk_revisions())))


async def migrate(database: Database, keyring: Keyring, *, base: str) -> list[str]:
    """Bring the tables up, one revision at a time, and return the names of those run; nothing else may write meanwhile.

    *base* is the FHIR base that is ours. Each revision is one transaction; after a stop, run it again.
    """
    run = []
    current = await database.look(lambda connection: revision(connection) or _released(connection))
    scripts = revisions()
    done = [each.revision for each in scripts].index(current) + 1 if current else 0
    for place, script in enumerate(scripts[done:], done):
        # Before the next revision, not after this one: a stop in between must not pass for a whole index.
        if place and getattr(scripts[place - 1].module, "REINDEX", False):
            await reindex(database, keyring, base=base)
        await database.act(partial(_upgrade, to=script.revision))
        run.append(f"{script.revision} {script.doc}")
    return run


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def _released(connection: Connection) -> str | None:
    """Return the first revision where the tables are there and say nothing: release 0.1.0 kept no revision."""
    return FIRST if inspect(connection).has_table(resource.name) else None


def _upgrade(connection: Connection, to: str) -> None:
    scripts, config = _scripts(), Config()
    if revision(connection) is None and _released(connection):
        MigrationContext.configure(connection).stamp(scripts, FIRST)
    _drop_what_is_empty(connection, to)

    def steps(has: Any, _context: Any) -> Any:
        return scripts._upgrade_revs(to, has)  # noqa: SLF001  what alembic's own command does

    with EnvironmentContext(config, scripts, fn=steps, destination_rev=to) as environment:
        # The transaction is the act's: PostgreSQL and SQLite both undo tables with it.
        environment.configure(connection=connection, target_metadata=METADATA, transactional_ddl=False)
        environment.run_migrations()


def _drop_what_is_empty(connection: Connection, to: str) -> None:
    """Take away tables that a start of the newer release made beside the old ones before it refused them."""
    if to != "0002":
        return
    for name in ("moment", "amount", "wording"):
        METADATA.tables[name].drop(connection, checkfirst=True)
