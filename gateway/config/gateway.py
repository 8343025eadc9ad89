"""The gateway's settings: what it listens on, where it keeps its data, who may sign in.

docs/settings.md explains each; a test compares the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from gateway.config.loopback import is_loopback
from gateway.config.visit import AuthorityLink, HubSettings, TurnSettings
from gateway.errors import SettingsError

__all__ = [
    "GATEWAY_PREFIX",
    "BoothListener",
    "ClientSettings",
    "GatewaySettings",
    "Limits",
    "LogFormat",
    "OidcSettings",
    "PeopleListener",
    "PersonSettings",
    "PracticeSettings",
    "ReportSettings",
    "SessionLimits",
]

GATEWAY_PREFIX: Final = "TELEBORNE_GATEWAY_"
_HIGHEST_PORT: Final = 65535
_ISSUER: Final = re.compile(
    r"(https://[^\s/?#@]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)(/[^\s?#]*)?", re.ASCII
)
_ROLES: Final = ("physician", "citizen", "operator")
_ALGORITHMS: Final = ("RS384", "ES384")
_BASE_URL: Final = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", re.ASCII)
_LANGUAGES: Final = ("fr", "en")
_RPPS: Final = re.compile(r"[0-9]{11}", re.ASCII)


class LogFormat(StrEnum):
    """How the log is written: for a person's eyes, or one JSON object a line."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleListener:
    """Where browsers and programs connect: plain HTTP on loopback, else TLS. Port 0 lets the system choose."""

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        _check_port(self.port)
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together; give both or neither")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoothListener:
    """Where booths connect: always mutual TLS 1.3. `revoked` is a text file: a serial number or booth name a line."""

    certificate: Path
    key: Path
    client_ca: Path
    host: str = "127.0.0.1"
    port: int = 8443
    revoked: Path | None = None

    def __post_init__(self) -> None:
        _check_port(self.port)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long a person stays signed in, in seconds: without doing anything, and at most."""

    idle_s: int = 15 * 60
    absolute_s: int = 8 * 60 * 60

    def __post_init__(self) -> None:
        if not 0 < self.idle_s <= self.absolute_s:
            raise ValueError("idle_s must be above 0 and at most absolute_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may cost: bytes of body, seconds to answer, and seconds that a stop waits for open ones."""

    body_bytes: int = 1024 * 1024
    request_s: float = 30.0
    stop_s: float = 4.0

    def __post_init__(self) -> None:
        if min(self.body_bytes, self.request_s, self.stop_s) <= 0:
            raise ValueError("every limit must be above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSettings:
    """A person of the demo: signs in without proof, on loopback only. `patient` is a citizen's Patient id.

    `rpps` to `email` are a physician's: who they are on the reports that they sign.
    """

    id: str
    name: str
    role: str
    patient: str | None = None
    language: str = "fr"
    rpps: str = ""
    title: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""

    def __post_init__(self) -> None:
        if self.role not in _ROLES:
            raise ValueError(f"role {self.role!r} is not one of {', '.join(_ROLES)}")
        if self.language not in _LANGUAGES:
            raise ValueError(f"language {self.language!r} is not one of {', '.join(_LANGUAGES)}")
        if self.rpps and not _RPPS.fullmatch(self.rpps):
            raise ValueError(f"rpps {self.rpps!r} is no national number; it has eleven digits")
        if (self.role == "citizen") != (self.patient is not None):
            raise ValueError("a citizen has a patient id, and nobody else has one")


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeSettings:
    """What a physician takes, by their national number: a visit is offered to those it suits first. Nothing said: any.

    The words are the territory's own; `languages` are codes (fr, en, ar).
    """

    rpps: str
    specialities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _RPPS.fullmatch(self.rpps):
            raise ValueError(f"rpps {self.rpps!r} is no national number; it has eleven digits")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """A program that may ask for tokens (SMART); its key is a PEM file with a kid, or a JWK Set file.

    `recipient`: it passes on to patients' own doctors what they share, and sees nothing else.
    """

    client_id: str
    name: str
    scopes: str
    recipient: bool = False
    alg: str = "ES384"
    kid: str | None = None
    public_key: Path | None = None
    jwks: Path | None = None

    def __post_init__(self) -> None:
        if self.alg not in _ALGORITHMS:
            raise ValueError(f"alg {self.alg!r} is not one of {', '.join(_ALGORITHMS)}")
        if (self.public_key is None) == (self.jwks is None):
            raise ValueError("give either public_key (with kid) or jwks")
        if (self.public_key is None) != (self.kid is None):
            raise ValueError("kid goes with public_key; in jwks each key has its own")


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """The identity provider through which people sign in, and what its claims mean here.

    One of `client_secret_file` and `client_key` (a PEM or JWK private key, P-256 or RSA). `discovery` is the address of
    the metadata where it is not the usual one. `acr` is the least level of assurance. `physicians`, `citizens` and
    `operators` are the values of the claim `role` that mean so; `number` is the claim with a physician's national
    number, `patient` that with a citizen's Patient id.
    """

    issuer: str
    client_id: str
    client_secret_file: Path | None = None
    client_key: Path | None = None
    discovery: str | None = None
    scopes: str = "openid profile"
    acr: str | None = None
    role: str = "role"
    physicians: tuple[str, ...] = ("physician",)
    citizens: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    number: str | None = None
    patient: str | None = None

    def __post_init__(self) -> None:
        if (self.client_secret_file is None) == (self.client_key is None):
            raise ValueError("give either client_secret_file or client_key")
        if not _ISSUER.fullmatch(self.issuer):
            raise ValueError(f"issuer {self.issuer!r} is not like https://provider.example")
        if "openid" not in self.scopes.split(" "):
            raise ValueError("scopes must contain openid")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """The reports of visits: in whose name, and who certifies the keys that physicians sign with.

    `authority` is the registration authority's certificate (PEM); without one no report can be signed.
    """

    organisation: str = "Téléborne"
    authority: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """All that the gateway can be told. `base_url` is how people reach it; without one it is made from `listen`.

    `database` and `keyring` are database URLs; without one each is an SQLite file in `data_dir`. `kiosk` is the address
    of a demo's kiosk page, which the first page then links to. `test_people`: the INS of invented people may be stored.
    """

    data_dir: Path
    listen: PeopleListener = field(default_factory=PeopleListener)
    booths: BoothListener | None = None
    base_url: str | None = None
    database: str | None = None
    keyring: str | None = None
    demo: bool = False
    test_people: bool = False
    kiosk: str | None = None
    log: LogFormat = LogFormat.TEXT
    session: SessionLimits = field(default_factory=SessionLimits)
    limits: Limits = field(default_factory=Limits)
    oidc: OidcSettings | None = None
    report: ReportSettings = field(default_factory=ReportSettings)
    authority: AuthorityLink | None = None
    turn: TurnSettings = field(default_factory=TurnSettings)
    people: tuple[PersonSettings, ...] = ()
    practices: tuple[PracticeSettings, ...] = ()
    clients: tuple[ClientSettings, ...] = ()
    hubs: tuple[HubSettings, ...] = ()

    def __post_init__(self) -> None:
        self._check_base_url()
        _check_unique("people", "id", [p.id for p in self.people])
        _check_unique("practices", "rpps", [p.rpps for p in self.practices])
        _check_unique("clients", "client_id", [c.client_id for c in self.clients])
        _check_unique("hubs", "booth", [h.booth for h in self.hubs])
        if self.people and not self.demo:
            raise ValueError("people sign in without proof; they need demo = true, on this machine only")
        if self.kiosk is not None and not (self.demo and self.kiosk.startswith("http://")):
            raise ValueError("kiosk is the http:// address of a demo's kiosk page; it needs demo = true")
        if not is_loopback(self.listen.host):
            self._check_beyond_loopback()

    def _check_base_url(self) -> None:
        if self.base_url is not None and not _BASE_URL.fullmatch(self.base_url):
            raise ValueError(
                f"base_url {self.base_url!r} is not like https://gateway.example (no path, no slash at the end)"
            )

    def _check_beyond_loopback(self) -> None:
        host = self.listen.host
        if self.listen.certificate is None:
            raise ValueError(
                f"listen.host {host} is not loopback: TLS is needed; set listen.certificate and listen.key"
            )
        if self.demo:
            raise ValueError(f"listen.host {host} is not loopback: demo sign-in proves nothing; set demo = false")
        if not self.clients and self.oidc is None:
            raise ValueError(f"listen.host {host} is not loopback: nobody could sign in; set [oidc] or [[clients]]")
        if self.base_url is None or not self.base_url.startswith("https://"):
            raise ValueError(
                f"listen.host {host} is not loopback: set base_url to the https:// address that people use"
            )


def _check_port(port: int) -> None:
    if not 0 <= port <= _HIGHEST_PORT:
        raise ValueError(f"port {port} is not between 0 and {_HIGHEST_PORT}")


def _check_unique(table: str, key: str, values: list[str]) -> None:
    twice = {value for value in values if values.count(value) > 1}
    if twice:
        raise SettingsError(f"{table}: the {key} {min(twice)!r} is there twice; each needs its own")
