"""Every lie of a provider that signs nobody in."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from joserfc.jwk import ECKey

from tests.oidc.liar import Liar, begin, browser, finish, session_of, unsigned, with_shared_secret
from tests.peers.running import Running

Lie = Callable[[Liar], None]


def _claims(**claims: Any) -> Lie:
    return lambda liar: liar.claims.update(claims)


def _times(**seconds: int) -> Lie:
    """Return a lie about times, by how many seconds each is later than now."""
    return lambda liar: liar.claims.update({name: int(time.time()) + each for name, each in seconds.items()})


def _set(name: str, value: Any) -> Lie:
    return lambda liar: setattr(liar, name, value)


def _with_p384(liar: Liar) -> None:
    liar.key, liar.header = ECKey.generate_key("P-384", {"kid": "k1"}), {"alg": "ES384"}


LIES: dict[str, Lie] = {
    "another issuer": _claims(iss="https://elsewhere.example"),
    "another site's token": _claims(aud="another-site"),
    "a token for several sites, given to nobody": _claims(aud=["teleborne", "another-site"]),
    "a token given to another site": _claims(azp="another-site"),
    "an expired token": _times(exp=-120),
    "no expiry": _claims(exp=None),
    "an expiry that is no number": _claims(exp="tomorrow"),
    "an old token": _times(iat=-3600),
    "a token from the future": _times(iat=3600),
    "a token that is not valid yet": _times(nbf=3600),
    "another attempt's nonce": _claims(nonce="n" * 43),
    "no nonce": _claims(nonce=None),
    "a weaker proof of identity": _claims(acr="eidas0"),
    "no proof of identity": _claims(acr=None),
    "nobody": _claims(sub=""),
    "a name that is no text": _claims(sub=7),
    "no signature": _set("sign", unsigned),
    "the public key as a secret": lambda liar: setattr(liar, "sign", with_shared_secret(liar)),
    "a key that the provider does not publish": lambda liar: liar.published.append(
        ECKey.generate_key("P-256", {"kid": "k1"})
    ),
    "a kid that is not there": _set("header", {"kid": "k2"}),
    "an algorithm that is not on the list": _with_p384,
    "text for a token": _set("sign", lambda _header, _claims: "not.a.token"),
    "two people": _set("userinfo", {"sub": "s-2"}),
    "no token": _set("answer", lambda _told: web.json_response({})),
    "a refused code": _set("answer", lambda _told: web.json_response({"error": "invalid_grant"}, status=400)),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_of_the_provider_signs_nobody_in(running: Running, liar: Liar, lie: str) -> None:
    LIES[lie](liar)
    async with browser() as session:
        await begin(session, running, liar)
        status, told = await finish(session, running, liar)
        assert status == 401, told
        assert not (await session_of(session, running))["signed_in"]


BROKEN: dict[str, Lie] = {
    "another issuer's metadata": _set("metadata", {"issuer": "https://elsewhere.example"}),
    "an endpoint without TLS": _set("metadata", {"token_endpoint": "http://elsewhere.example/token"}),
    "an endpoint that is no address": _set("metadata", {"jwks_uri": 7}),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_provider_whose_metadata_is_wrong_is_not_used(running: Running, liar: Liar, what: str) -> None:
    BROKEN[what](liar)
    async with browser() as session, session.get(f"{running.url}/sign-in", allow_redirects=False) as answer:
        assert answer.status == 503


@pytest.mark.parametrize(
    "reply",
    [
        lambda _told: web.Response(status=500),
        lambda _told: web.Response(status=302, headers={"Location": "/elsewhere"}),
        lambda _told: web.Response(text="not json"),
        lambda _told: web.json_response([]),
        lambda _told: web.Response(body=b" " * 300_000),
    ],
    ids=["error", "redirect", "text", "list", "endless"],
)
async def test_an_answer_that_cannot_be_used_is_said_to_be_so(running: Running, liar: Liar, reply: Any) -> None:
    liar.answer = reply
    async with browser() as session:
        await begin(session, running, liar)
        assert (await finish(session, running, liar))[0] == 503
