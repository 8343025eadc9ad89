"""The booth's key and certificate: made here with a code that an operator gave, and renewed at half of their life.

    teleborne booth --config … --enrol 7K2M-9QPX-4RTD     a key of its own, which never leaves; a certificate for it
    keep_certified(link, context)                         the same key again, for ever; the file is replaced whole

A booth that was long without network renews a certificate that has ended, for as long as the authority allows.
https://www.rfc-editor.org/rfc/rfc2986
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from booth_client.config import BoothSettings, GatewayLink
from booth_client.link import by, renew
from booth_client.validity import judged
from gateway.errors import LinkError, SettingsError

__all__ = ["enrol", "keep_certified"]

_DEADLINE: Final = ClientTimeout(total=15)
_LARGEST: Final = 16 * 1024
_AGAIN_S: Final = 60.0
_LOOK_S: Final = 5.0
_OK: Final = 200
_log: Final = structlog.get_logger("booth")


def _now() -> datetime:
    return datetime.now(UTC)


async def enrol(settings: BoothSettings, code: str) -> datetime:
    """Get this booth its key and certificate with *code*; return until when it is good. Raises SettingsError."""
    link = settings.gateway
    if link.enrolment is None:
        raise SettingsError("gateway.enrolment: missing; set it to the gateway's address for people (https://…)")
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    fresh = link.key.with_name(f"{link.key.name}.new")
    _write(fresh, pem, mode=0o600)  # first: what cannot be kept is not certified
    try:
        asked = {"booth": settings.name, "code": code, "csr": _request(settings.name, key)}
        told = await _ask(link, "/fleet/certificate", asked, _now)
        certificate = _checked(told, key)
        _write(link.certificate, certificate.public_bytes(Encoding.PEM), mode=0o644)
        fresh.replace(link.key)
    except (LinkError, OSError) as error:
        raise SettingsError(f"the booth was not enrolled: {error}") from error
    finally:
        fresh.unlink(missing_ok=True)
    return certificate.not_valid_after_utc


async def keep_certified(link: GatewayLink, context: ssl.SSLContext, *, now: Callable[[], datetime] = _now) -> None:
    """Renew the certificate at half of its life, for ever; new connections of *context* show the new one.

    So they do with one that an operator got by a code meanwhile, because the one before was revoked.
    """
    loop, again = asyncio.get_running_loop(), 0.0
    held = _held(link)
    while True:
        if _held(link) != held:
            with suppress(SettingsError):  # it is being written: its key comes a moment later
                renew(context, link)
                held = _held(link)
                _log.info("there is another certificate")
        if _until_half(link, now()) <= timedelta(0) and loop.time() >= again:
            again = loop.time() + _AGAIN_S
            try:
                await _renew(link, context, now)
                held = _held(link)
            except (LinkError, SettingsError, OSError) as error:
                _log.warning("the certificate was not renewed", reason=str(error))
        await asyncio.sleep(_LOOK_S)


def _held(link: GatewayLink) -> bytes:
    with suppress(OSError):
        return link.certificate.read_bytes()
    return b""


async def _renew(link: GatewayLink, context: ssl.SSLContext, now: Callable[[], datetime]) -> None:
    old, key = link.certificate.read_text("ascii"), _key(link)
    asked = {"certificate": old, "csr": _request("renewal", key)}
    certificate = _checked(await _ask(link, "/fleet/certificate/renewal", asked, now), key)
    _write(link.certificate, certificate.public_bytes(Encoding.PEM), mode=0o644)
    renew(context, link)
    _log.info("the certificate was renewed", until=certificate.not_valid_after_utc.isoformat())


def _until_half(link: GatewayLink, now: datetime) -> timedelta:
    with suppress(OSError, ValueError):
        held = x509.load_pem_x509_certificate(link.certificate.read_bytes())
        half = (held.not_valid_after_utc - held.not_valid_before_utc) / 2
        return held.not_valid_before_utc + half - now
    return timedelta(0)


async def _ask(link: GatewayLink, path: str, body: dict[str, str], now: Callable[[], datetime]) -> dict[str, Any]:
    """Return what the gateway answers, its certificate good by the clock *now*.

    Raises LinkError, with its own words where it has some.
    """
    url = f"{(link.enrolment or '').rstrip('/')}{path}"
    context = ssl.create_default_context()
    context.load_verify_locations(link.ca)  # people reach it under a certificate that all browsers know, or under ours
    judged(context, by(now))
    try:
        async with (
            ClientSession(connector=TCPConnector(ssl=context), cookie_jar=DummyCookieJar()) as session,
            session.post(url, json=body, allow_redirects=False, timeout=_DEADLINE) as answer,
        ):
            raw = await answer.content.read(_LARGEST)
            told = json.loads(raw)
    except (ClientError, OSError, TimeoutError, ValueError) as error:
        raise LinkError(f"{url} does not answer as a gateway: {error or type(error).__name__}") from error
    if answer.status != _OK or not isinstance(told, dict):
        said = told.get("detail") if isinstance(told, dict) else None
        raise LinkError(f"{url} says: {said or answer.status}")
    return told


def _checked(told: dict[str, Any], key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Return the certificate that was given; raises LinkError for one that is not of our key."""
    try:
        certificate = x509.load_pem_x509_certificate(str(told["certificate"]).encode("ascii"))
        ours = certificate.public_key().public_bytes(*_SHAPE) == key.public_key().public_bytes(*_SHAPE)
    except (ValueError, KeyError) as error:
        raise LinkError(f"the gateway gave no certificate: {error}") from error
    if not ours:
        raise LinkError("the gateway gave a certificate of another key")
    return certificate


_SHAPE: Final = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _request(name: str, key: ec.EllipticCurvePrivateKey) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return built.public_bytes(Encoding.PEM).decode()


def _key(link: GatewayLink) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(link.key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(f"gateway.key: {link.key} cannot be used: {error}; enrol the booth again") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SettingsError(f"gateway.key: {link.key} is no P-256 key; enrol the booth again")
    return key


def _write(path: Path, data: bytes, *, mode: int) -> None:
    """Put the file there whole; raises SettingsError."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error.strerror}); run this as the booth's user") from error
