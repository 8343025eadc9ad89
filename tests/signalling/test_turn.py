"""Credentials for our relays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from signalling.turn import Turn, ice_servers

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_a_credential_is_what_coturn_computes() -> None:
    turn = Turn(urls=("turn:turn.example:3478?transport=udp",), secret="north", lifetime=timedelta(hours=1))
    (server,) = ice_servers(turn, "p-1", NOW)
    assert server.username == "1795341600:p-1"
    # printf 1795341600:p-1 | openssl dgst -sha1 -hmac north -binary | base64
    assert server.credential == "cWAy0vfz+6Fu/zwNL9TYpkFgB4E="
    assert server.urls == ["turn:turn.example:3478?transport=udp"]


def test_without_a_relay_of_ours_there_is_none() -> None:
    assert ice_servers(Turn(), "p-1", NOW) == []


@pytest.mark.parametrize(
    "url",
    ["stun:stun.example:3478", "stun.example", "turn:", "turn:x?transport=sctp", "https://turn.example", "turn:a b"],
)
def test_what_is_no_relay_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no relay"):
        Turn(urls=(url,), secret="s")


def test_a_relay_needs_its_secret() -> None:
    with pytest.raises(ValueError, match="secret"):
        Turn(urls=("turns:turn.example:443?transport=tcp",))
