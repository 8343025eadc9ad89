"""What the operator says of the printer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gateway.config import is_loopback

__all__ = ["PrinterSettings"]

_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterSettings:
    """Where papers are printed: a printer's `uri` (ipp:// on this machine, ipps:// elsewhere), or a `folder`.

    `certificate_sha256` pins the certificate of a printer that no authority vouches for, as most are.
    """

    uri: str | None = None
    certificate_sha256: str | None = None
    folder: Path | None = None

    def __post_init__(self) -> None:
        if (self.uri is None) == (self.folder is None):
            raise ValueError("the table [printer] needs uri or folder, and not both")
        url = urlsplit(self.uri or "")
        if self.uri and (url.scheme not in ("ipp", "ipps") or not url.hostname):
            raise ValueError(f"uri {self.uri!r} is not an address such as ipp://localhost/printers/NAME")
        if url.scheme == "ipp" and not is_loopback(url.hostname or ""):
            raise ValueError(
                f"uri {self.uri!r} would send papers in the clear; use ipps://, or a queue of this machine"
            )
        if self.certificate_sha256 is not None and (
            url.scheme != "ipps" or not _SHA256.fullmatch(self.certificate_sha256)
        ):
            raise ValueError("certificate_sha256 has 64 hexadecimal digits, and needs an ipps:// uri")
