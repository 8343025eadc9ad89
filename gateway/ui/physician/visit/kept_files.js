/**
 * What is on its way to the booth, over a reload of this window: sealed (AES-256-GCM) in the browser's database, with a key
 * that the window alone has, in its session storage. Who closes the window loses the key, and with it the files; who leaves the
 * visit or signs out deletes both. Of a file that has arrived only its name stays.
 */

import { octets as octetsOf, text } from "../../shared/jws.js";
import { done } from "./key.js";

/** @typedef {{id: string, name: string, size: number, type: string}} About */
/** @typedef {About & {octets: Uint8Array<ArrayBuffer> | null}} KeptFile octets null: the booth has them all */
/** @typedef {{iv: Uint8Array<ArrayBuffer>, data: ArrayBuffer}} Sealed */
/** @typedef {{id: string, call: string, at: number, about: Sealed, octets: Sealed | null}} Row */

const BASE = "teleborne.files", FILES = "files", KEY = "teleborne.files";
const KEY_OCTETS = 32, IV_OCTETS = 12;
const utf8 = new TextEncoder();

export class KeptFiles {
  /** One after the other: what is kept is there before it is said to have arrived. @type {Promise<unknown>} */
  #before = Promise.resolve();

  /** @param {string} call @param {About} about @param {Uint8Array<ArrayBuffer>} octets */
  keep(call, { id, name, size, type }, octets) {
    return this.#inTurn(async (files) => {
      const key = await keyOf(true);
      const about = await seal(key, call, id, utf8.encode(JSON.stringify({ id, name, size, type })));
      const row = { id, call, at: Date.now(), about, octets: await seal(key, call, id, octets) };
      await done(files("readwrite").put(row));
    });
  }

  /** The booth has it whole. @param {string} id */
  arrived(id) {
    return this.#inTurn(async (files) => {
      const row = /** @type {Row | undefined} */ (await done(files("readonly").get(id)));
      if (row) await done(files("readwrite").put({ ...row, octets: null }));
    });
  }

  /** The booth does not take it. @param {string} id */
  drop(id) {
    return this.#inTurn((files) => done(files("readwrite").delete(id)));
  }

  /** What this window sent, or was sending, in a visit; nothing of any other stays. @param {string} call @returns {Promise<KeptFile[]>} */
  async of(call) {
    const found = await this.#inTurn(async (files) => {
      const rows = /** @type {Row[]} */ (await done(files("readonly").getAll())), key = await keyOf(false);
      const ours = key ? rows.filter((row) => row.call === call).sort((one, other) => one.at - other.at) : [];
      for (const row of rows) if (!ours.includes(row)) await done(files("readwrite").delete(row.id));
      return key ? Promise.all(ours.map((row) => opened(key, row))) : [];
    });
    return found ?? [];
  }

  /** Nothing stays. */
  forget() {
    sessionStorage.removeItem(KEY);
    return this.#inTurn((files) => done(files("readwrite").clear()));
  }

  /**
   * A browser that keeps nothing, or has no room, only forgets at a reload; then the file has to be chosen again.
   * @template T @param {(files: (how: IDBTransactionMode) => IDBObjectStore) => Promise<T>} work @returns {Promise<T | undefined>}
   */
  #inTurn(work) {
    const turn = this.#before.then(async () => {
      /** @type {IDBDatabase | null} */
      let base = null;
      try {
        const open = (base = await openBase());
        return await work((how) => open.transaction(FILES, how).objectStore(FILES));
      } catch (error) {
        if (!(error instanceof DOMException)) throw error;
        return undefined;
      } finally {
        base?.close();
      }
    });
    this.#before = turn.catch(() => {});
    return turn;
  }
}

/** @returns {Promise<IDBDatabase>} */
function openBase() {
  const asked = indexedDB.open(BASE, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(FILES, { keyPath: "id" });
  return done(asked);
}

/** This window's key. @type {{(make: true): Promise<CryptoKey>, (make: false): Promise<CryptoKey | null>}} */
const keyOf = /** @type {any} */ (async (/** @type {boolean} */ make) => {
  let kept = sessionStorage.getItem(KEY);
  if (kept === null && !make) return null;
  if (kept === null) sessionStorage.setItem(KEY, (kept = text(crypto.getRandomValues(new Uint8Array(KEY_OCTETS)))));
  return crypto.subtle.importKey("raw", octetsOf(kept), "AES-GCM", false, ["encrypt", "decrypt"]);
});

/** @param {CryptoKey} key @param {string} call @param {string} id @param {Uint8Array<ArrayBuffer>} plain @returns {Promise<Sealed>} */
async function seal(key, call, id, plain) {
  const iv = crypto.getRandomValues(new Uint8Array(IV_OCTETS));
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: utf8.encode(`${call} ${id}`) }, key, plain) };
}

/** @param {CryptoKey} key @param {Row} row @returns {Promise<KeptFile>} */
async function opened(key, { id, call, about, octets }) {
  const unseal = async (/** @type {Sealed} */ { iv, data }) => new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: utf8.encode(`${call} ${id}`) }, key, data));
  return { ...JSON.parse(new TextDecoder().decode(await unseal(about))), octets: octets && (await unseal(octets)) };
}
