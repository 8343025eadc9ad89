"""What a visit between two real pages needs: the booth's settings in a house, what passed in a page, the audit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from booth_client.config import BoothSettings, GatewayLink, Trust
from tests.peers.house import House
from tests.peers.running import Running
from tests.peers.town import booth_settings
from tests.peers.visiting import BRISK, DEVICES

__all__ = ["SPY", "WITHHOLDS", "alerts", "settings_of"]

SPY: Final = """
  window.passed = {attached: 0, arrived: 0, said: [], heard: []};
  const note = ({data}) => passed.heard.push(String(data));
  const Real = RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...given) {
      super(...given);
      this.addEventListener("track", ({track}) => track.addEventListener("unmute", () => passed.arrived++));
      this.addEventListener("datachannel", ({channel}) => channel.addEventListener("message", note));
    }
    createDataChannel(...given) {
      const channel = super.createDataChannel(...given);
      channel.addEventListener("message", note);
      return channel;
    }
  };
  const {replaceTrack} = RTCRtpSender.prototype, {send} = RTCDataChannel.prototype;
  RTCRtpSender.prototype.replaceTrack = function (track) {
    passed.attached += track ? 1 : 0;
    return replaceTrack.call(this, track);
  };
  RTCDataChannel.prototype.send = function (data) { passed.said.push(String(data)); return send.call(this, data); };
"""
"""Counts in a page, from its load on, tracks of our own that were attached, tracks of the other side on which something
came, and what went over data channels."""


WITHHOLDS: Final = """
  window.withheld = ""; // "said": our own proofs go nowhere; "heard": the other side's never come
  window.lost = 0; // so many
  const isProof = (data) => typeof data === "string" && (data.startsWith("eyJ") || data === '{"k":"proved"}');
  const loses = (which, data) => withheld === which && isProof(data) && ++lost > 0;
  const sends = RTCDataChannel.prototype.send, hears = RTCDataChannel.prototype.addEventListener;
  RTCDataChannel.prototype.send = function (data) {
    if (!loses("said", data)) return sends.call(this, data);
  };
  RTCDataChannel.prototype.addEventListener = function (type, listener, ...rest) {
    const let_in = ({data}) => !loses("heard", data);
    return hears.call(this, type, type === "message" ? (event) => let_in(event) && listener(event) : listener, ...rest);
  };
"""
"""Loses what one side says of its proof on the encrypted connection itself, which no server can do."""


async def alerts(running: Running) -> list[tuple[str, str]]:
    """Return who stopped visits and why, as the audit has it, oldest first; each is about an Encounter."""
    question = "AuditEvent?type=110113&outcome=4&action=E&_sort=date&_count=200"
    async with (
        running.program(scope="system/AuditEvent.rs") as auditor,
        auditor.get(f"{running.fhir}/{question}") as answer,
    ):
        events = [each["resource"] for each in (await answer.json(content_type=None)).get("entry", ())]
    assert all(each["entity"][0]["what"]["reference"].startswith("Encounter/") for each in events)
    return [(each["agent"][0]["altId"], each["outcomeDesc"].removeprefix("Stopped: ")) for each in events]


def settings_of(there: House, folder: Path, *, server: str | None = None) -> BoothSettings:
    """Return the settings of the house's booth « mairie » with a kiosk; *server* is where it believes the gateway."""
    certificates, registration = there.running.certificates, there.running.settings.report.authority
    assert registration is not None
    own = certificates.booths["mairie"]
    return replace(
        booth_settings(folder, there.running.booths_url, virtual=BRISK, devices=DEVICES, visits=True),
        name="mairie",
        gateway=GatewayLink(
            base_url=server or there.running.booths_url, ca=certificates.ca, certificate=own.certificate, key=own.key
        ),
        trust=Trust(device_authority=certificates.device_ca.certificate, registration_authority=registration),
    )
