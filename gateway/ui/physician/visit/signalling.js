/**
 * The page's line to signalling: one WebSocket, made again whenever it breaks; docs/signalling.md, *Connection*.
 *
 * What is decided (what to say hello with, whether a message is new, whether to come back) is in functions that only
 * compute; `open` carries. What is to be sent while the line is down waits, and is sent once the server has said welcome.
 */

/** @typedef {"opening" | "up" | "down" | "elsewhere" | "out"} Line elsewhere: another page of the same person; out: signed out */
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
 * @property {() => number} [chance]
 */

/**
 * Stay connected until closed, or until the server says not to come back.
 * @param {Ends} ends
 */
export function open({ hear, tell, ticket = askForTicket, chance = Math.random }) {
  let memory = BLANK;
  let closed = false;
  let up = false;
  let timer = 0;
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {string[]} */
  const waiting = [];

  const again = () => {
    if (closed) return;
    const wait = pause(memory.tries, chance());
    memory = { ...memory, tries: memory.tries + 1 };
    timer = setTimeout(() => void connect(), wait);
  };
  const end = (/** @type {Line} */ line) => {
    closed = closed || line !== "down";
    up = false;
    tell(line);
    again();
  };
  const greet = (/** @type {Envelope} */ message) => {
    memory = welcomed(memory, message.body);
    up = true;
    tell("up");
    hear(message);
    for (const text of waiting.splice(0)) socket?.send(text);
  };
  const take = (/** @type {unknown} */ frame) => {
    const message = envelope(frame);
    if (!message) return;
    if (!up) return message.type === "welcome" ? greet(message) : undefined;
    const place = order(memory, message.seq);
    if (place === "gap") {
      memory = { ...memory, resume: null };
      socket?.close(GAP);
    } else if (place === "next") {
      memory = { ...memory, seen: message.seq || memory.seen };
      hear(message);
    }
  };

  async function connect() {
    tell("opening");
    const pass = await ticket();
    if (closed) return;
    if (pass === "signed-out") return end("out");
    if (pass === null) return end("down");
    const address = new URL(`/signalling/v1?ticket=${encodeURIComponent(pass)}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const made = (socket = new WebSocket(address, PROTOCOL));
    const late = setTimeout(() => made.close(), HELLO_MS);
    made.addEventListener("open", () => made.send(written("hello", hello(memory))));
    made.addEventListener("message", ({ data }) => {
      take(data);
      if (up) clearTimeout(late);
    });
    made.addEventListener("close", ({ code }) => {
      clearTimeout(late);
      if (made === socket && !closed) end(after(code));
    });
  }

  const online = () => {
    if (closed || up || timer === 0) return;
    clearTimeout(timer);
    memory = { ...memory, tries: 0 };
    void connect();
  };
  addEventListener("online", online);
  void connect();
  return {
    /** @param {string} type @param {object} [body] @param {{call?: string | undefined, to?: string, gen?: number}} [about] */
    send(type, body = {}, about = {}) {
      const text = written(type, body, about);
      if (up) socket?.send(text);
      else if (waiting.length < MOST_WAITING) waiting.push(text);
    },
    close() {
      closed = true;
      removeEventListener("online", online);
      clearTimeout(timer);
      socket?.close();
    },
  };
}

/** @param {string} type @param {object} body @param {object} [about] */
const written = (type, body, about = {}) => JSON.stringify({ v: 1, type, id: crypto.randomUUID(), ...about, body });

async function askForTicket() {
  try {
    const answer = await fetch("/signalling/ticket", { method: "POST", credentials: "same-origin", signal: AbortSignal.timeout(10_000) });
    if (answer.status === 401) return "signed-out";
    return answer.ok ? String((await answer.json()).ticket) : null;
  } catch {
    return null;
  }
}
