/** A guest's key: P-256, made here for one invitation, kept in this browser so that a reload finds it, and never readable. */

import { jwkOf } from "../shared/jws.js";
import { guestSubject } from "../shared/roster.js";

/** @typedef {import("../shared/binding.js").Signer} Signer */
/** @typedef {{id: string, pair: CryptoKeyPair}} Kept */

const BASE = "teleborne-guest", KEYS = "keys";
const P256 = { name: "ECDSA", namedCurve: "P-256" };

/** The key of this invitation, null where there is none yet. @param {string} invitation @returns {Promise<Signer | null>} */
export async function keptKey(invitation) {
  const base = await openBase();
  try {
    const kept = /** @type {Kept | undefined} */ (await done(base.transaction(KEYS).objectStore(KEYS).get(invitation)));
    return kept ? await signer(kept.pair) : null;
  } finally {
    base.close();
  }
}

/** A new one. @returns {Promise<CryptoKeyPair>} */
export const newKey = () => crypto.subtle.generateKey(P256, false, ["sign", "verify"]);

/** @param {string} invitation @param {CryptoKeyPair} pair */
export async function keep(invitation, pair) {
  const base = await openBase();
  try {
    await done(base.transaction(KEYS, "readwrite", { durability: "strict" }).objectStore(KEYS).put({ id: invitation, pair }));
  } finally {
    base.close();
  }
}

/** @param {CryptoKeyPair} pair @returns {Promise<Signer>} */
export async function signer(pair) {
  const jwk = await jwkOf(pair.publicKey);
  return { subject: await guestSubject(jwk), key: pair.privateKey, proof: { jwk } };
}

/** @returns {Promise<IDBDatabase>} */
function openBase() {
  const asked = indexedDB.open(BASE, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(KEYS, { keyPath: "id" });
  return done(asked);
}

/** @template T @param {IDBRequest<T>} asked @returns {Promise<T>} */
function done(asked) {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}
