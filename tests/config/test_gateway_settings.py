"""The gateway's settings: what contradicts itself or is not safe does not start, and all of it is documented."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from booth_client.config import BOOTH_PREFIX, BoothSettings
from booth_client.kiosk.supervisor import KIOSK_PREFIX, KioskSettings
from gateway.config import GATEWAY_PREFIX, GatewaySettings, is_loopback, load, settings_of
from gateway.errors import SettingsError

DOCUMENT = (Path(__file__).parents[2] / "docs/settings.md").read_text()

SAFE = """
data_dir = "data"
base_url = "https://gateway.example"
[listen]
host = "0.0.0.0"
certificate = "c.pem"
key = "k.pem"
[[clients]]
client_id = "a"
name = "A"
scopes = "system/*.rs"
kid = "1"
public_key = "a.pem"
"""
PERSON = '[[people]]\nid = "c"\nname = "C"\nrole = "physician"\n'
CITIZEN = '[[people]]\nid = "m"\nname = "M"\nrole = "citizen"\n'
CLIENT = '[[clients]]\nclient_id = "a"\nname = "A"\nscopes = "system/*.rs"\n'
BOOTHS = '[booths]\ncertificate = "c.pem"\nkey = "k.pem"\n'


def read(tmp_path: Path, text: str) -> GatewaySettings:
    path = tmp_path / "gateway.toml"
    path.write_text(text)
    return load(GatewaySettings, path, GATEWAY_PREFIX, environ={})


WRONG = {
    "demo = true": "data_dir: missing",
    'data_dir = "d"\n[listen]\nport = 65536': "listen: port 65536 is not between 0 and 65535",
    'data_dir = "d"\n[listen]\nport = -1': "listen: port -1",
    'data_dir = "d"\n[listen]\ncertificate = "c.pem"': "certificate and key go together",
    'data_dir = "d"\n' + BOOTHS: "booths.client_ca: missing",
    'data_dir = "d"\nbase_url = "gateway.example"': "base_url 'gateway.example' is not like https://",
    'data_dir = "d"\nbase_url = "https://gateway.example/"': "no path, no slash at the end",
    'data_dir = "d"\nbase_url = "ftp://gateway.example"': "base_url",
    'data_dir = "d"\nbase_url = "https://a.example?x"': "base_url",
    'data_dir = "d"\nbase_url = "https://a.example:port"': "base_url",
    'data_dir = "d"\nlog = "xml"': "log: 'xml' is not one of text, json",
    'data_dir = "d"\nkiosk = "http://127.0.0.1:1"': "kiosk is the http:// address of a demo's kiosk page",
    'data_dir = "d"\ndemo = true\nkiosk = "javascript:x"': "kiosk is the http:// address",
    'data_dir = "d"\n[session]\nidle_s = 0': "idle_s must be above 0",
    'data_dir = "d"\n[session]\nidle_s = 99999': "at most absolute_s",
    'data_dir = "d"\n[limits]\nbody_bytes = 0': "every limit must be above 0",
    'data_dir = "d"\n' + PERSON: "they need demo = true",
    'data_dir = "d"\ndemo = true\n' + PERSON + PERSON: "the id 'c' is there twice",
    'data_dir = "d"\ndemo = true\n'
    + PERSON.replace("physician", "nurse"): "role 'nurse' is not one of physician, citizen",
    'data_dir = "d"\ndemo = true\n' + PERSON + 'patient = "p"': "a citizen has a patient id",
    'data_dir = "d"\ndemo = true\n' + CITIZEN: "a citizen has a patient id",
    'data_dir = "d"\ndemo = true\n' + PERSON + 'language = "de"': "language 'de' is not one of fr, en",
    'data_dir = "d"\n' + CLIENT: "give either public_key (with kid) or jwks",
    'data_dir = "d"\n' + CLIENT + 'public_key = "a.pem"': "kid goes with public_key",
    'data_dir = "d"\n' + CLIENT + 'public_key = "a.pem"\nkid = "1"\njwks = "j"': "give either public_key",
    'data_dir = "d"\n' + CLIENT + 'jwks = "j"\nkid = "1"': "kid goes with public_key",
    'data_dir = "d"\n' + CLIENT + 'jwks = "j"\nalg = "HS256"': "alg 'HS256' is not one of RS384, ES384",
    'data_dir = "d"\n' + CLIENT + 'jwks = "j"\n' + CLIENT + 'jwks = "j"': "the client_id 'a' is there twice",
    'data_dir = "d"\n[listen]\nhost = "0.0.0.0"': "not loopback: TLS is needed",
    'data_dir = "d"\n[listen]\nhost = "::"': "not loopback: TLS is needed",
    'data_dir = "d"\n[listen]\nhost = "gateway.example"': "not loopback: TLS is needed",
    'data_dir = "d"\n[listen]\nhost = ""': "not loopback: TLS is needed",
    "demo = true\n" + SAFE: "demo sign-in proves nothing",
    SAFE.partition("[[clients]]")[0]: "nobody could sign in",
    SAFE.replace("https://", "http://"): "the https:// address that people use",
    SAFE.replace('base_url = "https://gateway.example"', ""): "set base_url",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_contradicts_itself_or_is_not_safe_does_not_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, text)
    assert WRONG[text] in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_listener_for_everybody_with_tls_and_proven_callers_may_start(tmp_path: Path) -> None:
    assert read(tmp_path, SAFE).listen.host == "0.0.0.0"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_only_this_machine_s_addresses_are_loopback(host: str, *, loopback: bool) -> None:
    assert is_loopback(host) is loopback


PROGRAMS: list[tuple[type[Any], str]] = [
    (GatewaySettings, GATEWAY_PREFIX),
    (BoothSettings, BOOTH_PREFIX),
    (KioskSettings, KIOSK_PREFIX),
]


@pytest.mark.parametrize(("settings", "prefix"), PROGRAMS, ids=["gateway", "booth", "kiosk"])
def test_every_setting_has_a_line_in_the_document(settings: type[Any], prefix: str) -> None:
    for one in settings_of(settings, prefix):
        variable = f"`{one.variable}`" if one.variable else "none"
        assert f"\n| `{one.name}` | {variable} |" in DOCUMENT


def test_the_document_names_no_setting_that_is_not_there() -> None:
    known = {one.name for settings, prefix in PROGRAMS for one in settings_of(settings, prefix)}
    assert set(re.findall(r"^\| `([^`]+)` \|", DOCUMENT, flags=re.MULTILINE)) == known


def test_the_document_s_example_is_one_that_may_start(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    assert tomllib.loads(example)
    assert read(tmp_path, example).booths is not None
