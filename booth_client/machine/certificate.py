"""The booth's certificate: whether it is good, for how long, and whether the key is its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from booth_client.config import GatewayLink
from booth_client.machine.row import Row, State

__all__ = ["begun", "certificate", "expiry"]

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


def begun(path: Path) -> datetime:
    """Return a moment that has passed: when the certificate in *path* was given; long ago where it cannot be read."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_before_utc
    except (OSError, ValueError):
        return _LONG_AGO


def expiry(path: Path) -> datetime | None:
    """Return when the certificate in *path* ends; None where it cannot be read."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None


def certificate(link: GatewayLink, *, now: datetime, sure: bool = True) -> Row:
    """Judge the certificate and its key at *now*; less than a third of its life left wants attention.

    Not *sure*: nobody vouches for the clock, which is then the first to look at.
    """
    wanted = "good, with its own key"
    try:
        found = x509.load_pem_x509_certificate(link.certificate.read_bytes())
        key = load_pem_private_key(link.key.read_bytes(), password=None).public_key()
    except (OSError, ValueError, TypeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        remedy = "enrol the booth again; the key must be readable for the booth alone"
        return Row(what="certificate", state=State.BROKEN, found=why, wanted=wanted, remedy=remedy)
    shape = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
    until = f"until {ends.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    by_clock = "" if sure else f"; the clock shows {now:%Y-%m-%d %H:%M} UTC, for which nobody vouches"
    first = "enrol the booth again" if sure else "first put the clock right (the row « clock »); then look again"
    faults = {
        "the key is another certificate's": (
            found.public_key().public_bytes(*shape) != key.public_bytes(*shape),
            "enrol the booth again",
        ),
        f"ended {ends:%Y-%m-%d}{by_clock}": (now >= ends, first),
        f"begins {begins:%Y-%m-%d}{by_clock}": (now < begins, "put the clock right (the row « clock »)"),
    }
    broken = next(((fault, remedy) for fault, (true, remedy) in faults.items() if true), None)
    if broken is not None:
        return Row(what="certificate", state=State.BROKEN, found=broken[0], wanted=wanted, remedy=broken[1])
    late = ends - now < (ends - begins) / 3
    state = State.ATTENTION if late else State.GOOD
    remedy = "renew it before it ends" if late else ""
    return Row(what="certificate", state=state, found=until, wanted=wanted, remedy=remedy)
