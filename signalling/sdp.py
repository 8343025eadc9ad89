"""The session description, made safe before WebRTC sees it: one fingerprint, the signed one, in every part.

docs/signalling.md, *Session descriptions*. The rest of the text may have been altered on its way, which can only deny
the call: whoever answers must hold the key of the signed fingerprint. https://www.rfc-editor.org/rfc/rfc8122
"""

from __future__ import annotations

import re
from typing import Final

from signalling.errors import BindingError, Flaw

__all__ = ["fingerprint_of", "sanitise"]

_BREAK: Final = re.compile(r"\r\n|\r|\n")
_FINGERPRINT: Final = re.compile(r"a=fingerprint:([A-Za-z0-9-]{1,16}) ([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*)", re.ASCII)
_MEDIA: Final = re.compile(r"m=[a-z]+ ([0-9]+)(?:/[0-9]+)? ([A-Z/]+) [ -~]+", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_SAFE: Final = frozenset({"UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF", "UDP/DTLS/SCTP", "TCP/DTLS/SCTP"})
_STRONGER: Final = frozenset({"sha-384", "sha-512"})
_OPEN_KEYS: Final = ("a=crypto:", "k=")
_OCTETS: Final = 32


def sanitise(sdp: str, fingerprint: str) -> str:
    """Return *sdp* with no fingerprint but *fingerprint* (64 upper-case hexadecimal digits); raises BindingError.

    Lines of sha-384 and sha-512 are taken out: nobody signed them. Anything weaker than sha-256, a sha-256 that
    differs, a part without one, a line that looks like one and is none: the call stops.
    """
    lines, kept = _lines(sdp), []
    has: list[bool] = [False]
    needs: list[bool] = [False]
    for line in lines:
        if line.startswith("m="):
            has.append(False)
            needs.append(_needs(line))
        elif line == "a=bundle-only":
            needs[-1] = True
        if "fingerprint" not in line.lower():
            kept.append(line)
        elif _is_sha_256(line, fingerprint):
            has[-1] = True
            kept.append(line)
    if len(has) == 1:
        raise BindingError(Flaw.MALFORMED, "a session description without media")
    if not has[0] and any(need and not own for need, own in zip(needs, has, strict=True)):
        raise BindingError(Flaw.FINGERPRINT, "a part of the session description has no fingerprint")
    return "\r\n".join(kept) + "\r\n"


def fingerprint_of(sdp: str) -> str:
    """Return the one sha-256 fingerprint of an own session description, as `mky` has it; raises BindingError."""
    matches = (_FINGERPRINT.fullmatch(line) for line in _lines(sdp))
    found = {_hex(match[2]) for match in matches if match is not None and match[1].lower() == "sha-256"}
    if len(found) != 1 or len(next(iter(found))) != 2 * _OCTETS:
        raise BindingError(Flaw.FINGERPRINT, "not exactly one sha-256 fingerprint")
    return found.pop()


def _lines(sdp: str) -> list[str]:
    lines = [line for line in _BREAK.split(sdp) if line]
    if not lines or lines[0] != "v=0" or any(_CONTROL.search(line) for line in lines):
        raise BindingError(Flaw.MALFORMED, "not a session description")
    if any(line.startswith(_OPEN_KEYS) for line in lines):
        raise BindingError(Flaw.MALFORMED, "keys are never sent in a session description")
    return lines


def _needs(line: str) -> bool:
    """Say whether a part needs a fingerprint: all but those that are refused (port 0) do."""
    media = _MEDIA.fullmatch(line)
    if media is None or media[2] not in _SAFE:
        raise BindingError(Flaw.MALFORMED, "media that is not protected by DTLS")
    return int(media[1]) != 0


def _is_sha_256(line: str, fingerprint: str) -> bool:
    match = _FINGERPRINT.fullmatch(line)
    if match is None:
        raise BindingError(Flaw.FINGERPRINT, "a fingerprint that cannot be read")
    algorithm = match[1].lower()
    if algorithm in _STRONGER:
        return False
    if algorithm != "sha-256":
        raise BindingError(Flaw.WEAK_FINGERPRINT, f"a fingerprint by {algorithm}")
    if _hex(match[2]) != fingerprint:
        raise BindingError(Flaw.FINGERPRINT, "not the signed fingerprint")
    return True


def _hex(value: str) -> str:
    return value.replace(":", "").upper()
