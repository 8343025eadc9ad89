"""A relay that attacks: it sits on the lines of the physician's page and of the booth, and both sides are real.

Everything that signalling carries between booth and physician passes here, in both directions. It has what a server has
that was taken over: it reads and writes each message, remembers earlier visits, has keys of its own, and may have a
booth of the same territory and another physician on its side. It has neither end's key.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from playwright.async_api import Page, WebSocketRoute

from certs_example.make import make
from signalling import binding as b
from signalling.errors import Flaw
from tests.signalling.vectors.people import load

__all__ = ["Attack", "Message", "Relay", "Side"]

Message = dict[str, Any]
Side = Literal["booth", "physician"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What it does to messages of the types in `to`, by whom it is found, and as what (None: nobody can know).

    It is done `at` the line of that side. `replays`: another visit was attacked before. `of_the_booth`: it is done to
    the booth as a whole, and not to one of its connections.
    """

    name: str
    to: tuple[str, ...]
    change: Callable[[Relay, Message], Message]
    flaw: Flaw | None = None
    by: Side = "physician"
    at: Side = "physician"
    replays: bool = False
    of_the_booth: bool = False


@dataclass(kw_only=True)
class Relay:
    """One relay; `ally` signs as a booth that is on its side, `colleague` as a physician."""

    folder: Path
    ally: b.Signer
    colleague: b.Signer
    attack: Attack | None = None
    old: dict[tuple[str, str], Message] = field(default_factory=dict)
    held: dict[tuple[str, str], Message] = field(default_factory=dict)
    rosters: dict[str, str] = field(default_factory=dict)
    changed: int = 0

    def __post_init__(self) -> None:
        own = make(self.folder, booths=["mairie"])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate, self.certified = load(own.booths["mairie"])
        _, self.authority = load(own.registration_authority)

    async def between(self, page: Page) -> None:
        """Put it on the line of a page that is about to be loaded."""
        await page.route_web_socket("**/signalling/v1*", self._carry)

    def attacks(self, attack: Attack | None) -> None:
        self.attack, self.changed = attack, 0
        self.held.clear()
        self.rosters.clear()

    def _carry(self, line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        line.on_message(lambda frame: server.send(self.passed(frame, at="physician")))
        server.on_message(lambda frame: line.send(self.passed(frame, at="physician")))

    def passed(self, frame: str | bytes, *, at: Side) -> str:
        """Return what becomes of a message on the line of one side."""
        message = json.loads(frame)
        kind, attack = message["type"], self.attack
        if attack is not None and kind in attack.to and at == attack.at:
            after = attack.change(self, message)
            message, self.changed = after, self.changed + (after != message)
        elif kind in ("offer", "answer") and at == "physician":
            self.old[kind, message["body"]["endpoint"]] = message
        return json.dumps(message)
