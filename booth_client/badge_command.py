"""`teleborne badge`: enrol who may help at a booth, take them out, and read what helpers did.

Run as the booth's user, beside the running booth, which reads the file at each try. Nothing heavy is imported before it
is asked for: the other commands must not wait for it.
"""

from __future__ import annotations

import argparse
import asyncio
from getpass import getpass
from pathlib import Path
from typing import Any

from gateway.errors import SettingsError

__all__ = ["badge_parser", "carry_out"]


def badge_parser(programs: Any) -> None:
    """Add the command to `teleborne`'s."""
    badge = programs.add_parser("badge", help="who may open a booth's helper mode: their code and their badge")
    acts = badge.add_subparsers(dest="act", required=True, metavar="ACT")
    for name, help_ in (
        ("add", "let somebody help, or give them another code"),
        ("remove", "let somebody help no more, at once"),
        ("list", "who may help"),
        ("log", "who did what, the newest first"),
    ):
        act = acts.add_parser(name, help=help_)
        act.add_argument("--config", type=Path, metavar="FILE", required=True, help="the booth's settings")
        if name in ("add", "remove"):
            act.add_argument("name", metavar="NAME", help="as the screens show it, for example Marie")
        if name == "add":
            act.add_argument("--card", action="store_true", help="read the badge that lies on the card reader")
        act.set_defaults(run=_run, name="", card=False)


def _run(options: argparse.Namespace) -> None:
    from booth_client.config import BOOTH_PREFIX, BoothSettings
    from gateway.config import load

    settings = load(BoothSettings, options.config, BOOTH_PREFIX)
    for line in carry_out(settings.data_dir, options.act, options.name, card=options.card):
        print(line)


def carry_out(directory: Path, act: str, name: str = "", *, card: bool = False) -> list[str]:
    """Do *act* at the booth whose folder is *directory* and return what to print. Raises SettingsError."""
    from booth_client.badges import enrol, enrolled, remove

    match act:
        case "add":
            enrol(directory, name, _code(), badge=_badge() if card else None)
            return [f"{name} may help at this booth"]
        case "remove":
            remove(directory, name)
            return [f"{name} may help here no more"]
        case "log":
            return asyncio.run(_log(directory))
        case _:
            return list(enrolled(directory)) or ["nobody may help yet: teleborne badge add NAME"]


def _code() -> str:
    """Ask for a code twice, unseen."""
    code = getpass("Code of 6 to 12 digits: ")
    if getpass("Once more: ") != code:
        raise SettingsError("the two are not the same; nothing was changed")
    return code


def _badge() -> str:
    from booth_client.identity.cards import serial_of
    from booth_client.identity.pcsc import CardError, readers

    try:
        with readers() as service:
            serial = next((found for each in service.names() if (found := serial_of(service, each))), None)
    except CardError as error:
        raise SettingsError(f"no badge can be read: {error}") from error
    if serial is None:
        raise SettingsError("no badge lies on the reader, or it tells no serial number")
    return serial


async def _log(directory: Path) -> list[str]:
    from booth_client.help_log import METADATA, last
    from gateway.database import open_database

    async with open_database(f"sqlite:///{directory}/booth.db", METADATA) as database:
        lines = await last(database)
    return [f"{line.at.astimezone():%Y-%m-%d %H:%M:%S}  {line.by or '-'}  {line.deed}" for line in lines]
