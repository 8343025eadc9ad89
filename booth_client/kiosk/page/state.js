/**
 * What the kiosk page knows: the present screen and nothing else. Pure; a new screen replaces the old one entirely, so
 * that nothing of one person is left for the next.
 */

import { NO_CALL } from "./visit.js";

/** The voice's volumes: from 0, silent, to this. */
export const LOUDEST = 4;

/** @typedef {{name: string, value: string | null, unit: string, beyond?: "high" | "low" | null}} Value `beyond`: the device reads HI or LO */
/** @typedef {"scale" | "thermometer" | "oximeter" | "cuff" | "analyser" | "glucometer" | "strap" | "sensor"} Device */
/** @typedef {keyof import("./fr.js").Text["screens"]} Name */

/**
 * @typedef {object} Screen as the booth sends it (booth_client/kiosk/screen.py)
 * @property {number} screen
 * @property {Name} state
 * @property {"fr" | "en"} language
 * @property {boolean} large
 * @property {boolean} contrast
 * @property {string[]} acts
 * @property {{at: number, of: number} | null} step
 * @property {Device | null} device
 * @property {number | null} sticker
 * @property {boolean} hint
 * @property {boolean} online
 * @property {boolean} resumed whether the booth had stopped in the middle
 * @property {number | null} seconds
 * @property {{at: number, of: number}} round
 * @property {"moved" | "loose" | "posture" | "signal" | "drop" | "strip" | null} trouble why it is done once more, as the device says
 * @property {boolean} mean whether the values are the mean of the last two
 * @property {Value[]} values
 * @property {{name: string | null, phone: string | null}} helper
 * @property {{name: string, address: string | null}} place
 * @property {boolean} visits whether a physician can be seen here
 * @property {number} page of the reasons
 * @property {{name: string, age: number | null} | null} person who is asked whether it is them
 * @property {boolean} companion whether somebody else speaks for them
 * @property {boolean} again whether the card could not be read
 * @property {"readings" | "visit" | "share"} topic what is explained
 * @property {Record<string, boolean>} agreed what was said to each thing, on its own screen only
 * @property {"since" | "allergies" | "medicines" | "pregnant" | "oxygen" | null} question
 * @property {string | null} called the number to be called back at
 * @property {{at: string, days: number, weekday: number} | null} opens when physicians are there again
 * @property {{digits: string, missing: number | null} | null} phone what was typed, on its own screen only
 * @property {Visit | null} visit
 */

/**
 * How the visit with a physician stands.
 * @typedef {object} Visit
 * @property {"asked" | "coming" | "well" | "sound" | "lost" | "stopped" | "writing" | "reported" | "over"} stage
 * @property {boolean} connected
 * @property {number | null} before
 * @property {[number, number] | null} minutes
 * @property {boolean} late
 * @property {string | null} name the proved one
 * @property {string | null} digits the six of the proved connection, on their own screen only
 * @property {boolean} ready
 * @property {boolean} minute
 * @property {boolean} sound
 * @property {boolean} camera
 * @property {Device | null} device
 * @property {{what: "listen" | "camera", spot: string | null, sticker: number} | null} exam
 * @property {boolean} quiet whether the loudspeaker is off
 * @property {string | null} text what the physician writes
 * @property {number | null} pages
 * @property {boolean} unprinted
 * @property {boolean} both
 * @property {{size: number, path: string} | null} code
 * @property {Other[]} others who joined the talk
 * @property {{name: string | null, part: Part, digits: string | null} | null} third whom a question is about
 */

/** @typedef {"interpreter" | "helper" | "relative" | "specialist"} Part */
/** @typedef {{peer: string, name: string | null, part: Part, known: boolean}} Other */

/**
 * @typedef {object} State
 * @property {Screen} screen
 * @property {Value[]} live values on their way, of this screen only
 * @property {number} since when this screen came, in ms
 * @property {number | null} endsAt when its count is over, in ms
 * @property {number} now the last tick, in ms
 * @property {boolean} heard whether the booth has ever spoken to this page
 * @property {import("./visit.js").Call} call the connection to the physician's page
 * @property {Record<string, import("./visit.js").Call>} others those to whoever joined
 * @property {number} volume of the voice, from 0 to LOUDEST
 * @property {string | null} passkey the digits that a device wants while it is paired: in place of the question
 */

/**
 * @typedef {{type: "screen", screen: Screen, at: number}
 *   | {type: "live", device: Device, values: Value[]}
 *   | {type: "cut", at: number, gone?: boolean}
 *   | {type: "call", call: import("./visit.js").Call}
 *   | {type: "others", calls: Record<string, import("./visit.js").Call>}
 *   | {type: "passkey", digits: string | null}
 *   | {type: "volume", volume: number}
 *   | {type: "volume", volume: number}
 *   | {type: "tick", at: number}} Event
 */

/** Touches are passed over for this long after a change: the finger was meant for what stood there before. */
export const DEAF_MS = 500;

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
  resumed: false,
  seconds: null,
  round: { at: 1, of: 1 },
  trouble: null,
  mean: false,
  values: [],
  helper: { name: null, phone: null },
  place: { name: "", address: null },
  visits: false,
  page: 0,
  person: null,
  companion: false,
  again: false,
  phone: null,
  topic: "readings",
  agreed: {},
  question: null,
  called: null,
  opens: null,
  visit: null,
};

/** @type {State} */
export const INITIAL = { screen: SILENT, live: [], since: 0, endsAt: null, now: 0, heard: false, call: NO_CALL, others: {}, passkey: null, volume: LOUDEST - 1 };

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
        since: same ? state.since : event.at,
        endsAt: seconds === null ? null : event.at + seconds * 1000,
        now: event.at,
        heard: true,
        call: state.call,
        others: state.others,
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
    case "live":
      return state.screen.device === event.device ? { ...state, live: event.values } : state;
    case "cut":
      return { ...INITIAL, screen: event.gone ? silent(state.screen) : adrift(state.screen), since: event.at, heard: true, call: state.call, others: state.others, volume: state.volume };
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
