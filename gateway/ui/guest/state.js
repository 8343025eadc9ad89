/** What the page of whoever was invited knows: how far they are, who they talk with, and whether they are seen and heard. */

/** @typedef {import("../physician/visit/call.js").Change} Change */
/** @typedef {import("../shared/roster.js").Entry} Entry */
/** @typedef {import("../shared/writing.js").Words} Words */
/** @typedef {import("../shared/writing.js").Language} Language */
/** @typedef {"opening" | "name" | "entering" | "door" | "asked" | "in" | "ended" | "no-link"} Step */
/** @typedef {"interpreter" | "helper" | "relative" | "specialist"} Part */
/** @typedef {Change["phase"] | "waiting"} Phase */
/** @typedef {import("../shared/sending.js").Going} Going */
/** @typedef {Entry & {participant: string, phase: Phase, proved: string, digits: string, going: Going}} Member `proved`: the name that their binding proves */
/**
 * @typedef {object} State
 * @property {Language} language
 * @property {Words} t
 * @property {import("./words.js").Words} w
 * @property {Step} step
 * @property {string} problem why entering failed, in the words' key
 * @property {string} reason why it ended
 * @property {boolean} colleague whether a physician joins with their own key
 * @property {string} by who asks
 * @property {Part} part
 * @property {readonly Member[]} members
 * @property {"opening" | "up" | "down" | "elsewhere" | "out"} line
 * @property {"asking" | "on" | "refused" | "absent"} devices
 * @property {boolean} micro
 * @property {boolean} camera whether it is wanted
 * @property {boolean} unrelayed whether there are relays, and none answered
 */
/**
 * @typedef {{type: "language", language: Language, t: Words, w: import("./words.js").Words} | {type: "step", step: Step} | {type: "problem", problem: string}
 *   | {type: "invited", by: string, part: Part, standing: string} | {type: "members", members: readonly Member[]} | {type: "leg", participant: string, change: Change} | {type: "going", participant: string, going: Going} | {type: "unrelayed"}
 *   | {type: "line", line: State["line"]} | {type: "devices", devices: State["devices"]} | {type: "micro"} | {type: "camera", on: boolean} | {type: "ended", reason: string} | {type: "draw"}} Event
 */

/** @param {Pick<State, "language" | "t" | "w" | "colleague">} start @returns {State} */
export const first = (start) => ({ ...start, step: "opening", problem: "", reason: "", by: "", part: "interpreter", members: [], line: "opening", devices: "asking", micro: true, camera: true, unrelayed: false });

/** @param {State} state @param {Event} event @returns {State} */
export function next(state, event) {
  switch (event.type) {
    case "language":
      return { ...state, language: event.language, t: event.t, w: event.w };
    case "step":
      return state.step === "ended" ? state : { ...state, step: event.step, problem: "" };
    case "problem":
      return { ...state, step: "name", problem: event.problem };
    case "invited":
      return state.step === "ended" ? state : { ...state, by: event.by, part: event.part, step: event.standing === "invited" || event.standing === "knocking" ? "door" : "asked" };
    case "members":
      return { ...state, step: "in", members: event.members.map((each) => ({ ...each, ...legOf(state.members, each) })) };
    case "leg":
      return { ...withMember(state, event.participant, changed(event.change)), unrelayed: event.change.phase === "confirmed" ? false : state.unrelayed };
    case "going":
      return withMember(state, event.participant, { going: event.going });
    case "unrelayed":
      return { ...state, unrelayed: true };
    case "line":
      return { ...state, line: event.line };
    case "devices":
      return { ...state, devices: event.devices };
    case "micro":
      return { ...state, micro: !state.micro };
    case "camera":
      return { ...state, camera: event.on };
    case "ended":
      return { ...state, step: "ended", reason: event.reason, members: [] };
    case "draw":
      return { ...state };
  }
}

/** @param {State} state @param {string} participant @param {Partial<Member>} change @returns {State} */
const withMember = (state, participant, change) => ({ ...state, members: state.members.map((each) => (each.participant === participant ? { ...each, ...change } : each)) });

/** How our own picture goes: as it does to whom it goes worst. @param {State} state @returns {"small" | "sound" | null} */
export function ours({ members }) {
  const all = members.map(({ going }) => going.ours);
  return all.includes("sound") ? "sound" : all.includes("small") ? "small" : null;
}

/** What is known of the connection with somebody who was there before. @param {readonly Member[]} members @param {Member} of */
function legOf(members, { participant }) {
  const known = members.find((each) => each.participant === participant);
  return known ? { phase: known.phase, proved: known.proved, digits: known.digits, going: known.going } : {};
}

/** @param {Change} change */
const changed = (change) => (change.phase === "confirmed" ? { phase: change.phase, proved: change.name, digits: change.digits } : { phase: change.phase });
