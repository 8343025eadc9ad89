"""One PUT over HTTP, and what its answer means for the letter.

https://hl7.org/fhir/R4/http.html#upsert, Retry-After: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Final

import msgspec
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from gateway import outbox
from gateway.errors import LinkError

__all__ = ["Answer", "Meaning", "Put"]

_LONGEST_WAIT_S: Final = outbox.HORIZON.total_seconds() / 2
_ANSWER_OCTETS: Final = 65_536

_HEADERS: Final = {
    "Content-Type": "application/fhir+json",
    "Accept": "application/fhir+json",
    "Prefer": "return=minimal",
}


class Meaning(Enum):
    """What an answer means for the letter."""

    ARRIVED = auto()
    LINK_WAITS = auto()
    LETTER_WAITS = auto()
    REFUSED = auto()


# 401 and 403 speak of our rights, which the operator can repair; nothing in the letter would change.
_STATUSES: Final[dict[int, Meaning]] = {
    **dict.fromkeys((429, 502, 503, 504), Meaning.LINK_WAITS),
    **dict.fromkeys((401, 403, 408, 421, 423, 425), Meaning.LETTER_WAITS),
}
_CLASSES: Final[dict[int, Meaning]] = {2: Meaning.ARRIVED, 4: Meaning.REFUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the other side said: its meaning, how long it wants to be left alone, and words for the operator."""

    meaning: Meaning
    retry_after_s: float | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Sends bodies to `{base_url}/{path}`, each within `deadline_s` seconds."""

    session: ClientSession
    base_url: str
    deadline_s: float
    now: Callable[[], datetime]

    async def send(self, path: str, body: bytes) -> Answer:
        """Send one body; raises LinkError if no answer came, which says nothing about whether it arrived."""
        try:
            async with self.session.put(
                f"{self.base_url}/{path}",
                data=body,
                headers=_HEADERS,
                allow_redirects=False,
                timeout=ClientTimeout(total=self.deadline_s),
            ) as response:
                content = await _read(response)
        except TimeoutError as error:
            raise LinkError(f"no answer from {self.base_url} within {self.deadline_s:g} s") from error
        except (ClientError, OSError) as error:
            raise LinkError(f"no connection to {self.base_url}: {error or type(error).__name__}") from error
        return Answer(
            meaning=_STATUSES.get(response.status) or _CLASSES.get(response.status // 100, Meaning.LETTER_WAITS),
            retry_after_s=_retry_after_s(response.headers.get("Retry-After"), self.now()),
            words=_words(path, response.status, content),
        )


async def _read(response: ClientResponse) -> bytes:
    # Read to its end, else the connection could not be used again.
    content = b""
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > _ANSWER_OCTETS:
            break
    return content


def _retry_after_s(header: str | None, now: datetime) -> float | None:
    if header is None:
        return None
    try:
        seconds = float(header) if header.isdecimal() else (parsedate_to_datetime(header) - now).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT_S) or None


def _words(path: str, status: int, content: bytes) -> str:
    """Return what was answered, without the answer's free text: that could repeat what the letter says."""
    try:
        issue = msgspec.json.decode(content)["issue"][0]
        code, where = str(issue["code"])[:40], issue.get("expression") or ()
    except (msgspec.DecodeError, UnicodeDecodeError, LookupError, TypeError, AttributeError):
        return f"{path}: HTTP {status}"
    at = f" at {str(where[0])[:120]}" if where else ""
    return f"{path}: HTTP {status} {code}{at}"
