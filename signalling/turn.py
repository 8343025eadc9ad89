"""Short-lived credentials for our own TURN relays, as coturn checks them with `use-auth-secret`.

The user name is `<expiry>:<participant>` and the password its HMAC-SHA1 under the secret that the relay shares, so that
nobody keeps an account and nothing personal reaches the relay's log.
https://datatracker.ietf.org/doc/html/draft-uberti-behave-turn-rest-00

There is no default: without a relay of ours the list is empty. A stranger's STUN server would learn who calls.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from signalling.messages import IceServer

__all__ = ["Turn", "ice_servers"]

_URL: Final = re.compile(r"turns?:[A-Za-z0-9.\-\[\]:]+(\?transport=(udp|tcp))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Our relays (`turn:host:port?transport=udp|tcp`, `turns:…`), the secret they know, and how long credentials live.

    Raises ValueError for another scheme, above all `stun:`.
    """

    urls: tuple[str, ...] = ()
    secret: str = ""
    lifetime: timedelta = timedelta(hours=2)

    def __post_init__(self) -> None:
        for url in self.urls:
            if not _URL.fullmatch(url):
                raise ValueError(f"{url!r} is no relay of ours: give turn:host:port or turns:host:port")
        if self.urls and not self.secret:
            raise ValueError("relays need the secret that they share (static-auth-secret)")


def ice_servers(turn: Turn, participant: str, now: datetime) -> list[IceServer]:
    """Return the relays with credentials for one participant of one admitted visit; none where none is configured."""
    if not turn.urls:
        return []
    username = f"{int((now + turn.lifetime).timestamp())}:{participant}"
    # SHA-1 is what coturn's scheme fixes; as a MAC it is not broken, and it guards bandwidth, not what is said.
    mac = hmac.digest(turn.secret.encode(), username.encode(), "sha1")
    return [IceServer(urls=list(turn.urls), username=username, credential=base64.b64encode(mac).decode())]
