/**
 * What the kiosk page knows: the present screen and nothing else. Pure; a new screen replaces the old one entirely, so
 * that nothing of one person is left for the next.
 */

/** The voice's volumes: from 0, silent, to this. */
export const LOUDEST = 4;

/** @typedef {import("./screen.js").Screen} Screen */
/** @typedef {import("./screen.js").Visit} Visit */
/** @typedef {import("./screen.js").Other} Other */
/** @typedef {import("./screen.js").Value} Value */
/** @typedef {import("./screen.js").Device} Device */
/** @typedef {import("./screen.js").Name} Name */

/**
 * @typedef {object} Call
 * @property {number} gen the connection's generation; 0: there is none
 * @property {"none" | "making" | "open" | "lost"} phase
 * @property {"comes" | "cut" | "off"} picture the other side's; "off": they closed their camera
 * @property {import("/static/shared/sending.js").Sends} sends how much of our own picture goes
 * @property {boolean} unrelayed whether there are relays, and none answered
 */

/**
 * @typedef {object} State
 * @property {Screen} screen
 * @property {Value[]} live values on their way, of this screen only
 * @property {"none" | "comes" | "rests"} wave a pulse wave beside them
 * @property {number} since when this screen came, in ms
 * @property {number | null} endsAt when its count is over, in ms
 * @property {number} now the last tick, in ms
 * @property {boolean} heard whether the booth has ever spoken to this page
 * @property {Call} call the connection to the physician's page
 * @property {Record<string, Call>} others those to whoever joined
 * @property {import("./own.js").Camera} camera the person's own
 * @property {number} volume of the voice, from 0 to LOUDEST
 * @property {string | null} passkey the digits that a device wants while it is paired: in place of the question
 */

/**
 * @typedef {{type: "screen", screen: Screen, at: number}
 *   | {type: "live", device: Device, values: Value[]}
 *   | {type: "wave", rests: boolean}
 *   | {type: "cut", at: number, gone?: boolean}
 *   | {type: "call", call: Call}
 *   | {type: "others", calls: Record<string, Call>}
 *   | {type: "camera", camera: import("./own.js").Camera}
 *   | {type: "passkey", digits: string | null}
 *   | {type: "volume", volume: number}
 *   | {type: "tick", at: number}} Event
 */

/** Touches are passed over for this long after a change: the finger was meant for what stood there before. */
const DEAF_MS = 500;

/** @type {Call} */
export const NO_CALL = { gen: 0, phase: "none", picture: "comes", sends: "full", unrelayed: false };

/** @type {Screen} */
const SILENT = {
  screen: -1,
  state: "out-of-service",
  language: "fr",
  large: false,
  contrast: false,
  acts: [],
  step: null,
  device: null,
  sticker: null,
  hint: false,
  online: true,
  shut: null,
  resumed: false,
  seconds: null,
  round: { at: 1, of: 1 },
  trouble: null,
  arm: null,
  recheck: false,
  mean: false,
  values: [],
  helper: { name: null, phone: null },
  place: { name: "", address: null, telephone: false },
  text: null,
  card: false,
  helped: false,
  mode: null,
  typed: 0,
  wrong: null,
  cleaned: null,
  visits: false,
  page: 0,
  person: null,
  companion: null,
  again: false,
  unread: null,
  phone: null,
  topic: "readings",
  agreed: {},
  question: null,
  called: null,
  opens: null,
  visit: null,
};

/** @type {State} */
export const INITIAL = { screen: SILENT, live: [], wave: "none", since: 0, endsAt: null, now: 0, heard: false, call: NO_CALL, others: {}, camera: "unknown", passkey: null, volume: LOUDEST - 1 };

/**
 * @param {State} state
 * @param {Event} event
 * @returns {State}
 */
export function next(state, event) {
  switch (event.type) {
    case "screen": {
      const same = event.screen.screen === state.screen.screen;
      const seconds = event.screen.seconds;
      return {
        screen: event.screen,
        live: same ? state.live : [],
        wave: same ? state.wave : "none",
        since: same ? state.since : event.at,
        endsAt: seconds === null ? null : event.at + seconds * 1000,
        now: event.at,
        heard: true,
        call: state.call,
        others: state.others,
        camera: state.camera,
        passkey: state.passkey,
        volume: state.volume,
      };
    }
    case "passkey":
      return { ...state, passkey: event.digits };
    case "volume":
      return { ...state, volume: Math.max(0, Math.min(LOUDEST, event.volume)) };
    case "call":
      return { ...state, call: event.call };
    case "others":
      return { ...state, others: event.calls };
    case "camera":
      return { ...state, camera: event.camera };
    case "live":
      return state.screen.device === event.device ? { ...state, live: event.values } : state;
    case "wave":
      return state.screen.state === "live" && state.screen.device === "oximeter" ? { ...state, wave: event.rests ? "rests" : "comes" } : state;
    case "cut":
      return { ...INITIAL, screen: event.gone ? silent(state.screen) : adrift(state.screen), since: event.at, heard: true, call: state.call, others: state.others, camera: state.camera, volume: state.volume };
    case "tick":
      return { ...state, now: event.at };
  }
}

/** The screen while the booth does not answer: it shows nothing of anybody. @param {Screen} screen @returns {Screen} */
const silent = ({ language, large, contrast }) => ({ ...SILENT, language, large, contrast });

/** In a talk, the sound may still go on: then the booth is said to come back. @param {Screen} screen @returns {Screen} */
function adrift(screen) {
  if (screen.screen === SILENT.screen) return screen;
  return screen.visit?.connected && screen.visit.ready ? { ...silent(screen), state: "call-trouble" } : silent(screen);
}

/** Whether a touch counts now. @param {State} state @param {number} at in ms @returns {boolean} */
export const listens = (state, at) => at - state.since >= DEAF_MS;

/** The whole seconds left of a count, or null. @param {State} state @returns {number | null} */
export const secondsLeft = (state) => (state.endsAt === null ? null : Math.max(0, Math.ceil((state.endsAt - state.now) / 1000)));
