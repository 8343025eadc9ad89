/**
 * The physician's signing key: P-256, made here, kept in this browser's IndexedDB, and never readable, not even by this
 * page. The registration authority certifies it for 30 days (docs/signalling.md, *Who signs*).
 */

import { anchorsOf, jwkOf, verifyCredential } from "../../shared/binding.js";
import { digest, octets, octetsOfBase64, sign } from "../../shared/jws.js";
import { Problem, ask } from "../../shared/server.js";

/** @typedef {import("../../shared/binding.js").Signer & {proof: {cred: string}, name: string, until: number}} Own `until` in ms */
/** @typedef {import("../../shared/binding.js").Anchors} Anchors */
/** @typedef {{id: string, pair: CryptoKeyPair, credential: string}} Kept */

const BASE = "teleborne", KEYS = "keys";
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const DAY_S = 86_400, RENEW_DAYS = 3;
const REPORT = "teleborne-report+jws";

/** Whom this page believes: the authorities' certificates as its own server ships them. @returns {Promise<Anchors>} */
export const anchors = () => anchorsFrom("/medecin/anchors.json");

/** @param {string} address @returns {Promise<Anchors>} */
export async function anchorsFrom(address) {
  const shipped = await ask(address);
  return anchorsOf({
    deviceAuthority: octetsOfBase64(shipped.device_authority),
    registrationAuthority: octetsOfBase64(shipped.registration_authority),
    revoked: shipped.revoked ?? [],
  });
}

/**
 * The physician's key with a credential that is good for some days more; made and certified where there is none.
 * @param {string} person whose, as the session says
 * @param {Anchors} believed
 * @returns {Promise<Own>}
 */
export async function ownKey(person, believed) {
  const base = await openBase();
  try {
    const kept = await read(base, person);
    const own = kept ? await certified(kept, believed) : null;
    if (own && own.until - Date.now() > RENEW_DAYS * DAY_S * 1000) return own;
    const pair = kept?.pair ?? (await crypto.subtle.generateKey(P256, false, ["sign", "verify"]));
    const { credential } = await ask("/credential", post({ jwk: await jwkOf(pair.publicKey) }));
    const fresh = await certified({ id: person, pair, credential }, believed);
    if (!fresh) throw new Error("the credential is not for this key");
    await write(base, { id: person, pair, credential });
    return fresh;
  } finally {
    base.close();
  }
}

/**
 * Sign what the gateway prepared, octet for octet, as gateway/identity/signature.py checks it.
 * @param {Own} own @param {string} statement
 */
export function signReport(own, statement) {
  return sign({ typ: REPORT, cred: own.proof.cred }, JSON.parse(statement), own.key);
}

/** Whether these are the octets of a paper that the statement names. @param {string} statement @param {string} reference @param {Uint8Array<ArrayBuffer>} pdf */
export async function isNamed(statement, reference, pdf) {
  const named = JSON.parse(statement).documents.find((/** @type {any} */ each) => each.reference === reference);
  return named?.sha256 === (await digest(pdf));
}

/** What a kept key proves, null where its credential is no longer good. @param {Kept} kept @param {Anchors} believed @returns {Promise<Own | null>} */
async function certified({ pair, credential }, believed) {
  try {
    const { subject, name, key } = await verifyCredential(credential, believed.registrationAuthority, Date.now() / 1000);
    const [said, ours] = await Promise.all([jwkOf(key), jwkOf(pair.publicKey)]);
    if (JSON.stringify(said) !== JSON.stringify(ours) || believed.revoked.has(subject)) return null;
    const { exp } = JSON.parse(new TextDecoder().decode(octets(credential.split(".")[1] ?? "")));
    return { subject, name, key: pair.privateKey, proof: { cred: credential }, until: Number(exp) * 1000 };
  } catch {
    return null;
  }
}

/** @param {object} body */
export const post = (body, method = "POST") => ({ method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** @returns {Promise<IDBDatabase>} */
function openBase() {
  const asked = indexedDB.open(BASE, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(KEYS, { keyPath: "id" });
  return done(asked);
}

/** @param {IDBDatabase} base @param {string} id @returns {Promise<Kept | undefined>} */
const read = (base, id) => done(base.transaction(KEYS).objectStore(KEYS).get(id));

/** @param {IDBDatabase} base @param {Kept} kept */
const write = (base, kept) => done(base.transaction(KEYS, "readwrite", { durability: "strict" }).objectStore(KEYS).put(kept));

/** @template T @param {IDBRequest<T>} asked @returns {Promise<T>} */
export function done(asked) {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

/** Why there is no key, or nobody to believe. @param {unknown} error @returns {import("./state.js").Why} */
export function whyNot(error) {
  if (!(error instanceof Problem)) return "no-key";
  return error.why === "signed-out" ? "signed-out" : error.why === "forbidden" ? "no-number" : error.why === "refused" ? "no-key" : "offline";
}
