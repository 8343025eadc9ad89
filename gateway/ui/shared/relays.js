const PATIENCE_MS = 8_000, AGAIN_MS = 1_000, AT_ONCE = 2;

/**
 * Watch whether a connection that was given relays gets an address from one. Where none gives any, once the browser has looked for
 * all or it takes too long, `tell` is called: the network here lets nothing out, or the passes were refused; WebRTC itself says nothing
 * then. `back` is called when a relay that gave this connection no address gives one after all, as after an outage: this one
 * looked at longer and longer intervals, or has given up, and another is made sooner than it finds out.
 * https://www.w3.org/TR/webrtc/#event-icecandidate
 * @param {RTCPeerConnection} peer @param {{tell: () => void, back: () => void}} to
 */
export function watchRelays(peer, { tell, back }) {
  const { iceServers = [] } = peer.getConfiguration();
  if (iceServers.length === 0) return;
  let known = false, told = false, timer = 0, again = 0;
  /** @type {RTCPeerConnection[]} the second is begun before the first is given up: a relay far away answers late */
  const trials = [];
  const end = () => {
    clearTimeout(timer);
    clearInterval(again);
    for (const trial of trials.splice(0)) trial.close();
  };
  const look = () => {
    clearTimeout(timer);
    if (known || told || peer.signalingState === "closed") return;
    told = true;
    tell();
  };
  const retry = () => {
    if (trials.length === AT_ONCE) trials.shift()?.close();
    if (known || peer.connectionState === "connected" || peer.signalingState === "closed") return end();
    const trial = tryRelays(iceServers, () => {
      end();
      if (!known && peer.signalingState !== "closed" && peer.connectionState !== "connected") back();
    });
    trials.push(trial);
  };
  peer.addEventListener("icegatheringstatechange", () => {
    if (peer.iceGatheringState !== "gathering") return;
    timer ||= window.setTimeout(look, PATIENCE_MS);
    again ||= window.setInterval(retry, AGAIN_MS);
  });
  peer.addEventListener("icecandidate", ({ candidate }) => {
    if (candidate?.type === "relay") {
      known = true;
      end();
    } else if (candidate === null) look();
  });
}

/** Look for a relay's address with a connection to nobody; close what is returned. @param {RTCIceServer[]} iceServers @param {() => void} found */
function tryRelays(iceServers, found) {
  const trial = new RTCPeerConnection({ iceServers, iceTransportPolicy: "relay" });
  trial.createDataChannel("");
  trial.addEventListener("icecandidate", ({ candidate }) => candidate && found());
  void trial.setLocalDescription().catch(() => {}); // closed meanwhile
  return trial;
}
