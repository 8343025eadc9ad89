"""A file on its way, in either direction: whole or not at all, going on where it was, and each flaw told."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booth_client.blob import TYPES, File, Incoming, NotTaken
from booth_client.channels import LARGEST_BLOB, Blob, Flaw, Got
from tests.peers.webrtc_people import People
from tests.peers.webrtc_physician import Physician, Wire
from tests.peers.webrtc_visit import Visit, visiting

pytestmark = pytest.mark.usefixtures("network")

JPEG = TYPES["image/jpeg"] + bytes(range(256)) * 4000


def told(data: bytes, **other: Any) -> Blob:
    known: dict[str, Any] = {"id": "f-1", "type": "image/jpeg", "size": len(data)}
    return Blob(**{**known, "sha256": hashlib.sha256(data).hexdigest(), **other})


@given(st.lists(st.integers(1, 16_384), min_size=1, max_size=40), st.data())
def test_whatever_the_pieces_are_and_wherever_it_is_cut_it_comes_whole(sizes: list[int], data: st.DataObject) -> None:
    sent = (JPEG * 2)[: sum(sizes)] if sum(sizes) > 3 else JPEG[:4]
    incoming, files = Incoming(), list[File]()
    at = incoming.announce(told(sent)).octets
    assert at == 0
    for size in itertools.cycle(sizes):
        if data.draw(st.booleans()):  # the connection is lost, and another made
            at = incoming.announce(told(sent)).octets
        got, file = incoming.piece(sent[at : at + size])
        at += size
        if file is not None:
            assert got == Got(id="f-1", octets=len(sent))
            files.append(file)
            break
        assert got is None or (got.flaw is None and got.octets <= at)
    assert files == [File(id="f-1", type="image/jpeg", data=sent)]


@pytest.mark.parametrize(
    ("announced", "sent", "flaw"),
    [
        (told(JPEG, type="text/html"), b"", Flaw.TYPE),
        (told(JPEG, size=LARGEST_BLOB + 1), b"", Flaw.SIZE),
        (told(JPEG, size=10), JPEG[:11], Flaw.SIZE),
        (told(b"MZ" + JPEG), b"MZ" + JPEG, Flaw.TYPE),
        (told(JPEG, type="application/pdf"), JPEG, Flaw.TYPE),
        (told(JPEG, sha256="0" * 64), JPEG, Flaw.HASH),
    ],
    ids=["no type", "too large", "more than said", "a program", "another type", "another content"],
)
def test_what_is_not_as_announced_is_thrown_away_and_said_to_be(announced: Blob, sent: bytes, flaw: Flaw) -> None:
    incoming = Incoming()
    answer: Got | None = incoming.announce(announced)
    file = None
    if sent:
        assert answer == Got(id="f-1", octets=0)
        answer, file = incoming.piece(sent)
    assert answer == Got(id="f-1", octets=0, flaw=flaw)
    assert file is None
    assert incoming.piece(JPEG) == (None, None)


def test_another_file_takes_the_place_of_one_that_was_interrupted() -> None:
    incoming = Incoming()
    incoming.announce(told(JPEG))
    incoming.piece(JPEG[:1000])
    assert incoming.announce(told(JPEG[:500])).octets == 0
    assert incoming.announce(told(JPEG)).octets == 0


def pour(physician: Physician, data: bytes, *, start: int = 0, end: int | None = None) -> None:
    for at in range(start, end or len(data), 16_384):
        physician.blob.send(data[at : min(at + 16_384, end or len(data))])


async def connected(on: Visit, *, generation: int = 1) -> None:
    await on.protected(generation)
    await on.until(lambda: on.physician.blob is not None)


def announce(physician: Physician, blob: Blob) -> None:
    fields = {"id": blob.id, "type": blob.type, "size": blob.size, "sha256": blob.sha256}
    physician.blob.send(json.dumps({"k": "blob", **fields}))


async def test_a_file_that_a_lost_connection_cut_in_the_middle_goes_on_where_it_was(folk: People) -> None:
    files: list[File] = []
    async with visiting(folk, take=files.append) as on:
        await connected(on)
        blob = told(JPEG)
        announce(on.physician, blob)
        await on.until(lambda: on.physician.said("got"))
        pour(on.physician, JPEG, end=600_000)
        await on.until(lambda: on.physician.said("got")[-1]["octets"] >= 512 * 1024)
        await asyncio.sleep(0.3)
        on.physician.cut()
        await connected(on, generation=2)
        announce(on.physician, blob)
        await on.until(lambda: on.physician.said("got"))
        there = on.physician.said("got")[-1]["octets"]
        assert 512 * 1024 <= there <= 600_000
        pour(on.physician, JPEG, start=there)
        await on.until(lambda: files)
        assert files == [File(id="f-1", type="image/jpeg", data=JPEG)]
        await on.until(lambda: on.physician.said("got")[-1]["octets"] == len(JPEG))


def silent(wire: Wire, _gen: int) -> Physician:
    """Make a physician who does not say by themselves what they have."""
    return Physician(people=wire.people, reply=wire.reply, takes=False)


async def test_a_picture_of_the_booths_goes_on_over_the_next_connection(folk: People) -> None:
    async with visiting(folk, make=silent) as on:
        await connected(on)
        first = on.physician
        sending = asyncio.ensure_future(on.conversation.send_blob(JPEG, name="b-1", media_type="image/jpeg"))
        await on.until(lambda: first.said("blob"))
        first.got("b-1", 0)
        await on.until(lambda: sum(map(len, first.blobs)) > 300_000)
        held = b"".join(first.blobs)[: 256 * 1024]
        first.cut()
        await connected(on, generation=2)
        await on.until(lambda: on.physician.said("blob"))
        assert on.physician.said("blob")[0]["sha256"] == first.said("blob")[0]["sha256"]
        on.physician.got("b-1", len(held))
        await on.until(lambda: len(held) + sum(map(len, on.physician.blobs)) == len(JPEG))
        assert held + b"".join(on.physician.blobs) == JPEG
        assert not sending.done()
        on.physician.got("b-1", len(JPEG))
        await sending


async def test_a_picture_that_is_not_taken_says_so(folk: People) -> None:
    async with visiting(folk, make=silent) as on:
        await connected(on)
        sending = asyncio.ensure_future(on.conversation.send_blob(JPEG, name="b-1", media_type="image/jpeg"))
        await on.until(lambda: on.physician.said("blob"))
        on.physician.got("b-1", 0, flaw="size")
        with pytest.raises(NotTaken, match="size"):
            await sending


async def test_octets_that_nobody_announced_and_files_on_another_channel_are_refused(folk: People) -> None:
    files: list[File] = []
    async with visiting(folk, take=files.append) as on:
        await connected(on)
        on.physician.blob.send(JPEG[:100])
        fields = json.dumps({"k": "blob", "id": "f", "type": "image/png", "size": 9, "sha256": "0" * 64})
        on.physician.control.send(fields)
        await on.until(lambda: len(on.physician.said("error")) == 1)
        assert on.physician.said("got") == []
        assert files == []
