"""`upgrade RELEASE CODE` against a running gateway and authority: the booth's key, its program, and the way back."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from booth_client.config import BoothSettings, RadioKind, Trust
from tests.http.test_enrolment import Parc, parc
from tests.peers.booth_program import toml
from tests.peers.patience import PATIENCE
from tests.peers.programs import alive

DEPLOY = Path(__file__).parents[2] / "deploy" / "booth"
NAME = "bertry-pharmacie"

PROGRAM = '#!/bin/sh\nexport PYTHONPATH={sources}\nexec {python} -m gateway.cli "$@"\n'
DIES = PROGRAM.replace("exec", 'case "$*" in *--enrol*) ;; *) exit 1;; esac\nexec')
"""A release that can enrol and cannot run."""

RESTART = """#!/bin/sh
# What the unit does: roll-back before each start, the one program ended before the next begins, again where it dies.
cd {folder}
if [ -e pid ]; then kill "$(cat pid)" 2>/dev/null; while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.1; done; fi
BORNE_ROOT={folder} ./roll-back
setsid ./current/bin/teleborne booth --config booth.toml >>log 2>&1 & echo $! >pid
"""


@dataclass(kw_only=True)
class Machine:
    """A booth's machine in a folder of its own: releases whose program is this tree's, and the page's two scripts."""

    folder: Path
    settings: BoothSettings

    def release(self, name: str, program: str = PROGRAM) -> Path:
        """Make an installed release, as a second try of `upgrade` finds it; its archive is not needed."""
        made = self.folder / "releases" / name
        (made / "venv/bin").mkdir(parents=True)
        (made / "bin").symlink_to("venv/bin")
        teleborne = made / "bin/teleborne"
        teleborne.write_text(program.format(sources=DEPLOY.parents[1], python=sys.executable))
        teleborne.chmod(0o755)
        (made / "whole").touch()
        archive = self.folder / f"{name}.tar.gz"
        with tarfile.open(archive, "w:gz"):
            pass
        return archive

    async def upgrade(self, *arguments: object, patience: int = 60) -> tuple[int, str]:
        """Return the status of `upgrade` and what it said."""
        environ = {"BORNE_ROOT": str(self.folder), "BORNE_CONFIG": str(self.folder / "booth.toml")}
        environ |= {"BORNE_AS": "", "BORNE_RESTART": str(self.folder / "restart"), "BORNE_RESTART_KIOSK": "true"}
        with (self.folder / "said").open("wb+") as said:  # not a pipe: the booth that it starts lives on
            process = await asyncio.create_subprocess_exec(
                str(self.folder / "upgrade"),
                *map(str, arguments),
                env={**os.environ, **environ, "BORNE_PATIENCE_S": str(patience)},
                stdout=said,
                stderr=said,
            )
            async with asyncio.timeout(120):
                status = await process.wait()
            said.seek(0)
            return status, said.read().decode()

    def current(self) -> str:
        return (self.folder / "current").readlink().name

    def key(self) -> bytes:
        return self.settings.gateway.key.read_bytes()


@asynccontextmanager
async def machine(there: Parc) -> AsyncIterator[Machine]:
    folder = there.folder / "machine"
    folder.mkdir()
    certificates = there.running.certificates
    settings = replace(
        there.booth(NAME, at="keys"),
        data_dir=folder / "data",
        status_file=folder / "status.json",
        radio=RadioKind.VIRTUAL,
        trust=Trust(
            device_authority=certificates.device_ca.certificate,
            registration_authority=certificates.registration_authority.certificate,
        ),
    )
    (folder / "booth.toml").write_text(toml(settings), "utf-8")
    for script in ("upgrade", "roll-back"):
        shutil.copy(DEPLOY / script, folder)
    (folder / "restart").write_text(RESTART.format(folder=folder))
    (folder / "restart").chmod(0o755)
    try:
        yield Machine(folder=folder, settings=settings)
    finally:
        if (folder / "pid").exists():
            pid = int((folder / "pid").read_text())
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(PATIENCE):
                while alive(pid):
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.2)  # the gateway hears that its connections are gone before it is closed itself


async def told(there: Parc, name: str = NAME) -> dict[str, Any]:
    async with there.odile.get(f"{there.running.url}/fleet/booths/{name}") as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found


async def heard_anew(there: Parc, since: str) -> dict[str, Any]:
    """Wait until the gateway has heard a booth that started after *since*."""
    async with asyncio.timeout(60):
        while (found := await told(there))["status"]["started"] <= since:
            await asyncio.sleep(0.1)
    return found


async def test_the_first_release_enrols_and_one_that_cannot_run_gives_way_with_the_new_key_kept(
    tmp_path: Path,
) -> None:
    async with parc(tmp_path) as there, machine(there) as booth:
        status, said = await booth.upgrade(booth.release("teleborne-1"), await there.code(NAME))
        assert status == 0, said
        assert f"{NAME} is enrolled" in said
        assert said.endswith("upgrade: teleborne-1 runs\n")
        first, key = await heard_anew(there, ""), booth.key()
        assert first["condition"] != "offline"
        assert [each["what"] for each in first["acts"]] == ["fleet:enrolled", "fleet:enrol"]

        status, said = await booth.upgrade(booth.release("teleborne-2", DIES), await there.code(NAME), patience=2)
        assert status == 1
        assert "teleborne-2 is not well" in said
        assert booth.current() == "teleborne-1"
        assert booth.key() != key  # the old one was believed no more: the release before must have the new one
        again = await heard_anew(there, first["status"]["started"])
        assert again["condition"] != "offline"
        assert [each["what"] for each in again["acts"]] == ["fleet:enrolled", "fleet:enrol"] * 2


async def test_a_code_that_is_not_good_changes_nothing_and_a_good_one_then_does(tmp_path: Path) -> None:
    async with parc(tmp_path) as there, machine(there) as booth:
        status, said = await booth.upgrade(booth.release("teleborne-1"), await there.code(NAME))
        assert status == 0, said
        first, key, pid = await heard_anew(there, ""), booth.key(), (booth.folder / "pid").read_text()
        archive = booth.release("teleborne-2")
        for code in ("7K2M-9QPX-4RTD", await there.code("le-cateau")):  # nobody's, and another booth's
            status, said = await booth.upgrade(archive, code)
            assert status == 2, said
            assert "the booth was not enrolled" in said
        assert booth.current() == "teleborne-1"
        assert booth.key() == key
        os.kill(int(pid), 0)  # it was not even restarted
        assert await there.tells(booth.settings) == 200

        status, said = await booth.upgrade(archive, await there.code(NAME))
        assert status == 0, said
        assert booth.current() == "teleborne-2"
        assert booth.key() != key
        assert (await heard_anew(there, first["status"]["started"]))["condition"] != "offline"
