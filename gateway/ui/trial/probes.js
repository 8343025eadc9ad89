/** The trials themselves: each touches what it tries, gives it back, and returns what it found. They draw nothing. */

import { Problem, ask } from "../shared/server.js";

/** @typedef {import("./state.js").Finding} Finding */

const WORKS = /** @type {Finding} */ ({ how: "works" });
const PICTURE_MS = 6_000, VOICE_MS = 12_000, SOCKET_MS = 8_000, RELAY_MS = 8_000;
/** Louder than a quiet room: of the range 0 to 1. */
export const HEARD = 0.04;

/** @param {string} why @param {string} [said] @returns {Finding} */
const fails = (why, said) => ({ how: "fails", why, ...(said && { said }) });

/** What a visit needs of the browser. @returns {Finding} */
export function browser() {
  if (!isSecureContext) return fails("browser-insecure");
  const missing = [
    !("RTCPeerConnection" in globalThis) && "WebRTC",
    !navigator.mediaDevices?.getUserMedia && "getUserMedia",
    !globalThis.crypto?.subtle && "WebCrypto",
    !("indexedDB" in globalThis) && "IndexedDB",
    !navigator.locks && "Web Locks",
    !("WebSocket" in globalThis) && "WebSocket",
  ].filter((each) => each !== false);
  return missing.length > 0 ? fails("browser-old", missing.join(", ")) : WORKS;
}

/** Open a camera or a microphone. @param {"camera" | "micro"} part @returns {Promise<MediaStream | Finding>} */
export async function open(part) {
  try {
    return await navigator.mediaDevices.getUserMedia(part === "camera" ? { video: { width: { ideal: 640 } } } : { audio: true });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    const why = name === "NotAllowedError" ? "refused" : name === "NotReadableError" ? "taken" : "absent";
    return fails(`${part}-${why}`, name);
  }
}

/** Whether the camera's picture comes, and is not black. @param {HTMLVideoElement} video that shows it @returns {Promise<Finding>} */
export async function picture(video) {
  const until = performance.now() + PICTURE_MS;
  const canvas = new OffscreenCanvas(32, 24);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  while (performance.now() < until) {
    if (video.videoWidth > 0) {
      pen.drawImage(video, 0, 0, 32, 24);
      const { data } = pen.getImageData(0, 0, 32, 24);
      if (data.some((value, at) => at % 4 !== 3 && value > 24)) return WORKS;
    }
    await later(150);
  }
  return fails(video.videoWidth > 0 ? "camera-dark" : "camera-still");
}

/** Listen until somebody is heard. @param {MediaStream} stream @param {(level: number) => void} tell between 0 and 1, some times a second @returns {Promise<Finding>} */
export async function voice(stream, tell) {
  const sound = new AudioContext();
  const ear = new AnalyserNode(sound, { fftSize: 1024 });
  sound.createMediaStreamSource(stream).connect(ear);
  const samples = new Float32Array(ear.fftSize);
  const until = performance.now() + VOICE_MS;
  let heard = 0;
  while (performance.now() < until && heard < 3) {
    await later(100);
    ear.getFloatTimeDomainData(samples);
    const level = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    tell(Math.min(1, level));
    if (level >= HEARD) heard += 1;
  }
  await sound.close();
  tell(0);
  return heard >= 3 ? WORKS : fails("micro-silent");
}

/** A tone that one can hear, a second long. */
export async function tone() {
  const sound = new AudioContext();
  for (const [at, pitch] of /** @type {const} */ ([[0, 440], [0.45, 554.37]])) {
    const note = new OscillatorNode(sound, { frequency: pitch });
    const loud = new GainNode(sound, { gain: 0 });
    const start = sound.currentTime + at;
    loud.gain.linearRampToValueAtTime(0.25, start + 0.03);
    loud.gain.exponentialRampToValueAtTime(0.001, start + 0.6);
    note.connect(loud).connect(sound.destination);
    note.start(start);
    note.stop(start + 0.65);
  }
  await later(1_200);
  await sound.close();
}

/** Whether a WebSocket to signalling opens. It says nothing and closes: who is in a visit in another window stays there. @returns {Promise<Finding>} */
export async function socket() {
  let ticket;
  try {
    ({ ticket } = await ask("/signalling/ticket", { method: "POST" }));
  } catch (error) {
    return signedOut(error) ?? fails("socket-server", String(error));
  }
  const line = new WebSocket(`${location.origin.replace(/^http/, "ws")}/signalling/v1?ticket=${encodeURIComponent(ticket)}`, "teleborne.v1");
  const opened = new Promise((answer) => {
    line.onopen = () => answer(true);
    line.onerror = line.onclose = () => answer(false);
  });
  const works = await Promise.race([opened, later(SOCKET_MS)]);
  line.close();
  return works === true ? WORKS : fails("socket-cut");
}

/** Passes to our relays. @returns {Promise<RTCIceServer[] | Finding>} */
export async function passes() {
  try {
    return (await ask("/signalling/relays", { method: "POST" })).ice_servers;
  } catch (error) {
    return signedOut(error) ?? fails("passes-server", String(error));
  }
}

/** @param {unknown} error @returns {Finding | null} */
function signedOut(error) {
  if (!(error instanceof Problem)) throw error;
  return error.why === "signed-out" || error.why === "forbidden" ? { how: "skipped", why: "signed-out" } : null;
}

/**
 * Whether a relay gives an address by this one way. The browser says nothing where it does not, so we look ourselves.
 * @param {RTCIceServer} server @param {string} url @returns {Promise<Finding>}
 */
export async function relay({ username = "", credential = "" }, url) {
  const peer = new RTCPeerConnection({ iceServers: [{ urls: [url], username, credential }], iceTransportPolicy: "relay" });
  /** @type {RTCPeerConnectionIceErrorEvent[]} */
  const errors = [];
  const answered = new Promise((answer) => {
    peer.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate?.type === "relay") answer(true);
      else if (candidate === null) answer(false);
    });
    peer.addEventListener("icecandidateerror", (event) => errors.push(event));
  });
  peer.createDataChannel("trial");
  await peer.setLocalDescription();
  const works = await Promise.race([answered, later(RELAY_MS)]);
  peer.close();
  if (works === true) return WORKS;
  const refused = errors.find(({ errorCode }) => errorCode === 401 || errorCode === 403 || errorCode === 441);
  return fails(refused ? "relay-refused" : "relay-silent", errors.map(({ errorCode, errorText }) => `${errorCode} ${errorText}`.trim()).join(" · "));
}

/** @param {number} ms */
const later = (ms) => new Promise((done) => setTimeout(done, ms));
