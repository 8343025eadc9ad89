"""A picture or a file on its way to the physician: announced with its SHA-256, then sent piece by piece."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from booth_client.call import Call, PeerLost
from booth_client.channels import CHUNK, Blob

__all__ = ["send_blob"]

LONGEST_S: Final = 60.0


async def send_blob(call: Call, data: bytes, *, name: str, media_type: str, longest_s: float = LONGEST_S) -> None:
    """Send *data*; raises PeerLost where the other side does not take it in time."""
    call.say(Blob(id=name, type=media_type, size=len(data), sha256=hashlib.sha256(data).hexdigest()))
    try:
        async with asyncio.timeout(longest_s):
            for start in range(0, len(data), CHUNK):
                await call.pour(data[start : start + CHUNK])
    except TimeoutError:
        raise PeerLost(f"{name} was not taken within {longest_s:g} s") from None
