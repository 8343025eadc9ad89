/** What the page knows of the waiting room and of the visit, and how an event changes it. */

import { BLANK as BLANK_EXAM, answered, next as nextExam } from "./exam_state.js";
import { BLANK as BLANK_NOTE, next as nextNote } from "./note.js";
import { add, vital } from "./vitals.js";
import { WELL } from "../../shared/sending.js";

/** @typedef {import("./signalling.js").Envelope} Envelope */
/** @typedef {import("./signalling.js").Line} Line */
/** @typedef {import("./call.js").Change} Change */
/** @typedef {import("../../shared/sending.js").Going} Going */
/** @typedef {import("./note.js").Note} Note */
/** @typedef {import("./note.js").NoteEvent} NoteEvent */
/** @typedef {import("./vitals.js").Vital} Vital */
/** @typedef {import("./vitals.js").HealthObject} HealthObject */
/** @typedef {import("../../shared/reading.js").Kind} Kind */
/** @typedef {import("../../shared/measures.js").Range} Range */
/** @typedef {"av" | "agent"} Endpoint */
/** @typedef {{call: string, since: number, reason: string, language: string, place: string, speciality: string | null, needs: readonly string[], initials: string, age: number | null}} Waiter */
/** @typedef {"waiting" | "verifying" | "connecting" | "confirmed" | "recovering" | "lost" | "refused"} Phase */
/** @typedef {{generation: number, phase: Phase, proved: boolean, since: number, name: string, digits: string}} Leg proved: was confirmed once */
/** @typedef {import("./exam_state.js").Progress} Progress */
/** @typedef {import("./exam_state.js").Asked} Asked */
/** @typedef {import("./exam_state.js").What} What */
/** @typedef {"talk" | "reporting" | "over"} Stage */
/** @typedef {{invitation: string, part: Part, standing: "invited" | "knocking" | "asked" | "agreed" | "in" | "expired", participant: string | null, subject: string | null, name: string | null, proof: string | null, present: boolean}} Third as the server has them */
/** @typedef {{call: string, encounter: string, patient: string, waiter: Waiter | null}} Owed */
/** @typedef {"interpreter" | "helper" | "relative" | "specialist"} Part */
/** @typedef {{leg: Leg, going: Going}} Member */
/** @typedef {{participant: string, name: string, specialities: readonly string[], languages: readonly string[]}} Colleague */
/** @typedef {{step: "sent" | "printed" | "taken" | "unprinted", sheets: number, of: number}} Papers docs/report.md */
/** @typedef {"asking" | "on" | "refused" | "absent"} Devices whether this computer's camera and microphone can be had */
/**
 * @typedef {object} Visit
 * @property {string} call
 * @property {string} encounter id
 * @property {string} patient id
 * @property {Waiter | null} waiter what the queue said of them; null: not known yet
 * @property {string} booth its participant's id
 * @property {boolean} present whether the booth is there, as the server says
 * @property {readonly Third[]} thirds who was asked to join
 * @property {Readonly<Record<string, Member>>} members our connections with them, by participant
 * @property {readonly string[]} known guests whose six digits were the same on both sides, by subject: that is, by their key
 * @property {Readonly<Record<string, {address?: string, linked?: boolean}>>} links by invitation
 * @property {readonly Colleague[] | null} colleagues who could be asked; null: not asked for yet
 * @property {Stage} stage
 * @property {string} reason why the talk ended
 * @property {boolean} ours whether we ended it
 * @property {string | null} flaw what did not hold: a hard stop
 * @property {Readonly<Record<Endpoint, Leg>>} legs
 * @property {readonly Vital[]} vitals
 * @property {Partial<Record<What, Asked>>} asked
 * @property {{devices: readonly string[], exams: readonly string[], printer: boolean, paper: boolean, helper?: boolean} | null} offers what the booth has; null: it has not said yet
 * @property {import("./exam_state.js").Exam} exam
 * @property {Devices} devices
 * @property {{micro: boolean, camera: boolean}} has which of them there is
 * @property {boolean} micro
 * @property {boolean} camera
 * @property {boolean} alone whether we chose sound alone
 * @property {Going} going how the two pictures go, the patient's and ours
 * @property {boolean} unrelayed whether there are relays and none answered the newest connection that is not made yet
 * @property {number | null} cutSince since when there is no connection, in ms; null: there is one
 * @property {"no" | "asking" | "asked" | "failed"} callBack whether the patient is on the list of those to call back
 * @property {Note} note
 * @property {Kind | null} kind whose trend is open
 * @property {Range | null} range
 * @property {boolean} told whether the server knows that the report is signed
 * @property {Papers | null} papers how they are at the booth, once the talk is over
 */
/** @typedef {"security" | "commands" | "hang-up" | "sign" | "queue" | "company"} Panel */
/** @typedef {"queue" | "visit" | "readings" | "note"} Tab */
/** @typedef {"no-key" | "no-number" | "offline" | "signed-out"} Why */
/**
 * @typedef {object} State
 * @property {boolean} on whether the physician said « Je suis disponible »
 * @property {"off" | "preparing" | "ready" | "unable"} room
 * @property {Why | null} why
 * @property {Line | "off"} line
 * @property {number} lineSince
 * @property {readonly Waiter[]} queue
 * @property {Readonly<Record<string, {by: string, at: number, waiter: Waiter}>>} taken whom another took first, for a moment
 * @property {string | null} taking
 * @property {boolean} refused whether the server did not let us take
 * @property {Visit | null} visit
 * @property {readonly Owed[]} owed the talks of ours that are over and whose report is not signed
 * @property {{call: string, by: string, place: string} | null} invited who asks us into a visit of theirs
 * @property {Panel | null} panel
 * @property {Tab} tab
 * @property {boolean} sound
 * @property {string} said for those who listen
 * @property {number} now
 */
/**
 * @typedef {{type: "switch", on: boolean} | {type: "room", room: State["room"], why?: Why} | {type: "line", line: Line | "off"}
 *   | {type: "heard", message: Envelope} | {type: "take", call: string} | {type: "resume", call: string, encounter: string, patient: string, micro: boolean, camera: boolean}
 *   | {type: "leg", endpoint: Endpoint, generation: number, change: Change} | {type: "vital", said: any} | {type: "vitals", said: readonly any[]}
 *   | {type: "ask", what: What, id: string} | {type: "offers", offers: NonNullable<Visit["offers"]>} | {type: "answer", answer: import("./exam_state.js").Answer} | {type: "exam", event: import("./exam_state.js").ExamEvent}
 *   | {type: "devices", devices: Devices, has: {micro: boolean, camera: boolean}} | {type: "micro"} | {type: "camera"} | {type: "alone"} | {type: "going", participant: string | null, going: Going} | {type: "unrelayed"} | {type: "call-back", how: Visit["callBack"]} | {type: "panel", panel: Panel | null} | {type: "tab", tab: Tab}
 *   | {type: "open", kind: Kind} | {type: "range", range: Range} | {type: "note", event: NoteEvent} | {type: "sound"} | {type: "told"}
 *   | {type: "member", participant: string, generation: number, change: Change} | {type: "compared", subject: string} | {type: "link", invitation: string, address: string} | {type: "linked", invitation: string, linked: boolean}
 *   | {type: "owed", calls: readonly string[]} | {type: "write", call: string} | {type: "ours"} | {type: "papers", papers: Papers} | {type: "leave"} | {type: "invited", call: string, by: null} | {type: "say", text: string} | {type: "tick", now: number}} Event
 */

const TAKEN_MS = 8_000;

/** @type {Leg} */
const NO_LEG = Object.freeze({ generation: 0, phase: "waiting", proved: false, since: 0, name: "", digits: "" });

/** @param {number} now @returns {State} */
export function first(now) {
  return {
    on: false, room: "off", why: null, line: "off", lineSince: now, queue: [], taken: {}, taking: null, refused: false, visit: null, owed: [], invited: null,
    panel: null, tab: "visit", sound: false, said: "", now,
  };
}

/** @param {State} state @param {Event} event @returns {State} */
export function next(state, event) {
  switch (event.type) {
    case "switch":
      return { ...state, on: event.on, refused: false, queue: event.on ? state.queue : [], taken: {} };
    case "room":
      return { ...state, room: event.room, why: event.why ?? null, on: event.room === "unable" ? false : state.on };
    case "line":
      return event.line === state.line ? state : { ...state, line: event.line, lineSince: state.now };
    case "heard":
      return heard(state, event.message);
    case "take":
      return { ...state, taking: event.call, refused: false };
    case "resume":
      return state.visit ? state : { ...state, visit: { ...visitOf(event.call, event), micro: event.micro, camera: event.camera }, tab: "visit" };
    case "owed":
      return { ...state, owed: state.owed.filter(({ call }) => event.calls.includes(call)) };
    case "write":
      return writing(state, event.call);
    case "panel":
      return { ...state, panel: event.panel };
    case "tab":
      return { ...state, tab: event.tab };
    case "sound":
      return { ...state, sound: !state.sound };
    case "say":
      return { ...state, said: event.text };
    case "invited":
      return { ...state, invited: null };
    case "leave":
      return { ...state, visit: null, panel: null, taking: null };
    case "tick":
      return { ...state, now: event.now, taken: still(state.taken, event.now) };
    default:
      return state.visit ? { ...state, visit: inVisit(state.visit, event, state.now) } : state;
  }
}

/** @param {State["taken"]} taken @param {number} now */
const still = (taken, now) => (Object.values(taken).some(({ at }) => now - at > TAKEN_MS) ? Object.fromEntries(Object.entries(taken).filter(([, { at }]) => now - at <= TAKEN_MS)) : taken);

/** @param {State} state @param {Envelope} message @returns {State} */
function heard(state, { type, call, body, from }) {
  switch (type) {
    case "waiting":
      return { ...state, queue: body.queue.map(waiter) };
    case "taken": {
      const lost = state.queue.find((each) => each.call === call);
      const taken = lost && call ? { ...state.taken, [call]: { by: String(body.by), at: state.now, waiter: lost } } : state.taken;
      return { ...state, taking: state.taking === call ? null : state.taking, taken };
    }
    case "admitted":
      return admitted(state, call ?? "", body);
    case "invited":
      return { ...state, invited: body.standing === "invited" && call ? { call, by: String(body.by), place: String(body.place) } : null };
    case "ended":
      return call === state.invited?.call ? { ...state, invited: null } : { ...ofVisit(state, type, call, body, from), owed: owing(state.owed, call, body) };
    case "error":
      return { ...state, taking: null, refused: state.taking !== null };
    default:
      return ofVisit(state, type, call, body, from);
  }
}

/** @param {State} state @param {string} type @param {string | undefined} call @param {any} body @param {string | undefined} from @returns {State} */
function ofVisit(state, type, call, body, from) {
  if (!state.visit || call !== state.visit.call) return state;
  return { ...state, visit: told(state.visit, type, body, from), panel: type === "ended" && state.panel !== "sign" ? null : state.panel };
}

/** @param {State["owed"]} owed @param {string | undefined} call @param {any} body @returns {State["owed"]} */
function owing(owed, call, body) {
  const rest = owed.filter((each) => each.call !== call);
  if (!call || !body.reporting || !body.encounter) return rest.length === owed.length ? owed : rest;
  return [...rest, { call, encounter: idOf(body.encounter), patient: idOf(body.patient), waiter: body.waiter ? waiter(body.waiter) : null }];
}

/** Open a report that is owed. @param {State} state @param {string} call @returns {State} */
function writing(state, call) {
  const owed = state.owed.find((each) => each.call === call);
  return owed && !state.visit ? { ...state, tab: "note", visit: { ...visitOf(call, owed), waiter: owed.waiter, stage: "reporting" } } : state;
}

/** @param {any} line @returns {Waiter} */
const waiter = (line) => ({ ...line, since: Date.parse(line.since) });

/** @param {State} state @param {string} call @param {any} body @returns {State} */
function admitted(state, call, body) {
  const { participant: booth = "", present = false } = body.peers.find((/** @type {any} */ each) => each.role === "booth") ?? {};
  const ids = { encounter: idOf(body.encounter), patient: idOf(body.patient) };
  const known = state.visit?.call === call ? state.visit : visitOf(call, ids);
  const line = body.waiter ? waiter(body.waiter) : (known.waiter ?? state.queue.find((each) => each.call === call) ?? null);
  const queue = state.queue.filter((each) => each.call !== call);
  const visit = { ...known, ...ids, waiter: line, booth, present, stage: /** @type {const} */ ("talk") };
  return { ...state, taking: null, queue, tab: state.visit ? state.tab : "visit", visit: { ...visit, cutSince: isApart(visit) ? (visit.cutSince ?? state.now) : null } };
}

/** @param {string | undefined} reference */
const idOf = (reference) => (reference ?? "").split("/").at(-1) ?? "";

/** @param {string} call @param {{encounter: string, patient: string}} ids @returns {Visit} */
function visitOf(call, { encounter, patient }) {
  return {
    call, encounter, patient, waiter: null, booth: "", present: true, thirds: [], members: {}, known: [], links: {}, colleagues: null, stage: "talk", reason: "", ours: false, flaw: null, legs: { av: NO_LEG, agent: NO_LEG }, vitals: [],
    asked: {}, offers: null, exam: BLANK_EXAM, devices: "asking", has: { micro: false, camera: false }, micro: true, camera: true, alone: false, going: WELL, unrelayed: false, cutSince: null, callBack: "no", note: BLANK_NOTE, kind: null, range: null, told: false, papers: null,
  };
}

/** The flaws of docs/signalling.md: a talk that ended by one was stopped. */
const FLAWS = [
  "malformed", "signature", "certificate", "credential", "revoked", "identity", "audience", "expired", "call", "generation", "endpoint",
  "role", "peer", "roster", "fingerprint", "weak-fingerprint", "seen", "reveal", "confirm", "digits",
];

/** @param {Visit} visit @param {string} type @param {any} body @param {string | undefined} _from @returns {Visit} */
function told(visit, type, body, _from) {
  if (type === "peer") return body.participant === visit.booth ? { ...visit, present: body.present } : visit;
  if (type === "colleagues") return { ...visit, colleagues: body.there };
  if (type === "thirds") return { ...visit, thirds: body.thirds, members: ofThese(visit.members, body.thirds) };
  if (type !== "ended") return visit;
  const flaw = visit.flaw ?? (FLAWS.includes(body.reason) ? body.reason : null);
  return { ...visit, stage: body.reporting ? "reporting" : "over", reason: visit.stage === "talk" ? body.reason : visit.reason, flaw };
}

/** @param {Visit} visit @param {Event} event @param {number} now @returns {Visit} */
function inVisit(visit, event, now) {
  switch (event.type) {
    case "leg":
      return leg(visit, event, now);
    case "member":
      return { ...visit, members: { ...visit.members, [event.participant]: member(visit, event, now) } };
    case "compared":
      return visit.known.includes(event.subject) ? visit : { ...visit, known: [...visit.known, event.subject] };
    case "link":
      return { ...visit, links: { ...visit.links, [event.invitation]: { ...visit.links[event.invitation], address: event.address } } };
    case "linked":
      return { ...visit, links: { ...visit.links, [event.invitation]: { ...visit.links[event.invitation], linked: event.linked } } };
    case "vital":
      return heardVital(visit, event.said, now);
    case "vitals":
      return event.said.reduce((/** @type {Visit} */ known, each) => heardVital(known, each, now), visit);
    case "ask":
      return { ...visit, asked: { ...visit.asked, [event.what]: { id: event.id, state: "sent" } } };
    case "answer":
      return { ...visit, asked: answered(visit.asked, event.answer), exam: nextExam(visit.exam, event) };
    case "offers":
      return { ...visit, offers: event.offers };
    case "exam":
      return { ...visit, exam: nextExam(visit.exam, event.event) };
    case "devices":
      return { ...visit, devices: event.devices, has: event.has };
    case "micro":
      return { ...visit, micro: !visit.micro };
    case "camera":
      return { ...visit, camera: !visit.camera };
    case "alone":
      return { ...visit, alone: !visit.alone };
    case "going":
      return going(visit, event);
    case "unrelayed":
      return { ...visit, unrelayed: true };
    case "call-back":
      return { ...visit, callBack: event.how };
    case "open":
      return { ...visit, kind: event.kind, range: null };
    case "range":
      return { ...visit, range: event.range };
    case "note":
      return { ...visit, note: nextNote(visit.note, event.event) };
    case "told":
      return { ...visit, told: true };
    case "papers":
      return { ...visit, papers: event.papers };
    case "ours":
      return { ...visit, ours: true };
    default:
      return visit;
  }
}

/** @param {Visit} visit @param {Extract<Event, {type: "member"}>} event @param {number} now @returns {Member} */
function member({ members }, { participant, generation, change }, now) {
  const { leg: old, going: known } = members[participant] ?? { leg: NO_LEG, going: WELL };
  return { leg: changed(old, generation, change, now), going: change.phase === "confirmed" || change.phase === "recovering" ? known : WELL };
}

/** @param {Visit} visit @param {Extract<Event, {type: "going"}>} event @returns {Visit} */
function going(visit, { participant, going: now }) {
  if (participant === null) return { ...visit, going: now };
  const known = visit.members[participant];
  return { ...visit, members: { ...visit.members, [participant]: { leg: known?.leg ?? NO_LEG, going: now } } };
}

/** How our own picture goes to everybody: the worst of all. @param {Visit} visit @returns {Going["ours"]} */
export function ours(visit) {
  const all = [visit.going.ours, ...Object.values(visit.members).map((each) => each.going.ours)];
  return all.includes("sound") ? "sound" : all.includes("small") ? "small" : visit.going.ours;
}

/** @param {Visit} visit @param {any} said @param {number} now */
function heardVital(visit, said, now) {
  const come = vital(said, now);
  return come ? { ...visit, vitals: add(visit.vitals, come) } : visit;
}

/** @param {Visit} visit @param {Extract<Event, {type: "leg"}>} event @param {number} now @returns {Visit} */
function leg(visit, { endpoint, generation, change }, now) {
  const old = visit.legs[endpoint];
  if (generation < old.generation) return visit;
  const made = changed(old, generation, change, now);
  const cut = change.phase === "lost" || change.phase === "recovering"; // the booth lets the loudspeaker out again
  const after = { ...visit, unrelayed: visit.unrelayed && change.phase !== "confirmed", exam: cut ? { ...visit.exam, quiet: false } : visit.exam, legs: { ...visit.legs, [endpoint]: made }, flaw: change.phase === "refused" ? (visit.flaw ?? change.flaw) : visit.flaw };
  return { ...after, cutSince: isApart(after) ? (visit.cutSince ?? now) : null };
}

/** Whether the two are not connected, or not yet. @param {Visit} visit */
const isApart = (visit) => talk(visit) === "recovering" || talk(visit) === "connecting";

/** @param {Leg} old @param {number} generation @param {Change} change @param {number} now @returns {Leg} */
function changed(old, generation, change, now) {
  const known = change.phase === "confirmed" ? { name: change.name, digits: change.digits } : { name: old.name, digits: old.digits };
  return { generation, phase: change.phase, proved: old.proved || change.phase === "confirmed", since: change.phase === old.phase ? old.since : now, ...known };
}

/** @param {Visit["members"]} members @param {readonly Third[]} thirds */
const ofThese = (members, thirds) => Object.fromEntries(Object.entries(members).filter(([participant]) => thirds.some((each) => each.participant === participant && each.standing === "in")));

/** How the talk goes, in one word. @param {Visit} visit @returns {"stopped" | "over" | "reporting" | "talking" | "recovering" | "connecting"} */
export function talk({ flaw, stage, legs: { av } }) {
  if (flaw !== null) return "stopped";
  if (stage !== "talk") return stage;
  if (av.phase === "confirmed") return "talking";
  return av.proved ? "recovering" : "connecting";
}

/** The cards of the queue: who waits, and whom another took first, each where it was. @param {State} state @returns {{waiter: Waiter, by: string | null}[]} */
export function cards({ queue, taken }) {
  const lost = Object.values(taken).filter(({ waiter: { call } }) => !queue.some((each) => each.call === call));
  return [...queue.map((each) => ({ waiter: each, by: taken[each.call]?.by ?? null })), ...lost.map(({ waiter: each, by }) => ({ waiter: each, by }))]
    .sort((one, other) => one.waiter.since - other.waiter.since);
}

/** After this long without a connection there is a telephone, in ms. */
const TELEPHONE_MS = 60_000;

/** Whether it is time for the telephone. @param {Visit} visit @param {number} now */
export const isLongCut = ({ cutSince }, now) => cutSince !== null && now - cutSince >= TELEPHONE_MS;
