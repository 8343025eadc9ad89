"""Session descriptions that are safe, can be made safe, or stop the call."""

from __future__ import annotations

from typing import Any

from signalling.errors import Flaw

HEAD = ["v=0", "o=- 46117317 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
AUDIO = ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=setup:actpass", "a=mid:0"]
DATA = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=setup:actpass", "a=mid:1", "a=sctp-port:5000"]


def line(fingerprint: str, algorithm: str = "sha-256") -> str:
    return f"a=fingerprint:{algorithm} " + ":".join(fingerprint[n : n + 2] for n in range(0, len(fingerprint), 2))


def text(*parts: list[str] | str, end: str = "\r\n") -> str:
    lines = [one for part in parts for one in ([part] if isinstance(part, str) else part)]
    return end.join(lines) + end


def descriptions(good: str) -> list[dict[str, Any]]:
    own, other = line(good), line("EF" * 32)
    safe = text(HEAD, AUDIO, own, DATA, own)
    refused = AUDIO[:]
    refused[0] = "m=audio 0 UDP/TLS/RTP/SAVPF 111"

    def sane(name: str, sdp: str, becomes: str) -> dict[str, Any]:
        return {"name": name, "sdp": sdp, "sane": becomes}

    def flawed(name: str, flaw: Flaw, *parts: list[str] | str) -> dict[str, Any]:
        return {"name": name, "sdp": text(*parts), "flaw": str(flaw)}

    return [
        sane("a browser's", safe, safe),
        sane("one for the session", text(HEAD, own, AUDIO, DATA), text(HEAD, own, AUDIO, DATA)),
        sane("bare line feeds and empty lines", text(HEAD, "", AUDIO, own, DATA, own, end="\n"), safe),
        sane("bare carriage returns", text(HEAD, AUDIO, own, DATA, own, end="\r"), safe),
        sane(
            "aiortc's, with stronger hashes that nobody signed",
            text(HEAD, AUDIO, own, line("AB" * 48, "sha-384"), line("AB" * 64, "SHA-512"), DATA, own),
            safe,
        ),
        sane("the algorithm in capitals", safe.replace("sha-256", "SHA-256"), safe.replace("sha-256", "SHA-256")),
        sane("digits in small letters", safe.replace(own, own.lower()), safe.replace(own, own.lower())),
        sane("a refused part", text(HEAD, refused, DATA, own), text(HEAD, refused, DATA, own)),
        sane("the same twice", text(HEAD, own, AUDIO, own, DATA), text(HEAD, own, AUDIO, own, DATA)),
        flawed("a swapped fingerprint", Flaw.FINGERPRINT, HEAD, AUDIO, other, DATA, other),
        flawed("swapped in one part", Flaw.FINGERPRINT, HEAD, AUDIO, own, DATA, other),
        flawed("a second fingerprint", Flaw.FINGERPRINT, HEAD, AUDIO, own, other, DATA, own),
        flawed("a second one for the session", Flaw.FINGERPRINT, HEAD, other, AUDIO, own, DATA, own),
        flawed("a part without", Flaw.FINGERPRINT, HEAD, AUDIO, own, DATA),
        flawed("a bundled part without", Flaw.FINGERPRINT, HEAD, refused, "a=bundle-only", DATA, own),
        flawed("none at all", Flaw.FINGERPRINT, HEAD, AUDIO, DATA),
        flawed("only stronger ones", Flaw.FINGERPRINT, HEAD, AUDIO, line("AB" * 48, "sha-384")),
        flawed("sha-1 beside it", Flaw.WEAK_FINGERPRINT, HEAD, AUDIO, own, line("AB" * 20, "sha-1"), DATA, own),
        flawed("sha-1 alone", Flaw.WEAK_FINGERPRINT, HEAD, AUDIO, line("AB" * 20, "sha-1")),
        flawed("md5", Flaw.WEAK_FINGERPRINT, HEAD, AUDIO, line("AB" * 16, "md5")),
        flawed("a space too much", Flaw.FINGERPRINT, HEAD, AUDIO, own + " ", DATA, own),
        flawed("a space before", Flaw.FINGERPRINT, HEAD, AUDIO, own, " " + other, DATA, own),
        flawed("the attribute in capitals", Flaw.FINGERPRINT, HEAD, AUDIO, own, other.replace("a=f", "a=F"), DATA, own),
        flawed("a shorter one", Flaw.FINGERPRINT, HEAD, AUDIO, own[:-3], DATA, own),
        flawed("an open key", Flaw.MALFORMED, HEAD, AUDIO, own, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x"),
        flawed("an old open key", Flaw.MALFORMED, HEAD, "k=clear:x", AUDIO, own),
        flawed("media in the open", Flaw.MALFORMED, HEAD, own, "m=audio 9 RTP/AVP 0"),
        flawed("media in the open beside", Flaw.MALFORMED, HEAD, own, AUDIO, "m=audio 9 RTP/SAVPF 0"),
        flawed("no media", Flaw.MALFORMED, HEAD, own),
        flawed("a control character", Flaw.MALFORMED, HEAD, AUDIO, own, "a=x\x00"),
        flawed("a vertical tab", Flaw.MALFORMED, HEAD, AUDIO, own, "a=x\x0b" + other),
        flawed("not a description", Flaw.MALFORMED, "hello"),
        {"name": "nothing", "sdp": "", "flaw": str(Flaw.MALFORMED)},
        sane(
            "a line separator that is none", text(HEAD, AUDIO, own, "a=x\u2028y"), text(HEAD, AUDIO, own, "a=x\u2028y")
        ),
        flawed("a line separator in a media line", Flaw.MALFORMED, HEAD, own, AUDIO[0] + "\u2028"),
    ]
