"""The registration authority: certifies upon a registered gateway's word, once, and keeps a book."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from certs_example.make import make
from gateway.authority import AuthoritySettings, certify, initialise, open_authority, register, run_authority
from gateway.errors import SettingsError
from signalling import jws
from signalling.credential import Credential, verify_credential
from signalling.statement import make_statement

ROY = {"subject": "rpps:10001234567", "name": "Dr Roy", "acr": "eidas2"}
GATEWAY = ec.generate_private_key(ec.SECP256R1())
PHYSICIAN = jws.jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    initialise(tmp_path / "authority")
    register(tmp_path / "authority", "cambresis", jws.jwk_of(GATEWAY.public_key()))
    return tmp_path / "authority"


@pytest.fixture
async def address(folder: Path) -> AsyncIterator[str]:
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    settings = AuthoritySettings(directory=folder, acr=("eidas2",), port=0)
    running = asyncio.ensure_future(run_authority(settings, started=listening.set_result))
    yield await listening
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def verified(folder: Path, credential: str) -> Credential:
    certificate = x509.load_pem_x509_certificate((folder / "registration-authority.pem").read_bytes())
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return verify_credential(credential, key, now=datetime.now(UTC))


def statement(**change: Any) -> str:
    said: dict[str, Any] = ROY | {"gateway": "cambresis", "jwk": PHYSICIAN} | change
    now = datetime.now(UTC) + said.pop("from_now", timedelta())
    return make_statement(said.pop("key", GATEWAY), now=now, **said)


async def post(address: str, body: object) -> tuple[int, dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{address}/credential", json=body) as answer,
    ):
        return answer.status, await answer.json()


def test_the_key_is_its_owners_alone_and_is_never_made_over(folder: Path) -> None:
    path = folder / "registration-authority-key.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(SettingsError, match="there is an authority already"):
        initialise(folder)
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        open_authority(folder)


def test_a_credential_by_hand_verifies_and_stands_in_the_book(folder: Path) -> None:
    made = certify(folder, physician="rpps:10001234567", name="Dr Hélène Roy", jwk=json.dumps(PHYSICIAN), days=7)
    who = verified(folder, made)
    assert (who.subject, who.name, jws.jwk_of(who.key)) == ("rpps:10001234567", "Dr Hélène Roy", PHYSICIAN)
    assert who.expires - datetime.now(UTC) < timedelta(days=7)
    (line,) = (folder / "issued.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["key"] == jws.thumbprint(PHYSICIAN)
    assert (folder / "issued.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "change",
    [{"physician": "rpps:1"}, {"jwk": "[]"}, {"jwk": "{}"}, {"jwk": "no"}, {"days": 31}, {"days": 0}, {"name": ""}],
    ids=str,
)
def test_what_cannot_be_certified_is_refused_in_words(folder: Path, change: dict[str, Any]) -> None:
    given = {"physician": "rpps:10001234567", "name": "Dr Roy", "jwk": json.dumps(PHYSICIAN)} | change
    with pytest.raises(SettingsError):
        certify(folder, **given)
    assert not (folder / "issued.jsonl").exists()


def test_the_example_certificates_are_an_authority_too(tmp_path: Path) -> None:
    make(tmp_path)
    made = certify(tmp_path, physician="rpps:10001234567", name="Dr Roy", jwk=json.dumps(PHYSICIAN))
    assert verified(tmp_path, made).name == "Dr Roy"


async def test_a_gateways_statement_is_certified_once(address: str, folder: Path) -> None:
    body = {"statement": statement(), "jwk": PHYSICIAN}
    answers = await asyncio.gather(post(address, body), post(address, body))
    assert sorted(status for status, _ in answers) == [200, 403]
    (made,) = [answer["credential"] for status, answer in answers if status == 200]
    assert verified(folder, made).subject == "rpps:10001234567"
    assert json.loads((folder / "issued.jsonl").read_text("utf-8"))["by"] == "gateway cambresis"


@pytest.mark.parametrize(
    "change",
    [
        {"key": ec.generate_private_key(ec.SECP256R1())},
        {"gateway": "another"},
        {"acr": "password"},
        {"jwk": jws.jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key())},
        {"from_now": timedelta(minutes=-5)},
        {"from_now": timedelta(minutes=5)},
        {"subject": "urn:teleborne:booth:caudry-03"},
    ],
    ids=["a stranger's key", "an unknown gateway", "a weak sign-in", "another key", "old", "of the future", "a booth"],
)
async def test_a_statement_that_does_not_hold_is_refused(address: str, folder: Path, change: dict[str, Any]) -> None:
    status, answer = await post(address, {"statement": statement(**change), "jwk": PHYSICIAN})
    assert (status, set(answer)) == (403, {"what", "remedy"})
    assert not (folder / "issued.jsonl").exists()


@pytest.mark.parametrize("body", [None, [], {}, {"statement": 1, "jwk": {}}, {"statement": "x", "jwk": "y"}])
async def test_what_is_no_request_is_refused(address: str, body: object) -> None:
    assert (await post(address, body))[0] == 400


def test_the_authority_listens_on_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        AuthoritySettings(directory=tmp_path, acr=("eidas2",), host="0.0.0.0")
