/**
 * Pictures and files on the `blob` channel (docs/channels.md): announced, then piece by piece, in order. Whole is only
 * what has the announced size and SHA-256; anything else is thrown away.
 */

/** @typedef {{id: string, type: string, octets: Uint8Array<ArrayBuffer>}} Whole */

const LARGEST = 16 * 1024 * 1024;
const TYPES = new Set(["image/jpeg", "image/png", "application/pdf"]);
const CHUNK = 16 * 1024, FULL = 1024 * 1024;

/** Whether we take or send what is so large and of that type. @param {number} size @param {string} type */
export const fits = (size, type) => size > 0 && size <= LARGEST && TYPES.has(type);

/** Puts together what comes. */
export class Incoming {
  /** @type {{id: string, type: string, size: number, sha256: string} | null} */
  #due = null;
  /** @type {Uint8Array<ArrayBuffer>} */
  #octets = new Uint8Array();
  #filled = 0;

  /** @param {any} message */
  announce({ id, type, size, sha256 }) {
    this.#due = fits(size, type) ? { id, type, size, sha256 } : null;
    this.#octets = new Uint8Array(this.#due ? size : 0);
    this.#filled = 0;
  }

  /** Take in a piece; the whole when it was the last, else null. @param {ArrayBuffer} piece @returns {Promise<Whole | null>} */
  async piece(piece) {
    const due = this.#due;
    if (!due) return null;
    if (this.#filled + piece.byteLength > due.size) return this.#drop();
    this.#octets.set(new Uint8Array(piece), this.#filled);
    this.#filled += piece.byteLength;
    if (this.#filled < due.size) return null;
    const octets = this.#octets;
    this.#drop();
    return (await hex(octets)) === due.sha256 ? { id: due.id, type: due.type, octets } : null;
  }

  #drop() {
    this.#due = null;
    this.#octets = new Uint8Array();
    return null;
  }
}

/** Send octets after their announcement; resolves once they are with the network. @param {RTCDataChannel} channel @param {Whole} whole */
export async function pour(channel, { id, type, octets }) {
  channel.send(JSON.stringify({ k: "blob", id, type, size: octets.length, sha256: await hex(octets) }));
  channel.bufferedAmountLowThreshold = FULL / 2;
  for (let at = 0; at < octets.length; at += CHUNK) {
    if (channel.bufferedAmount > FULL) await new Promise((room) => channel.addEventListener("bufferedamountlow", room, { once: true }));
    channel.send(octets.subarray(at, at + CHUNK));
  }
}

/** @param {Uint8Array<ArrayBuffer>} octets */
const hex = async (octets) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", octets))].map((each) => each.toString(16).padStart(2, "0")).join("");
