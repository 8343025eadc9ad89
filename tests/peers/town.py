"""A town where everything is real: a gateway on two listeners, a booth on the virtual radio, certificates for both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar

from booth_client.app import open_booth
from booth_client.badges import enrol
from booth_client.config import (
    BoothSettings,
    GatewayLink,
    Helper,
    Persona,
    Place,
    RadioKind,
    Trust,
    VirtualRadioSettings,
)
from certs_example.make import make
from gateway.app import Gateway, gateway
from gateway.config import BoothListener, GatewaySettings, PeopleListener, PersonSettings, ReportSettings
from gateway.fhir.json import loads
from tests.peers.patience import PATIENCE

__all__ = ["CITIZEN", "PERSONA", "RPPS", "Town", "booth_settings", "gateway_settings", "town", "until"]

BOOTH = "caudry-mairie"
PERSONA = Persona(systolic="132", diastolic="81", pulse="72", spo2="97", temperature="37.2", weight="72.40")
RPPS = "10001234567"
CITIZEN = "5f0c1d9e-6a34-4b0e-9d55-0d0a4c2f7b11"
_PHYSICIAN = PersonSettings(
    id="martin",
    name="Dr Claire Martin",
    role="physician",
    rpps=RPPS,
    title="Médecine générale",
    address="12 rue des Lilas, 59400 Cambrai, France",
    phone="+33 3 27 00 00 01",
    email="claire.martin@example.org",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A running booth: `kiosk` is its page's address ("" where it has none), `gateway` None without a network."""

    settings: BoothSettings
    kiosk: str
    gateway: Gateway | None

    async def search(self, query: str) -> list[dict[str, Any]]:
        """Return the resources that the physician of the demo finds at the gateway."""
        assert self.gateway is not None
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
            base = self.gateway.people_url
            await session.get(f"{base}/demo/sign-in?person={_PHYSICIAN.id}", allow_redirects=False)
            async with session.get(f"{base}/fhir/R4/{query}") as answer:
                bundle = loads(await answer.read())
                assert answer.status == 200, bundle
        return [entry["resource"] for entry in bundle.get("entry", ())]


def gateway_settings(folder: Path, *, booth_port: int = 0) -> GatewaySettings:
    """Return the settings of a gateway that keeps its data under *folder*."""
    certificates = make(folder / "certificates", booths=[BOOTH])
    (folder / "gateway").mkdir(exist_ok=True)
    return GatewaySettings(
        data_dir=folder / "gateway",
        listen=PeopleListener(port=0),
        booths=BoothListener(
            port=booth_port,
            certificate=certificates.server.certificate,
            key=certificates.server.key,
            client_ca=certificates.device_ca.certificate,
        ),
        report=ReportSettings(
            organisation="Maison de santé", authority=certificates.registration_authority.certificate
        ),
        demo=True,
        people=(
            _PHYSICIAN,
            PersonSettings(id="renard", name="Odile Renard", role="operator"),
            PersonSettings(id="dubois", name="Marcelle Dubois", role="citizen", patient=CITIZEN),
        ),
    )


def booth_settings(folder: Path, booths_url: str, **changes: Any) -> BoothSettings:
    """Return the settings of a booth with brisk hands and no rests."""
    certificates = make(folder / "certificates", booths=[BOOTH])
    settings = BoothSettings(
        name=BOOTH,
        data_dir=folder / BOOTH,
        status_file=folder / "status.json",
        gateway=GatewayLink(
            base_url=booths_url,
            ca=certificates.ca,
            certificate=certificates.booths[BOOTH].certificate,
            key=certificates.booths[BOOTH].key,
        ),
        radio=RadioKind.VIRTUAL,
        ways=(),
        questions=False,
        rest_s=0,
        rounds=1,
        helper=Helper(name="Marie", phone="03 27 00 00 00"),
        place=Place(name="Mairie de Caudry", address="place du Général-de-Gaulle, 59540 Caudry"),
        trust=Trust(
            device_authority=certificates.device_ca.certificate,
            registration_authority=certificates.registration_authority.certificate,
        ),
        virtual=VirtualRadioSettings(hands_after_s=1.0, persona=PERSONA),
    )
    return replace(settings, **changes)


@asynccontextmanager
async def town(
    folder: Path, *, online: bool = True, helpers: Mapping[str, str] | None = None, **changes: Any
) -> AsyncIterator[Town]:
    """Run a gateway (unless offline) and a booth with its files in *folder*; *changes* are the booth's settings.

    *helpers* may open the helper's mode: their names, with their codes.
    """
    for name, code in (helpers or {}).items():
        (folder / BOOTH).mkdir(mode=0o700, exist_ok=True)
        enrol(folder / BOOTH, name, code)
    if not online:
        settings = booth_settings(folder, "https://localhost:9", **changes)
        async with open_booth(settings) as kiosk:
            yield Town(settings=settings, kiosk=kiosk.url if kiosk else "", gateway=None)
        return
    async with gateway(gateway_settings(folder)) as running:
        assert running.booths_url is not None
        settings = booth_settings(folder, running.booths_url, **changes)
        async with open_booth(settings) as kiosk:
            yield Town(settings=settings, kiosk=kiosk.url if kiosk else "", gateway=running)


async def until(true: Callable[[], Any], *, seconds: float = PATIENCE) -> None:
    """Wait until *true* is."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)
