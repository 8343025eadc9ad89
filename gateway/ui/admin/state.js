/** What the operator's page knows of the fleet, and how an event changes it. Pure. */

/** @typedef {import("../shared/frame.js").Link} Link */
/** @typedef {import("../shared/server.js").Cause} Cause */
/** @typedef {import("../shared/server.js").Session} Session */
/** @typedef {import("../shared/writing.js").Language} Language */
/** @typedef {keyof typeof import("./fr.js").words} Own */
/** @typedef {(key: import("../shared/writing.js").Word | Own, fill?: Readonly<Record<string, string | number>>) => string} Words */

/** @typedef {"running" | "attention" | "broken" | "offline"} Condition */
/** @typedef {"good" | "unknown" | "attention" | "broken"} Health */
/** @typedef {"close" | "open" | "revoke"} Act */
/** @typedef {{at: number, when: string, what: string, booth: string, name: string}} Done `when` is `at` as the server says it */
/** @typedef {{days: readonly {day: string, visits: number}[], booths: readonly {name: string, minutes: number}[], waits: Waits, before: Before, least: number}} Figures */
/** @typedef {{month: string, begun: number | null, left: readonly (readonly [Stop, number | null])[]}} Before of a whole month, before a physician is asked for; null: withheld */
/** @typedef {typeof STOPS[number]} Stop */
/** @typedef {{asked: number | null, talked: number | null, leftWaiting: number | null, leftConnecting: number | null, half: number | null, most: number | null}} Waits null: withheld, too few people */
/** @typedef {{what: string, health: Health}} Part */
/** @typedef {{name: string, battery: number | null, read: number | null, faults: readonly string[]}} Device */
/**
 * @typedef {object} Booth moments are milliseconds, null: the booth does not know
 * @property {string} name in its certificate
 * @property {string} place
 * @property {Condition} condition
 * @property {readonly string[]} reasons
 * @property {number} heard
 * @property {boolean} busy
 * @property {number} waiting letters that it has not sent yet
 * @property {readonly Part[]} parts
 * @property {readonly Device[]} devices
 * @property {readonly string[]} low
 * @property {readonly string[]} short what whoever helps there says runs out
 * @property {number | null} certificateEnds
 * @property {number | null} disk megabytes
 * @property {number | null} clock seconds ahead of ours
 * @property {number | null} disinfected
 * @property {number | null} started
 * @property {string} version
 * @property {string} python
 * @property {{latitude: number, longitude: number} | null} position
 * @property {{closed: boolean, revoked: boolean}} order
 */
/** @typedef {{booth: string, reason: string, since: number, times: number, ended: number | null, owner: string | null, mine: boolean}} Alert */
/** @typedef {{serial: number, at: number, condition: Condition, reasons: readonly string[]} | Done} Past */
/** @typedef {"audit" | "statistics"} Look */
/** @typedef {{name: "opening"} | {name: "sign-in"} | {name: "failed", cause: Cause} | {name: "fleet"} | {name: "booth", booth: string} | {name: "enrolment", booth: string} | {name: Look}} Screen */
/**
 * @typedef {object} State
 * @property {Screen} screen
 * @property {Session} session
 * @property {number} signedIn when, by our own clock
 * @property {Language} language
 * @property {Words} t
 * @property {number} now
 * @property {Link} link
 * @property {number} linkSince
 * @property {readonly Booth[]} booths by name
 * @property {readonly Alert[]} alerts the oldest first
 * @property {{booth: string, past: readonly Past[], last: number | null} | null} past of the booth that is open; last: the oldest change, null where there is no older one
 * @property {number} shown how much of it
 * @property {{act: Act, step: "asking" | "sending"} | null} acting
 * @property {{booth: string, code: string, expires: number} | "sending" | {flaw: string} | null} code with which a booth is enrolled
 * @property {readonly Done[] | null} acts of the audit, the newest first
 * @property {boolean} more whether there are older ones
 * @property {{rows: number, broken: number} | {read: number, of: number} | null} chain checked, or how far the check is
 * @property {Figures | null} figures
 * @property {string | null} busy the alert that is being taken or given back
 * @property {{word: "done" | "act-failed" | "taken" | "given-back" | "alert-failed"} | {booth: string, condition: Condition} | null} said
 */
/**
 * @typedef {{type: "session", session: Session} | {type: "found", booths: readonly any[], alerts: readonly any[]}
 *   | {type: "booth", booth: any} | {type: "alerts", alerts: readonly any[]} | {type: "past", booth: any} | {type: "older", changes?: readonly any[]}
 *   | {type: "go", screen: "fleet" | Look} | {type: "go", screen: "enrolment", booth: string} | {type: "code", code: State["code"]}
   | {type: "acts", acts: readonly any[], behind?: readonly Done[]} | {type: "chain", chain: State["chain"]} | {type: "figures", figures: any} | {type: "go", screen: "booth", booth: string} | {type: "ask", act: Act | null}
 *   | {type: "sending"} | {type: "acted", booth: any} | {type: "said", word: "act-failed" | "taken" | "given-back" | "alert-failed"}
 *   | {type: "busy", alert: string} | {type: "link", link: Link} | {type: "tick", now: number} | {type: "failed", cause: Cause}
 *   | {type: "signed-out"} | {type: "language", language: Language, t: Words}} Event
 */

/** Whoever acts has said who they are this recently; the server's own limit is 5 minutes. */
const FRESH_MS = 4.5 * 60_000;

/** How many changes of a booth the server tells at once, and how many more a press of the button shows. */
const CHANGES = 200;
const A_FEW = 12;
const MORE = 50;

/** How many acts the server tells at once. */
const A_PAGE = 50;

/** @type {readonly Condition[]} the worst first */
export const CONDITIONS = ["broken", "attention", "offline", "running"];

/** @param {{language: Language, t: Words, now: number}} start @returns {State} */
export function first({ language, t, now }) {
  return { screen: { name: "opening" }, session: { signed_in: false }, signedIn: 0, language, t, now, link: "opening", linkSince: now, booths: [], alerts: [], past: null, shown: A_FEW, acting: null, code: null, acts: null, more: false, chain: null, figures: null, busy: null, said: null };
}

/** @param {State} state @param {Event} event @returns {State} */
export function next(state, event) {
  switch (event.type) {
    case "session": {
      const operator = event.session.role === "operator";
      return { ...state, session: event.session, signedIn: moment(event.session.signed_in_at) ?? 0, screen: operator ? state.screen : { name: "sign-in" } };
    }
    case "found": {
      const screen = state.screen.name === "opening" || state.screen.name === "failed" ? /** @type {Screen} */ ({ name: "fleet" }) : state.screen;
      return { ...state, booths: event.booths.map(booth), alerts: event.alerts.map(alert), screen };
    }
    case "booth":
      return arrive(state, booth(event.booth));
    case "alerts":
      return { ...state, alerts: event.alerts.map(alert) };
    case "past":
      return { ...replaced(state, booth(event.booth)), past: lately(state, event.booth) };
    case "older":
      return state.past ? { ...state, shown: state.shown + MORE, past: event.changes ? further(state.past, event.changes) : state.past } : state;
    case "go": {
      const screen = /** @type {Screen} */ ("booth" in event ? { name: event.screen, booth: event.booth } : { name: event.screen });
      return { ...state, screen, acting: null, said: null, code: null, acts: null, more: false, chain: null, figures: null, shown: A_FEW, past: event.screen === "booth" && state.past?.booth === event.booth ? state.past : null };
    }
    case "code":
      return { ...state, code: event.code };
    case "acts":
      return { ...state, acts: [...(event.behind ?? []), ...event.acts.map(done)], more: event.acts.length === A_PAGE };
    case "chain":
      return { ...state, chain: event.chain };
    case "figures":
      return { ...state, figures: figures(event.figures) };
    case "ask":
      return { ...state, acting: event.act ? { act: event.act, step: "asking" } : null, said: null };
    case "sending":
      return state.acting ? { ...state, acting: { ...state.acting, step: "sending" } } : state;
    case "acted":
      return { ...next(state, { type: "past", booth: event.booth }), acting: null, said: { word: "done" } };
    case "said":
      return { ...state, acting: null, busy: null, said: { word: event.word } };
    case "busy":
      return { ...state, busy: event.alert, said: null };
    case "link":
      return event.link === state.link ? state : { ...state, link: event.link, linkSince: state.now };
    case "tick":
      return { ...state, now: event.now };
    case "failed":
      return { ...state, screen: { name: "failed", cause: event.cause } };
    case "signed-out":
      return { ...first(state), session: { ...state.session, signed_in: false, role: "" }, screen: { name: "sign-in" } };
    case "language":
      return { ...state, language: event.language, t: event.t };
  }
}

/** @param {State} state @param {Booth} arrived @returns {State} */
function arrive(state, arrived) {
  const before = state.booths.find(({ name }) => name === arrived.name);
  const changed = before?.condition !== arrived.condition;
  return { ...replaced(state, arrived), said: changed ? { booth: arrived.place, condition: arrived.condition } : state.said };
}

/** @param {State} state @param {Booth} now @returns {State} */
function replaced(state, now) {
  const booths = [...state.booths.filter(({ name }) => name !== now.name), now].sort((one, other) => one.name.localeCompare(other.name));
  return { ...state, booths };
}

/** The booth that is open; null: there is none of that name. @param {State} state */
export function open({ screen, booths }) {
  return screen.name === "booth" ? (booths.find(({ name }) => name === screen.booth) ?? null) : null;
}

/** Whether an act is believed without saying again who one is. @param {State} state */
export const fresh = ({ signedIn, now }) => now - signedIn < FRESH_MS;

/** @param {State} state @returns {Readonly<Record<Condition, number>>} */
export function counts({ booths }) {
  const of = (/** @type {Condition} */ condition) => booths.filter((each) => each.condition === condition).length;
  return { running: of("running"), attention: of("attention"), broken: of("broken"), offline: of("offline") };
}

/** The worst first, then by place. @param {readonly Booth[]} booths */
export function sorted(booths) {
  return [...booths].sort((one, other) => CONDITIONS.indexOf(one.condition) - CONDITIONS.indexOf(other.condition) || one.place.localeCompare(other.place, "fr"));
}

/** An alert's key on the page. @param {Alert} alert */
export const keyOf = ({ booth: of, reason }) => `${of}/${reason}`;

/* ---- what the server says, as the page needs it; numbers come exact (writing.js) ---- */

/** @param {any} told @returns {Booth} */
export function booth(told) {
  const { status, order } = told;
  return {
    name: told.name,
    place: status.place ?? told.name,
    condition: told.condition,
    reasons: told.reasons,
    heard: moment(told.heard) ?? 0,
    busy: status.busy,
    waiting: number(status.waiting) ?? 0,
    parts: status.parts ?? [],
    devices: (status.devices ?? []).map((/** @type {any} */ each) => ({ name: each.name, battery: number(each.battery), read: moment(each.read), faults: each.faults ?? [] })),
    low: status.low ?? [],
    short: status.short ?? [],
    certificateEnds: moment(status.certificate_ends),
    disk: number(status.disk_free_mb),
    clock: number(status.clock_ahead_s),
    disinfected: moment(status.disinfected),
    started: moment(status.started),
    version: status.version,
    python: status.python,
    position: status.position ? { latitude: number(status.position.latitude) ?? 0, longitude: number(status.position.longitude) ?? 0 } : null,
    order: { closed: order.closed === true, revoked: order.revoked === true },
  };
}

/** @param {any} told @returns {Alert} */
function alert(told) {
  return { booth: told.booth, reason: told.reason, since: moment(told.since) ?? 0, times: number(told.times) ?? 1, ended: moment(told.ended), owner: told.owner, mine: told.mine };
}

/** What became of a booth and what was done to it, the newest first; what was loaded before stays. @param {State} state @param {any} told @returns {NonNullable<State["past"]>} */
function lately(state, told) {
  const fresh = [...told.changes.map(change), ...told.acts.map(done)];
  const begins = Math.min(...told.changes.map((/** @type {any} */ each) => number(each.serial) ?? 0));
  const before = state.past?.booth === told.name ? state.past : null;
  const older = (before?.past ?? []).filter((each) => "serial" in each && each.serial < begins);
  const last = older.length > 0 ? (before?.last ?? null) : lastOf(told.changes);
  return { booth: told.name, past: [...fresh, ...older].sort((one, other) => other.at - one.at), last };
}

/** @param {NonNullable<State["past"]>} before @param {readonly any[]} changes @returns {NonNullable<State["past"]>} */
const further = (before, changes) => ({ ...before, past: [...before.past, ...changes.map(change)].sort((one, other) => other.at - one.at), last: lastOf(changes) });

/** @param {readonly any[]} changes */
const lastOf = (changes) => (changes.length === CHANGES ? number(changes.at(-1).serial) : null);

/** @param {any} each @returns {Past} */
const change = (each) => ({ serial: number(each.serial) ?? 0, at: moment(each.at) ?? 0, condition: each.condition, reasons: each.reasons });

/** @param {any} told @returns {Done} */
function done(told) {
  return { at: moment(told.at) ?? 0, when: told.at, what: told.what, booth: told.booth, name: told.name };
}

/** How far people come who give up before asking (gateway/fleet.py), in the order of the screens. */
export const STOPS = /** @type {const} */ (["start", "emergency", "who", "agreeing", "measuring", "reason", "offline", "no-doctor"]);

/** @param {any} told @returns {Figures} */
function figures(told) {
  const days = told.days.map((/** @type {any} */ each) => ({ day: each.day, visits: number(each.visits) ?? 0 }));
  const { waits } = told;
  return {
    days,
    booths: told.booths.map((/** @type {any} */ each) => ({ name: each.name, minutes: number(each.minutes) ?? 0 })),
    waits: { asked: number(waits.asked), talked: number(waits.talked), leftWaiting: number(waits.left_waiting), leftConnecting: number(waits.left_connecting), half: number(waits.half_within_min), most: number(waits.nine_of_ten_within_min) },
    before: { month: told.before.month, begun: number(told.before.begun), left: STOPS.map((stop) => [stop, number(told.before[`left_at_${stop.replace("-", "_")}`])]) },
    least: number(told.least) ?? 0,
  };
}

/** @param {any} exact @returns {number | null} */
const number = (exact) => exact?.number ?? null;

/** @param {string | null | undefined} text */
export function moment(text) {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? null : at;
}
