"""The registration authority: certifies physicians' signing keys, and keeps a book of all that it certified.

    teleborne authority init DIR                     make the authority's key (0600) and its certificate
    teleborne authority certify DIR --physician rpps:… --name … --jwk FILE|-   print one credential
    run_authority(settings)                          the same for a gateway on this machine, POST /credential

    DIR/registration-authority-key.pem, registration-authority.pem   as certs_example.make writes them
    DIR/gateways/NAME.json                                           public JWK of a gateway that may vouch
    DIR/issued.jsonl                                                 one line a credential, written before it is given

docs/signalling.md, *Who signs*: this key is never on the signalling host.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from gateway.config import is_loopback
from gateway.errors import SettingsError
from signalling import jws
from signalling.credential import LONGEST, make_credential
from signalling.errors import BindingError
from signalling.statement import gateway_of, verify_statement

__all__ = ["Authority", "AuthoritySettings", "certify", "initialise", "open_authority", "register", "run_authority"]

KEY: Final = "registration-authority-key.pem"
CERTIFICATE: Final = "registration-authority.pem"
BOOK: Final = "issued.jsonl"

_LIFE: Final = timedelta(days=3650)
_BACKDATED: Final = timedelta(minutes=5)
_LARGEST: Final = 16 * 1024
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoritySettings:
    """Where the authority keeps its things and listens; `acr` lists the ways to sign in that it takes for strong.

    Port 0 lets the system choose.
    """

    directory: Path
    acr: tuple[str, ...]
    host: str = "127.0.0.1"
    port: int = 8090

    def __post_init__(self) -> None:
        if not is_loopback(self.host):
            raise ValueError(f"host {self.host}: the authority listens on this machine only; use 127.0.0.1")
        if not self.acr:
            raise ValueError("acr: name at least one way to sign in that is strong enough")


@dataclass(slots=True, kw_only=True)
class Authority:
    """An authority with its key, and the gateways whose word it takes; `used` holds the last minutes' statements."""

    directory: Path
    key: ec.EllipticCurvePrivateKey
    gateways: Mapping[str, ec.EllipticCurvePublicKey]
    used: dict[str, datetime] = field(default_factory=dict)

    def certify(
        self, *, subject: str, name: str, jwk: dict[str, Any], by: str, now: datetime, lifetime: timedelta = LONGEST
    ) -> str:
        """Return a credential, once it stands in the book; raises ValueError for what cannot be certified."""
        credential = make_credential(self.key, subject=subject, name=name, jwk=jwk, now=now, lifetime=lifetime)
        until = (now + lifetime).isoformat(timespec="seconds")
        at = now.isoformat(timespec="seconds")
        line = {"at": at, "subject": subject, "name": name, "key": jws.thumbprint(jwk), "until": until, "by": by}
        _append(self.directory / BOOK, json.dumps(line, ensure_ascii=False))
        return credential

    def certify_stated(self, statement: str, jwk: dict[str, Any], *, acr: tuple[str, ...], now: datetime) -> str:
        """Return a credential upon a gateway's statement; raises BindingError or ValueError."""
        key = self.gateways.get(gateway_of(statement))
        if key is None:
            raise ValueError("no such gateway is registered here")
        said = verify_statement(statement, key, jwk=jwk, now=now)
        if said.acr not in acr:
            raise ValueError(f"signing in by {said.acr!r} is not strong enough")
        self.used = {jti: expires for jti, expires in self.used.items() if expires > now}
        if said.jti in self.used:
            raise ValueError("the statement was used before")
        self.used[said.jti] = said.expires
        return self.certify(subject=said.subject, name=said.name, jwk=jwk, by=f"gateway {said.gateway}", now=now)


def initialise(directory: Path, *, now: datetime | None = None) -> Path:
    """Make the authority's key and certificate in *directory*, return the certificate's path; raises SettingsError."""
    now = now or datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory / "gateways").mkdir(mode=0o700, exist_ok=True)
        _create(directory / KEY, pem, mode=0o600)
        _create(directory / CERTIFICATE, _self_signed(key, now).public_bytes(Encoding.PEM), mode=0o644)
    except FileExistsError as error:
        raise SettingsError(f"{error.filename}: there is an authority already; use another folder") from None
    except OSError as error:
        raise SettingsError(f"{error.filename}: cannot be written: {error.strerror}") from None
    return directory / CERTIFICATE


def register(directory: Path, name: str, jwk: Mapping[str, Any]) -> None:
    """Let the gateway *name* vouch for physicians, with its public P-256 key; raises SettingsError."""
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{name!r} is no gateway's name; use small letters, digits and hyphens")
    public = jws.jwk_of(_key_of(jwk, name))
    folder = directory / "gateways"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"{name}.json").write_bytes(jws.canonical(public) + b"\n")


def open_authority(directory: Path) -> Authority:
    """Return the authority in *directory*; raises SettingsError."""
    path = directory / KEY
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path}: others can read the authority's key; chmod 600 it")
        key = load_pem_private_key(path.read_bytes(), None)
        files = sorted((directory / "gateways").glob("*.json"))
        gateways = {file.stem: _key_of(json.loads(file.read_bytes()), str(file)) for file in files}
    except OSError as error:
        raise SettingsError(f"{error.filename}: {error.strerror}; teleborne authority init makes one") from None
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{directory}: not an authority's folder: {error}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SettingsError(f"{path}: not a P-256 key")
    return Authority(directory=directory, key=key, gateways=gateways)


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


async def run_authority(settings: AuthoritySettings, *, started: Callable[[str], None] = lambda _address: None) -> None:
    """Serve `POST /credential` on this machine until cancelled; *started* is told the address once it listens."""
    authority = open_authority(settings.directory)
    one_at_a_time = asyncio.Lock()

    async def credential(request: web.Request) -> web.Response:
        return await _credential(request, authority, settings.acr, one_at_a_time)

    app = web.Application(client_max_size=_LARGEST)
    app.router.add_post("/credential", credential)
    runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        host, port = runner.addresses[0][:2]
        started(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        await asyncio.Event().wait()
    except OSError as error:
        raise SettingsError(f"{settings.host}:{settings.port}: cannot listen: {error.strerror}") from None
    finally:
        await runner.cleanup()


async def _credential(
    request: web.Request, authority: Authority, acr: tuple[str, ...], one_at_a_time: asyncio.Lock
) -> web.Response:
    try:
        asked = json.loads(await request.text())
        statement, jwk = asked["statement"], asked["jwk"]
        if not isinstance(statement, str) or not isinstance(jwk, dict):
            raise TypeError  # noqa: TRY301 - the same answer as for a member that is missing
    except (ValueError, TypeError, KeyError, RecursionError):
        return _refusal(400, "Not a JSON object with statement and jwk.")
    try:
        async with one_at_a_time:  # or a statement sent twice at once would be used twice
            now = datetime.now(UTC)
            made = await asyncio.to_thread(authority.certify_stated, statement, jwk, acr=acr, now=now)
    except (BindingError, ValueError) as error:
        return _refusal(403, f"Not certified: {error}.")
    return web.json_response({"credential": made}, headers={"Cache-Control": "no-store"})


def _refusal(status: int, what: str) -> web.Response:
    remedy = "Sign in again and ask for a new credential."
    return web.json_response({"what": what, "remedy": remedy}, status=status, headers={"Cache-Control": "no-store"})


def _key_of(jwk: Mapping[str, Any], where: str) -> ec.EllipticCurvePublicKey:
    try:
        return jws.key_of(jwk)
    except BindingError as error:
        raise SettingsError(f"{where}: {error}") from None


def _self_signed(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Téléborne registration authority")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def _create(path: Path, data: bytes, *, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        os.fsync(file.fileno())


def _append(path: Path, line: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())
