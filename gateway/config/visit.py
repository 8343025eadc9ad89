"""The visit's settings: our relays, who certifies the physicians' keys, and whom hubs at home serve.

docs/settings.md explains each; a test compares the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gateway.config.loopback import is_loopback

__all__ = ["AuthorityLink", "HubSettings", "TurnSettings"]

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_PATIENT: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_LONGEST_TTL_S: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityLink:
    """The registration authority that certifies physicians' keys upon our word, and the name it knows us by.

    `url` is https, or plain HTTP on this machine; `ca` certified its TLS where the system does not know who did.
    """

    url: str
    ca: Path | None = None
    name: str = "gateway"

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        here = parts.scheme == "http" and is_loopback(parts.hostname or "")
        if not (here or (parts.scheme == "https" and parts.hostname)) or self.url.endswith("/") or parts.query:
            raise ValueError(
                f"url {self.url!r} is neither https://HOST nor http:// on this machine (no slash at the end)"
            )
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name {self.name!r} is no gateway's name; use small letters, digits and hyphens")


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSettings:
    """Our relays (`turn:host:port`, `turns:…`), the file with the secret that they share, and how long a pass lasts."""

    urls: tuple[str, ...] = ()
    secret_file: Path | None = None
    ttl_s: int = 2 * 60 * 60

    def __post_init__(self) -> None:
        if bool(self.urls) != (self.secret_file is not None):
            raise ValueError("urls and secret_file go together; give both or neither")
        if not 0 < self.ttl_s <= _LONGEST_TTL_S:
            raise ValueError(f"ttl_s must be above 0 and at most {_LONGEST_TTL_S}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """A booth in somebody's home, by the name in its certificate, and the id of the Patient whom it serves."""

    booth: str
    patient: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.booth):
            raise ValueError(f"booth {self.booth!r} is no booth's name; use small letters, digits and hyphens")
        if not _PATIENT.fullmatch(self.patient):
            raise ValueError(f"patient {self.patient!r} is no Patient id")
