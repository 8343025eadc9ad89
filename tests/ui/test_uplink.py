"""What one page sends to everybody, on real connections of the browser that runs it: one choice, one line, shared."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

BENCH = """
  const { Uplink } = await import("/static/shared/uplink.js");
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
  canvas.getContext("2d").fillRect(0, 0, 64, 48);
  const own = new MediaStream([...canvas.captureStream(5).getTracks(),
    ...new AudioContext().createMediaStreamDestination().stream.getTracks()]);
  const uplink = new Uplink(), said = {}, told = {}, lines = {}, peers = {};
  const open = async (who) => {
    const [ours, theirs] = [new RTCPeerConnection(), new RTCPeerConnection()];
    for (const kind of ["audio", "video"]) ours.addTransceiver(kind);
    await ours.setLocalDescription();
    await theirs.setRemoteDescription(ours.localDescription);
    await theirs.setLocalDescription();
    await ours.setRemoteDescription(theirs.localDescription);
    said[who] ??= [];
    lines[who] = uplink.open(who, { peer: ours, say: (one) => said[who].push(one), tell: (now) => (told[who] = now) });
    peers[who] = ours;
    await lines[who].begin();
  };
  const settled = async () => { for (const each of Object.values(lines)) await each.refit(); };
  const sent = (who) => Object.fromEntries(peers[who].getSenders().map((each) => {
    const [first] = each.getParameters().encodings;
    return [peers[who].getTransceivers().find(({ sender }) => sender === each).receiver.track.kind,
      each.track === null ? null : first.active === false ? "held" : first.maxBitrate];
  }));
"""


async def run(page: Page, code: str) -> Any:
    """Run *code* on the bench; it returns."""
    return await page.evaluate(f"async () => {{ {BENCH} {code} }}")


async def test_the_line_is_shared_among_all_who_get_the_picture_and_the_sound_is_not_cut(page: Page) -> None:
    code = """uplink.give(own); const found = [];
      for (const who of ["a", "b", "c"]) { await open(who); await settled(); found.push(sent("a")); }
      lines.b.end(); lines.c.end(); await settled(); found.push(sent("a")); return found;"""
    found = await run(page, code)
    assert [each["video"] for each in found] == [700_000, 350_000, 233_333, 700_000]
    assert [each["audio"] for each in found] == [32_000] * 4


async def test_a_closed_camera_sends_no_picture_to_anybody_and_each_is_told(page: Page) -> None:
    code = """uplink.give(own); await open("a"); await open("b"); uplink.want({ camera: false }); await settled();
      const off = [sent("a"), sent("b")]; uplink.want({ camera: true }); await settled();
      return { off, back: sent("a").video, said, ours: told.a.ours };"""
    found = await run(page, code)
    assert [each["video"] for each in found["off"]] == [None, None]
    assert [each["audio"] for each in found["off"]] == [32_000, 32_000]
    assert found["back"] == 350_000
    assert [[each["sends"] for each in found["said"][who]] for who in "ab"] == [["full", "off", "full"]] * 2
    assert found["ours"] == "full"


async def test_sound_alone_is_for_both_ways_with_everybody(page: Page) -> None:
    code = """uplink.give(own); await open("a"); await open("b"); uplink.want({ alone: true }); await settled();
      return { now: [sent("a").video, sent("b").video], last: Object.values(said).map((all) => all.at(-1)) };"""
    found = await run(page, code)
    assert found["now"] == ["held", "held"]
    assert found["last"] == [{"k": "picture", "sends": "sound", "wants": "sound"}] * 2


async def test_who_wants_sound_alone_gets_it_and_the_others_still_see(page: Page) -> None:
    code = """uplink.give(own); await open("a"); await open("b");
      lines.a.hear({ k: "picture", sends: "full", wants: "sound" }, 0); await settled();
      return [sent("a").video, sent("b").video];"""
    assert await run(page, code) == ["held", 350_000]


async def test_nothing_is_sent_before_it_is_given_and_nothing_is_said_before_it_begins(page: Page) -> None:
    code = """await open("a"); const before = sent("a"); uplink.give(own); await settled();
      const say = () => { throw new Error("said"); }, peer = new RTCPeerConnection();
      const silent = uplink.open("b", { peer, say, tell() {} });
      await silent.refit(); return { before, said: said.a.map(({ sends }) => sends) };"""
    found = await run(page, code)
    assert found == {"before": {"audio": None, "video": None}, "said": ["off", "full"]}


async def test_a_ladder_outlives_its_connection_and_is_each_ones_own(page: Page) -> None:
    code = """uplink.give(own); await open("a"); await open("b");
      const bad = (at) => [{ id: "r", type: "remote-inbound-rtp", kind: "audio", timestamp: at, fractionLost: 0.4 }];
      for (let at = 0; at <= 9; at++) await lines.a.look(bad(at), 1000 * at);
      await settled(); const first = { a: sent("a").video, b: sent("b").video, said: said.a.map(({ sends }) => sends) };
      lines.a.end(); await open("a"); return { ...first, again: sent("a").video, last: said.a.at(-1).sends };"""
    found = await run(page, code)
    assert (found["a"], found["b"]) == ("held", 350_000)
    assert found["said"] == ["full", "small", "sound"]
    assert (found["again"], found["last"]) == ("held", "sound")


async def test_a_camera_that_is_closed_says_nothing_of_the_line(page: Page) -> None:
    code = """uplink.give(own); await open("a"); uplink.want({ camera: false });
      const bad = (at) => [{ id: "r", type: "remote-inbound-rtp", kind: "audio", timestamp: at, fractionLost: 0.4 }];
      for (let at = 0; at <= 9; at++) await lines.a.look(bad(at), 1000 * at);
      uplink.want({ camera: true }); await settled(); return sent("a").video;"""
    assert await run(page, code) == 700_000
