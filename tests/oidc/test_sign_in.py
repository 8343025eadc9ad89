"""Signing in through a provider: what is asked, who gets in, and who cannot finish what another began."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from gateway.errors import SettingsError
from tests.oidc.liar import SECRET, Liar, begin, browser, finish, session_of
from tests.peers.running import Running, running_gateway


async def test_a_physician_signs_in_and_out(running: Running, liar: Liar) -> None:
    async with browser() as session:
        assert await session_of(session, running) == {"signed_in": False, "demo": False, "sign_in": "/sign-in"}
        await begin(session, running, liar)
        assert await finish(session, running, liar) == (303, "/medecin/")
        told = await session_of(session, running)
        assert (told["name"], told["role"], told["language"]) == ("Claire Martin", "physician", "fr")
        async with session.get(f"{running.fhir}/Patient") as answer:
            assert answer.status == 200
        async with session.post(f"{running.url}/sign-out") as answer:
            assert answer.status == 204
        assert not (await session_of(session, running))["signed_in"]


async def test_what_is_asked_has_fresh_secrets_pkce_and_the_level_of_assurance(running: Running, liar: Liar) -> None:
    async with browser() as session:
        seen = []
        for _ in range(2):
            await begin(session, running, liar)
            seen.append(liar.asked)
    first, second = seen
    assert {name: first[name] for name in ("response_type", "client_id", "scope", "acr_values")} == {
        "response_type": "code",
        "client_id": "teleborne",
        "scope": "openid profile",
        "acr_values": "eidas1",
    }
    assert first["redirect_uri"] == f"{running.url}/sign-in/callback"
    assert first["code_challenge_method"] == "S256"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 32
        assert first[name] != second[name]


async def test_the_code_is_exchanged_with_the_verifier_and_the_secret_over_the_back_channel(
    running: Running, liar: Liar
) -> None:
    async with browser() as session:
        await begin(session, running, liar)
        await finish(session, running, liar)
    verifier = liar.token_request["code_verifier"]
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert challenge == liar.asked["code_challenge"]
    assert liar.token_request["redirect_uri"] == liar.asked["redirect_uri"]
    assert liar.authorization is not None
    client, _, secret = base64.b64decode(liar.authorization.removeprefix("Basic ")).decode().partition(":")
    assert (unquote_plus(client), unquote_plus(secret)) == ("teleborne", SECRET)


async def test_a_private_key_proves_who_we_are_where_the_provider_wants_one(tmp_path: Path, liar: Liar) -> None:
    key = ECKey.generate_key("P-256")
    path = tmp_path / "client-key.pem"
    path.write_bytes(key.as_pem(private=True))
    settings = liar.settings(tmp_path, client_secret_file=None, client_key=path)
    async with running_gateway(tmp_path, change=settings) as running, browser() as session:
        await begin(session, running, liar)
        assert (await finish(session, running, liar))[0] == 303
    claims = jwt.decode(liar.token_request["client_assertion"], key, algorithms=["ES256"]).claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("teleborne", "teleborne", f"{liar.issuer}/token")
    assert claims["exp"] - time.time() <= 60
    assert liar.authorization is None


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "s" * 43},
        {"state": None},
        {"code": None},
        {"iss": "https://elsewhere.example"},
        {"error": "access_denied"},
    ],
    ids=["another state", "no state", "no code", "another provider", "refused there"],
)
async def test_a_way_back_that_is_not_this_attempt_s_signs_nobody_in(
    running: Running, liar: Liar, changed: dict[str, str | None]
) -> None:
    async with browser() as session:
        await begin(session, running, liar)
        assert (await finish(session, running, liar, **changed))[0] == 401
        assert liar.tokens_given == 0


async def test_another_browser_cannot_finish_what_one_began(running: Running, liar: Liar) -> None:
    async with browser() as one, browser() as two:
        await begin(one, running, liar)
        assert (await finish(two, running, liar))[0] == 401
        first = liar.asked
        await begin(two, running, liar)
        liar.asked = first
        assert (await finish(two, running, liar))[0] == 401
    assert liar.tokens_given == 0


async def test_an_attempt_counts_once(running: Running, liar: Liar) -> None:
    async with browser() as session:
        await begin(session, running, liar)
        assert (await finish(session, running, liar))[0] == 303
        assert (await finish(session, running, liar))[0] == 401


async def test_an_attempt_ends_after_ten_minutes(tmp_path: Path, liar: Liar) -> None:
    moments = [datetime.now(UTC)]
    async with (
        running_gateway(tmp_path, change=liar.settings(tmp_path), now=lambda: moments[-1]) as running,
        browser() as session,
    ):
        await begin(session, running, liar)
        moments.append(moments[-1] + timedelta(minutes=11))
        assert (await finish(session, running, liar))[0] == 401


@pytest.mark.parametrize("cookie", ["", "x", "AAAA", "é", "A" * 3000])
async def test_a_cookie_that_is_not_ours_is_refused(running: Running, liar: Liar, cookie: str) -> None:
    async with browser() as session:
        await begin(session, running, liar)
    async with browser() as session:
        session.headers["Cookie"] = f"teleborne-sign-in={cookie.encode().decode('latin-1')}"
        assert (await finish(session, running, liar))[0] == 401


async def test_the_attempt_s_cookie_tells_the_browser_nothing(running: Running, liar: Liar) -> None:
    async with browser() as session, session.get(f"{running.url}/sign-in", allow_redirects=False) as answer:
        cookie = answer.cookies["teleborne-sign-in"]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", "600")
        held = base64.urlsafe_b64decode(cookie.value)
    assert b"verifier" not in held
    assert liar.issuer.encode() not in held


@pytest.mark.parametrize(
    ("userinfo", "status"),
    [
        ({"role": "60"}, 403),
        ({"role": None}, 403),
        ({"role": ["60", "10"]}, 303),
        ({"role": "patient"}, 403),
        ({"role": "patient", "record": "11111111-1111-4111-8111-111111111111"}, 303),
    ],
)
async def test_only_who_has_a_role_here_gets_in(
    running: Running, liar: Liar, userinfo: dict[str, Any], status: int
) -> None:
    liar.userinfo = userinfo
    async with browser() as session:
        await begin(session, running, liar)
        assert (await finish(session, running, liar))[0] == status


async def test_the_same_subject_at_another_provider_is_somebody_else(running: Running, liar: Liar) -> None:
    async with browser() as session:
        await begin(session, running, liar)
        liar.userinfo = {"name": "Dr Claire Martin"}
        await finish(session, running, liar)
        assert (await session_of(session, running))["name"] == "Dr Claire Martin"
        async with session.get(f"{running.fhir}/Practitioner") as answer:
            assert answer.status == 200
    async with browser() as session:
        await begin(session, running, liar)
        liar.userinfo, liar.claims = {"name": "Another", "sub": "s-2"}, {"sub": "s-2"}
        await finish(session, running, liar)
        assert (await session_of(session, running))["name"] == "Another"


async def test_a_provider_may_change_its_key_but_not_make_us_ask_for_keys_all_the_time(
    tmp_path: Path, liar: Liar
) -> None:
    moments = [datetime.now(UTC)]
    async with (
        running_gateway(tmp_path, change=liar.settings(tmp_path), now=lambda: moments[-1]) as running,
        browser() as session,
    ):

        async def sign_in() -> int:
            await begin(session, running, liar)
            return (await finish(session, running, liar))[0]

        assert await sign_in() == 303
        liar.key = ECKey.generate_key("P-256", {"kid": "k2"})
        assert [await sign_in(), await sign_in()] == [401, 401]
        assert liar.keys_read == 1
        moments.append(moments[-1] + timedelta(seconds=31))
        assert await sign_in() == 303
        assert liar.keys_read == 2


async def test_an_rsa_key_of_2048_bits_signs_too(running: Running, liar: Liar) -> None:
    liar.key = RSAKey.generate_key(2048, {"kid": "r1"})
    async with browser() as session:
        await begin(session, running, liar)
        assert (await finish(session, running, liar))[0] == 303


async def test_a_higher_level_of_assurance_than_asked_is_enough(running: Running, liar: Liar) -> None:
    liar.claims = {"acr": "eidas2"}
    async with browser() as session:
        await begin(session, running, liar)
        assert (await finish(session, running, liar))[0] == 303


async def test_a_secret_file_that_is_not_there_stops_the_start_in_one_line(tmp_path: Path, liar: Liar) -> None:
    settings = liar.settings(tmp_path, client_secret_file=tmp_path / "none")
    with pytest.raises(SettingsError, match=r"oidc\.client_secret_file: .*none"):
        async with running_gateway(tmp_path, change=settings):
            pass


@pytest.mark.parametrize(
    ("ago", "status"),
    [(0, 303), (50, 303), (600, 401), (-600, 401), (None, 401), ("now", 401), (True, 401)],
    ids=["now", "a clock that is behind", "of before", "of the future", "unsaid", "a text", "a truth"],
)
async def test_who_is_to_say_again_who_they_are_is_believed_only_if_they_have(
    running: Running, liar: Liar, ago: object, status: int
) -> None:
    liar.claims["auth_time"] = int(time.time()) - ago if type(ago) is int else ago
    async with browser() as session:
        await begin(session, running, liar, again=True)
        assert (liar.asked["prompt"], liar.asked["max_age"]) == ("login", "0")
        assert (await finish(session, running, liar))[0] == status
        assert (await session_of(session, running))["signed_in"] is (status == 303)


@pytest.mark.parametrize("ago", [600, None], ids=["ten minutes ago", "unsaid"])
async def test_a_sign_in_that_the_provider_remembers_is_as_old_as_it_is(
    running: Running, liar: Liar, ago: int | None
) -> None:
    at = None if ago is None else int(time.time()) - ago
    liar.claims["auth_time"], liar.userinfo["auth_time"] = at, int(time.time())
    async with browser() as session:
        await begin(session, running, liar)
        assert (await finish(session, running, liar))[0] == 303
        said = (await session_of(session, running))["signed_in_at"]
    assert said == (None if at is None else datetime.fromtimestamp(at, UTC).isoformat())
