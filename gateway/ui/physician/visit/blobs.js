/**
 * Pictures and files on the `blob` channel (docs/channels.md), in either direction: announced, then piece by piece, in order.
 * The receiver says where to begin, so what a lost connection interrupted goes on where it was. Whole is only what has the
 * announced size and SHA-256; anything else is thrown away, and said to be.
 */

/** @typedef {{id: string, type: string, octets: Uint8Array<ArrayBuffer>}} Whole */
/** @typedef {{id: string, type: string, size: number, sha256: string}} Announced */
/** @typedef {{k: "got", id: string, octets: number, flaw?: string}} Got */

export const LARGEST = 16 * 1024 * 1024;
const TYPES = /** @type {const} */ ({ "image/jpeg": [0xff, 0xd8, 0xff], "image/png": [0x89, 0x50, 0x4e, 0x47], "application/pdf": [0x25, 0x50, 0x44, 0x46, 0x2d] });
const CHUNK = 16 * 1024, FULL = 1024 * 1024, SAID_EVERY = 256 * 1024;

/** What octets are, by how they begin: a name proves nothing. @param {Uint8Array} octets @returns {keyof typeof TYPES | null} */
export const typeOf = (octets) => /** @type {(keyof typeof TYPES)[]} */ (Object.keys(TYPES)).find((type) => TYPES[type].every((octet, at) => octets[at] === octet)) ?? null;

/** Puts together what comes, one blob at a time. */
export class Incoming {
  /** @type {Announced | null} */
  #due = null;
  /** @type {Uint8Array<ArrayBuffer>} */
  #octets = new Uint8Array();
  #filled = 0;
  #said = 0;

  /** How much of what comes is there. */
  get progress() {
    return this.#due ? { id: this.#due.id, octets: this.#filled, size: this.#due.size } : null;
  }

  /** From where on it is to be sent, or why it is not taken. @param {Announced} message @returns {Got} */
  announce({ id, type, size, sha256 }) {
    if (!(type in TYPES)) return { k: "got", id, octets: 0, flaw: "type" };
    if (!(size > 0 && size <= LARGEST)) return { k: "got", id, octets: 0, flaw: "size" };
    if (this.#due?.id !== id || this.#due.sha256 !== sha256 || this.#due.size !== size) {
      this.#due = { id, type, size, sha256 };
      this.#octets = new Uint8Array(size);
      this.#filled = 0;
    }
    this.#said = this.#filled;
    return { k: "got", id, octets: this.#filled };
  }

  /** Take in a piece: what is to be said of it, and the whole when it was the last. @param {ArrayBuffer} piece @returns {Promise<{got: Got | null, whole: Whole | null}>} */
  async piece(piece) {
    const due = this.#due;
    if (!due) return { got: null, whole: null };
    if (this.#filled + piece.byteLength > due.size) return this.#drop(due.id, "size");
    this.#octets.set(new Uint8Array(piece), this.#filled);
    this.#filled += piece.byteLength;
    if (this.#filled < due.size) {
      if (this.#filled - this.#said < SAID_EVERY) return { got: null, whole: null };
      this.#said = this.#filled;
      return { got: { k: "got", id: due.id, octets: this.#filled }, whole: null };
    }
    const octets = this.#octets;
    this.#due = null;
    this.#octets = new Uint8Array();
    if (typeOf(octets) !== due.type) return this.#drop(due.id, "type");
    if ((await hex(octets)) !== due.sha256) return this.#drop(due.id, "hash");
    return { got: { k: "got", id: due.id, octets: due.size }, whole: { id: due.id, type: due.type, octets } };
  }

  /** @param {string} id @param {string} flaw */
  #drop(id, flaw) {
    this.#due = null;
    this.#octets = new Uint8Array();
    return { got: /** @type {Got} */ ({ k: "got", id, octets: 0, flaw }), whole: null };
  }
}

/** Sends files, one after the other, over as many connections as it takes. */
export class Outgoing {
  /** @type {Whole[]} */
  #queue = [];
  /** @type {RTCDataChannel | null} */
  #channel = null;
  #announced = "";
  #turn = 0;

  /** @param {(id: string, how: {octets: number} | {flaw: string}) => void} tell how much of a file is there, or why it is not taken */
  constructor(tell) {
    this.tell = tell;
  }

  /** A new connection, or none; the same one again goes on as it was. @param {RTCDataChannel | null} channel */
  use(channel) {
    if (channel === this.#channel) return; // what is on its way would be sent twice
    this.#channel = channel;
    this.#turn += 1;
    this.#announced = "";
    if (channel?.readyState === "connecting") channel.addEventListener("open", () => void this.#begin(), { once: true });
    else void this.#begin();
  }

  /** @param {Whole} whole */
  send(whole) {
    this.#queue.push(whole);
    if (this.#queue.length === 1) void this.#begin();
  }

  /** What the other side has. @param {Got} got */
  got({ id, octets, flaw }) {
    const [first] = this.#queue;
    if (first?.id !== id) return;
    if (flaw) this.tell(id, { flaw });
    else this.tell(id, { octets });
    if (flaw || octets >= first.octets.length) {
      this.#queue.shift();
      this.#turn += 1;
      void this.#begin();
    } else if (this.#announced === id) {
      this.#announced = "";
      void this.#pour(first, octets, ++this.#turn);
    }
  }

  async #begin() {
    const [first] = this.#queue;
    const channel = this.#channel;
    if (!first || channel?.readyState !== "open") return;
    this.#announced = first.id;
    const { id, type, octets } = first;
    const sha256 = await hex(octets);
    if (this.#channel === channel && channel.readyState === "open") channel.send(JSON.stringify({ k: "blob", id, type, size: octets.length, sha256 }));
  }

  /** @param {Whole} whole @param {number} from @param {number} turn */
  async #pour({ octets }, from, turn) {
    const channel = this.#channel;
    if (!channel) return;
    channel.bufferedAmountLowThreshold = FULL / 2;
    for (let at = from; at < octets.length; at += CHUNK) {
      if (channel.bufferedAmount > FULL) await Promise.race(["bufferedamountlow", "close"].map((name) => new Promise((room) => channel.addEventListener(name, room, { once: true }))));
      if (turn !== this.#turn || channel.readyState !== "open") return;
      channel.send(octets.subarray(at, at + CHUNK));
    }
  }
}

/** @param {Uint8Array<ArrayBuffer>} octets */
const hex = async (octets) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", octets))].map((each) => each.toString(16).padStart(2, "0")).join("");
