/**
 * Bindings: an endpoint's DTLS fingerprint, signed by who has the endpoint, for one connection with one other; and the
 * confirm that follows. The browser's twin of signalling/binding.py and signalling/confirm.py; docs/signalling.md,
 * *Bindings*, gives the bytes. WebCrypto only, no dependency.
 */

import { readCertificate, verifyCertificate } from "./certificate.js";
import { GUEST } from "./guest.js";
import {
  BindingError, canonical, digest, hasExactly, headerOf, isObject, jwkOf, keyOf, octets, octetsOfBase64, sha256, sign,
  text, thumbprint, verify,
} from "./jws.js";

export { BindingError, jwkOf } from "./jws.js";
export { fingerprintOfSdp, sanitiseSdp } from "./sdp.js";

/** @typedef {"offer" | "answer"} Part which half of the exchange a binding belongs to */
/**
 * One peer connection that two sides are about to make: both must mean the same.
 * @typedef {object} Edge
 * @property {string} call
 * @property {number} generation
 * @property {"av" | "agent"} endpoint
 * @property {string} offerer a subject: urn:teleborne:booth:NAME or rpps: and eleven digits
 * @property {string} answerer
 * @property {readonly string[]} [company] everybody who takes part, in the order of the signed roster; absent: these two
 */
/** @typedef {{subject: string, key: CryptoKey, proof: {cred: string} | {x5c: string[]} | {jwk: {[name: string]: unknown}}}} Signer */
/** @typedef {{subject: string, name: string, key: CryptoKey}} Who a guest proves no name: it is empty */
/** @typedef {Who & {token: string, fingerprint: string, commitment: string | null}} Binding a verified one */
/**
 * Whom this page believes: shipped with it, never fetched from the signalling server.
 * @typedef {object} Anchors
 * @property {import("./certificate.js").Certificate} deviceAuthority
 * @property {CryptoKey} registrationAuthority
 * @property {ReadonlySet<string>} revoked subjects and certificates' serial numbers in hexadecimal
 */

const TYPE = "passport", CREDENTIAL = "teleborne-credential+jwt", CONFIRM = "teleborne-confirm+jwt";
const ISSUER = "urn:teleborne:authority";
const LIFETIME = 120, SKEW = 60, CREDENTIAL_LIFETIME = 30 * 86400, NONCE_OCTETS = 32, LONGEST_NAME = 120;
const CLAIMS = ["iss", "orig", "dest", "iat", "exp", "mky", "tb"];
const TERMS = ["v", "call", "gen", "ep", "role", "commit", "peer", "roster"];

/**
 * The anchors, from the two authorities' certificates.
 * @param {{deviceAuthority: Uint8Array<ArrayBuffer>, registrationAuthority: Uint8Array<ArrayBuffer>, revoked?: Iterable<string>}} shipped DER
 * @returns {Promise<Anchors>}
 */
export async function anchorsOf({ deviceAuthority, registrationAuthority, revoked = [] }) {
  return {
    deviceAuthority: await readCertificate(deviceAuthority),
    registrationAuthority: (await readCertificate(registrationAuthority)).key,
    revoked: new Set(revoked),
  };
}

/**
 * The signed binding. An offer carries the commitment to its nonce, an answer the hash of the offer's binding.
 * @param {Signer} signer
 * @param {Edge} edge
 * @param {Part} part
 * @param {{fingerprint: string, now: number, commitment?: string | null, peer?: string | null}} terms `now` in seconds
 */
export async function makeBinding(signer, edge, part, { fingerprint, now, commitment = null, peer = null }) {
  const iat = Math.floor(now);
  const tb = {
    v: 1, call: edge.call, gen: edge.generation, ep: edge.endpoint, role: part, commit: commitment, peer,
    roster: await rosterOf(edge),
  };
  const claims = {
    iss: signer.subject, orig: { uri: signer.subject }, dest: { uri: [otherOf(edge, part)] }, iat, exp: iat + LIFETIME,
    mky: [{ alg: "sha-256", dig: fingerprint }], tb,
  };
  return sign({ typ: TYPE, ...signer.proof }, claims, signer.key);
}

/**
 * What the other side's binding proves, if every claim is the one expected here; throws BindingError.
 * @param {string} token
 * @param {Edge} edge this side's own knowledge
 * @param {Part} part the half that the other side made
 * @param {{anchors: Anchors, now: number, peer?: string | null}} known `peer`: hash of the binding that an answer answers
 * @returns {Promise<Binding>}
 */
export async function verifyBinding(token, edge, part, { anchors, now, peer = null }) {
  const who = await signerOf(token, anchors, now);
  const claims = claimsOf(await verify(token, who.key));
  const { iss, orig, dest, iat, exp, mky, tb } = claims;
  if (![part === "offer" ? edge.offerer : edge.answerer, iss, orig.uri].every((said) => said === who.subject)) {
    throw new BindingError("identity", `${who.subject} is not who was expected`);
  }
  checkTime(iat, exp, now);
  const roster = await rosterOf(edge);
  /** @type {[string, boolean][]} */
  const checks = [
    ["audience", canonical(dest.uri) === canonical([otherOf(edge, part)])],
    ["malformed", tb.v === 1],
    ["call", tb.call === edge.call],
    ["generation", tb.gen === edge.generation],
    ["endpoint", tb.ep === edge.endpoint],
    ["role", tb.role === part],
    ["roster", tb.roster === roster],
    ["peer", tb.peer === peer],
    ["reveal", (tb.commit !== null) === (part === "offer")],
    ["weak-fingerprint", mky.alg === "sha-256"],
    ["fingerprint", /^[0-9A-F]{64}$/.test(mky.dig)],
  ];
  for (const [flaw, holds] of checks) if (!holds) throw new BindingError(flaw, "the binding is for something else");
  return { ...who, token, fingerprint: mky.dig, commitment: tb.commit };
}

/** What an answer's `peer` says of a binding. @param {string} token */
export const hashOf = (token) => digest(token);

/** 32 random octets in base64url. */
export const newNonce = () => text(crypto.getRandomValues(new Uint8Array(NONCE_OCTETS)));

/** What an offer's binding says of its nonce. @param {string} nonce */
export const commit = (nonce) => digest(octets(nonce));

/**
 * Check that the revealed nonce is the one that the offer's binding committed to; throws BindingError.
 * @param {Binding} offer
 * @param {string} nonce
 */
export async function checkReveal(offer, nonce) {
  if (octets(nonce).length !== NONCE_OCTETS || await commit(nonce) !== offer.commitment) {
    throw new BindingError("reveal", "the nonce is not the one committed to");
  }
}

/**
 * Check that the certificate DTLS showed is the signed one, and return its fingerprint; throws BindingError.
 * @param {Binding} binding
 * @param {ArrayBuffer | undefined} der the first of RTCDtlsTransport.getRemoteCertificates()
 */
export async function checkSeen(binding, der) {
  const seen = der ? hex(await sha256(new Uint8Array(der))) : "";
  if (seen !== binding.fingerprint) throw new BindingError("seen", "the connection's certificate is not the signed one");
  return seen;
}

/**
 * The hash of all that was agreed: both bindings as they were received, and the nonce.
 * @param {string} offer
 * @param {string} answer
 * @param {string} nonce
 */
export const transcript = (offer, answer, nonce) => digest(`teleborne.v1 transcript\n${offer}\n${answer}\n${nonce}`);

/** The six digits that two people can compare aloud. @param {string} agreed the transcript */
export async function digits(agreed) {
  const key = await crypto.subtle.importKey("raw", octets(agreed), "HKDF", false, ["deriveBits"]);
  const info = new TextEncoder().encode("teleborne.v1 digits");
  const bits = await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info }, key, 64);
  return (new DataView(bits).getBigUint64(0) % 1_000_000n).toString().padStart(6, "0");
}

/**
 * The signed confirm of the side that made this part.
 * @param {Signer} signer
 * @param {Edge} edge
 * @param {Part} part
 * @param {{agreed: string, seen: string}} what the transcript, and the fingerprint seen of the other side
 */
export const makeConfirm = (signer, edge, part, { agreed, seen }) =>
  sign({ typ: CONFIRM }, confirmed(signer.subject, edge, part, agreed, seen), signer.key);

/**
 * Check the other side's confirm, which must say that it saw our certificate; throws BindingError.
 * @param {string} token
 * @param {Binding} binding the other side's, verified
 * @param {Edge} edge
 * @param {Part} part the one that the other side made
 * @param {{agreed: string, own: string}} what the transcript, and our own fingerprint
 */
export async function verifyConfirm(token, binding, edge, part, { agreed, own }) {
  if (!hasExactly(headerOf(token, CONFIRM), ["alg", "typ"])) throw malformed();
  const claims = await verify(token, binding.key, "confirm");
  if (isObject(claims) && typeof claims.seen === "string" && claims.seen !== own) {
    throw new BindingError("seen", "the other side saw another certificate than ours");
  }
  if (canonical(claims) !== canonical(confirmed(binding.subject, edge, part, agreed, own))) {
    throw new BindingError("confirm", "the other side confirmed something else");
  }
}

/**
 * @param {string} subject
 * @param {Edge} edge
 * @param {Part} part
 * @param {string} agreed
 * @param {string} seen
 */
const confirmed = (subject, { call, generation, endpoint }, part, agreed, seen) =>
  ({ v: 1, iss: subject, call, gen: generation, ep: endpoint, role: part, seen, t: agreed });

/** Who takes part and what is allowed: nobody records. @param {Edge} edge */
const rosterOf = ({ call, offerer, answerer, company = [] }) =>
  digest(canonical({ call, participants: company.length > 0 ? company : [offerer, answerer], policy: { recording: false } }));

/** @param {Edge} edge @param {Part} part */
const otherOf = (edge, part) => (part === "offer" ? edge.answerer : edge.offerer);

/**
 * Whose key must have signed, as the header's certificate, credential or key proves.
 * @param {string} token
 * @param {Anchors} anchors
 * @param {number} now
 * @returns {Promise<Who>}
 */
async function signerOf(token, { deviceAuthority, registrationAuthority, revoked }, now) {
  const header = headerOf(token, TYPE);
  const [der] = Array.isArray(header.x5c) && header.x5c.length === 1 ? header.x5c : [];
  if (hasExactly(header, ["alg", "typ", "x5c"]) && typeof der === "string") {
    return verifyCertificate(octetsOfBase64(der), deviceAuthority, { revoked, now });
  }
  if (hasExactly(header, ["alg", "typ", "jwk"]) && isObject(header.jwk)) {
    return { subject: GUEST + (await thumbprint(header.jwk)), name: "", key: await keyOf(header.jwk) };
  }
  if (!hasExactly(header, ["alg", "typ", "cred"]) || typeof header.cred !== "string") throw malformed();
  const who = await verifyCredential(header.cred, registrationAuthority, now);
  if (revoked.has(who.subject)) throw new BindingError("revoked", "the physician's credential was revoked");
  return who;
}

/**
 * Whose key it is, as the registration authority says; throws BindingError.
 * @param {string} token
 * @param {CryptoKey} authority
 * @param {number} now seconds
 * @returns {Promise<Who>}
 */
export async function verifyCredential(token, authority, now) {
  const header = headerOf(token, CREDENTIAL);
  if (!hasExactly(header, ["alg", "typ", "kid"])) throw malformed();
  if (header.kid !== await thumbprint(await jwkOf(authority))) {
    throw new BindingError("credential", "another authority made this credential");
  }
  const claims = await verify(token, authority, "credential");
  if (!hasExactly(claims, ["iss", "sub", "name", "cnf", "iat", "exp"]) || !hasExactly(claims.cnf, ["jwk"])) throw malformed();
  const { iss, sub, name, iat, exp, cnf } = claims;
  const named = typeof name === "string" && name.length > 0 && [...name].length <= LONGEST_NAME;
  if (typeof sub !== "string" || !named || !whole(iat) || !whole(exp)) throw malformed();
  if (iss !== ISSUER || !/^rpps:[0-9]{11}$/.test(sub) || exp <= iat || exp - iat > CREDENTIAL_LIFETIME) {
    throw new BindingError("credential", "it does not say who the physician is, or for too long");
  }
  if (now < iat - SKEW || now >= exp + SKEW) throw new BindingError("expired", "the physician's credential is out of date");
  return { subject: sub, name, key: await keyOf(cnf.jwk) };
}

/** @param {number} iat @param {number} exp @param {number} now */
function checkTime(iat, exp, now) {
  if (exp <= iat || exp - iat > LIFETIME || now < iat - SKEW || now >= exp + SKEW) {
    throw new BindingError("expired", "the binding is out of date, or a clock is wrong");
  }
}

/**
 * The claims in the form that a binding has, or none at all.
 * @param {unknown} claims
 */
function claimsOf(claims) {
  if (!hasExactly(claims, CLAIMS)) throw malformed();
  const { iss, orig, dest, iat, exp, mky, tb } = claims;
  const [key] = Array.isArray(mky) && mky.length === 1 ? mky : [];
  if (!hasExactly(orig, ["uri"]) || !hasExactly(dest, ["uri"]) || !hasExactly(key, ["alg", "dig"])) throw malformed();
  if (!hasExactly(tb, TERMS) || !whole(iat) || !whole(exp) || typeof key.dig !== "string") throw malformed();
  const { v, call, gen, ep, role, commit: commitment, peer, roster } = tb;
  if (!whole(v) || !whole(gen)) throw malformed();
  if (commitment !== null && (typeof commitment !== "string" || !/^[A-Za-z0-9_-]{43}$/.test(commitment))) throw malformed();
  const terms = { v, call, gen, ep, role, commit: commitment, peer, roster };
  return { iss, orig, dest, iat, exp, mky: { alg: key.alg, dig: key.dig }, tb: terms };
}

/** @param {unknown} value @returns {value is number} */
const whole = (value) => Number.isSafeInteger(value);

/** @param {Uint8Array} data */
const hex = (data) => Array.from(data, (octet) => octet.toString(16).padStart(2, "0")).join("").toUpperCase();

const malformed = () => new BindingError("malformed", "not the form that docs/signalling.md gives");
