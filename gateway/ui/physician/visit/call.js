/**
 * One connection with another side's endpoint, from its offer to its end. The booth offers and this page answers; of two
 * others the one who is first in the roster offers. docs/signalling.md, *Confirm*, has the seven steps, and
 * docs/channels.md what is said afterwards.
 *
 * Until both confirms hold, and each side has heard from the other that its own does, our camera and microphone are not
 * attached, the other side's picture is not shown, and what comes on a channel is kept back. Whatever does not hold is a
 * hard stop, with its flaw.
 */

import {
  BindingError, checkReveal, checkSeen, commit, digits, fingerprintOfSdp, hashOf, makeBinding, makeConfirm, newNonce, sanitiseSdp,
  transcript, verifyBinding, verifyConfirm,
} from "../../shared/binding.js";
import { SILENT_LOOK_MS, life, octetsOf } from "../../shared/ladder.js";
import { watchRelays } from "../../shared/relays.js";

/** @typedef {import("../../shared/binding.js").Edge} Edge */
/** @typedef {{phase: "verifying" | "connecting" | "recovering" | "lost"} | {phase: "confirmed", name: string, digits: string} | {phase: "refused", flaw: string}} Change */
/**
 * @typedef {object} With
 * @property {Edge} edge
 * @property {import("../../shared/binding.js").Signer} signer
 * @property {import("../../shared/binding.js").Anchors} anchors
 * @property {() => Promise<RTCIceServer[]>} iceServers ours or none
 * @property {(type: "offer" | "answer" | "candidate" | "reveal" | "connected", body: object) => void} say over signalling
 * @property {(change: Change) => void} tell
 * @property {(channel: string, data: unknown) => void} hear what comes on the channels, once confirmed
 * @property {(picture: MediaStream) => void} show the other side's picture and sound, once confirmed
 * @property {{line: import("../../shared/uplink.js").Uplink, who: string, tell: (going: import("../../shared/sending.js").Going) => void} | null} uplink what is sent, and how the two pictures go
 * @property {() => void} unrelayed there are relays, and none answered
 */

const P256 = /** @type {EcKeyGenParams} */ ({ name: "ECDSA", namedCurve: "P-256" });
const CONFIRM_MS = 20_000, LOOK_MS = 1_000, PING_MS = 1_000, LOST_MS = 6_000, MOST_HELD = 512;
const PROVED = '{"k":"proved"}', IS_PROVED = /^\{"k": ?"proved"\}$/;

/** One connection; it begins by itself, and ends by `close`, by a loss or by a flaw. */
export class Meeting {
  /** @type {RTCPeerConnection | null} */
  #peer = null;
  /** @type {RTCDataChannel | null} */
  #control = null;
  /** @type {RTCDataChannel | null} pictures and files; the agent's connection has one */
  blob = null;
  #picture = new MediaStream();
  /** @type {import("../../shared/sending.js").Sending | null} */
  #sending = null;
  #began = performance.now();
  #octets = 0;
  #cameAt = 0;
  #over = false;
  #confirmed = false;
  #heardAt = 0;
  #beats = 0;
  /** @type {import("../../shared/ladder.js").Life} */
  #lives = "well";
  #again = 0;
  /** @type {(RTCIceCandidateInit | null)[] | null} addresses that come before the description; null: it is there */
  #early = [];
  /** @type {[string, unknown][]} what is said before the confirms hold */
  #held = [];
  #reveal = deferred();
  #answer = deferred();
  #opened = deferred();
  #confirm = deferred();
  /** the other side's word that our confirm holds */
  #holds = deferred();
  #answered = deferred();

  /** @param {{sdp: string, binding: string} | null} offer the other side's; null: this side offers @param {With} to */
  constructor(offer, to) {
    this.to = to;
    this.edge = to.edge;
    this.#watch = setInterval(() => void this.#watchOver(), LOOK_MS);
    this.#late = setTimeout(() => this.#lose(), CONFIRM_MS);
    // Not before the caller has this object.
    Promise.resolve().then(() => (offer ? this.#reply(offer) : this.#offer())).catch((error) => this.#failed(error));
  }

  /** @type {number} */
  #watch;
  /** @type {number} */
  #late;
  #pings = 0;

  /** How long ago it was begun, in ms. */
  get age() {
    return performance.now() - this.#began;
  }

  /** Whether everything is proved, and the connection still there. */
  get confirmed() {
    return this.#confirmed && !this.#over;
  }

  /** An address of the other side. @param {{candidate: string, mid?: string}} body */
  candidate({ candidate, mid }) {
    const one = candidate === "" ? null : { candidate, sdpMid: mid ?? "0" };
    if (this.#early) this.#early.push(one);
    else void this.#add(one);
  }

  /** The other side's answer to our offer. @param {{sdp: string, binding: string}} body */
  answer({ sdp, binding }) {
    this.#answer.resolve(JSON.stringify({ sdp, binding }));
  }

  /** @param {string} nonce */
  reveal(nonce) {
    this.#reveal.resolve(nonce);
  }

  /** Say something on `control`; false: it cannot be said now. @param {object} message */
  say(message) {
    return this.confirmed && this.#speak(JSON.stringify(message));
  }

  close() {
    this.#over = true;
    clearInterval(this.#watch);
    clearTimeout(this.#again);
    clearTimeout(this.#late);
    clearInterval(this.#pings);
    this.#sending?.end();
    this.#peer?.close();
  }

  /* ---- the proof ---- */

  /** @param {{sdp: string, binding: string}} offer */
  async #reply(offer) {
    const { edge, signer, anchors, say, tell } = this.to;
    tell({ phase: "verifying" });
    const bound = await verifyBinding(offer.binding, edge, "offer", { anchors, now: seconds() });
    const sdp = await this.#describe(sanitiseSdp(offer.sdp, bound.fingerprint));
    const ours = fingerprintOfSdp(sdp);
    const binding = await makeBinding(signer, edge, "answer", { fingerprint: ours, now: seconds(), peer: await hashOf(offer.binding) });
    if (this.#over) return;
    say("answer", { endpoint: edge.endpoint, sdp, binding });
    this.#answered.resolve("");
    tell({ phase: "connecting" });
    const nonce = await this.#reveal.promise;
    await checkReveal(bound, nonce);
    await this.#agree(bound, await transcript(offer.binding, binding, nonce), ours, "answer");
  }

  async #offer() {
    const { edge, signer, anchors, say, tell } = this.to;
    tell({ phase: "connecting" });
    const peer = (this.#peer = this.#furnish(await RTCPeerConnection.generateCertificate(P256), await this.to.iceServers()));
    this.#carry(peer.createDataChannel("control", { ordered: true }));
    for (const kind of ["audio", "video"]) peer.addTransceiver(kind);
    await peer.setLocalDescription();
    const sdp = peer.localDescription?.sdp ?? "", ours = fingerprintOfSdp(sdp), nonce = newNonce();
    const binding = await makeBinding(signer, edge, "offer", { fingerprint: ours, now: seconds(), commitment: await commit(nonce) });
    if (this.#over) return;
    say("offer", { endpoint: edge.endpoint, sdp, binding });
    this.#answered.resolve("");
    const answer = JSON.parse(await this.#answer.promise);
    const bound = await verifyBinding(answer.binding, edge, "answer", { anchors, now: seconds(), peer: await hashOf(binding) });
    await peer.setRemoteDescription({ type: "answer", sdp: sanitiseSdp(answer.sdp, bound.fingerprint) });
    await this.#addEarly();
    if (this.#over) return;
    say("reveal", { endpoint: edge.endpoint, nonce });
    await this.#agree(bound, await transcript(binding, answer.binding, nonce), ours, "offer");
    this.#pings = setInterval(() => this.confirmed && this.#speak(JSON.stringify({ k: "ping", n: ++this.#beats })), PING_MS);
  }

  /**
   * Confirm, see the other side's confirm, say that it holds, and hear the same of ours. Whoever opened `control` speaks
   * first: a browser says of a channel that the other side opened that it is open a moment before it is, and loses
   * without a word what is said then (Chromium). Where something has come, something can be said.
   * @param {import("../../shared/binding.js").Binding} bound @param {string} agreed @param {string} ours @param {"offer" | "answer"} part ours too
   */
  async #agree(bound, agreed, ours, part) {
    const { edge, signer } = this.to, first = part === "offer";
    await this.#opened.promise;
    const seen = await checkSeen(bound, this.#peer?.sctp?.transport.getRemoteCertificates()[0]);
    const confirm = await makeConfirm(signer, edge, part, { agreed, seen });
    if (first) this.#speak(confirm);
    await verifyConfirm(await this.#confirm.promise, bound, edge, first ? "answer" : "offer", { agreed, own: ours });
    if (!first) this.#speak(confirm);
    this.#speak(PROVED);
    if (!IS_PROVED.test(await this.#holds.promise)) throw new BindingError("confirm", "the other side spoke before it said that our confirm holds");
    if (!this.#over) this.#unlock({ phase: "confirmed", name: bound.name, digits: await digits(agreed) });
  }

  /** Our description, with a certificate of its own. @param {string} safe the other side's */
  async #describe(safe) {
    const peer = (this.#peer = this.#furnish(...(await Promise.all([RTCPeerConnection.generateCertificate(P256), this.to.iceServers()]))));
    await peer.setRemoteDescription({ type: "offer", sdp: safe });
    for (const each of peer.getTransceivers()) each.direction = "sendrecv";
    await peer.setLocalDescription();
    await this.#addEarly();
    return peer.localDescription?.sdp ?? "";
  }

  async #addEarly() {
    for (const candidate of (this.#early ?? []).splice(0)) await this.#add(candidate);
    this.#early = null;
  }

  /** @param {RTCCertificate} certificate @param {RTCIceServer[]} iceServers */
  #furnish(certificate, iceServers) {
    const { say, edge: { endpoint } } = this.to;
    const peer = new RTCPeerConnection({ iceServers, certificates: [certificate], bundlePolicy: "max-bundle" });
    watchRelays(peer, { tell: () => this.#over || this.to.unrelayed(), back: () => this.#lose() });
    peer.addEventListener("datachannel", ({ channel }) => this.#carry(channel));
    peer.addEventListener("track", ({ track }) => this.#picture.addTrack(track));
    peer.addEventListener("connectionstatechange", () => peer.connectionState === "failed" && this.#lose());
    peer.addEventListener("icecandidate", async ({ candidate }) => {
      await this.#answered.promise;
      const mid = candidate?.sdpMid ? { mid: candidate.sdpMid } : {};
      if (!this.#over) say("candidate", { endpoint, candidate: candidate?.candidate ?? "", ...mid });
    });
    return peer;
  }

  /** @param {Change} proved */
  #unlock(proved) {
    const { uplink } = this.to;
    if (uplink && this.#peer) this.#sending = uplink.line.open(uplink.who, { peer: this.#peer, say: (message) => void this.#speak(JSON.stringify(message)), tell: uplink.tell });
    this.#confirmed = true;
    clearTimeout(this.#late);
    if (this.#picture.getTracks().length > 0) this.to.show(this.#picture);
    void this.#sending?.begin(); // the connection is proved, however long the browser takes over our tracks
    this.to.say("connected", { endpoint: this.edge.endpoint });
    this.to.tell(proved);
    for (const [label, data] of this.#held.splice(0)) this.#hear(label, data);
  }

  /** One address that cannot be used may only slow the call. @param {RTCIceCandidateInit | null} candidate */
  async #add(candidate) {
    try {
      await this.#peer?.addIceCandidate(candidate ?? undefined);
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
    }
  }

  /* ---- what is said ---- */

  /** @param {RTCDataChannel} channel */
  #carry(channel) {
    channel.binaryType = "arraybuffer";
    channel.addEventListener("message", ({ data }) => this.#hear(channel.label, data));
    if (channel.label === "blob") this.blob = channel;
    if (channel.label !== "control") return;
    this.#control = channel;
    channel.addEventListener("close", () => this.#lose());
    if (channel.readyState === "open") this.#opened.resolve("");
    else channel.addEventListener("open", () => this.#opened.resolve(""));
  }

  /** @param {string} label @param {unknown} data */
  #hear(label, data) {
    if (label === "control" && typeof data === "string" && !this.#holds.settled) return (this.#confirm.settled ? this.#holds : this.#confirm).resolve(data);
    if (!this.#confirmed) return void (this.#held.length < MOST_HELD && this.#held.push([label, data]));
    if (label === "control") {
      this.#heardAt = performance.now();
      const ping = /^\{"k": ?"ping", ?"n": ?(\d+)\}$/.exec(String(data));
      // At once, from the event: a page that is not in front has slow timers.
      if (ping) return void this.#speak(`{"k":"pong","n":${ping[1]}}`);
      if (this.#sending?.hear(JSON.parse(String(data)), this.#heardAt)) return;
    }
    this.to.hear(label, data);
  }

  /** @param {string} text */
  #speak(text) {
    if (this.#control?.readyState !== "open") return false;
    this.#control.send(text);
    return true;
  }

  /* ---- its end ---- */

  /** Fit what is sent to the line, as long as somebody is there. */
  async #watchOver() {
    const found = await this.#look();
    if (found) await this.#sending?.look(found, performance.now());
  }

  /** See whether anybody is there: silence counts once the other side has begun to speak. Null: nobody, or not yet. */
  async #look() {
    if (!this.confirmed) return null;
    const found = [...((await this.#peer?.getStats()) ?? []).values()];
    if (!this.confirmed) return null;
    const at = performance.now(), before = this.#lives;
    if (this.#octets !== (this.#octets = octetsOf(found))) this.#cameAt = at;
    this.#lives = life({ at, heardAt: this.#heardAt || at, cameAt: this.#cameAt, lost: LOST_MS, before });
    if (this.#lives === "lost") return this.#lose(), null;
    clearTimeout(this.#again);
    if (this.#lives !== "silent") return found;
    this.#again = setTimeout(() => void this.#look(), SILENT_LOOK_MS);
    if (before !== "silent") this.to.tell({ phase: "recovering" });
    return found;
  }

  #lose() {
    this.#end({ phase: "lost" });
  }

  /** @param {Change} change */
  #end(change) {
    if (this.#over) return;
    this.close();
    this.to.tell(change);
  }

  /** @param {unknown} error */
  #failed(error) {
    if (error instanceof BindingError) return this.#end({ phase: "refused", flaw: error.flaw });
    this.#lose();
    if (!(error instanceof DOMException)) throw error;
  }
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
