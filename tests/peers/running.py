"""A whole gateway on loopback: real sockets, real TLS, real SQLite, real certificates; and programs that talk to it."""

from __future__ import annotations

import functools
import ssl
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import aiohttp
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from certs_example.make import Certificates, make
from gateway.app import gateway
from gateway.config import BoothListener, ClientSettings, GatewaySettings, PeopleListener, PersonSettings

PATIENT: Final = "11111111-1111-4111-8111-111111111111"
OTHER_PATIENT: Final = "22222222-2222-4222-8222-222222222222"
FHIR_JSON: Final = {"Content-Type": "application/fhir+json"}
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PEOPLE: Final = (
    PersonSettings(id="claire", name="Dr Claire Martin", role="physician"),
    PersonSettings(id="marcelle", name="Marcelle Dubois", role="citizen", patient=PATIENT),
)

Key = ECKey | RSAKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A registered program with its private key: it signs assertions as SMART says."""

    client_id: str
    alg: str
    kid: str
    key: Key

    def claims(self, token_url: str, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": token_url, "iat": now, "exp": now + 240}
        claims |= {"jti": str(uuid.uuid4()), **changed}
        return {name: value for name, value in claims.items() if value is not None}

    def assertion(self, token_url: str, **changed: Any) -> str:
        header = {"alg": self.alg, "kid": self.kid}
        return jwt.encode(header, self.claims(token_url, **changed), self.key, algorithms=[self.alg])

    def form(self, token_url: str, scope: str = "system/*.cruds", **changed: Any) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(token_url, **changed),
            "scope": scope,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running gateway and what one needs to talk to it."""

    url: str
    booths_url: str
    certificates: Certificates
    programs: dict[str, Program]
    settings: GatewaySettings

    @property
    def fhir(self) -> str:
        return f"{self.url}/fhir/R4"

    @property
    def booths_fhir(self) -> str:
        return f"{self.booths_url}/fhir/R4"

    @property
    def token_url(self) -> str:
        return f"{self.url}/oauth/token"

    def booth_tls(self, name: str | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.certificates.ca))
        if name is not None:
            booth = self.certificates.booths[name]
            context.load_cert_chain(booth.certificate, booth.key)
        return context

    async def token(self, program: str = "everything", scope: str = "system/*.cruds") -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.token_url, data=self.programs[program].form(self.token_url, scope)) as answer,
        ):
            told = await answer.json()
            assert answer.status == 200, told
            return str(told["access_token"])

    @asynccontextmanager
    async def person(self, person: str) -> AsyncIterator[aiohttp.ClientSession]:
        """A browser in which the person is signed in; every request says that our own page asks."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"Sec-Fetch-Site": "same-origin"}) as session:
            async with session.get(f"{self.url}/demo/sign-in?person={person}", allow_redirects=False) as answer:
                assert answer.status == 303
            yield session

    @asynccontextmanager
    async def program(
        self, program: str = "everything", scope: str = "system/*.cruds"
    ) -> AsyncIterator[aiohttp.ClientSession]:
        headers = {"Authorization": f"Bearer {await self.token(program, scope)}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            yield session

    @asynccontextmanager
    async def booth(self, name: str | None = "mairie") -> AsyncIterator[aiohttp.ClientSession]:
        connector = aiohttp.TCPConnector(ssl=self.booth_tls(name))
        async with aiohttp.ClientSession(connector=connector) as session:
            yield session


@functools.cache
def _keys() -> tuple[ECKey, RSAKey]:
    return ECKey.generate_key("P-384"), RSAKey.generate_key(2048)


def make_programs(folder: Path) -> tuple[dict[str, Program], tuple[ClientSettings, ...]]:
    """Register two programs: one with all scopes and an ES384 key, one that reads Observations and has an RS384 key."""
    wanted: list[tuple[str, str, str, Key]] = [
        ("everything", "ES384", "system/*.cruds", _keys()[0]),
        ("reader", "RS384", "system/Observation.rs", _keys()[1]),
    ]
    programs, settings = {}, []
    for name, alg, scopes, key in wanted:
        path = folder / f"{name}.pem"
        path.write_bytes(key.as_pem(private=False))
        programs[name] = Program(client_id=name, alg=alg, kid=f"{name}-1", key=key)
        settings.append(
            ClientSettings(client_id=name, name=name, scopes=scopes, alg=alg, kid=f"{name}-1", public_key=path)
        )
    return programs, tuple(settings)


def make_settings(folder: Path, certificates: Certificates, clients: tuple[ClientSettings, ...]) -> GatewaySettings:
    revoked = folder / "revoked.txt"
    revoked.touch()
    return GatewaySettings(
        data_dir=folder / "data",
        listen=PeopleListener(port=0),
        booths=BoothListener(
            port=0,
            certificate=certificates.server.certificate,
            key=certificates.server.key,
            client_ca=certificates.device_ca.certificate,
            revoked=revoked,
        ),
        demo=True,
        people=PEOPLE,
        clients=clients,
    )


@asynccontextmanager
async def running_gateway(
    folder: Path, *, change: Callable[[GatewaySettings], GatewaySettings] = replace, **options: Any
) -> AsyncIterator[Running]:
    """Run a gateway with its files in *folder*; *change* makes other settings of the usual ones."""
    certificates = make(folder / "certificates", booths=("mairie", "pharmacie"))
    programs, clients = make_programs(folder)
    settings = change(make_settings(folder, certificates, clients))
    async with gateway(settings, **options) as found:
        assert found.booths_url is not None
        yield Running(
            url=found.people_url,
            booths_url=found.booths_url,
            certificates=certificates,
            programs=programs,
            settings=settings,
        )


def heart_rate(patient: str = PATIENT, *, value: int = 62, **changed: Any) -> dict[str, Any]:
    """Return a valid vital-signs Observation of the patient."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
                ]
            }
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": "2026-11-20T08:30:00+01:00",
        "valueQuantity": {"value": value, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
        **changed,
    }
