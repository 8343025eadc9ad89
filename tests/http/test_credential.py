"""A physician's key is certified by the registration authority, a program of its own, upon the gateway's word."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.authority import CERTIFICATE, AuthoritySettings, initialise, register, run_authority
from gateway.config import AuthorityLink, GatewaySettings
from gateway.errors import SettingsError
from gateway.http.statement_key import PUBLIC, statement_key
from signalling import jws
from signalling.credential import verify_credential
from tests.peers.running import Running
from tests.peers.visitors import MARTIN, consulting, visiting

JWK = jws.jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key())


@asynccontextmanager
async def authority(folder: Path, *, acr: str = "demo", port: int = 0) -> AsyncIterator[str]:
    """Run an authority that believes the gateway whose data is in the sister folder `data`; give its address."""
    if not (folder / CERTIFICATE).exists():
        initialise(folder)
    statement_key(folder.parent / "data")
    register(folder, "cambresis", json.loads((folder.parent / "data" / PUBLIC).read_text()))
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    settings = AuthoritySettings(directory=folder, acr=(acr,), port=port)
    running = asyncio.ensure_future(run_authority(settings, started=listening.set_result))
    try:
        yield await listening
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@asynccontextmanager
async def certifying(folder: Path, url: str, *, name: str = "cambresis") -> AsyncIterator[Running]:
    """Run a gateway that asks the authority at *url*."""

    def change(settings: GatewaySettings) -> GatewaySettings:
        link = AuthorityLink(url=url, name=name)
        report = replace(settings.report, authority=folder / "authority" / CERTIFICATE)
        return replace(consulting(settings), authority=link, report=report)

    async with visiting(folder, change=change) as running:
        yield running


async def ask(session: aiohttp.ClientSession, running: Running, body: object = None) -> tuple[int, dict[str, Any]]:
    async with session.post(f"{running.url}/credential", json=body or {"jwk": JWK}) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_signed_in_physician_s_key_is_certified_in_their_name(tmp_path: Path) -> None:
    async with (
        authority(tmp_path / "authority") as url,
        certifying(tmp_path, url) as running,
        running.person("claire") as desk,
    ):
        status, told = await ask(desk, running)
        assert (status, set(told)) == (200, {"credential"})
        certificate = x509.load_pem_x509_certificate((tmp_path / "authority" / CERTIFICATE).read_bytes())
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        who = verify_credential(told["credential"], key, now=datetime.now(UTC))
        assert (who.subject, who.name, jws.jwk_of(who.key)) == (MARTIN, "Dr Claire Martin", JWK)
        (line,) = (tmp_path / "authority" / "issued.jsonl").read_text("utf-8").splitlines()
        assert json.loads(line)["by"] == "gateway cambresis"


async def test_the_gateway_has_a_key_of_its_own_and_no_authority_s(tmp_path: Path) -> None:
    async with authority(tmp_path / "authority") as url, certifying(tmp_path, url) as running:
        folder = running.settings.data_dir
        assert (folder / "statement-key.pem").stat().st_mode & 0o777 == 0o600
        public = json.loads((folder / PUBLIC).read_text())
        assert public == jws.jwk_of(statement_key(folder).public_key())
        assert not list(folder.glob("registration*"))


@pytest.mark.parametrize(
    ("person", "status"),
    [(None, 401), ("marcelle", 403), ("locum", 403)],
    ids=["nobody", "a citizen", "a physician without a number"],
)
async def test_nobody_else_s_key_is_certified(tmp_path: Path, person: str | None, status: int) -> None:
    async with authority(tmp_path / "authority") as url, certifying(tmp_path, url) as running:
        async with running.person(person or "claire") as session:
            if person is None:
                session.cookie_jar.clear()
            assert (await ask(session, running))[0] == status
            async with session.get(f"{running.url}/medecin/anchors.json") as answer:
                assert answer.status == status
        assert not (tmp_path / "authority" / "issued.jsonl").exists()


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"key": JWK},
        {"jwk": "x"},
        {"jwk": {**JWK, "d": "c2VjcmV0"}},
        {"jwk": {**JWK, "x": JWK["y"]}},
        {"jwk": JWK, "sub": "rpps:10009876543"},
    ],
    ids=["a list", "another name", "text", "a private key", "no point", "another's number"],
)
async def test_what_is_no_public_key_is_refused_before_anybody_is_asked(tmp_path: Path, body: object) -> None:
    async with visiting(tmp_path) as running, running.person("claire") as desk:
        assert (await ask(desk, running, body or [1]))[0] == 400


async def test_a_sign_in_that_is_not_strong_enough_is_told_so(tmp_path: Path) -> None:
    async with (
        authority(tmp_path / "authority", acr="eidas2") as url,
        certifying(tmp_path, url) as running,
        running.person("claire") as desk,
    ):
        status, told = await ask(desk, running)
        assert status == 403
        assert "'demo' is not strong enough" in told["detail"]


async def test_a_gateway_that_the_authority_does_not_know_gets_nothing(tmp_path: Path) -> None:
    async with (
        authority(tmp_path / "authority") as url,
        certifying(tmp_path, url, name="stranger") as running,
        running.person("claire") as desk,
    ):
        assert (await ask(desk, running))[0] == 403


async def test_an_authority_that_is_down_is_one_clear_problem_and_then_works_again(tmp_path: Path) -> None:
    async with authority(tmp_path / "authority") as url:
        port = int(url.rpartition(":")[2])
    async with certifying(tmp_path, url) as running, running.person("claire") as desk:
        status, told = await ask(desk, running)
        assert status == 503
        assert told["detail"].startswith("The registration authority cannot certify your key just now")
        assert "Try again in a moment" in told["detail"]
        async with desk.get(f"{running.url}/readyz") as answer:
            assert answer.status == 200
        async with authority(tmp_path / "authority", port=port):
            assert (await ask(desk, running))[0] == 200


async def test_without_an_authority_in_the_settings_the_page_learns_which_setting_is_missing(tmp_path: Path) -> None:
    async with visiting(tmp_path) as running, running.person("claire") as desk:
        status, told = await ask(desk, running)
        assert (status, "authority.url" in told["detail"]) == (503, True)
        async with desk.get(f"{running.url}/medecin/anchors.json") as answer:
            assert answer.status == 503
            assert "report.authority" in (await answer.json(content_type=None))["detail"]


async def test_a_revoked_physician_s_new_key_is_not_certified_and_colleagues_believe_no_old_one(tmp_path: Path) -> None:
    async with authority(tmp_path / "authority") as url, certifying(tmp_path, url) as running:
        assert running.settings.booths is not None
        assert running.settings.booths.revoked is not None
        running.settings.booths.revoked.write_text(f"{MARTIN}  # lost the laptop\n")
        async with running.person("claire") as desk, running.person("roy") as colleague:
            assert (await ask(desk, running))[0] == 403
            async with colleague.get(f"{running.url}/medecin/anchors.json") as answer:
                assert (await answer.json())["revoked"] == [MARTIN]
        assert not (tmp_path / "authority" / "issued.jsonl").exists()


async def test_the_page_gets_both_authorities_and_what_is_revoked(tmp_path: Path) -> None:
    async with (
        authority(tmp_path / "authority") as url,
        certifying(tmp_path, url) as running,
        running.person("claire") as desk,
    ):
        assert running.settings.booths is not None
        assert running.settings.booths.revoked is not None
        running.settings.booths.revoked.write_text("mairie\n0A:1B\n")
        async with desk.get(f"{running.url}/medecin/anchors.json") as answer:
            told = await answer.json()
        for name, path in (
            ("device_authority", running.certificates.device_ca.certificate),
            ("registration_authority", tmp_path / "authority" / CERTIFICATE),
        ):
            shipped = x509.load_der_x509_certificate(base64.b64decode(told[name]))
            assert shipped == x509.load_pem_x509_certificate(path.read_bytes())
        assert {"urn:teleborne:booth:mairie", "a1b"} <= set(told["revoked"])


def test_a_key_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    statement_key(tmp_path)
    (tmp_path / "statement-key.pem").chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        statement_key(tmp_path)
    (tmp_path / "statement-key.pem").write_text("no key")
    (tmp_path / "statement-key.pem").chmod(0o600)
    with pytest.raises(SettingsError, match="not a private key"):
        statement_key(tmp_path)
