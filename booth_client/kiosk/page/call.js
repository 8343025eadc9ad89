/**
 * The page's connection to the physician's page: camera, microphone, RTCPeerConnection. The booth's agent signs for it
 * (booth_client/face.py) and says what comes when; what follows from it is in visit.js.
 *
 * The page always offers, with a certificate made for this connection alone. Nothing is attached to it and nothing of
 * the other side is shown before the agent has said `unlock`. https://www.w3.org/TR/webrtc/
 */

import { BindingError } from "/static/shared/jws.js";
import { sanitiseSdp } from "/static/shared/sdp.js";
import { HEALTHY, NO_CALL, health, nextCall } from "./visit.js";

/** @typedef {import("./visit.js").Call} Call */
/** @typedef {import("./visit.js").CallEvent} CallEvent */
/** @typedef {import("/static/shared/ladder.js").Ladder} Ladder */
/** @typedef {import("/static/shared/ladder.js").Rung} Rung */
/**
 * What the person wants of their own: nothing is sent before they are ready.
 * @typedef {{ready: boolean, sound: boolean, camera: boolean}} Wish
 */
/** @typedef {{remote: HTMLVideoElement, self: HTMLVideoElement, sound: HTMLAudioElement}} Media */
/** @typedef {Media & {of: (peer: string) => Media | null}} Pictures those of who joined as well */
/** @typedef {{gen: number, kind: string, [name: string]: unknown}} Said */
/** @typedef {{stream: () => MediaStream | null, asked: () => Promise<void>}} Lender a call whose camera and microphone others use as well */

const BEAT_MS = 1000;
const ASKING_MS = 25_000; // somebody may have to allow the camera first
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const SIGHT = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 25 } };
const EARS = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

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
 * @param {Media} to.media
 * @param {(message: Said) => void} to.say to the agent
 * @param {(call: Call) => void} to.tell
 * @param {Lender | null} [to.lender] whose camera and microphone to use; null: our own
 */
export function makeCall({ media, say, tell, lender = null }) {
  let call = NO_CALL;
  /** @type {Wish} */
  let wish = { ready: false, sound: true, camera: true };
  /** @type {ReturnType<typeof connection> | null} */
  let current = null;
  /** @type {MediaStream | null} */
  let own = null;
  /** @type {Promise<void> | null} */
  let asking = null;
  let ladder = /** @type {Ladder | undefined} */ (undefined); // where the last connection had come to

  /** @param {CallEvent} event */
  function happen(event) {
    call = nextCall(call, event);
    tell(call);
  }

  function drop() {
    ladder = current?.ladder() ?? ladder;
    current?.close();
    current = null;
    media.remote.srcObject = null;
    media.sound.srcObject = null;
  }

  function end() {
    drop();
    if (lender === null) own?.getTracks().forEach((track) => track.stop());
    own = asking = media.self.srcObject = null;
    ladder = undefined;
    happen({ kind: "end" });
  }

  /** Ask for camera and microphone, once; without them the physician is still seen and heard. */
  async function ask() {
    if (lender !== null) {
      await lender.asked();
      own = lender.stream();
      return attach();
    }
    for (const wanted of [{ video: SIGHT, audio: EARS }, { audio: EARS }]) {
      try {
        own = await navigator.mediaDevices.getUserMedia(wanted);
        break;
      } catch {
        own = null;
      }
    }
    if (asking === null) return own?.getTracks().forEach((track) => track.stop()); // the visit ended meanwhile
    media.self.srcObject = own;
    happen({ kind: "camera", on: (own?.getVideoTracks().length ?? 0) > 0 });
    attach();
  }

  function attach() {
    for (const kind of /** @type {const} */ (["audio", "video"])) {
      const track = own?.getTracks().find((each) => each.kind === kind) ?? null;
      if (track) track.enabled = kind === "audio" ? wish.sound : wish.camera;
      current?.send(kind, call.phase === "open" && wish.ready ? track : null);
    }
  }

  /** @param {number} gen @param {RTCIceServer[]} iceServers */
  async function start(gen, iceServers) {
    drop();
    happen({ kind: "start", gen });
    asking ??= ask();
    await Promise.race([asking, new Promise((later) => setTimeout(later, ASKING_MS))]);
    const [certificate, { Sending }] = await Promise.all([RTCPeerConnection.generateCertificate(P256), import("/static/shared/sending.js")]);
    if (call.gen !== gen) return;
    const sends = (/** @type {Rung} */ rung) => happen({ kind: "sends", rung });
    const lost = () => {
      if (call.gen === gen && call.phase !== "lost") {
        drop();
        happen({ kind: "lost", gen });
        say({ kind: "life", gen, state: "lost" });
      }
    };
    current = connection({ gen, iceServers, certificate, say, lost, sends, Sending, ladder });
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
    if (message.kind === "confirm") return mine.confirm(message["jws"]);
    if (message.kind === "answer") {
      try {
        await mine.answer(message["sdp"], message["fingerprint"]);
      } catch (error) {
        drop();
        say({ kind: "refused", gen, flaw: error instanceof BindingError ? error.flaw : "malformed" });
      }
    }
    if (message.kind === "unlock") {
      happen({ kind: "unlock", gen });
      media.remote.srcObject = mine.picture;
      media.sound.srcObject = mine.picture;
      media.sound.play().catch(() => {}); // refused until somebody has touched the page; then the next touch plays it
      attach();
      mine.live();
    }
  }

  return {
    /** @param {{kind: string}} message */
    heard: (message) => void heard(message).catch((error) => console.error(error)),
    /** @param {Wish} to */
    want(to) {
      if (to.ready === wish.ready && to.sound === wish.sound && to.camera === wish.camera) return;
      wish = to;
      attach();
    },
    stream: () => own,
    asked: () => asking ?? Promise.resolve(),
    end,
  };
}

/**
 * One RTCPeerConnection.
 * @param {object} to
 * @param {number} to.gen
 * @param {RTCIceServer[]} to.iceServers ours or none
 * @param {RTCCertificate} to.certificate
 * @param {(message: Said) => void} to.say
 * @param {() => void} to.lost
 * @param {(rung: Rung) => void} to.sends how much of our own picture goes
 * @param {typeof import("/static/shared/sending.js").Sending} to.Sending
 * @param {Ladder | undefined} to.ladder
 */
function connection({ gen, iceServers, certificate, say, lost, sends, Sending, ladder }) {
  const peer = new RTCPeerConnection({ iceServers, certificates: [certificate], bundlePolicy: "max-bundle" });
  const control = peer.createDataChannel("control", { ordered: true });
  const picture = new MediaStream();
  const lines = { audio: peer.addTransceiver("audio"), video: peer.addTransceiver("video") };
  let expected = "", offered = false, seen = false, confirmed = false, heardAt = 0, beats = 0, timer = 0;
  let well = HEALTHY, theirs = true, shown = true;
  const speak = (/** @type {object} */ message) => control.readyState === "open" && control.send(JSON.stringify(message));
  const sending = new Sending({ peer, say: speak, tell: (going) => (sends(going.ours), pictured(going.theirs !== "sound")), ...(ladder && { from: ladder }) });
  /** @type {RTCIceCandidateInit[] | null} */
  let early = [];
  /** @type {string | null} */
  let first = null;
  /** @type {RTCIceCandidate[]} */
  const gathered = [];
  const held = /** @type {string[]} */ ([]); // said before the agent lets this side talk

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
    if (first !== null) return void (timer === 0 ? held.push(data) : sending.hear(JSON.parse(data), heardAt));
    first = data;
    passConfirm();
  });

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
    passConfirm();
  }

  function passConfirm() {
    if (!seen || first === null || confirmed) return;
    confirmed = true;
    say({ kind: "confirm", gen, jws: first.slice(0, 8192) });
  }

  async function beat() {
    speak({ k: "ping", n: ++beats });
    const counts = { frames: 0, sounds: 0 };
    const found = await peer.getStats();
    for (const one of found.values()) {
      if (one.type !== "inbound-rtp") continue;
      if (one.kind === "video") counts.frames += one.framesDecoded ?? 0;
      else counts.sounds += one.packetsReceived ?? 0;
    }
    if (timer === 0) return;
    const before = well;
    well = health(before, { at: performance.now(), heardAt, ...counts });
    if (well.life === "lost") return lost();
    if (well.life !== before.life) say({ kind: "life", gen, state: well.life });
    if (well.moves !== before.moves) pictured();
    await sending.look(found.values(), performance.now());
  }

  /** Say whether the other side's picture comes: as they say, and as it does. @param {boolean} [sent] */
  function pictured(sent = theirs) {
    theirs = sent;
    if (shown !== (shown = theirs && well.moves)) say({ kind: "picture", gen, moves: shown });
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
    /** @param {string} jws */
    confirm: (jws) => control.send(jws),
    live() {
      heardAt = performance.now();
      timer = window.setInterval(() => void beat(), BEAT_MS);
      void sending.begin();
      for (const said of held.splice(0)) sending.hear(JSON.parse(said), heardAt);
    },
    /** @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
    send: (kind, track) => void lines[kind].sender.replaceTrack(track).catch(() => {}),
    ladder: () => sending.ladder,
    close() {
      clearInterval(timer);
      timer = 0;
      control.removeEventListener("close", lost);
      peer.close();
    },
  };
}
