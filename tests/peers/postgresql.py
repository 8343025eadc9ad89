"""A real PostgreSQL server in a folder of its own, reached over a Unix socket, gone after the tests."""

from __future__ import annotations

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no type information
import pytest

__all__ = ["PostgreSQLServer", "postgresql_server", "postgresql_url", "running_postgresql"]

_MISSING = "PostgreSQL's server programs are missing; install them with `make setup` (Debian package postgresql)"
_SETTINGS = {"listen_addresses": "", "max_connections": "60", "shared_buffers": "32MB", "lc_messages": "C"}

_EMPTIED = """
SET lock_timeout = '5s';
SET client_min_messages = 'warning';
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
"""


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        pytest.fail(_MISSING)
    return found[-1].parent if found else Path(str(on_path)).parent


def _user() -> pwd.struct_passwd | None:
    """Return whom to run it as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        pytest.fail(_MISSING)


def _run(work: Coroutine[None, None, None]) -> None:
    # In a thread: a test may ask from inside its own event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@dataclass(slots=True, kw_only=True)
class PostgreSQLServer:
    """One cluster; `start` and `stop` as often as a test likes. `empty` are databases that can be used again."""

    folder: Path
    programs: Path
    user: pwd.struct_passwd | None
    process: subprocess.Popen[Any] | None = None
    empty: list[str] = field(default_factory=list)

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://postgres@/{database}?host={self.folder}"

    def initialise(self) -> None:
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        command: list[str | Path] = [
            self.programs / "initdb",
            "-D",
            self.folder / "data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-N",
        ]
        made = subprocess.run(
            [*command, "-E", "UTF8", "--locale=C"], **self._as_user(), capture_output=True, check=False
        )
        assert made.returncode == 0, made.stderr

    def start(self) -> None:
        settings = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        command: list[str | Path] = [
            self.programs / "postgres",
            "-D",
            self.folder / "data",
            "-k",
            self.folder,
            *settings,
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **self._as_user())
        _run(self._ready())

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT cleanly, SIGQUIT as in a crash."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=20)
            self.process = None

    def make_database(self) -> str:
        """Return the URL of a new, empty database."""
        return self.url(self._make())

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the URL of an empty database for as long as the block lasts; the next block may have it again.

        A database is three hundred files: those of a whole run take longer to remove than a test may.
        """
        name = self.empty.pop() if self.empty else self._make()
        yield self.url(name)
        with suppress(OSError, asyncpg.PostgresError):  # somebody still holds it, or the server is down: not again
            _run(self._execute(_EMPTIED, database=name))
            self.empty.append(name)

    def _make(self) -> str:
        name = f"t{secrets.token_hex(6)}"
        _run(self._execute(f'CREATE DATABASE "{name}"'))
        return name

    def _as_user(self) -> dict[str, Any]:
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}

    async def _ready(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                return await self._execute("SELECT 1")
            except (OSError, asyncpg.PostgresError):
                if time.monotonic() > deadline or self.process is None or self.process.poll() is not None:
                    pytest.fail(f"PostgreSQL does not start:\n{(self.folder / 'log').read_text()}")
                await asyncio.sleep(0.05)

    async def _execute(self, statement: str, *, database: str = "postgres") -> None:
        connection = await asyncpg.connect(host=str(self.folder), user="postgres", database=database, timeout=5)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def running_postgresql() -> Iterator[PostgreSQLServer]:
    """Run a server for as long as the block lasts."""
    # Not below pytest's own folder: that one is closed to the user whom PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="teleborne-pg-"))
    server = PostgreSQLServer(folder=folder, programs=_programs(), user=_user())
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQLServer]:
    """Give the whole test run one server."""
    with running_postgresql() as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql_server: PostgreSQLServer) -> Iterator[str]:
    """Give one test an empty database of its own."""
    with postgresql_server.database() as url:
        yield url
