"""R4: days of bad network in minutes: whatever the link does, nothing is lost, nothing doubled, nothing piles up.

    python -m tests.durability.partition --hours 72 --seed 7

A booth (real ledger, outbox and delivery) lives on made-up time; a real gateway with mutual TLS runs in a process of
its own; between them a real TCP link follows a script drawn from the seed: good hours, cut ones of up to three days,
half open ones, ones that lose answers after the commit, cut requests and answers in two, and deliver requests long
after they were sent anew, behind what came later. People come all the time, agree, take back a yes, are measured and
leave; a cuff sends its memory again. In the end the link is good and all must be at the gateway: every reading once and
in its first version, every visit over, every consent as it was said last. Prints its figures as one JSON line; exit
status 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import structlog

from booth_client.words import Topic
from certs_example.make import make
from gateway.app import gateway
from gateway.config import BoothListener, GatewaySettings, PeopleListener
from gateway.database import open_database, open_keyring
from gateway.identity.principal import program
from gateway.identity.scopes import Scopes
from gateway.store import METADATA, open_store
from tests.durability.days import Days
from tests.durability.kill import pages
from tests.durability.off import off_by
from tests.durability.simulated_time import HurryingLoop
from tests.peers.town import BOOTH

__all__ = ["main"]

_LANES: Final = 80
"""The delivery has at most 64 letters in hand (gateway/delivery/carrier.py), each at worst in a lane of its own."""

_GROWTH_MIB: Final = 64
_OFF_S: Final = 120.0
"""A machine's clock that ran through is believed to the minute; whoever sets it wrong does so by an hour or a year."""


def start_gateway(folder: Path) -> tuple[int, str]:
    """Fork a gateway that does not outlive us; return its id and where booths reach it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
            os.dup2(os.open(folder / "gateway.log", os.O_WRONLY | os.O_CREAT, 0o600), 1)
            asyncio.run(_be_gateway(folder, writing))
        except BaseException:  # noqa: BLE001  a forked child must never return into its parent's code
            traceback.print_exc()
        os._exit(1)
    os.close(writing)
    url = os.read(reading, 200).decode()
    os.close(reading)
    if not url:
        raise RuntimeError("the gateway did not start")
    return child, url


async def _be_gateway(folder: Path, told: int) -> None:
    certificates = make(folder / "certificates", booths=[BOOTH])
    settings = GatewaySettings(
        data_dir=folder / "gateway",
        listen=PeopleListener(port=0),
        booths=BoothListener(
            port=0,
            certificate=certificates.server.certificate,
            key=certificates.server.key,
            client_ca=certificates.device_ca.certificate,
        ),
        demo=True,
    )
    async with gateway(settings) as running:
        os.write(told, str(running.booths_url).encode())
        os.close(told)
        await asyncio.Event().wait()


async def arrived(folder: Path, type_: str) -> list[dict[str, Any]]:
    """Return every resource of a type at the gateway, which has ended."""
    reader = program(client_id="check", name="check", scopes=Scopes.parse("system/*.rs"))
    async with (
        open_keyring(f"sqlite:///{folder}/gateway/keyring.db", folder / "gateway" / "key-encryption-key") as keyring,
        open_database(f"sqlite:///{folder}/gateway/gateway.db", METADATA) as database,
        open_store(database, keyring) as store,
    ):
        return [resource async for resource in pages(store, reader, type_)]


def judge(days: Days) -> dict[str, Any]:
    """Compare what was said at the booth with what is at the gateway."""
    found = asyncio.run(arrived(days.folder, "Observation"))
    read = [each for each in found if each["id"] in days.kept]
    off = [off_by(each, days.kept[each["id"]]) for each in read]
    encounters = {each["id"]: each["status"] for each in asyncio.run(arrived(days.folder, "Encounter"))}
    consents = {each["id"]: each["provision"]["type"] for each in asyncio.run(arrived(days.folder, "Consent"))}
    shares = {str(uuid5(UUID(id_), f"consent {Topic.SHARE}")): share for id_, share in days.visits.items()}
    return {
        **days.figures,
        "visits": len(days.visits),
        "observations": len(read),
        "lost": len(days.kept.keys() - {each["id"] for each in found}),
        "doubled": sum("encounter" in each and each["id"] not in days.kept for each in found),
        "dated between two moments": sum("effectivePeriod" in each for each in read),
        "seconds off at most": max(off, default=0.0),
        "wrong times": sum(each > _OFF_S for each in off),
        "second versions": sum(each["meta"]["versionId"] != "1" for each in read),
        "visits not over": sum(encounters.get(id_) != "finished" for id_ in days.visits),
        "consents not as said last": sum(
            consents.get(id_) != ("permit" if share else "deny") for id_, share in shares.items()
        ),
        "piled up": days.figures["lanes at most"] > _LANES
        or days.figures["MiB at the end"] > days.figures["MiB early"] + _GROWTH_MIB,
    }


WRONG: Final = (
    *("lost", "doubled", "wrong times", "second versions", "visits not over", "consents not as said last", "piled up"),
    *("wrong outcomes", "letters refused", "letters never delivered", "visits not forgotten"),
)


def main() -> int:
    """Run the experiment and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=6)
    parser.add_argument("--poll", type=float, default=2, help="seconds after which the delivery looks by itself")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    seed = options.seed if options.seed is not None else random.SystemRandom().getrandbits(32)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="teleborne-partition-", dir=memory))
    began = time.monotonic()
    child, url = start_gateway(folder)
    days = Days(folder=folder, hours=options.hours, chance=random.Random(seed), poll_s=options.poll)
    try:
        with asyncio.Runner(loop_factory=lambda: HurryingLoop(days.busy)) as runner:
            runner.run(days.live(url))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    figures = judge(days)
    wrong = [name for name in WRONG if figures.get(name)]
    run = {"seconds": round(time.monotonic() - began, 1), "seed": seed, "wrong": wrong}
    sys.stdout.write(json.dumps({**figures, **run}) + "\n")
    if wrong:
        sys.stderr.write(f"kept for inspection: {folder}\n")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
