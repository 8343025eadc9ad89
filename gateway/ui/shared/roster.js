/**
 * The roster: who takes part in a visit of more than two, signed by its physician; and what a guest's link is made of. The
 * browser's twin of signalling/roster.py (docs/signalling.md, *Roster* and *Joining*). WebCrypto only.
 */

import { verifyCredential } from "./binding.js";
import { GUEST } from "./guest.js";
import { BindingError, digest, hasExactly, headerOf, octets, sign, text, thumbprint, verify } from "./jws.js";

export { BindingError } from "./jws.js";

/** @typedef {{subject: string, name: string, part: string}} Entry `name`: the physician's word for a guest */
/** @typedef {{call: string, number: number, entries: readonly Entry[]}} Roster of each two the first one offers */

const TYPE = "teleborne-roster+jwt";
const TICKET = "teleborne.v1 guest ticket", PROOF = "teleborne.v1 guest proof";
const MOST = 4, SECRET_OCTETS = 16;
const utf8 = new TextEncoder();

/** The subject of whoever has the key of a public JWK. @param {{[name: string]: unknown}} jwk */
export const guestSubject = async (jwk) => GUEST + (await thumbprint(jwk));

/** @param {import("./binding.js").Signer} signer a physician's @param {Roster} roster */
export const makeRoster = (signer, { call, number, entries }) =>
  sign({ typ: TYPE, ...signer.proof }, { v: 1, iss: signer.subject, call, n: number, participants: entries, policy: { recording: false } }, signer.key);

/**
 * The roster that this physician signed for this visit; throws BindingError.
 * @param {string} token
 * @param {{call: string, physician: string, anchors: import("./binding.js").Anchors, now: number}} expected
 * @returns {Promise<Roster>}
 */
export async function verifyRoster(token, { call, physician, anchors, now }) {
  const header = headerOf(token, TYPE);
  if (!hasExactly(header, ["alg", "typ", "cred"]) || typeof header.cred !== "string") throw wrong("its header");
  const who = await verifyCredential(header.cred, anchors.registrationAuthority, now);
  if (anchors.revoked.has(who.subject)) throw new BindingError("revoked", "the physician's credential was revoked");
  const claims = await verify(token, who.key, "roster");
  if (!hasExactly(claims, ["v", "iss", "call", "n", "participants", "policy"])) throw wrong("its form");
  const { v, iss, n, participants, policy } = claims;
  if (who.subject !== physician || iss !== physician || v !== 1 || claims.call !== call) throw wrong("whose it is");
  if (!hasExactly(policy, ["recording"]) || policy.recording !== false) throw wrong("its policy");
  if (!Number.isSafeInteger(n) || Number(n) < 1 || !Array.isArray(participants)) throw wrong("its form");
  const entries = /** @type {Entry[]} */ (participants);
  const whole = entries.every((each) => hasExactly(each, ["subject", "name", "part"]) && [each.subject, each.name, each.part].every((one) => typeof one === "string"));
  const subjects = whole ? entries.map(({ subject }) => subject) : [];
  if (subjects.length < 2 || subjects.length > MOST || new Set(subjects).size !== subjects.length || subjects[1] !== physician) throw wrong("who is in it");
  return { call, number: Number(n), entries };
}

/** 16 random octets for a link. */
export const newSecret = () => text(crypto.getRandomValues(new Uint8Array(SECRET_OCTETS)));

/** What the guest's page shows the server, once. @param {string} secret */
export const ticketOf = async (secret) => text(new Uint8Array(await crypto.subtle.deriveBits(hkdf(TICKET), await material(secret), 256)));

/** What the server keeps of it. @param {string} ticket */
export const commitmentOf = (ticket) => digest(ticket);

/** What shows the physician's page that a key belongs to somebody who has the link. @param {string} secret @param {string} call @param {string} subject */
export async function proofOf(secret, call, subject) {
  const key = await crypto.subtle.deriveKey(hkdf(PROOF), await material(secret), { name: "HMAC", hash: "SHA-256", length: 256 }, false, ["sign"]);
  return text(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(`${call}\n${subject}`))));
}

/** @param {string} secret */
function material(secret) {
  const data = octets(secret);
  if (data.length !== SECRET_OCTETS) throw new BindingError("malformed", "not a link's secret");
  return crypto.subtle.importKey("raw", data, "HKDF", false, ["deriveBits", "deriveKey"]);
}

/** @param {string} info */
const hkdf = (info) => ({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8.encode(info) });

/** @param {string} what */
const wrong = (what) => new BindingError("roster", `the roster: ${what}`);
