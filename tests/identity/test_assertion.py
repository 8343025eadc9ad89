"""A program's proof of who it is: the right one passes, and every wrong one is refused for its own reason."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from gateway.errors import SettingsError, Unauthenticated
from gateway.identity import Scopes
from gateway.identity.assertion import Client, PublicKey, check, public_key, public_keys

TOKEN_URL = "https://gateway.example/oauth/token"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
EC_KEY, RSA_KEY, STRANGE_KEY = ECKey.generate_key("P-384"), RSAKey.generate_key(2048), ECKey.generate_key("P-384")


def public(key: ECKey | RSAKey, alg: str) -> PublicKey:
    return public_key(key.as_pem(private=False), alg=alg)


CLIENTS = {
    "app": Client(
        client_id="app",
        name="App",
        scopes=Scopes.parse("system/*.rs"),
        keys={"k-ec": ("ES384", public(EC_KEY, "ES384")), "k-rsa": ("RS384", public(RSA_KEY, "RS384"))},
    ),
    "other": Client(client_id="other", name="Other", scopes=Scopes(), keys={}),
}


def claims(**changed: Any) -> dict[str, Any]:
    now = int(NOW.timestamp())
    told = {"iss": "app", "sub": "app", "aud": TOKEN_URL, "iat": now, "exp": now + 300, "jti": "j-1"} | changed
    return {name: value for name, value in told.items() if value != "absent"}


def signed(told: dict[str, Any], header: dict[str, Any] | None = None, key: Any = EC_KEY) -> str:
    header = {"alg": "ES384", "kid": "k-ec"} | (header or {})
    return jwt.encode(header, told, key, algorithms=[str(header["alg"])])


def checked(assertion: str) -> str:
    return check(assertion, clients=CLIENTS, token_url=TOKEN_URL, now=NOW).jti


@pytest.mark.parametrize(("alg", "kid", "key"), [("ES384", "k-ec", EC_KEY), ("RS384", "k-rsa", RSA_KEY)])
def test_an_assertion_signed_with_a_registered_key_proves_its_client(alg: str, kid: str, key: Any) -> None:
    found = check(signed(claims(), {"alg": alg, "kid": kid}, key), clients=CLIENTS, token_url=TOKEN_URL, now=NOW)
    assert found.client.client_id == "app"
    assert found.jti == "j-1"
    assert found.expires == NOW + timedelta(minutes=5)


SECONDS = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"sub": "other"}, "sub must be"),
        ({"sub": "absent"}, "sub must be"),
        ({"aud": "https://gateway.example"}, f"aud must be exactly {TOKEN_URL}"),
        ({"aud": TOKEN_URL + "/"}, "aud must be exactly"),
        ({"aud": [TOKEN_URL, "https://elsewhere.example"]}, "aud must be exactly"),
        ({"aud": "absent"}, "aud must be exactly"),
        ({"exp": "absent"}, "exp is missing"),
        ({"exp": SECONDS}, "exp has passed"),
        ({"exp": SECONDS - 1}, "exp has passed"),
        ({"exp": SECONDS + 331}, "exp is more than 5 minutes ahead"),
        ({"exp": 10**30}, "exp must be a number"),
        ({"exp": "soon"}, "exp must be a number"),
        ({"exp": True}, "exp must be a number"),
        ({"exp": [SECONDS + 60]}, "exp must be a number"),
        ({"iat": SECONDS + 31}, "iat is in the future"),
        ({"nbf": SECONDS + 31}, "nbf is in the future"),
        ({"iat": "now"}, "iat must be a number"),
        ({"jti": "absent"}, "jti must be"),
        ({"jti": ""}, "jti must be"),
        ({"jti": 7}, "jti must be"),
        ({"jti": "x" * 256}, "jti must be"),
    ],
    ids=str,
)
def test_a_holder_of_the_key_is_told_which_claim_is_wrong(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unauthenticated, match=reason):
        checked(signed(claims(**changed)))


@pytest.mark.parametrize(
    "changed",
    [{"exp": SECONDS + 1}, {"exp": SECONDS + 330}, {"iat": SECONDS + 30}, {"iat": "absent"}, {"aud": [TOKEN_URL]}],
    ids=str,
)
def test_a_clock_that_is_a_little_off_does_no_harm(changed: dict[str, Any]) -> None:
    assert checked(signed(claims(**changed))) == "j-1"


def unsigned(header: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims()).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def with_shared_secret() -> str:
    """The classical attack: the public key, which everybody knows, taken as the secret of HS256."""
    signing_input = unsigned({"alg": "HS256", "kid": "k-ec"}).rstrip(".")
    mac = hmac.digest(EC_KEY.as_pem(private=False), signing_input.encode(), "sha256")
    return unsigned({"alg": "HS256", "kid": "k-ec"}, mac)


STRANGERS = {
    "signed with another key": signed(claims(), key=STRANGE_KEY),
    "no algorithm": unsigned({"alg": "none", "kid": "k-ec"}),
    "no algorithm, in capitals": unsigned({"alg": "NONE", "kid": "k-ec"}),
    "a shared secret": with_shared_secret(),
    "another algorithm of the same key": signed(claims(), {"alg": "RS256", "kid": "k-rsa"}, RSA_KEY),
    "a padding that is not registered": signed(claims(), {"alg": "PS384", "kid": "k-rsa"}, RSA_KEY),
    "the other key's algorithm": signed(claims(), {"alg": "RS384", "kid": "k-ec"}, RSA_KEY),
    "unknown kid": signed(claims(), {"kid": "k-2"}),
    "kid of another type": unsigned({"alg": "ES384", "kid": ["k-ec"]}, b"x" * 96),
    "no kid": unsigned({"alg": "ES384"}, b"x" * 96),
    "unknown client": signed(claims(iss="nobody", sub="nobody")),
    "a client without this key": signed(claims(iss="other", sub="other")),
    "iss of another type": signed(claims(iss=["app"])),
    "no iss": signed(claims(iss="absent")),
    "another type of token": signed(claims(), {"typ": "dpop+jwt"}),
    "key in the header": signed(claims(), {"jwk": STRANGE_KEY.as_dict(private=False)}, STRANGE_KEY),
    "key elsewhere": signed(claims(), {"jku": "https://elsewhere.example/keys"}, STRANGE_KEY),
    "unknown critical header": unsigned({"alg": "ES384", "kid": "k-ec", "crit": ["x"], "x": 1}, b"x" * 96),
    "changed after signing": signed(claims())[:-4] + "AAAA",
    "no token": "no.token.atall",
    "empty": "",
    "two dots": "..",
    "five parts": "a.b.c.d.e",
    "not ASCII": "é.é.é",
    "too long": "a" * 9000,
    "claims are a list": jws.serialize_compact({"alg": "ES384", "kid": "k-ec"}, "[]", EC_KEY, algorithms=["ES384"]),
    "claims are no JSON": jws.serialize_compact({"alg": "ES384", "kid": "k-ec"}, "{", EC_KEY, algorithms=["ES384"]),
}


@pytest.mark.parametrize("case", STRANGERS)
def test_whoever_cannot_sign_learns_nothing_else(case: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        checked(STRANGERS[case])
    assert refused.value.what == "No registered client's key verifies this assertion."


@given(
    st.text(max_size=200) | st.binary(max_size=200).map(lambda data: base64.urlsafe_b64encode(data).decode() + ".e30.x")
)
def test_no_text_crashes_the_check(text: str) -> None:
    with pytest.raises(Unauthenticated):
        checked(text)


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_an_assertion_with_any_octet_changed_is_refused(place: int, change: int) -> None:
    whole = bytearray(signed(claims()).encode())
    place %= len(whole)
    whole[place] ^= change
    text = whole.decode("latin-1")
    if text.rstrip("=") == signed(claims()):
        return
    try:
        checked(text)
    except Unauthenticated:
        return
    # base64url ignores the last bits of a part: another text, the same octets, the same proof.
    assert place in {i - 1 for i, c in enumerate(whole) if c == ord(".")} | {len(whole) - 1}


def pem(key: Any) -> bytes:
    return bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize(
    ("document", "alg", "reason"),
    [
        (pem(ec.generate_private_key(ec.SECP256R1())), "ES384", "P-256; ES384 needs P-384"),
        (pem(rsa.generate_private_key(65537, 1024)), "RS384", "1024 bits; RS384 needs 2048"),
        (pem(rsa.generate_private_key(65537, 2048)), "ES384", "not a PEM public key for ES384"),
        (EC_KEY.as_pem(private=True), "ES384", "this is a private key"),
        (b"", "ES384", "not a PEM public key"),
        (b"\xff\x00 no key", "RS384", "not a PEM public key"),
    ],
    ids=["P-256", "1024 bits", "another kind", "private", "empty", "octets"],
)
def test_a_key_that_is_too_weak_or_not_public_is_not_registered(document: bytes, alg: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        public_key(document, alg=alg)


def test_keys_come_from_a_jwk_set_by_their_kid() -> None:
    one, two = (ECKey.generate_key("P-384", {"kid": kid}) for kid in ("one", "two"))
    rsa_key = RSAKey.generate_key(2048, {"kid": "three"})
    document = json.dumps(KeySet([one, two, rsa_key]).as_dict(private=False)).encode()
    assert sorted(public_keys(document, alg="ES384")) == ["one", "two"]
    assert sorted(public_keys(document, alg="RS384")) == ["three"]


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b'{"keys": []}', b'{"keys": [{"kty": "oct", "k": "x"}]}', b'{"keys": 1}']
)
def test_a_jwk_set_without_a_usable_key_is_refused(document: bytes) -> None:
    with pytest.raises(SettingsError):
        public_keys(document, alg="ES384")
