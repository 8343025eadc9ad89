/** What the physician's page knows, and how an event changes it. */

import { merge, reading } from "../shared/reading.js";
import { newest } from "../shared/measures.js";
import { DAY } from "../shared/writing.js";

/** @typedef {import("../shared/reading.js").Reading} Reading */
/** @typedef {import("../shared/reading.js").Kind} Kind */
/** @typedef {import("../shared/measures.js").Range} Range */
/** @typedef {import("../shared/frame.js").Link} Link */
/** @typedef {import("../shared/server.js").Cause} Cause */
/** @typedef {import("../shared/server.js").Session} Session */
/** @typedef {import("../shared/writing.js").Words} Words */
/** @typedef {import("../shared/writing.js").Language} Language */

/** @typedef {{name: string, provisional: boolean, born: string}} Person */
/** @typedef {{place: string, phone: string, start: number | null, stay: string}} Visit `stay`: the visit of which this is a later call */
/** @typedef {"waiting" | "loading" | "failed"} Desk */
/**
 * @typedef {{name: "opening"} | {name: "sign-in"} | {name: "failed", cause: Cause} | {name: "list"}
 *   | {name: "record", patient: string, kind: Kind | null, range: Range | null}} Screen
 *
 * @typedef {object} State
 * @property {Screen} screen
 * @property {Session} session
 * @property {Language} language
 * @property {Words} t
 * @property {number} now
 * @property {Link} link
 * @property {number} linkSince
 * @property {readonly Reading[]} readings everybody's, newest first
 * @property {Readonly<Record<string, boolean>>} histories patients whose year is here; false: only its newest part
 * @property {Readonly<Record<string, Person | null>>} people null: asked for, not there
 * @property {Readonly<Record<string, Visit | null>>} visits
 * @property {Readonly<Record<string, string>>} devices
 * @property {Kind | null} arrived the measure that was received last, for those who listen
 * @property {string | null} said the patient whose words before the visit are open
 * @property {Desk} desk whether the visit desk, which is loaded when it is first wanted, is on its way
 *
 * @typedef {{type: "session", session: Session} | {type: "found", observations: readonly any[]}
 *   | {type: "history", patient: string, observations: readonly any[], complete: boolean}
 *   | {type: "arrived", observation: any} | {type: "link", link: Link} | {type: "choose", patient: string}
 *   | {type: "back"} | {type: "open", kind: Kind} | {type: "range", range: Range} | {type: "tick", now: number}
 *   | {type: "failed", cause: Cause} | {type: "signed-out"} | {type: "language", language: Language, t: Words}
 *   | {type: "desk", desk: Desk} | {type: "said", said: string | null}
 *   | {type: "known", people: State["people"], visits: State["visits"], devices: State["devices"]}} Event
 */

/** @param {{language: Language, t: Words, now: number}} start @returns {State} */
export function first({ language, t, now }) {
  return {
    screen: { name: "opening" },
    session: { signed_in: false },
    language,
    t,
    now,
    link: "opening",
    linkSince: now,
    readings: [],
    histories: {},
    people: {},
    visits: {},
    devices: {},
    arrived: null,
    said: null,
    desk: "waiting",
  };
}

/** Answers that come after somebody has left are nobody's: they change nothing. */
const ANSWERS = new Set(["found", "history", "arrived", "known"]);

/** @param {State} state @param {Event} event @returns {State} */
export function next(state, event) {
  if (ANSWERS.has(event.type) && state.session.role !== "physician") return state;
  switch (event.type) {
    case "session":
      return { ...state, session: event.session, screen: event.session.role === "physician" ? state.screen : { name: "sign-in" } };
    case "found":
      return { ...take(state, event.observations), screen: state.screen.name === "record" ? state.screen : { name: "list" } };
    case "history":
      return { ...take(state, event.observations), histories: { ...state.histories, [event.patient]: event.complete } };
    case "arrived":
      return arrive(state, event.observation);
    case "link":
      return event.link === state.link ? state : { ...state, link: event.link, linkSince: state.now };
    case "choose":
      return { ...state, arrived: null, said: null, screen: { name: "record", patient: event.patient, kind: null, range: null } };
    case "back":
      return { ...state, screen: { name: "list" } };
    case "open":
      return state.screen.name === "record" ? { ...state, screen: { ...state.screen, kind: event.kind, range: null } } : state;
    case "range":
      return state.screen.name === "record" ? { ...state, screen: { ...state.screen, range: event.range } } : state;
    case "tick":
      return { ...state, now: event.now };
    case "failed":
      return { ...state, screen: { name: "failed", cause: event.cause } };
    case "signed-out":
      return { ...first(state), session: { ...state.session, signed_in: false, role: "" }, screen: { name: "sign-in" } };
    case "language":
      return { ...state, language: event.language, t: event.t };
    case "desk":
      return { ...state, desk: event.desk };
    case "said":
      return { ...state, said: event.said };
    case "known":
      return {
        ...state,
        people: { ...state.people, ...event.people },
        visits: { ...state.visits, ...event.visits },
        devices: { ...state.devices, ...event.devices },
      };
  }
}

/** @param {State} state @param {readonly any[]} observations @returns {State} */
function take(state, observations) {
  return { ...state, readings: merge(state.readings, observations.flatMap((each) => reading(each) ?? [])) };
}

/** @param {State} state @param {any} observation @returns {State} */
function arrive(state, observation) {
  const arrived = reading(observation);
  if (arrived === null) return state;
  const watched = state.screen.name === "record" && state.screen.patient === arrived.patient;
  const isNew = !state.readings.some((each) => each.id === arrived.id);
  return { ...state, readings: merge(state.readings, [arrived]), arrived: watched && isNew ? arrived.kind : state.arrived };
}

/** Whether somebody is signed in and sees patients. @param {State} state */
export const isInside = ({ screen: { name } }) => name === "list" || name === "record";

/** Who measured, the latest first. @param {State} state @returns {{patient: string, last: Reading, visit: Visit | null, person: Person | null}[]} */
export function patients(state) {
  const latest = new Map();
  for (const each of state.readings) if (each.patient && !latest.has(each.patient)) latest.set(each.patient, each);
  return [...latest.values()].map((last) => ({
    patient: last.patient,
    last,
    visit: last.encounter ? (state.visits[last.encounter] ?? null) : null,
    person: state.people[last.patient] ?? null,
  }));
}

/** The readings of one patient, newest first. @param {State} state @param {string} patient */
export function record(state, patient) {
  return state.readings.filter((each) => each.patient === patient);
}

/** The trend that is open: chosen, else the first measure there is. @param {State} state @returns {Kind | null} */
export function openKind(state) {
  if (state.screen.name !== "record") return null;
  return state.screen.kind ?? newest(record(state, state.screen.patient))[0]?.kind ?? null;
}

/** The chosen period, else the shortest one that shows all readings up to a month. @param {State} state @param {Kind} kind @returns {Range} */
export function openRange(state, kind) {
  if (state.screen.name !== "record") return 1;
  const oldest = record(state, state.screen.patient).findLast((each) => each.kind === kind);
  return state.screen.range ?? rangeOf(oldest ? state.now - oldest.at : 0);
}

/** The shortest period up to a month that has all of a span. @param {number} span ms @returns {Range} */
export const rangeOf = (span) => (span <= DAY ? 1 : span <= 7 * DAY ? 7 : 30);

/** What the readings name and we have not asked for yet. @param {State} state @returns {{people: string[], visits: string[], devices: string[]}} */
export function unknown(state) {
  const visible = state.readings.slice(0, 400);
  const missing = (/** @type {(string | null)[]} */ ids, /** @type {Readonly<Record<string, unknown>>} */ known) => [
    ...new Set(ids.filter((id) => id !== null && id !== "" && !(id in known))),
  ];
  return /** @type {{people: string[], visits: string[], devices: string[]}} */ ({
    people: missing(visible.map((each) => each.patient), state.people),
    visits: missing(visible.map((each) => each.encounter), state.visits),
    devices: missing(visible.map((each) => each.device), state.devices),
  });
}

/** A Patient resource as the list needs it. @param {any} patient @returns {Person} */
export function person(patient) {
  const name = (patient?.name ?? [])[0] ?? {};
  const text = name.text ?? [...(name.given ?? []), name.family].filter(Boolean).join(" ");
  return { name: text, provisional: name.use === "temp" || text === "", born: patient?.birthDate ?? "" };
}

/** @param {any} encounter @returns {Visit} */
export function visit(encounter) {
  const start = Date.parse(encounter?.period?.start ?? "");
  const phones = (encounter?.contained ?? []).flatMap((/** @type {any} */ place) => place.telecom ?? []);
  return { place: encounter?.location?.[0]?.location?.display ?? "", phone: phones[0]?.value ?? "", start: Number.isNaN(start) ? null : start, stay: String(encounter?.partOf?.reference ?? "").replace("Encounter/", "") };
}

/** @param {any} device what people call it, else its model */
export function deviceName(device) {
  return String(device?.deviceName?.[0]?.name ?? device?.modelNumber ?? device?.manufacturer ?? "");
}

