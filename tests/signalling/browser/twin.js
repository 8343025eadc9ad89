/** What the browser does in test_binding_in_a_browser.py. */

import * as twin from "/shared/binding.js";

const P256 = { name: "ECDSA", namedCurve: "P-256" };
const octets = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

const known = ({ anchors }, revoked = []) => twin.anchorsOf({
  deviceAuthority: octets(anchors.device_authority),
  registrationAuthority: octets(anchors.registration_authority),
  revoked,
});

const signerOf = async ({ subject, jwk, proof }) =>
  ({ subject, proof, key: await crypto.subtle.importKey("jwk", jwk, P256, false, ["sign"]) });

async function flawOf(work) {
  try {
    await work();
    return "holds";
  } catch (error) {
    return error.flaw ?? String(error);
  }
}

export async function tryVectors(vectors) {
  const { edge, now, peer, fingerprints, confirms } = vectors;
  const check = async (token, part, more = {}) => twin.verifyBinding(token, edge, part, {
    anchors: await known(vectors, more.revoked),
    now: more.now ?? now,
    peer: part === "answer" ? peer : null,
  });
  const offer = await check(vectors.offer, "offer"), answer = await check(vectors.answer, "answer");
  await twin.checkReveal(offer, vectors.nonce);
  const agreed = await twin.transcript(offer.token, answer.token, vectors.nonce);
  const ofOffer = { agreed, own: fingerprints.physician };
  await twin.verifyConfirm(confirms.offer, offer, edge, "offer", ofOffer);
  await twin.verifyConfirm(confirms.answer, answer, edge, "answer", { agreed, own: fingerprints.booth });
  const attacks = [], descriptions = [], flaws = [];
  for (const one of vectors.attacks) attacks.push(await flawOf(() => check(one.token, one.part, one)));
  for (const one of vectors.descriptions) {
    let sane = "";
    const flaw = await flawOf(async () => { sane = twin.sanitiseSdp(one.sdp, fingerprints.booth); });
    descriptions.push(flaw === "holds" ? { sane } : { flaw });
  }
  for (const work of [
    () => twin.checkReveal(offer, "A".repeat(43)),
    () => twin.verifyConfirm(confirms.offer, offer, edge, "offer", { agreed, own: "EE".repeat(32) }),
    () => twin.verifyConfirm(confirms.answer, offer, edge, "offer", ofOffer),
    () => twin.verifyConfirm(confirms.offer, offer, edge, "answer", ofOffer),
    () => twin.checkSeen(offer, new ArrayBuffer(3)),
    () => twin.checkSeen(offer, undefined),
  ]) flaws.push(await flawOf(work));
  return {
    names: [offer.name, answer.name],
    commitment: await twin.commit(vectors.nonce),
    peer: await twin.hashOf(offer.token),
    transcript: agreed,
    digits: await twin.digits(agreed),
    attacks, descriptions, flaws,
  };
}

let pair;

export async function makeKey() {
  pair = await crypto.subtle.generateKey(P256, false, ["sign", "verify"]);
  return { jwk: await twin.jwkOf(pair.publicKey), extractable: pair.privateKey.extractable };
}

export async function answerWithThatKey({ vectors, credential }) {
  const { edge, now, fingerprints } = vectors;
  const me = { subject: edge.answerer, key: pair.privateKey, proof: { cred: credential } };
  const offer = await twin.verifyBinding(vectors.offer, edge, "offer", { anchors: await known(vectors), now });
  const terms = { fingerprint: fingerprints.physician, now, peer: await twin.hashOf(offer.token) };
  const answer = await twin.makeBinding(me, edge, "answer", terms);
  const agreed = await twin.transcript(offer.token, answer, vectors.nonce);
  return { answer, agreed, confirm: await twin.makeConfirm(me, edge, "answer", { agreed, seen: fingerprints.booth }) };
}

export async function believeAndMakeTheSame({ vectors, offer, nonce }) {
  const { edge, now, fingerprints } = vectors;
  const believed = await twin.verifyBinding(offer, edge, "offer", { anchors: await known(vectors), now });
  await twin.checkReveal(believed, nonce);
  const terms = { fingerprint: fingerprints.booth, now, commitment: believed.commitment };
  return twin.makeBinding(await signerOf(vectors.booth), edge, "offer", terms);
}

const newPeer = async () => new RTCPeerConnection({
  iceServers: [], certificates: [await RTCPeerConnection.generateCertificate(P256)],
});

const gathered = (peer) => new Promise((done) => {
  const look = () => peer.iceGatheringState === "complete" && done(peer.localDescription.sdp);
  peer.addEventListener("icegatheringstatechange", look);
  look();
});

const opened = (channel) => new Promise((open) => {
  if (channel.readyState === "open") open();
  channel.onopen = open;
});

const firstOf = (channel) => new Promise((heard) => { channel.onmessage = ({ data }) => heard(data); });

/** A booth and a physician with real peer connections; `tamper` is what a relay does to the booth's description. */
export async function call({ vectors, tamper }) {
  const { edge, now } = vectors, anchors = await known(vectors);
  const booth = await signerOf(vectors.booth), physician = await signerOf(vectors.physician);
  const a = await newPeer(), z = await newPeer();
  const arrived = new Promise((open) => { z.ondatachannel = ({ channel }) => open(channel); });
  const control = a.createDataChannel("control");
  for (const kind of ["audio", "video"]) a.addTransceiver(kind);
  try {
    await a.setLocalDescription();
    const offered = await gathered(a), nonce = twin.newNonce(), ownA = twin.fingerprintOfSdp(offered);
    const commitment = await twin.commit(nonce);
    const offer = await twin.makeBinding(booth, edge, "offer", { fingerprint: ownA, now, commitment });
    const heard = tamper ? offered.replaceAll(/sha-256 ../g, "sha-256 00") : offered;
    const seenOffer = await twin.verifyBinding(offer, edge, "offer", { anchors, now });
    await z.setRemoteDescription({ type: "offer", sdp: twin.sanitiseSdp(heard, seenOffer.fingerprint) });
    await z.setLocalDescription();
    const answered = await gathered(z), ownZ = twin.fingerprintOfSdp(answered), peer = await twin.hashOf(offer);
    const answer = await twin.makeBinding(physician, edge, "answer", { fingerprint: ownZ, now, peer });
    const seenAnswer = await twin.verifyBinding(answer, edge, "answer", { anchors, now, peer });
    await a.setRemoteDescription({ type: "answer", sdp: twin.sanitiseSdp(answered, seenAnswer.fingerprint) });
    const channel = await arrived, heardByZ = firstOf(channel), heardByA = firstOf(control);
    await opened(control);
    const agreed = await twin.transcript(offer, answer, nonce);
    const seenByA = await twin.checkSeen(seenAnswer, a.sctp.transport.getRemoteCertificates()[0]);
    const seenByZ = await twin.checkSeen(seenOffer, z.sctp.transport.getRemoteCertificates()[0]);
    control.send(await twin.makeConfirm(booth, edge, "offer", { agreed, seen: seenByA }));
    await twin.verifyConfirm(await heardByZ, seenOffer, edge, "offer", { agreed, own: ownZ });
    channel.send(await twin.makeConfirm(physician, edge, "answer", { agreed, seen: seenByZ }));
    await twin.verifyConfirm(await heardByA, seenAnswer, edge, "answer", { agreed, own: ownA });
    return { sdp: offered, own: ownA };
  } catch (error) {
    return { flaw: error.flaw ?? String(error) };
  } finally {
    a.close();
    z.close();
  }
}
