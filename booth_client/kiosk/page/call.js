/**
 * One connection of the page: to the physician's, or to that of somebody who joined. The booth's agent signs for it
 * (booth_client/face.py) and says what comes when; what follows from it is in visit.js.
 *
 * The page always offers, with a certificate made for this connection alone. Nothing is attached to it and nothing of
 * the other side is shown before the agent has said `unlock`. https://www.w3.org/TR/webrtc/
 */

import { BindingError } from "/static/shared/jws.js";
import { SILENT_LOOK_MS, life, octetsOf } from "/static/shared/ladder.js";
import { watchRelays } from "/static/shared/relays.js";
import { sanitiseSdp } from "/static/shared/sdp.js";
import { unseen } from "/static/shared/sending.js";
import { NO_CALL } from "./state.js";
import { nextCall } from "./visit.js";

/** @typedef {import("./state.js").Call} Call */
/** @typedef {import("./visit.js").CallEvent} CallEvent */
/** @typedef {import("/static/shared/sending.js").Going} Going */
/** @typedef {import("/static/shared/uplink.js").Uplink} Uplink */
/** @typedef {{remote: HTMLVideoElement, self: HTMLVideoElement, sound: HTMLAudioElement}} Media */
/**
 * What there is to see, once there is a talk; those of who joined as well.
 * @typedef {{remote: HTMLVideoElement | null, self: HTMLVideoElement | null, of: (peer: string) => Media | null}} Pictures
 */
/** @typedef {{gen: number, kind: string, [name: string]: unknown}} Said */
/** @typedef {Pick<ReturnType<typeof import("./own.js").makeOwn>, "asked" | "uplink">} Own */

const BEAT_MS = 1000, LOST_MS = 5_000;
const PROVED = '{"k":"proved"}';
const ASKING_MS = 25_000; // somebody may have to allow the camera first
const P256 = { name: "ECDSA", namedCurve: "P-256" };

/** The video elements of the page; they outlive every screen. @returns {Media} */
export function makeMedia() {
  const remote = document.createElement("video"), self = document.createElement("video");
  for (const video of [remote, self]) {
    video.muted = true; // the sound has an element of its own, which no screen can take away
    video.autoplay = true;
    video.playsInline = true;
    video.disablePictureInPicture = true;
    video.tabIndex = -1;
  }
  return { remote, self, sound: new Audio() };
}

/**
 * @param {object} to
 * @param {string} to.who whom it is with
 * @param {Media} to.media
 * @param {Own} to.own
 * @param {(message: Said) => void} to.say to the agent
 * @param {(call: Call) => void} to.tell
 * @param {() => void} [to.over] it ended for good
 */
export function makeCall({ who, media, own, say, tell, over = () => {} }) {
  let call = NO_CALL;
  /** @type {ReturnType<typeof connection> | null} */
  let current = null;
  let begun = 0; // how many connections were begun or dropped

  /** @param {CallEvent} event */
  function happen(event) {
    call = nextCall(call, event);
    tell(call);
  }

  function drop() {
    begun += 1;
    current?.close();
    current = null;
    media.remote.srcObject = null;
    media.sound.srcObject = null;
  }

  function end() {
    drop();
    happen({ kind: "end" });
    over();
  }

  /** @param {number} gen @param {RTCIceServer[]} iceServers */
  async function start(gen, iceServers) {
    drop();
    const mine = begun;
    happen({ kind: "start", gen });
    await Promise.race([own.asked(), new Promise((later) => setTimeout(later, ASKING_MS))]);
    const certificate = await RTCPeerConnection.generateCertificate(P256);
    if (mine !== begun) return;
    const lost = () => {
      if (mine !== begun) return;
      drop();
      happen({ kind: "lost", gen });
      say({ kind: "life", gen, state: "lost" });
    };
    current = connection({ who, gen, iceServers, certificate, say, lost, uplink: own.uplink(), happen });
    await current.offer();
  }

  /** @param {{kind: string, gen?: number, [name: string]: any}} message from the agent */
  async function heard(message) {
    if (message.kind === "end") return end();
    const gen = message.gen ?? 0;
    if (message.kind === "start") return start(gen, message["ice_servers"]);
    const mine = current;
    if (gen !== call.gen || !mine) return;
    if (message.kind === "candidate") return mine.candidate(message["candidate"], message["mid"]);
    if (message.kind === "confirm") return mine.speak(message["jws"]);
    if (message.kind === "proved") return mine.speak(PROVED);
    if (message.kind === "answer") {
      try {
        await mine.answer(message["sdp"], message["fingerprint"]);
      } catch (error) {
        if (mine !== current) return; // it was given up meanwhile: then nothing was wrong with the answer
        drop();
        say({ kind: "refused", gen, flaw: error instanceof BindingError ? error.flaw : "malformed" });
      }
    }
    if (message.kind === "unlock") {
      happen({ kind: "unlock", gen });
      media.remote.srcObject = mine.picture;
      media.sound.srcObject = mine.picture;
      media.sound.play().catch(() => {}); // refused until somebody has touched the page; then the next touch plays it
      mine.live();
    }
  }

  return {
    /** @param {{kind: string}} message */
    heard: (message) => void heard(message).catch((error) => console.error(error)),
    end,
  };
}

/**
 * One RTCPeerConnection.
 * @param {object} to
 * @param {string} to.who
 * @param {number} to.gen
 * @param {RTCIceServer[]} to.iceServers ours or none
 * @param {RTCCertificate} to.certificate
 * @param {(message: Said) => void} to.say
 * @param {() => void} to.lost
 * @param {Uplink} to.uplink what this page sends to all
 * @param {(event: CallEvent) => void} to.happen
 */
function connection({ who, gen, iceServers, certificate, say, lost, uplink, happen }) {
  const peer = new RTCPeerConnection({ iceServers, certificates: [certificate], bundlePolicy: "max-bundle" });
  const control = peer.createDataChannel("control", { ordered: true });
  const picture = new MediaStream();
  for (const kind of ["audio", "video"]) peer.addTransceiver(kind);
  let expected = "", offered = false, seen = false, passed = 0, heardAt = 0, beats = 0, timer = 0;
  let octets = 0, cameAt = 0, again = 0, shown = true;
  /** @type {import("/static/shared/ladder.js").Life} */
  let lives = "well";
  /** @type {ReturnType<Uplink["open"]> | null} */
  let sending = null;
  const speak = (/** @type {object} */ message) => control.readyState === "open" && control.send(JSON.stringify(message));
  /** @type {RTCIceCandidateInit[] | null} */
  let early = [];
  const proof = /** @type {string[]} */ ([]); // the other side's confirm, and its word that ours holds
  /** @type {RTCIceCandidate[]} */
  const gathered = [];
  const held = /** @type {string[]} */ ([]); // said before the agent lets this side talk

  const unrelayed = () => {
    happen({ kind: "unrelayed", gen });
    say({ kind: "unrelayed", gen });
  };
  watchRelays(peer, { tell: unrelayed, back: lost });
  peer.addEventListener("track", ({ track }) => picture.addTrack(track));
  peer.addEventListener("connectionstatechange", () => peer.connectionState === "failed" && lost());
  peer.addEventListener("icecandidate", ({ candidate }) => {
    if (!candidate) return;
    if (offered) tellCandidate(candidate);
    else gathered.push(candidate);
  });
  control.addEventListener("close", lost);
  control.addEventListener("open", look);
  control.addEventListener("message", ({ data }) => {
    heardAt = performance.now();
    if (typeof data !== "string") return;
    if (proof.length === 2) return void (sending === null ? held.push(data) : take(data));
    proof.push(data);
    pass();
  });

  /** Who takes part is the agent's to know. @param {string} data */
  function take(data) {
    const message = JSON.parse(data);
    if (message.k === "roster") say({ kind: "roster", gen, jws: String(message.roster).slice(0, 8192) });
    else sending?.hear(message, heardAt);
  }

  /** @param {RTCIceCandidate} candidate */
  function tellCandidate({ candidate, sdpMid }) {
    if (candidate.length <= 500) say({ kind: "candidate", gen, candidate, mid: sdpMid });
  }

  /** Look at the certificate that DTLS really showed; the agent compares it with the signed one, and so do we. */
  async function look() {
    const [der] = peer.sctp?.transport.getRemoteCertificates() ?? [];
    const digest = der ? new Uint8Array(await crypto.subtle.digest("SHA-256", der)) : new Uint8Array();
    const fingerprint = Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join("").toUpperCase();
    say({ kind: "seen", gen, fingerprint });
    if (fingerprint !== expected) return peer.close();
    seen = true;
    pass();
  }

  /** Let the agent have the other side's proof, as far as it has come. */
  function pass() {
    for (; seen && passed < proof.length; passed++) {
      const said = proof[passed] ?? "";
      if (passed === 0) say({ kind: "confirm", gen, jws: said.slice(0, 8192) });
      else say(/^\{"k": ?"proved"\}$/.test(said) ? { kind: "proved", gen } : { kind: "refused", gen, flaw: "confirm" });
    }
  }

  async function beat() {
    speak({ k: "ping", n: ++beats });
    const found = await sense();
    if (found) await sending?.look(found, performance.now());
  }

  /** See whether anybody is there; null: not any more. */
  async function sense() {
    const found = [...(await peer.getStats()).values()];
    if (timer === 0) return null;
    const at = performance.now(), before = lives;
    if (octets !== (octets = octetsOf(found))) cameAt = at;
    lives = life({ at, heardAt, cameAt, lost: LOST_MS, before });
    if (lives === "lost") return lost(), null;
    if (lives !== before) say({ kind: "life", gen, state: lives });
    clearTimeout(again);
    if (lives === "silent") again = window.setTimeout(() => void sense(), SILENT_LOOK_MS);
    return found;
  }

  /** Say whether the other side's picture comes, as they say and as it does; one that they closed is no trouble. @param {Going} going */
  function went(going) {
    const how = unseen(going) ?? "comes";
    happen({ kind: "sends", rung: going.ours });
    happen({ kind: "picture", gen, how });
    if (shown !== (shown = how !== "cut")) say({ kind: "picture", gen, moves: shown });
  }

  return {
    picture,
    async offer() {
      await peer.setLocalDescription();
      say({ kind: "offer", gen, sdp: peer.localDescription?.sdp ?? "" });
      offered = true;
      gathered.forEach(tellCandidate);
    },
    /** @param {string} sdp @param {string} fingerprint */
    async answer(sdp, fingerprint) {
      expected = fingerprint;
      await peer.setRemoteDescription({ type: "answer", sdp: sanitiseSdp(sdp, fingerprint) });
      const waited = early ?? [];
      early = null;
      for (const candidate of waited) await peer.addIceCandidate(candidate).catch(() => {});
    },
    /** @param {string} candidate @param {string | null} mid */
    async candidate(candidate, mid) {
      const init = candidate ? { candidate, sdpMid: mid ?? "0" } : {};
      if (early) early.push(init);
      else await peer.addIceCandidate(init).catch(() => {}); // one that cannot be used is none
    },
    /** Say our side's proof, as the agent made it. @param {string} text */
    speak: (text) => control.readyState === "open" && control.send(text),
    live() {
      heardAt = performance.now();
      timer = window.setInterval(() => void beat(), BEAT_MS);
      sending = uplink.open(who, { peer, say: speak, tell: went });
      void sending.begin();
      held.splice(0).forEach(take);
    },
    close() {
      sending?.end();
      clearInterval(timer);
      clearTimeout(again);
      timer = 0;
      control.removeEventListener("close", lost);
      peer.close();
    },
  };
}
