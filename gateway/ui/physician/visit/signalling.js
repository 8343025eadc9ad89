/**
 * The page's line to signalling: one WebSocket, made again whenever it breaks; docs/signalling.md, *Connection*.
 *
 * What is decided (what to say hello with, whether a message is new, whether to come back) is in functions that only
 * compute; `SignallingLine` carries. What is to be sent while the line is down waits, and is sent once the server has said welcome.
 */

/** @typedef {"opening" | "up" | "down" | "elsewhere" | "out"} Line opening: not yet up; down: lost, until it is up again; elsewhere: another page of the same person; out: signed out */
/** @typedef {{resume: string | null, seen: number, tries: number}} Memory what is known of the numbering, and failed tries */
/**
 * A message as it comes: `from`, `gen` and `seq` as docs/signalling.md has them.
 * @typedef {{type: string, id: string, call?: string, from?: string, gen: number, seq: number, body: any}} Envelope
 */

const PROTOCOL = "teleborne.v1";
const FIRST_MS = 200, LONGEST_MS = 5_000, SPREAD = 0.5;
const TAKEN_OVER = 4000, SIGNED_OUT = 4004;
const GAP = 4900, HELLO_MS = 10_000, MOST_WAITING = 64;

/** @type {Memory} */
export const BLANK = Object.freeze({ resume: null, seen: 0, tries: 0 });

/** What a connection says first. @param {Memory} memory */
export const hello = ({ resume, seen }) => (resume === null ? {} : { resume, last_seq: seen });

/** @param {Memory} memory @param {{resume: string, fresh: boolean}} body @returns {Memory} */
export const welcomed = (memory, { resume, fresh }) => ({ resume, seen: fresh ? 0 : memory.seen, tries: 0 });

/** Whether a counted message is the next one, one that was seen, or shows that one is missing. @param {Memory} memory @param {number} seq */
export function order(memory, seq) {
  if (seq === 0 || seq === memory.seen + 1) return "next";
  return seq <= memory.seen ? "seen" : "gap";
}

/** What a closed line becomes: some closings mean not to come back. @param {number} code @returns {Line} */
export const after = (code) => (code === TAKEN_OVER ? "elsewhere" : code === SIGNED_OUT ? "out" : "down");

/** How long to wait before the next try: 0.2 s doubling to 5 s, each ± 50 %. @param {number} tries @param {number} chance 0 to 1 */
export const pause = (tries, chance) => Math.min(FIRST_MS * 2 ** tries, LONGEST_MS) * (1 - SPREAD + 2 * SPREAD * chance);

/** A frame as an envelope; null for what is none. @param {unknown} frame @returns {Envelope | null} */
export function envelope(frame) {
  if (typeof frame !== "string") return null;
  try {
    const { v, type, id, call, from, gen = 1, seq = 0, body = {} } = JSON.parse(frame);
    return v === 1 && typeof type === "string" && typeof id === "string" ? { type, id, call, from, gen, seq, body } : null;
  } catch {
    return null;
  }
}

/**
 * @typedef {object} Ends what a line needs and whom it tells
 * @property {(message: Envelope) => void} hear welcome included; each once, in order
 * @property {(line: Line) => void} tell
 * @property {() => Promise<string | "signed-out" | null>} [ticket] null: none now
 * @property {string} [folder] whose routes these are: none, or /visite of a guest
 * @property {() => number} [chance]
 */

/** Stays connected until closed, or until the server says not to come back. */
export class SignallingLine {
  #memory = BLANK;
  #closed = false;
  #up = false;
  #timer = 0;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {string[]} */
  #waiting = [];
  #online = () => this.#atOnce();

  /** @param {Ends} ends */
  constructor({ hear, tell, folder = "", ticket = () => askForTicket(folder), chance = Math.random }) {
    this.ends = { hear, tell, folder, ticket, chance };
    addEventListener("online", this.#online);
    tell("opening");
    void this.#connect();
  }

  /** @param {string} type @param {object} [body] @param {{call?: string | undefined, to?: string, gen?: number}} [about] */
  send(type, body = {}, about = {}) {
    const text = written(type, body, about);
    if (this.#up) this.#socket?.send(text);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(text);
  }

  close() {
    this.#closed = true;
    removeEventListener("online", this.#online);
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  async #connect() {
    const pass = await this.ends.ticket();
    if (this.#closed) return;
    if (pass === "signed-out" || pass === null) return this.#end(pass === null ? "down" : "out");
    const address = new URL(`${this.ends.folder}/signalling/v1?ticket=${encodeURIComponent(pass)}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = (this.#socket = new WebSocket(address, PROTOCOL));
    const late = setTimeout(() => socket.close(), HELLO_MS);
    socket.addEventListener("open", () => socket.send(written("hello", hello(this.#memory))));
    socket.addEventListener("message", ({ data }) => {
      this.#take(data);
      if (this.#up) clearTimeout(late);
    });
    socket.addEventListener("close", ({ code }) => {
      clearTimeout(late);
      if (socket === this.#socket && !this.#closed) this.#end(after(code));
    });
  }

  /** @param {unknown} frame */
  #take(frame) {
    const message = envelope(frame);
    if (!message) return;
    if (!this.#up) return message.type === "welcome" ? this.#greeted(message) : undefined;
    const place = order(this.#memory, message.seq);
    if (place === "gap") {
      this.#memory = { ...this.#memory, resume: null };
      this.#socket?.close(GAP);
    } else if (place === "next") {
      this.#memory = { ...this.#memory, seen: message.seq || this.#memory.seen };
      this.ends.hear(message);
    }
  }

  /** @param {Envelope} message */
  #greeted(message) {
    this.#memory = welcomed(this.#memory, message.body);
    this.#up = true;
    this.ends.tell("up");
    this.ends.hear(message);
    for (const text of this.#waiting.splice(0)) this.#socket?.send(text);
  }

  /** @param {Line} line */
  #end(line) {
    this.#up = false;
    if (line !== "down") this.close();
    this.ends.tell(line);
    if (this.#closed) return;
    const { tries } = this.#memory;
    this.#memory = { ...this.#memory, tries: tries + 1 };
    this.#timer = setTimeout(() => void this.#connect(), pause(tries, this.ends.chance()));
  }

  /** The network is back: no need to wait. */
  #atOnce() {
    if (this.#closed || this.#up || this.#timer === 0) return;
    clearTimeout(this.#timer);
    this.#memory = { ...this.#memory, tries: 0 };
    void this.#connect();
  }
}

/** @param {string} type @param {object} body @param {object} [about] */
const written = (type, body, about = {}) => JSON.stringify({ v: 1, type, id: crypto.randomUUID(), ...about, body });

/** @param {string} folder @returns {Promise<string | "signed-out" | null>} */
async function askForTicket(folder) {
  try {
    const answer = await fetch(`${folder}/signalling/ticket`, { method: "POST", credentials: "same-origin", signal: AbortSignal.timeout(10_000) });
    if (answer.status === 401) return "signed-out";
    return answer.ok ? String((await answer.json()).ticket) : null;
  } catch {
    return null;
  }
}
