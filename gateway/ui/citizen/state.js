/** What the notebook knows, and how an event changes it. */

import { merge, reading } from "../shared/reading.js";
import { newest } from "../shared/measures.js";
import { DAY } from "../shared/writing.js";
import { blank, checked, isPossible, isUnusual } from "./entry.js";

/** @typedef {import("../shared/reading.js").Reading} Reading */
/** @typedef {import("../shared/reading.js").Kind} Kind */
/** @typedef {import("../shared/measures.js").Range} Range */
/** @typedef {import("../shared/frame.js").Link} Link */
/** @typedef {import("../shared/server.js").Cause} Cause */
/** @typedef {import("../shared/server.js").Session} Session */
/** @typedef {(key: import("../shared/writing.js").Word | keyof typeof import("./fr.js").words, fill?: Readonly<Record<string, string | number>>) => string} Words */
/** @typedef {import("../shared/writing.js").Language} Language */
/** @typedef {import("./entry.js").Entry} Entry */

/** What is shown to a booth: the text, and it as an SVG path on a grid of size by size. @typedef {{text: string, size: number, path: string, expires: number}} Code */
/**
 * @typedef {{name: "opening"} | {name: "sign-in"} | {name: "failed", cause: Cause} | {name: "home"}
 *   | {name: "readings", kind: Kind | null, range: Range | null} | {name: "choose"} | {name: "add", entry: Entry}
 *   | {name: "saved", reading: Reading} | {name: "code", code: Code | null, failed: boolean}} Screen
 *
 * @typedef {object} State
 * @property {Screen} screen
 * @property {Session} session
 * @property {Language} language
 * @property {Words} t
 * @property {number} now
 * @property {Link} link
 * @property {number} linkSince
 * @property {readonly Reading[]} readings newest first
 * @property {boolean} complete false: only the newest part of the year is here
 * @property {Readonly<Record<string, string>>} devices
 * @property {Kind | null} arrived the measure that a device sent last, for those who listen
 *
 * @typedef {{type: "session", session: Session} | {type: "found", observations: readonly any[], complete: boolean}
 *   | {type: "arrived", observation: any} | {type: "link", link: Link} | {type: "home"}
 *   | {type: "readings", kind?: Kind} | {type: "range", range: Range} | {type: "choose"} | {type: "add", kind: Kind, id: string}
 *   | {type: "typed", part: number, text: string, id: string} | {type: "when", when: "now" | "other"} | {type: "moment", moment: string}
 *   | {type: "submit"} | {type: "confirm"} | {type: "correct"} | {type: "stored", observation: any} | {type: "unsaved", cause: Cause}
 *   | {type: "code"} | {type: "coded", told: any} | {type: "uncoded"} | {type: "tick", now: number} | {type: "failed", cause: Cause} | {type: "signed-out"}
 *   | {type: "language", language: Language, t: Words} | {type: "devices", devices: Record<string, string>}} Event
 */

/** @param {{language: Language, t: Words, now: number}} start @returns {State} */
export function first({ language, t, now }) {
  return { screen: { name: "opening" }, session: { signed_in: false }, language, t, now, link: "opening", linkSince: now, readings: [], complete: true, devices: {}, arrived: null };
}

/** Answers that come after somebody has left are nobody's: they change nothing. */
const ANSWERS = new Set(["found", "arrived", "devices", "stored", "unsaved"]);

/** @param {State} state @param {Event} event @returns {State} */
export function next(state, event) {
  if (ANSWERS.has(event.type) && state.session.role !== "citizen") return state;
  switch (event.type) {
    case "session":
      return { ...state, session: event.session, screen: event.session.role === "citizen" && event.session.patient ? state.screen : { name: "sign-in" } };
    case "found":
      return {
        ...state,
        readings: take(state, event.observations),
        complete: event.complete,
        screen: state.screen.name === "opening" || state.screen.name === "failed" ? { name: "home" } : state.screen,
      };
    case "arrived":
      return arrive(state, event.observation);
    case "link":
      return event.link === state.link ? state : { ...state, link: event.link, linkSince: state.now };
    case "home":
      return { ...state, arrived: null, screen: { name: "home" } };
    case "code":
      return { ...state, arrived: null, screen: { name: "code", code: null, failed: false } };
    case "coded":
    case "uncoded":
      return state.screen.name === "code" ? { ...state, screen: { name: "code", code: event.type === "coded" ? code(event.told) : null, failed: event.type === "uncoded" } } : state;
    case "readings":
      return { ...state, arrived: null, screen: { name: "readings", kind: event.kind ?? null, range: null } };
    case "range":
      return state.screen.name === "readings" ? { ...state, screen: { ...state.screen, range: event.range } } : state;
    case "choose":
      return { ...state, arrived: null, screen: { name: "choose" } };
    case "add":
      return { ...state, arrived: null, screen: { name: "add", entry: blank(event.kind, event.id) } };
    case "tick":
      return { ...state, now: event.now };
    case "failed":
      return { ...state, screen: { name: "failed", cause: event.cause } };
    case "signed-out":
      return { ...first(state), session: { ...state.session, signed_in: false, role: "" }, screen: { name: "sign-in" } };
    case "language":
      return { ...state, language: event.language, t: event.t };
    case "devices":
      return { ...state, devices: { ...state.devices, ...event.devices } };
    case "stored":
      return keep(state, event.observation);
    default:
      return state.screen.name === "add" ? { ...state, screen: { name: "add", entry: edit(state.screen.entry, event, state) } } : state;
  }
}

/** @param {Entry} entry @param {Event} event @param {State} state @returns {Entry} */
function edit(entry, event, state) {
  switch (event.type) {
    case "typed":
      return {
        ...entry,
        // After a failure the server may have it already: other digits are then another reading.
        id: entry.unsaved ? event.id : entry.id,
        typed: entry.typed.map((text, at) => (at === event.part ? event.text : text)),
        complaints: entry.complaints.map((each, at) => (at === event.part ? null : each)),
      };
    case "when":
      return { ...entry, when: event.when, timeComplaint: null };
    case "moment":
      return { ...entry, moment: event.moment, timeComplaint: null };
    case "submit": {
      const after = checked(entry, state.now);
      return !isPossible(after) ? after : { ...after, step: isUnusual(after, state.readings) ? "confirming" : "sending" };
    }
    case "confirm":
      return { ...entry, step: "sending" };
    case "correct":
      return { ...entry, step: "typing" };
    case "unsaved":
      return { ...entry, step: "typing", unsaved: event.cause === "offline" || event.cause === "unavailable" ? event.cause : "refused" };
    default:
      return entry;
  }
}

/** @param {any} told numbers come exact @returns {Code} */
const code = (told) => ({ text: told.code, size: told.size.number, path: told.path, expires: Date.parse(told.expires) });

/** @param {State} state @param {readonly any[]} observations */
function take(state, observations) {
  return merge(state.readings, observations.flatMap((each) => reading(each) ?? []));
}

/** @param {State} state @param {any} observation @returns {State} */
function arrive(state, observation) {
  const arrived = reading(observation);
  if (arrived === null) return state;
  const isNew = !state.readings.some((each) => each.id === arrived.id) && !arrived.byHand;
  return { ...state, readings: merge(state.readings, [arrived]), arrived: isNew ? arrived.kind : state.arrived };
}

/** What the server has kept is what is shown as saved. @param {State} state @param {any} observation @returns {State} */
function keep(state, observation) {
  const kept = reading(observation);
  if (kept === null) throw new TypeError("the server kept something that is no reading");
  const readings = merge(state.readings, [kept]);
  return state.screen.name === "add" ? { ...state, readings, screen: { name: "saved", reading: kept } } : { ...state, readings };
}

/** The measure on the readings page: chosen, else the first there is. @param {State} state @returns {Kind | null} */
export function openKind(state) {
  if (state.screen.name !== "readings") return null;
  return state.screen.kind ?? newest(state.readings)[0]?.kind ?? null;
}

/** The chosen period, else the shortest of 7 days, 30 days and a year that shows something. @param {State} state @param {Kind} kind @returns {Range} */
export function openRange(state, kind) {
  if (state.screen.name === "readings" && state.screen.range) return state.screen.range;
  const last = state.readings.find((each) => each.kind === kind);
  const past = last ? state.now - last.at : 0;
  return past <= 7 * DAY ? 7 : past <= 30 * DAY ? 30 : 365;
}

/** Devices that readings name and we have not asked for. @param {State} state @returns {string[]} */
export function unknownDevices(state) {
  const ids = newest(state.readings).map((each) => each.device);
  return [...new Set(ids.filter((id) => id !== null))].filter((id) => !(id in state.devices));
}
