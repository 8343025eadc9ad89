"""Stethoscope and exam camera: read only while wanted, the whole band kept, and nothing left after many calls."""

from __future__ import annotations

import asyncio
import gc
import io
import itertools
import math
import os
import resource
import subprocess
import sys
import wave
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from booth_client.conversation import Conversation
from booth_client.exam_camera import ExamCamera
from booth_client.instruments import Instrument, InstrumentError, Instruments
from booth_client.source import Given
from booth_client.stethoscope import RATE, SAMPLES, encoder, stethoscope
from booth_client.words import Exam
from signalling.side import Endpoint
from tests.peers.booth_program import of_the_unit
from tests.peers.patience import PATIENCE
from tests.peers.webrtc_people import CALL, People, admitted, people, reachable
from tests.peers.webrtc_physician import Wire, talking


def tone(hertz: float) -> av.AudioFrame:
    """Return a second of a tone."""
    samples = array("h", (round(12_000 * math.sin(2 * math.pi * hertz * at / RATE)) for at in range(RATE)))
    frame = av.AudioFrame(format="s16", layout="mono", samples=RATE)
    frame.planes[0].update(samples.tobytes())
    frame.sample_rate = RATE
    return frame


def passed(hertz: float) -> float:
    """Return how much of a tone's strength is left after encoding and decoding it."""
    opus, back = encoder(), av.CodecContext.create("libopus", "r")
    back.layout, back.sample_rate = "mono", RATE
    frame = tone(hertz)
    cut = av.AudioResampler(format="s16", layout="mono", rate=RATE, frame_size=SAMPLES)
    packets = [packet for part in cut.resample(frame) for packet in opus.encode(part)]
    out = array("f")
    to_float = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    for packet in packets:
        for decoded in back.decode(packet):
            assert isinstance(decoded, av.AudioFrame)
            for part in to_float.resample(decoded):
                out.frombytes(bytes(part.planes[0])[: 4 * part.samples])
    steady = out[RATE // 4 : 3 * RATE // 4]
    return math.sqrt(sum(each * each for each in steady) / len(steady)) / (12_000 / 32_768 / math.sqrt(2))


@pytest.mark.parametrize("hertz", [25, 45, 120, 800, 12_000])
def test_the_whole_band_reaches_the_physician_from_a_hearts_low_tones_up(hertz: float) -> None:
    assert 0.85 < passed(hertz) < 1.15


async def taken(instrument: Instrument, count: int) -> list[Given]:
    """Return the next that an instrument gives to one connection."""
    source = instrument.source()
    async with asyncio.timeout(PATIENCE):
        return [await source.frame() for _ in range(count)]


async def test_an_instrument_is_read_while_it_is_wanted_and_at_no_other_time() -> None:
    opened: list[str] = []

    @contextmanager
    def opening() -> Iterator[Iterator[Given]]:
        opened.append("opened")
        frame = av.VideoFrame(16, 16, "yuv420p")
        yield iter(lambda: frame, None)
        opened.append("closed")

    instrument = Instrument("video", opening)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(instrument.run())
        await asyncio.sleep(0.05)
        assert opened == []
        instrument.use(wanted=True)
        both = await asyncio.gather(taken(instrument, 3), taken(instrument, 3))
        assert [len(each) for each in both] == [3, 3]
        instrument.use(wanted=False)
        async with asyncio.timeout(PATIENCE):
            while opened != ["opened", "closed"]:
                await asyncio.sleep(0.01)
        running.cancel()


async def test_a_sound_file_is_played_in_a_circle_and_what_is_none_is_said(tmp_path: Path) -> None:
    file = tmp_path / "heart.wav"
    with wave.open(str(file), "wb") as written:
        written.setparams((1, 2, 8_000, 0, "NONE", ""))
        written.writeframes(bytes(2 * 800))  # a tenth of a second
    heart = stethoscope(str(file))
    heart.use(wanted=True)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(heart.run())
        packets = await taken(heart, 12)
        running.cancel()
    times = [packet.pts or 0 for packet in packets]
    assert {later - sooner for sooner, later in itertools.pairwise(times)} == {SAMPLES}
    (tmp_path / "none.wav").write_text("no sound")
    for name in ("none.wav", "missing.wav"):
        with pytest.raises(InstrumentError, match=name), stethoscope(str(tmp_path / name))._opening() as frames:
            next(frames)


async def test_a_still_has_every_pixel_of_the_picture_and_there_is_none_while_nobody_looks(tmp_path: Path) -> None:
    file = tmp_path / "skin.png"
    Image.new("RGB", (2000, 1500), (200, 150, 130)).save(file)
    camera = ExamCamera(str(file))
    assert camera.still() is None
    camera.use(wanted=True)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(camera.run())
        (small,) = await taken(camera, 1)
        still = await Instruments(camera=camera).still()
        camera.use(wanted=False)
        running.cancel()
    assert isinstance(small, av.VideoFrame)
    assert (small.width, small.height) == (640, 480)
    assert still is not None
    assert Image.open(io.BytesIO(still)).size == (2000, 1500)


# Many calls


@pytest.fixture(scope="module")
def folk(tmp_path_factory: pytest.TempPathFactory) -> People:
    reachable()
    return people(tmp_path_factory.mktemp("people"))


async def examined(folk: People, held: Instruments) -> None:
    """Live through one call with an examination in it."""
    wire = Wire(people=folk)
    given: dict[str, Any] = {"signer": folk.booth, "anchors": folk.anchors, "say": wire.say}
    async with Conversation(Endpoint.AGENT, sources=held.sources(), **given) as conversation:
        wire.conversation = conversation
        async with talking(wire, conversation.run(CALL, admitted())), asyncio.timeout(PATIENCE):
            while not (wire.physicians and wire.physicians[-1].proved.is_set()):
                await asyncio.sleep(0.005)
            held.use(Exam.LISTEN)
            while wire.physicians[-1].sound == 0:
                await asyncio.sleep(0.005)
            held.use(None)


async def figures() -> tuple[int, int, int]:
    """Return how many tasks and files are open, and the resident memory in KiB."""
    await asyncio.sleep(0.1)
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    tasks = len(asyncio.all_tasks())
    return tasks, len(list(Path("/proc/self/fd").iterdir())), pages * resource.getpagesize() // 1024


async def many(folk: People, calls: int) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    held = Instruments(by_exam={Exam.LISTEN: stethoscope("synthetic")})
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(held.run())
        for _ in range(3):
            await examined(folk, held)
        before = await figures()
        for _ in range(calls):
            await examined(folk, held)
        after = await figures()
        running.cancel()
    return before, after


STILLS_WHILE_IT_IS_SEEN_LIVE = """
import threading
from booth_client import exam_camera
from booth_client.exam_camera import ExamCamera

exam_camera.FPS = 1000
camera, stop = ExamCamera("synthetic"), threading.Event()

def live():
    with camera._open() as frames:
        while not stop.is_set():
            next(frames)

seen = threading.Thread(target=live)
seen.start()
taken = 0
while taken < 60:
    taken += camera.still() is not None
stop.set()
seen.join()
print(taken)
"""


def test_stills_are_taken_while_the_same_picture_is_seen_live() -> None:
    variables = {**os.environ, **of_the_unit()}  # what is freed is written over: whoever uses it yet falls at once
    said = subprocess.run(
        [sys.executable, "-c", STILLS_WHILE_IT_IS_SEEN_LIVE], env=variables, capture_output=True, timeout=60, check=True
    )
    assert said.stdout.split() == [b"60"]


async def test_calls_with_an_examination_leave_no_task_and_no_file(folk: People) -> None:
    (tasks, files, _), (tasks_after, files_after, _) = await many(folk, 8)
    assert (tasks_after, files_after) == (tasks, files)


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_two_hundred_calls_leave_no_task_no_file_and_no_memory(folk: People) -> None:
    before, after = await many(folk, 200)
    print(f"200 calls with an examination, pid {os.getpid()}: tasks, files, KiB {before} -> {after}")  # noqa: T201 - figures to be seen
    assert after[:2] == before[:2]
    assert after[2] < before[2] + 30 * 1024
