"""docs/signalling.md says what the code does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from signalling import messages as m
from signalling.consultation import diagram
from signalling.envelope import LARGEST, PROTOCOL, Envelope, dump, parse
from signalling.errors import BadMessage, Code, Flaw
from signalling.line import MOST_MESSAGES, MOST_OCTETS, Closing
from signalling.offering import CIRCLES
from signalling.presence import GRACE, KEPT, KEPT_FOR
from signalling.server import Limits
from signalling.side import Role
from signalling.tickets import TICKET_LIFE
from signalling.waiting_room import HANDLERS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "signalling.md").read_text()
ROLES = {"B": Role.BOOTH, "P": Role.PHYSICIAN, "G": Role.GUEST, "S": Role.SERVER}
CALL = "8d0f0000-0000-4000-8000-000000000001"


def sections() -> dict[str, tuple[str, str, str]]:
    """Each message: who sends it, to whom, an example of its body."""
    part = DOCUMENT.partition("## Messages")[2].partition("\n## ")[0]
    found = re.findall(r"^### (\S+)\n([BPGS, ]+) → ([BPGS, ]+)\. `(\{.*?\})`\.(?:\s|$)", part, re.MULTILINE)
    return {name: (senders, receivers, body) for name, senders, receivers, body in found}


def rows(heading: str) -> list[list[str]]:
    """The cells of the table whose header begins with that cell."""
    table = re.search(rf"^\| {re.escape(heading)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", DOCUMENT, re.MULTILINE)
    assert table is not None, heading
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in table[1].splitlines()]


def roles(letters: str) -> set[Role]:
    return {ROLES[letter.strip()] for letter in letters.split(",")}


def test_every_message_has_its_section_and_no_other() -> None:
    assert list(sections()) == re.findall(r"^### (\S+)$", DOCUMENT, re.MULTILINE)
    assert set(sections()) == set(m.MESSAGES)


@pytest.mark.parametrize("name", m.MESSAGES)
def test_the_document_says_who_may_send_it(name: str) -> None:
    senders, receivers, _ = sections()[name]
    assert roles(senders) == m.MESSAGES[name].senders
    assert roles(receivers)


@pytest.mark.parametrize("name", m.MESSAGES)
def test_every_field_is_in_the_example_and_the_example_parses(name: str) -> None:
    kind, (_, _, body) = m.MESSAGES[name], sections()[name]
    frame = {"v": 1, "type": name, "id": "x", "body": json.loads(body)} | ({"call": CALL} if kind.of_a_call else {})
    envelope = parse(json.dumps(frame))
    assert isinstance(envelope.body, kind)
    assert parse(dump(envelope)) == envelope
    assert json.loads(body).keys() == {field.name for field in msgspec.structs.fields(kind)}
    for inner in structs_in(kind):
        fields = {field.name for field in msgspec.structs.fields(inner)}
        assert any(fields == part.keys() for part in objects_in(json.loads(body))), inner


def structs_in(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for field in msgspec.structs.fields(kind):
        for inner in get_args(field.type):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                yield inner


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects_in(part)


def test_every_message_of_a_participant_does_something() -> None:
    sent = {kind for kind in m.MESSAGES.values() if Role.SERVER not in kind.senders}
    assert sent == set(HANDLERS) | {m.Hello}


def test_the_envelopes_fields_are_those_of_the_table() -> None:
    documented = {row[0] for row in rows("field")}
    example = re.search(r"## Envelope\n\n```json\n(.*?)\n```", DOCUMENT, re.DOTALL)
    assert example is not None
    assert documented == json.loads(example[1]).keys()
    written = Envelope(body=m.Take(), id="i", call="c", sender="s", to="t", gen=2, seq=1)
    assert json.loads(dump(written)).keys() == documented
    assert parse(dump(written)) == written


@pytest.mark.parametrize(
    ("heading", "enum", "value"),
    [("code", Code, str), ("flaw", Flaw, str), ("close code", Closing, lambda closing: str(int(closing)))],
)
def test_every_code_has_a_row(heading: str, enum: type[Enum], value: Any) -> None:
    assert [row[0] for row in rows(heading)] == [value(member) for member in enum]


def test_every_close_code_has_its_name() -> None:
    assert {row[1] for row in rows("close code")} == {one.name.lower().replace("_", "-") for one in Closing}


def test_the_diagram_is_the_table_of_steps() -> None:
    shown = re.search(r"<!-- diagram:begin -->\n```mermaid\n(.*?)\n```\n<!-- diagram:end -->", DOCUMENT, re.DOTALL)
    assert shown is not None
    assert shown[1] == diagram()


def test_the_circles_of_an_offer_are_those_of_the_code() -> None:
    assert [row[0] for row in rows("waited")] == [f"{circle.after.total_seconds() / 60:g} min" for circle in CIRCLES]


def test_the_numbers_are_those_of_the_code() -> None:
    limits, seconds = Limits(), int(GRACE.total_seconds())
    expected = [
        f"sub-protocol `{PROTOCOL}`",
        f"{LARGEST // 1024} KiB |",
        f"| {limits.per_second:g}, bursts of {limits.burst:g} |",
        f"| {MOST_MESSAGES} messages, {MOST_OCTETS // 1024**2} MiB |",
        f"| ping every {limits.heartbeat_s:g} s, pong within {limits.heartbeat_s / 2:g} s |",
        f"| {seconds} s |",
        f"has {seconds} seconds to come back",
        f"first message is `hello`, within {limits.hello_s:g} seconds",
        f"at most {KEPT} messages of the\nlast {KEPT_FOR.total_seconds():g} seconds",
        f'"expires_in": {TICKET_LIFE.total_seconds():g}',
    ]
    assert [phrase for phrase in expected if phrase not in DOCUMENT] == []


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "[]",
        '{"v":1}',
        '{"v":2,"type":"take","id":"x","call":"c"}',
        '{"v":1,"type":"take","id":"","call":"c"}',
        '{"v":1,"type":"take","id":"x","call":""}',
        '{"v":1,"type":"take","id":"x"}',
        '{"v":1,"type":"take","id":"x","call":"c","gen":0}',
        '{"v":1,"type":"take","id":"x","call":"c","more":1}',
        '{"v":1,"type":"take","id":"x","call":"c","body":{"more":1}}',
        '{"v":1,"type":"unknown","id":"x","call":"c"}',
        '{"v":1,"type":"offer","id":"x","call":"c","body":{"endpoint":"camera","sdp":"","binding":""}}',
        '{"v":1,"type":"hello","id":"x","body":{"last_seq":-1}}',
        json.dumps({"v": 1, "type": "hello", "id": "x" * 65}),
        json.dumps({"v": 1, "type": "leave", "id": "x", "call": "c", "body": {"reason": "x" * 65}}),
        " " * (LARGEST + 1),
        "é" * (LARGEST // 2 + 1),
        "\ud800",
        b"\xff",
    ],
)
def test_what_is_no_message_is_refused_in_words(frame: str | bytes) -> None:
    with pytest.raises(BadMessage) as refused:
        parse(frame)
    assert str(refused.value)
