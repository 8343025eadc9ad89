"""The kiosk's address within one boot of the machine: a booth that was killed finds its page again.

The page in the booth's browser outlives its agent. It comes back to the same port with the same token, so both are kept
in a file for the booth's own eyes, together with the kernel's boot id: another boot has another token.
https://man7.org/linux/man-pages/man4/random.4.html
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

__all__ = ["Address", "keep", "known"]

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The token in the page's address, and the port where it was served; 0: not yet."""

    token: str
    port: int = 0


def known(file: Path) -> Address:
    """Return the address that was kept in *file* during this boot, else a new one."""
    try:
        kept = json.loads(file.read_text("utf-8"))
        if kept.pop("boot") == _boot_id():
            return Address(**kept)
    except (OSError, ValueError, TypeError, AttributeError, LookupError):
        pass  # none was kept, or nothing that we wrote: then the page begins anew
    return Address(token=secrets.token_urlsafe(32))


def keep(file: Path, address: Address) -> None:
    """Write the address down, readable for the booth alone."""
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as kept:
        json.dump({"boot": _boot_id(), **asdict(address)}, kept)
    draft.replace(file)


def _boot_id() -> str:
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return secrets.token_hex()  # a machine that does not say: each start counts as a boot
