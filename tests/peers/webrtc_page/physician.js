/**
 * A physician's page with nothing to look at: answers a booth as docs/signalling.md and docs/channels.md say, with the
 * product's own binding.js, and keeps what it saw for the test.
 */
import {
  anchorsOf, checkReveal, checkSeen, digits, fingerprintOfSdp, hashOf, jwkOf, makeBinding, makeConfirm, sanitiseSdp,
  transcript, verifyBinding, verifyConfirm,
} from "/shared/binding.js";

const CELLS = 24;
const PROVED = '{"k":"proved"}';
const now = () => Date.now() / 1000;
export const seen = { said: [], heard: [], frames: [], numbers: [], proved: {}, flaws: [], digits: {}, when: {}, closed: [] };
let socket, signer, anchors, me, booth, lie = null, camera = null, relays = [];
const edges = new Map();

const octets = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());

async function start({ subject, name }) {
  anchors = await anchorsOf({ deviceAuthority: await octets("/device-ca"), registrationAuthority: await octets("/registration") });
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const cred = await window.certify(await jwkOf(pair.publicKey));
  signer = { subject, key: pair.privateKey, proof: { cred } };
  document.cookie = `who=${encodeURIComponent(`physician|${subject}|${name}`)}; path=/; SameSite=Strict`;
  const answer = await fetch("/signalling/ticket", { method: "POST" });
  const { ticket } = await answer.json();
  socket = new WebSocket(`ws://${location.host}/signalling/v1?ticket=${ticket}`, "teleborne.v1");
  socket.onmessage = ({ data }) => act(JSON.parse(data));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("signalling refused the page"));
  });
  say("hello");
  say("available", { on: true });
}

function say(type, body = {}, fields = {}) {
  socket.send(JSON.stringify({ v: 1, type, id: crypto.randomUUID(), body, ...fields }));
}

async function act({ type, body, call, gen = 1 }) {
  seen.said.push({ type, body: type === "offer" || type === "candidate" ? {} : body, gen });
  if (type === "waiting" && body.queue.length) say("take", {}, { call: body.queue[0].call });
  if (type === "admitted") {
    [booth] = body.peers;
    relays = body.ice_servers ?? [];
    me = body.you;
    for (const [endpoint, newest] of Object.entries(body.generations))
      if (!edges.has(endpoint)) say("recovering", { endpoint }, { call, gen: newest });
  }
  if (type === "offer") await offered(body, call, gen).catch((error) => stop(error, call, gen));
  if (type === "reveal") edges.get(body.endpoint)?.reveal(body.nonce);
}

function stop(error, call, gen) {
  seen.flaws.push(error.flaw ?? String(error));
  if (error.flaw) say("stop", { reason: error.flaw }, { call, gen });
}

async function offered({ endpoint, sdp, binding }, call, generation) {
  seen.when[`${endpoint}-offer`] = performance.now();
  edges.get(endpoint)?.pc.close();
  const edge = { call, generation, endpoint, offerer: booth.subject, answerer: signer.subject };
  const offer = await verifyBinding(binding, edge, "offer", { anchors, now: now() });
  const pc = new RTCPeerConnection({
    iceServers: relays, ...(relays.length ? { iceTransportPolicy: "relay" } : {}),
  });
  const line = { pc, reveal: null };
  let verify = () => {};
  const verified = new Promise((resolve) => (verify = resolve));
  const nonce = new Promise((resolve) => (line.reveal = resolve));
  edges.set(endpoint, line);
  pc.onconnectionstatechange = () => seen.closed.push([endpoint, generation, pc.connectionState]);
  pc.ontrack = ({ track, streams }) => watch(track, streams[0]);
  const own = {};
  pc.ondatachannel = ({ channel }) => listen(channel, endpoint, async (said) => {
    const revealed = await nonce;
    await checkReveal(offer, revealed);
    const agreed = await transcript(binding, own.binding, revealed);
    if (said === PROVED) {
      await verified;
      seen.proved[endpoint] = generation;
      seen.digits[endpoint] = await digits(agreed);
      seen.when[`${endpoint}-proved`] = performance.now();
      say("connected", { endpoint }, { call, gen: generation });
      return;
    }
    const shown = await checkSeen(offer, pc.sctp.transport.getRemoteCertificates()[0]);
    await verifyConfirm(said, offer, edge, "offer", { agreed, own: own.fingerprint });
    channel.send(await makeConfirm(signer, edge, "answer", { agreed, seen: shown }));
    channel.send(PROVED);
    verify();
  }, (error) => stop(error, call, generation));
  await pc.setRemoteDescription({ type: "offer", sdp: sanitiseSdp(sdp, offer.fingerprint) });
  if (endpoint === "av" && camera) for (const track of camera.getTracks()) pc.addTrack(track, camera);
  pc.onicecandidate = ({ candidate }) => say("candidate", {
    endpoint, candidate: candidate?.candidate ?? "", ...(candidate?.sdpMid ? { mid: candidate.sdpMid } : {}),
  }, { call, gen: generation });
  await pc.setLocalDescription();
  own.fingerprint = fingerprintOfSdp(pc.localDescription.sdp);
  const peer = await hashOf(binding);
  own.binding = await makeBinding(signer, edge, "answer", { fingerprint: lie ?? own.fingerprint, now: now(), peer });
  say("answer", { endpoint, sdp: pc.localDescription.sdp, binding: own.binding }, { call, gen: generation });
}

function listen(channel, endpoint, prove, fail) {
  let proof = channel.label === "control" ? 2 : 0; // the booth's confirm, and its word that ours holds
  channel.onmessage = ({ data }) => {
    if (proof) { proof--; prove(data).catch(fail); return; }
    const message = typeof data === "string" ? JSON.parse(data) : { k: "octets", size: data.byteLength };
    seen.heard.push({ ...message, text: String(data), channel: channel.label, endpoint, early: !seen.proved[endpoint] });
    if (message.k === "ping") channel.send(JSON.stringify({ k: "pong", n: message.n }));
  };
  if (channel.label === "control") window.controls = { ...window.controls, [endpoint]: channel };
}

function watch(track, stream) {
  const video = document.querySelector("video");
  video.srcObject = stream ?? new MediaStream([track]);
  if (track.kind !== "video") return;
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const look = (at, { presentedFrames }) => {
    seen.when["av-frame"] ??= performance.now();
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    context.drawImage(video, 0, 0);
    const row = context.getImageData(0, Math.round(canvas.height * 0.95), canvas.width, 1).data;
    const bright = Array.from({ length: CELLS }, (_, cell) => row[4 * Math.floor(((2 * cell + 1) * canvas.width) / (2 * CELLS))] > 125);
    const code = bright.slice(2, -2).reduce((value, bit) => 2 * value + (bit ? 1 : 0), 0);
    const edgesRight = bright[0] && !bright[1] && !bright.at(-2) && bright.at(-1);
    const number = Math.floor(code / 16);
    const check = (((number & 15) + ((number >> 4) & 15) + ((number >> 8) & 15) + ((number >> 12) & 15)) * 7) % 16;
    seen.frames.push(presentedFrames);
    if (edgesRight && check === code % 16) seen.numbers.push(number);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}

/** How each connection goes: the kind of the address in use on this side. */
async function pairs() {
  const found = [];
  for (const { pc } of edges.values()) {
    const stats = await pc.getStats();
    for (const each of stats.values())
      if (each.type === "transport" && each.selectedCandidatePairId) {
        const pair = stats.get(each.selectedCandidatePairId);
        found.push({ local: stats.get(pair.localCandidateId).candidateType });
      }
  }
  return found;
}

const show = async () => (camera = await navigator.mediaDevices.getUserMedia({ video: true, audio: true }));
Object.assign(window, {
  physician: { seen, start, show, pairs, ask: (message) => window.controls.agent.send(JSON.stringify(message)), lieAbout: (value) => (lie = value), hangUp: () => socket.close() },
});
