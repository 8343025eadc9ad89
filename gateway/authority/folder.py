"""The registration authority's folder: its keys, made once and never over, and the gateways that may vouch."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from gateway.authority.device import DeviceAuthority, self_signed
from gateway.authority.registration import Authority
from gateway.errors import SettingsError
from signalling import jws
from signalling.credential import LONGEST
from signalling.errors import BindingError

__all__ = ["CERTIFICATE", "certify", "initialise", "open_authority", "register"]

KEY: Final = "registration-authority-key.pem"
CERTIFICATE: Final = "registration-authority.pem"
DEVICE_KEY: Final = "device-ca-key.pem"
DEVICE_CERTIFICATE: Final = "device-ca.pem"

_PAIRS: Final = (
    (KEY, CERTIFICATE, "Téléborne registration authority"),
    (DEVICE_KEY, DEVICE_CERTIFICATE, "Téléborne device authority"),
)
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


def initialise(directory: Path, *, now: datetime | None = None) -> Path:
    """Make the authority's keys and certificates, return the first one's path; raises SettingsError."""
    now = now or datetime.now(UTC)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory / "gateways").mkdir(mode=0o700, exist_ok=True)
        for file, certificate, name in _PAIRS:
            key = ec.generate_private_key(ec.SECP256R1())
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            _create(directory / file, pem, mode=0o600)
            made = self_signed(name, key, now=now).public_bytes(Encoding.PEM)
            _create(directory / certificate, made, mode=0o644)
    except FileExistsError as error:
        raise SettingsError(f"{error.filename}: there is an authority already; use another folder") from None
    except OSError as error:
        raise SettingsError(f"{error.filename}: cannot be written: {error.strerror}") from None
    return directory / CERTIFICATE


def register(directory: Path, name: str, jwk: Mapping[str, Any]) -> None:
    """Let the gateway *name* vouch for people and booths, with its public P-256 key; raises SettingsError."""
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{name!r} is no gateway's name; use small letters, digits and hyphens")
    public = jws.jwk_of(_key_of(jwk, name))
    folder = directory / "gateways"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"{name}.json").write_bytes(jws.canonical(public) + b"\n")


def open_authority(directory: Path) -> Authority:
    """Return the authority in *directory*; raises SettingsError."""
    try:
        key, device_key = (_private(directory / name) for name in (KEY, DEVICE_KEY))
        devices = x509.load_pem_x509_certificate((directory / DEVICE_CERTIFICATE).read_bytes())
        files = sorted((directory / "gateways").glob("*.json"))
        gateways = {file.stem: _key_of(json.loads(file.read_bytes()), str(file)) for file in files}
    except OSError as error:
        raise SettingsError(f"{error.filename}: {error.strerror}; teleborne authority init makes one") from None
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{directory}: not an authority's folder: {error}") from None
    return Authority(
        directory=directory, key=key, devices=DeviceAuthority(certificate=devices, key=device_key), gateways=gateways
    )


def certify(
    directory: Path, *, physician: str, name: str, jwk: str, days: int = LONGEST.days, now: datetime | None = None
) -> str:
    """Return a credential for the public key in the JSON text *jwk*; raises SettingsError."""
    authority = open_authority(directory)
    try:
        key = json.loads(jwk)
        if not isinstance(key, dict):
            raise TypeError("the key is not a JSON object")  # noqa: TRY301 - one place turns both into words
        lifetime = timedelta(days=days)
        return authority.certify(
            subject=physician, name=name, jwk=key, by="hand", now=now or datetime.now(UTC), lifetime=lifetime
        )
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{physician}: {error}") from None


def _private(path: Path) -> ec.EllipticCurvePrivateKey:
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"{path}: others can read the authority's key; chmod 600 it")
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SettingsError(f"{path}: not a P-256 key")
    return key


def _key_of(jwk: Mapping[str, Any], where: str) -> ec.EllipticCurvePublicKey:
    try:
        return jws.key_of(jwk)
    except BindingError as error:
        raise SettingsError(f"{where}: {error}") from None


def _create(path: Path, data: bytes, *, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        os.fsync(file.fileno())
