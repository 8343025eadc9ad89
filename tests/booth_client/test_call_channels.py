"""What is said on the data channels: the document and the code say the same, and nothing else is understood."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booth_client.channels import CHANNELS, CHUNK, LARGEST, MESSAGES, Pong, Unreadable, dump, parse
from booth_client.heartbeat import Heartbeat, Life, Limits
from booth_client.synthetic import Picture, read_number
from signalling.side import Endpoint

DOCUMENT = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^### ([a-z]+)\n[BP, ]+\. `(\{.*\})`", DOCUMENT, flags=re.MULTILINE)


def tag(kind: type) -> str:
    return str(kind.__struct_config__.tag)  # type: ignore[attr-defined]  # msgspec's own


def test_every_message_is_in_the_document_and_the_other_way_round() -> None:
    assert sorted(name for name, _ in EXAMPLES) == sorted(tag(kind) for kind in MESSAGES)


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=lambda each: each[:12])
def test_every_example_is_a_message_and_is_written_as_it_was_read(name: str, example: str) -> None:
    message = parse(example)
    assert tag(type(message)) == name
    again = json.loads(dump(message), parse_float=Decimal)
    read = json.loads(example, parse_float=Decimal)
    assert again == {key: value for key, value in read.items() if (key, value) != ("live", False)}


def test_the_table_of_channels_is_the_codes() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", DOCUMENT, flags=re.MULTILINE)
    said = {name: (set(re.findall(r"`(\w+)`", endpoints)), delivery) for name, endpoints, delivery, _ in rows}
    words = {(True, None): "ordered", (False, None): "unordered, reliable", (False, 400): "unordered, at most 400 ms"}
    for name, delivery in CHANNELS[Endpoint.AGENT].items():
        endpoints = {each.value for each in Endpoint if name in CHANNELS[each]}
        assert said.pop(name) == (endpoints, words[delivery.ordered, delivery.lifetime_ms])
    assert said == {}
    assert f"{LARGEST // 1024} KiB" in DOCUMENT
    assert CHUNK <= LARGEST


@given(st.text(max_size=200) | st.builds(json.dumps, st.dictionaries(st.sampled_from(["k", "n", "id"]), st.integers())))
def test_whatever_is_said_is_a_message_or_unreadable(text: str) -> None:
    with suppress(Unreadable):
        assert type(parse(text)) in MESSAGES


@pytest.mark.parametrize("text", ["", "\ud800", "[" * 100_000, '{"k":"ping","n":1,"more":2}', '{"k":"ping","n":-1}'])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text)


def test_silence_is_recovering_after_three_seconds_and_lost_after_five() -> None:
    heartbeat = Heartbeat(Limits(), now=100)
    assert heartbeat.ping(now=100).n == 1
    heartbeat.heard(Pong(n=1), now=100.25)
    assert heartbeat.round_trip_s == 0.25
    lives = [heartbeat.life(now=100.25 + silent) for silent in (0, 2.9, 3, 4.9, 5, 60)]
    assert lives == [Life.WELL, Life.WELL, Life.RECOVERING, Life.RECOVERING, Life.LOST, Life.LOST]
    heartbeat.heard(None, now=103)
    assert heartbeat.life(now=105.9) is Life.WELL


def test_while_packets_come_a_channel_that_says_something_again_is_slow_and_not_dead() -> None:
    heartbeat = Heartbeat(Limits(), now=100)
    for second in range(30):
        heartbeat.came(2 * second, slow=True, now=100 + second)
        assert heartbeat.life(now=100 + second) is Life.WELL
    heartbeat.heard(Pong(n=1), now=130)
    heartbeat.came(58, slow=True, now=133)
    assert heartbeat.life(now=133) is Life.RECOVERING, "no more packets than before are no sign of life"
    assert heartbeat.life(now=135) is Life.LOST


def test_a_page_that_answers_nothing_is_not_there_whatever_its_browser_takes_in() -> None:
    heartbeat = Heartbeat(Limits(), now=100)
    for second in range(6):
        heartbeat.came(2 * second, slow=False, now=100 + second)
    assert heartbeat.life(now=103) is Life.RECOVERING
    assert heartbeat.life(now=105) is Life.LOST


def test_a_channel_on_which_nothing_is_heard_for_half_a_minute_is_given_up_whatever_else_comes() -> None:
    heartbeat = Heartbeat(Limits(), now=100)
    for second in range(31):
        heartbeat.came(second, slow=True, now=100 + second)
    assert heartbeat.life(now=129.9) is Life.WELL
    assert heartbeat.life(now=130) is Life.LOST


async def test_a_simulated_patients_picture_carries_its_number_at_any_size() -> None:
    picture = Picture(fps=200)
    for number in (0, 1, 41_523, 65_535):
        picture.number = number
        frame = await picture.frame()
        for width, height in ((640, 480), (320, 240), (160, 120)):
            luma = frame.reformat(width, height).planes[0]
            assert read_number(bytes(luma), width=width, height=height, stride=luma.line_size) == number
    assert read_number(bytes(640 * 480), width=640, height=480, stride=640) is None
