"""Janus with its echo test, on loopback: how long a well-known media server takes until a page sees its own camera.

https://janus.conf.meetecho.com/docs/echotest.html
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from tests.peers.coturn import free_port, listens

__all__ = ["ECHO", "PROGRAM", "janus"]

PROGRAM: Final = shutil.which("janus")
"""None where Janus is not installed (Debian package janus): then nothing is reported of it."""

ECHO: Final = """async (address) => {
  const line = new WebSocket(address, "janus-protocol");
  await new Promise((open) => { line.onopen = open; });
  const answers = new Map();
  let session, handle, peer, number = 0, answer, answered;
  const ask = (what) => new Promise((told) => {
    const transaction = String(++number);
    answers.set(transaction, told);
    line.send(JSON.stringify({ ...what, transaction, session_id: session, handle_id: handle }));
  });
  line.onmessage = async ({ data }) => {
    const said = JSON.parse(data);
    if (said.janus === "success") answers.get(said.transaction)?.(said.data);
    else if (said.jsep) peer.setRemoteDescription(said.jsep).then(answer);
    else if (said.janus === "trickle") {
      await answered;
      await peer.addIceCandidate(said.candidate.completed ? undefined : said.candidate);
    }
    else if (said.janus === "error") throw new Error(said.error.reason);
  };
  session = (await ask({ janus: "create" })).id;
  const own = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: true });
  window.call = async () => {
    peer?.close();
    handle = undefined;
    answered = new Promise((told) => { answer = told; });
    handle = (await ask({ janus: "attach", plugin: "janus.plugin.echotest" })).id;
    peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    peer.onicecandidate = ({ candidate }) => {
      void ask({ janus: "trickle", candidate: candidate ?? { completed: true } });
    };
    peer.ontrack = ({ track, streams: [stream] }) => {
      if (track.kind === "video") Object.assign(document.querySelector("video"), { srcObject: stream }).play();
    };
    own.getTracks().forEach((track) => peer.addTrack(track, own));
    await peer.setLocalDescription();
    void ask({ janus: "message", body: { audio: true, video: true }, jsep: peer.localDescription });
  };
}"""

_SETTINGS: Final = """
general: {{
  interface = "127.0.0.1"
  debug_level = 2
}}
media: {{ ipv6 = false }}
nat: {{ full_trickle = true }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
events: {{ broadcast = false }}
"""

_SOCKETS: Final = """
general: {{
  ws = true
  ws_ip = "127.0.0.1"
  ws_port = {port}
  wss = false
}}
"""

_PLUGINS: Final = (
    *("audiobridge", "duktape", "lua", "nosip", "recordplay"),
    *("sip", "streaming", "textroom", "videocall", "videoroom", "voicemail"),
)
_TRANSPORTS: Final = ("http", "pfunix", "mqtt", "nanomsg", "rabbitmq")


def _libraries(names: Iterable[str]) -> str:
    return ",".join(f"libjanus_{name}.so" for name in names)


def _configured(folder: Path, port: int) -> Path:
    """Write the settings of a Janus that has an echo test and a WebSocket on loopback, nothing else."""
    folder.mkdir()
    whole = _SETTINGS.format(plugins=_libraries(_PLUGINS), transports=_libraries(_TRANSPORTS))
    (folder / "janus.transport.websockets.jcfg").write_text(_SOCKETS.format(port=port), encoding="utf-8")
    settings = folder / "janus.jcfg"
    settings.write_text(whole, encoding="utf-8")
    return settings


@asynccontextmanager
async def janus(folder: Path) -> AsyncIterator[str]:
    """Run Janus for as long as the block lasts, and give the address of its WebSocket."""
    assert PROGRAM is not None
    port = free_port()
    command = (PROGRAM, f"--config={_configured(folder, port)}", f"--configs-folder={folder}")
    with (folder / "janus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
        try:
            await listens(process, port)
            yield f"ws://127.0.0.1:{port}"
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
