"""A booth is enrolled with a code of an operator's, once; it renews its certificate; a revoked one needs a new code."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import CookieJar
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from booth_client.app import open_booth
from booth_client.config import BoothSettings, GatewayLink, RadioKind, Trust
from booth_client.enrolling import enrol, keep_certified
from booth_client.link import open_session, tls
from certs_example.make import make
from gateway.config import AuthorityLink, GatewaySettings
from gateway.database import open_database
from gateway.errors import SettingsError
from gateway.http.fleet import FRESH
from gateway.store import METADATA, audit
from gateway.store.enrolments import LASTS
from gateway.store.fleet import TABLES
from tests.peers.certifying import certifying_booths
from tests.peers.operator import OPERATOR, WELL, order
from tests.peers.patience import PATIENCE
from tests.peers.running import PEOPLE, Running, running_gateway


@dataclass(kw_only=True)
class Parc:
    """A gateway with its authority, an operator who has just signed in, and the clock that the gateway goes by."""

    running: Running
    folder: Path
    odile: aiohttp.ClientSession
    clock: list[datetime]

    async def code(self, booth: str = "bertry-pharmacie") -> str:
        status, told = await self.make(booth)
        assert status == 200, told
        return str(told["code"])

    async def make(self, booth: Any, *, by: aiohttp.ClientSession | None = None) -> tuple[int, Any]:
        async with (by or self.odile).post(f"{self.running.url}/fleet/enrolments", json={"booth": booth}) as answer:
            return answer.status, await answer.json()

    def booth(self, name: str = "bertry-pharmacie", *, at: str = "booth") -> BoothSettings:
        keys = self.folder / at
        return BoothSettings(
            name=name,
            data_dir=keys,
            gateway=GatewayLink(
                base_url=self.running.booths_url,
                ca=self.running.certificates.ca,
                certificate=keys / "booth.pem",
                key=keys / "booth-key.pem",
                enrolment=self.running.url,
            ),
        )

    async def tells(self, booth: BoothSettings) -> int:
        """Return what the gateway answers to the booth's state over a connection of its own."""
        async with open_session(tls(booth.gateway)) as session:
            url = f"{self.running.booths_url}/fleet/status"
            async with session.put(url, data=msgspec.json.encode(WELL)) as answer:
                return answer.status

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        async with aiohttp.ClientSession() as anybody, anybody.post(f"{self.running.url}{path}", json=body) as answer:
            return answer.status, await answer.json(content_type=None)


@asynccontextmanager
async def parc(folder: Path) -> AsyncIterator[Parc]:
    clock = [datetime.now(UTC)]
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(certifying_booths(folder))

        def change(settings: GatewaySettings) -> GatewaySettings:
            link = AuthorityLink(url=url, name="cambresis")
            return replace(settings, authority=link, people=(*PEOPLE, OPERATOR))

        running = await stack.enter_async_context(running_gateway(folder, change=change, now=lambda: clock[0]))
        odile = await stack.enter_async_context(running.person("odile"))
        yield Parc(running=running, folder=folder, odile=odile, clock=clock)


async def test_a_booth_is_enrolled_with_a_code_and_believed_from_then_on(tmp_path: Path) -> None:
    async with parc(tmp_path) as there:
        booth = there.booth()
        code = await there.code()
        assert [len(group) for group in code.split("-")] == [4, 4, 4]
        until = await enrol(booth, code.lower().replace("-", " "))  # however it is typed
        assert timedelta(hours=23) < until - datetime.now(UTC) < timedelta(hours=25)
        assert booth.gateway.key.stat().st_mode & 0o777 == 0o600
        assert await there.tells(booth) == 200
        async with there.odile.get(f"{there.running.url}/fleet/booths/bertry-pharmacie") as answer:
            acts = (await answer.json())["acts"]
        assert [each["what"] for each in acts] == ["fleet:enrolled", "fleet:enrol"]
        assert acts[1]["name"] == "Odile Renard"
        book = [json.loads(line) for line in (tmp_path / "authority" / "issued.jsonl").read_text().splitlines()]
        assert [(each["subject"], each["by"]) for each in book] == [
            ("urn:teleborne:booth:bertry-pharmacie", "gateway cambresis, enrolment-code")
        ]


async def test_a_code_counts_once_for_its_booth_and_for_a_quarter_of_an_hour(tmp_path: Path) -> None:
    async with parc(tmp_path) as there:
        code = await there.code()
        with pytest.raises(SettingsError, match="booth of another name"):
            await enrol(there.booth("bertry-mairie"), code)
        await enrol(there.booth(), code)
        with pytest.raises(SettingsError, match="not good, or not any more"):
            await enrol(there.booth(at="another"), code)
        assert not (tmp_path / "another" / "booth-key.pem").exists()
        assert await there.tells(there.booth()) == 200
        old, late = await there.code(), await there.code()
        with pytest.raises(SettingsError, match="not good, or not any more"):
            await enrol(there.booth(at="another"), old)  # a second code takes the first one's place
        there.clock[0] += LASTS
        with pytest.raises(SettingsError, match="not good, or not any more"):
            await enrol(there.booth(at="another"), late)


async def test_a_code_is_kept_as_a_hash_and_guessed_by_nobody(tmp_path: Path) -> None:
    async with parc(tmp_path) as there:
        code = await there.code()
        for file in there.running.settings.data_dir.rglob("gateway.db*"):
            octets = file.read_bytes()
            assert code.encode() not in octets
            assert code.replace("-", "").encode() not in octets
        csr = request(ec.generate_private_key(ec.SECP256R1()))
        said = [
            await there.post("/fleet/certificate", {"booth": "bertry-pharmacie", "code": f"AAAA-{n}", "csr": csr})
            for n in range(8)
        ]
        assert [status for status, _ in said] == [401] * 5 + [403] * 3
        with pytest.raises(SettingsError, match="Too many codes"):
            await enrol(there.booth(), code)
        there.clock[0] += timedelta(minutes=2)
        again = {"booth": "bertry-pharmacie", "code": "AAAA", "csr": csr}
        assert [(await there.post("/fleet/certificate", again))[0] for _ in range(3)] == [401, 401, 403]


async def test_a_revoked_booth_is_believed_again_with_a_new_certificate_and_not_by_its_name(tmp_path: Path) -> None:
    async with parc(tmp_path) as there:
        booth, fresh = there.booth("mairie", at="old"), there.booth("mairie", at="new")
        await enrol(booth, await there.code("mairie"))
        assert await there.tells(booth) == 200
        async with (
            there.running.booth("mairie") as by_hand,  # certified before, for another key
            by_hand.put(f"{there.running.booths_url}/fleet/status", data=b"{}") as answer,
        ):
            assert answer.status == 401
        assert (await order(there.odile, there.running, "mairie/revoke"))[0] == 200
        assert await there.tells(booth) == 401
        key = load_pem_private_key(booth.gateway.key.read_bytes(), None)
        asked = {"certificate": booth.gateway.certificate.read_text(), "csr": request(key)}
        status, told = await there.post("/fleet/certificate/renewal", asked)
        assert (status, "revoked" in told["detail"]) == (403, True)
        assert (await order(there.odile, there.running, "mairie/restore"))[0] == 404
        await enrol(fresh, await there.code("mairie"))
        assert await there.tells(fresh) == 200
        assert await there.tells(booth) == 401
        async with there.odile.get(f"{there.running.url}/fleet/booths/mairie") as answer:
            assert (await answer.json())["order"] == {"closed": False, "revoked": False}


async def test_a_revoked_booth_closes_and_opens_by_itself_once_it_is_enrolled_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("booth_client.upkeep.EVERY_S", 0.2)
    async with parc(tmp_path) as there:
        trusted = there.running.certificates
        booth = replace(
            there.booth("mairie"),
            radio=RadioKind.VIRTUAL,
            visits=True,
            trust=Trust(
                device_authority=trusted.device_ca.certificate,
                registration_authority=trusted.registration_authority.certificate,
            ),
        )
        await enrol(booth, await there.code("mairie"))
        async with open_booth(booth) as kiosk, aiohttp.ClientSession(cookie_jar=CookieJar(unsafe=True)) as page:
            assert kiosk is not None

            async def shows(state: str, *, shut: str | None = None) -> None:
                async with asyncio.timeout(PATIENCE):
                    while await shown(page, kiosk.url) != (state, shut):
                        await asyncio.sleep(0.1)

            async def serves() -> None:
                async with asyncio.timeout(PATIENCE):
                    while True:
                        async with there.odile.get(f"{there.running.url}/fleet/booths") as answer:
                            found = {each["name"]: each.get("status") or {} for each in (await answer.json())["booths"]}
                        if found.get("mairie", {}).get("in_service"):
                            return
                        await asyncio.sleep(0.1)

            await shows("idle")
            await serves()
            assert (await order(there.odile, there.running, "mairie/revoke"))[0] == 200
            await shows("out-of-service", shut="revoked")
            await enrol(booth, await there.code("mairie"))
            await shows("idle")
            await serves()


async def shown(page: aiohttp.ClientSession, address: str) -> tuple[str, str | None]:
    """Return which screen the kiosk shows to a page that is opened at *address*, and why the booth is shut."""
    async with page.get(address, allow_redirects=False) as answer:
        assert answer.status == 303
    url = address.partition("/borne/")[0]
    async with page.ws_connect(f"{url}/ws", origin=url) as socket:
        while True:
            told = await socket.receive_json()
            if "state" in told:
                return str(told["state"]), told["shut"]


def request(key: Any) -> str:
    """Return a certificate signing request of *key*, as `teleborne booth --enrol` makes one."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    built = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return built.public_bytes(Encoding.PEM).decode()


async def test_a_booth_renews_its_certificate_while_it_runs_and_goes_on_with_it(tmp_path: Path) -> None:
    async with parc(tmp_path) as there:
        booth = there.booth()
        await enrol(booth, await there.code())
        first = x509.load_pem_x509_certificate(booth.gateway.certificate.read_bytes())
        context = tls(booth.gateway)
        async with open_session(context) as session:

            async def tell() -> int:
                url = f"{there.running.booths_url}/fleet/status"
                async with session.put(url, data=msgspec.json.encode(WELL)) as answer:
                    return answer.status

            assert await tell() == 200
            second = await renewed(booth, context)
            assert second.public_key() == first.public_key()
            # The connection of before shows the old certificate until it ends; the next one shows the new one.
            there.clock[0] = first.not_valid_after_utc + timedelta(seconds=0.5)
            assert [await tell(), await tell()] == [401, 200]


async def renewed(booth: BoothSettings, context: ssl.SSLContext) -> x509.Certificate:
    """Let the booth live 13 hours later, when half of its certificate's life is over; return the one it has then."""
    first = booth.gateway.certificate.read_bytes()
    await asyncio.sleep(1.1)  # certificates count in seconds
    later = keep_certified(booth.gateway, context, now=lambda: datetime.now(UTC) + timedelta(hours=13))
    renewing = asyncio.ensure_future(later)
    try:
        async with asyncio.timeout(PATIENCE):
            while booth.gateway.certificate.read_bytes() == first:
                await asyncio.sleep(0.05)
    finally:
        renewing.cancel()
    return x509.load_pem_x509_certificate(booth.gateway.certificate.read_bytes())


async def test_who_signed_in_too_long_ago_or_is_no_operator_makes_no_code(tmp_path: Path) -> None:
    async with parc(tmp_path) as there:
        async with there.running.person("claire") as claire, there.running.program() as program:
            assert (await there.make("mairie", by=claire))[0] == 403
            assert (await there.make("mairie", by=program))[0] == 403
        for name in ("", "Mairie", "a" * 64, "-mairie", 7):
            assert (await there.make(name))[0] == 400
        there.clock[0] += FRESH + timedelta(seconds=1)
        assert (await there.make("mairie"))[0] == 403


async def test_a_request_that_no_booth_makes_is_refused(tmp_path: Path) -> None:
    async with parc(tmp_path) as there:
        await enrol(there.booth(), await there.code())
        certificate = there.booth().gateway.certificate.read_text()
        stranger = request(ec.generate_private_key(ec.SECP256R1()))
        weak = request(ec.generate_private_key(ec.SECP384R1()))
        for body, status in (
            ({"certificate": certificate, "csr": stranger}, 403),
            ({"certificate": certificate, "csr": weak}, 400),
            ({"certificate": certificate, "csr": "-----BEGIN"}, 400),
            ({"certificate": (tmp_path / "certificates" / "server.pem").read_text(), "csr": stranger}, 400),
            ({"certificate": "é", "csr": stranger}, 400),
            ({"certificate": certificate}, 400),
            ([], 400),
        ):
            assert (await there.post("/fleet/certificate/renewal", body))[0] == status
        strangers = make(tmp_path / "elsewhere", booths=["bertry-pharmacie"]).booths["bertry-pharmacie"]
        body = {"certificate": strangers.certificate.read_text(), "csr": stranger}
        assert (await there.post("/fleet/certificate/renewal", body))[0] == 403


async def test_without_an_authority_no_booth_is_enrolled_and_the_operator_is_told(tmp_path: Path) -> None:
    def change(settings: GatewaySettings) -> GatewaySettings:
        return replace(settings, people=(*PEOPLE, OPERATOR))

    async with (
        running_gateway(tmp_path, change=change) as running,
        running.person("odile") as odile,
        odile.post(f"{running.url}/fleet/enrolments", json={"booth": "mairie"}) as answer,
    ):
        assert (answer.status, "authority.url" in (await answer.json())["detail"]) == (503, True)


async def test_every_act_is_in_the_chained_audit_and_none_can_be_changed_unseen(tmp_path: Path) -> None:
    async with parc(tmp_path) as there:
        await enrol(there.booth("mairie"), await there.code("mairie"))
        assert await there.tells(there.booth("mairie")) == 200
        for act in ("close", "open", "revoke"):
            assert (await order(there.odile, there.running, f"mairie/{act}"))[0] == 200
        url = f"sqlite:///{there.running.settings.data_dir}/gateway.db"
        async with open_database(url, METADATA, *TABLES, patient=True) as database:
            rows = await database.look(
                lambda c: c.exec_driver_sql("SELECT interaction, who FROM audit WHERE type = 'Booth' ORDER BY at").all()
            )
            assert [tuple(row) for row in rows] == [
                ("fleet:enrol", "odile"),
                ("fleet:enrolled", "urn:teleborne:booth:mairie"),
                ("fleet:close", "odile"),
                ("fleet:open", "odile"),
                ("fleet:revoke", "odile"),
            ]
            assert await database.look(lambda c: list(audit.broken(c))) == []
            await database.act(
                lambda c: c.exec_driver_sql("UPDATE audit SET who = 'paule' WHERE interaction = 'fleet:revoke'")
            )
            assert len(await database.look(lambda c: list(audit.broken(c)))) == 1


def test_the_command_says_what_is_missing_in_one_line(tmp_path: Path) -> None:
    settings = tmp_path / "booth.toml"
    settings.write_text(
        'name = "x"\ndata_dir = "data"\n[gateway]\nbase_url = "https://localhost:1"\nca = "ca.pem"\n'
        'certificate = "booth.pem"\nkey = "booth-key.pem"\n'
    )
    teleborne = [sys.executable, "-m", "gateway.cli", "booth", "--config", str(settings), "--enrol", "AAAA-BBBB-CCCC"]
    said = subprocess.run(teleborne, capture_output=True, text=True, check=False, timeout=60)
    assert (said.returncode, said.stderr.count("\n")) == (2, 1)
    assert "gateway.enrolment: missing" in said.stderr
