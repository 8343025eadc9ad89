/**
 * One connection with one of the booth's endpoints, from its offer to its end. The booth offers, this page answers;
 * docs/signalling.md, *Confirm*, has the seven steps, and docs/channels.md what is said afterwards.
 *
 * Until both confirms hold, our camera and microphone are not attached, the other side's picture is not shown, and what
 * comes on a channel is kept back. Whatever does not hold is a hard stop, with its flaw.
 */

import {
  BindingError, checkReveal, checkSeen, digits, fingerprintOfSdp, hashOf, makeBinding, makeConfirm, sanitiseSdp, transcript,
  verifyBinding, verifyConfirm,
} from "../../shared/binding.js";

/** @typedef {import("../../shared/binding.js").Edge} Edge */
/** @typedef {{phase: "verifying" | "connecting" | "recovering" | "lost"} | {phase: "confirmed", name: string, digits: string} | {phase: "refused", flaw: string}} Change */
/**
 * @typedef {object} With
 * @property {Edge} edge
 * @property {import("../../shared/binding.js").Signer} signer
 * @property {import("../../shared/binding.js").Anchors} anchors
 * @property {RTCIceServer[]} iceServers ours or none
 * @property {(type: "answer" | "candidate" | "connected", body: object) => void} say over signalling
 * @property {(change: Change) => void} tell
 * @property {(channel: string, data: unknown) => void} hear what comes on the channels, once confirmed
 * @property {(picture: MediaStream) => void} show the other side's picture and sound, once confirmed
 */

const CONFIRM_MS = 20_000, LOOK_MS = 500, SILENT_MS = 3_000, LOST_MS = 6_000, MOST_HELD = 512;

/**
 * @param {{sdp: string, binding: string}} offer
 * @param {With} to
 */
export function meet(offer, to) {
  const { edge, say, tell } = to;
  /** @type {RTCPeerConnection | null} */
  let peer = null;
  let over = false;
  let confirmed = false;
  let heardAt = 0;
  let quiet = false;
  /** @type {MediaStream | null} */
  let own = null;
  /** @type {RTCDataChannel | null} */
  let control = null;
  /** @type {(RTCIceCandidateInit | null)[] | null} */
  let early = [];
  /** @type {[string, unknown][]} */
  const held = [];
  const picture = new MediaStream();
  const reveal = deferred(), opened = deferred(), confirm = deferred(), answered = deferred();
  const watch = setInterval(look, LOOK_MS);
  const late = setTimeout(() => lose(), CONFIRM_MS);

  /** @param {Change} change */
  function end(change) {
    if (over) return;
    close();
    tell(change);
  }
  const lose = () => end({ phase: "lost" });

  function close() {
    over = true;
    clearInterval(watch);
    clearTimeout(late);
    peer?.close();
  }

  /** Silence counts once the booth has begun to ask whether we are there. */
  function look() {
    if (!confirmed || over) return;
    const silent = heardAt === 0 ? 0 : performance.now() - heardAt;
    if (peer?.connectionState === "failed" || silent > LOST_MS) return lose();
    const now = peer?.connectionState === "disconnected" || silent > SILENT_MS;
    if (now !== quiet) tell((quiet = now) ? { phase: "recovering" } : proved());
  }

  /** @type {() => Change} */
  let proved = () => ({ phase: "connecting" });

  /** @param {string} label @param {unknown} data */
  function hear(label, data) {
    if (label === "control" && typeof data === "string" && !confirm.settled) return confirm.resolve(data);
    if (!confirmed) return void (held.length < MOST_HELD && held.push([label, data]));
    if (label === "control") {
      heardAt = performance.now();
      const ping = /^\{"k": ?"ping", ?"n": ?(\d+)\}$/.exec(String(data));
      // At once, from the event: a page that is not in front has slow timers.
      if (ping) return void speak(`{"k":"pong","n":${ping[1]}}`);
    }
    to.hear(label, data);
  }

  /** @param {RTCDataChannel} channel */
  function carry(channel) {
    channel.binaryType = "arraybuffer";
    channel.addEventListener("message", ({ data }) => hear(channel.label, data));
    if (channel.label !== "control") return;
    control = channel;
    channel.addEventListener("close", lose);
    if (channel.readyState === "open") opened.resolve("");
    else channel.addEventListener("open", () => opened.resolve(""));
  }

  /** @param {string} text */
  function speak(text) {
    if (control?.readyState !== "open") return false;
    control.send(text);
    return true;
  }

  /** @param {RTCCertificate} certificate */
  function furnish(certificate) {
    const made = new RTCPeerConnection({ iceServers: to.iceServers, certificates: [certificate], bundlePolicy: "max-bundle" });
    made.addEventListener("datachannel", ({ channel }) => carry(channel));
    made.addEventListener("track", ({ track }) => picture.addTrack(track));
    made.addEventListener("connectionstatechange", () => made.connectionState === "failed" && lose());
    made.addEventListener("icecandidate", async ({ candidate }) => {
      await answered.promise;
      if (!over) say("candidate", { endpoint: edge.endpoint, candidate: candidate?.candidate ?? "", ...(candidate?.sdpMid ? { mid: candidate.sdpMid } : {}) });
    });
    return made;
  }

  async function work() {
    tell({ phase: "verifying" });
    const bound = await verifyBinding(offer.binding, edge, "offer", { anchors: to.anchors, now: seconds() });
    const safe = sanitiseSdp(offer.sdp, bound.fingerprint);
    peer = furnish(await RTCPeerConnection.generateCertificate(/** @type {EcKeyGenParams} */ ({ name: "ECDSA", namedCurve: "P-256" })));
    if (over) return peer.close();
    await peer.setRemoteDescription({ type: "offer", sdp: safe });
    for (const each of peer.getTransceivers()) each.direction = "sendrecv";
    await peer.setLocalDescription();
    const sdp = peer.localDescription?.sdp ?? "";
    const ours = fingerprintOfSdp(sdp);
    const binding = await makeBinding(to.signer, edge, "answer", { fingerprint: ours, now: seconds(), peer: await hashOf(offer.binding) });
    say("answer", { endpoint: edge.endpoint, sdp, binding });
    answered.resolve("");
    tell({ phase: "connecting" });
    for (const candidate of (early ?? []).splice(0)) await add(candidate);
    early = null;
    const nonce = await reveal.promise;
    await checkReveal(bound, nonce);
    const agreed = await transcript(offer.binding, binding, nonce);
    await opened.promise;
    const seen = await checkSeen(bound, peer.sctp?.transport.getRemoteCertificates()[0]);
    speak(await makeConfirm(to.signer, edge, "answer", { agreed, seen }));
    await verifyConfirm(await confirm.promise, bound, edge, "offer", { agreed, own: ours });
    if (!over) await unlock(bound.name, await digits(agreed));
  }

  /** @param {string} name @param {string} code */
  async function unlock(name, code) {
    confirmed = true;
    clearTimeout(late);
    proved = () => ({ phase: "confirmed", name, digits: code });
    await attach();
    if (picture.getTracks().length > 0) to.show(picture);
    say("connected", { endpoint: edge.endpoint });
    tell(proved());
    for (const [label, data] of held.splice(0)) hear(label, data);
  }

  async function attach() {
    for (const { sender, receiver } of confirmed ? (peer?.getTransceivers() ?? []) : []) {
      await sender.replaceTrack(own?.getTracks().find(({ kind }) => kind === receiver.track.kind) ?? null);
    }
  }

  /** One address that cannot be used may only slow the call. @param {RTCIceCandidateInit | null} candidate */
  async function add(candidate) {
    try {
      await peer?.addIceCandidate(candidate ?? undefined);
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
    }
  }

  // Not before the caller has what this returns.
  Promise.resolve().then(work).catch((error) => {
    if (error instanceof BindingError) end({ phase: "refused", flaw: error.flaw });
    else if (error instanceof DOMException) lose();
    else {
      lose();
      throw error;
    }
  });

  return {
    edge,
    get confirmed() {
      return confirmed && !over;
    },
    /** An address of the other side. @param {{candidate: string, mid?: string}} body */
    candidate({ candidate, mid }) {
      const one = candidate === "" ? null : { candidate, sdpMid: mid ?? "0" };
      if (early) early.push(one);
      else void add(one);
    },
    /** @param {string} nonce */
    reveal: (nonce) => reveal.resolve(nonce),
    /** Our picture and sound, which are sent once the connection is confirmed. @param {MediaStream | null} stream */
    give(stream) {
      own = stream;
      void attach();
    },
    /** Say something on `control`; false: it cannot be said now. @param {object} message */
    say: (message) => confirmed && !over && speak(JSON.stringify(message)),
    /** What the browser counts of this connection. */
    stats: () => peer?.getStats() ?? Promise.resolve(null),
    close,
  };
}

const seconds = () => Date.now() / 1000;

/** A promise of a text, and whether it was kept. */
function deferred() {
  /** @type {(text: string) => void} */
  let keep = () => {};
  const promise = /** @type {Promise<string>} */ (new Promise((resolve) => (keep = resolve)));
  const made = { promise, settled: false, resolve: (/** @type {string} */ text) => void ((made.settled = true), keep(text)) };
  return made;
}
