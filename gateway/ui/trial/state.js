/** What the trial of a workplace knows, and how an event changes it. Pure. */

/** @typedef {import("../shared/writing.js").Language} Language */
/** @typedef {(key: import("../shared/writing.js").Word | keyof typeof import("./fr.js").words, fill?: Readonly<Record<string, string | number>>) => string} Words */
/** @typedef {"browser" | "camera" | "micro" | "speaker" | "socket"} Part */
/**
 * How a part does. `why` is the end of a word of the catalogue, `said` what only an operator understands.
 * @typedef {{how: "waiting" | "trying" | "asking" | "works"} | {how: "fails" | "skipped", why: string, said?: string}} Finding
 */
/** @typedef {{url: string, way: "udp" | "tcp" | "tls", finding: Finding}} Relay one way to our relays */
/**
 * @typedef {object} State
 * @property {Language} language
 * @property {Words} t
 * @property {boolean} booth whether this is a booth: it has its line to the server elsewhere
 * @property {Readonly<Record<Part, Finding>>} parts
 * @property {readonly Relay[] | null} relays null: not asked for yet
 * @property {Finding} passes whether the server gave passes to the relays
 * @property {boolean} running
 * @property {boolean} begun
 */
/**
 * @typedef {{type: "begin"} | {type: "part", part: Part, finding: Finding} | {type: "relays", urls: readonly string[]} | {type: "passes", finding: Finding}
 *   | {type: "relay", url: string, finding: Finding} | {type: "done"} | {type: "language", language: Language, t: Words}} Event
 */

/** What is tried, in its order. @param {Pick<State, "booth">} state @returns {readonly Part[]} */
export const tried = ({ booth }) => (booth ? ["browser", "camera", "micro", "speaker"] : ["browser", "camera", "micro", "speaker", "socket"]);

/** @type {Finding} */
const WAITING = Object.freeze({ how: "waiting" });

/** @param {{language: Language, t: Words, booth: boolean}} start @returns {State} */
export function first({ language, t, booth }) {
  const parts = { browser: WAITING, camera: WAITING, micro: WAITING, speaker: WAITING, socket: WAITING };
  return { language, t, booth, parts, relays: null, passes: WAITING, running: false, begun: false };
}

/** @param {State} state @param {Event} event @returns {State} */
export function next(state, event) {
  switch (event.type) {
    case "begin":
      return { ...first(state), running: true, begun: true };
    case "part":
      return { ...state, parts: { ...state.parts, [event.part]: event.finding } };
    case "passes":
      return { ...state, passes: event.finding };
    case "relays":
      return { ...state, relays: event.urls.map((url) => ({ url, way: wayOf(url), finding: WAITING })) };
    case "relay":
      return { ...state, relays: (state.relays ?? []).map((each) => (each.url === event.url ? { ...each, finding: event.finding } : each)) };
    case "done":
      return { ...state, running: false };
    case "language":
      return { ...state, language: event.language, t: event.t };
  }
}

/** `turns:` is TLS; else what the address says (RFC 7065). @param {string} url @returns {"udp" | "tcp" | "tls"} */
const wayOf = (url) => (url.startsWith("turns:") ? "tls" : url.endsWith("transport=tcp") ? "tcp" : "udp");

/** All findings, those of the relays too. @param {State} state @returns {Finding[]} */
const findings = ({ booth, parts, relays, passes }) => [...tried({ booth }).map((part) => parts[part]), passes, ...(relays ?? []).map(({ finding }) => finding)];

/**
 * What it all comes to: "good" everything works, "enough" a visit is possible, "bad" it is not. One way to a relay is enough.
 * @param {State} state @returns {"good" | "enough" | "bad"}
 */
export function verdict(state) {
  const { parts, relays, passes } = state;
  const needed = [...tried(state).filter((part) => part !== "camera").map((part) => parts[part]), passes].every(({ how }) => how === "works");
  const way = relays === null || relays.length === 0 || relays.some(({ finding }) => finding.how === "works");
  if (!needed || !way) return "bad";
  return findings(state).every(({ how }) => how === "works") ? "good" : "enough";
}
