/**
 * What the kiosk page knows: the present screen and nothing else. Pure; a new screen replaces the old one entirely, so
 * that nothing of one person is left for the next.
 */

/** @typedef {{name: string, value: string | null, unit: string}} Value */
/** @typedef {"scale" | "thermometer" | "oximeter" | "cuff"} Device */
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
 * @property {number | null} seconds
 * @property {{at: number, of: number}} round
 * @property {Value[]} values
 * @property {{name: string | null, phone: string | null}} helper
 * @property {{name: string, address: string | null}} place
 */

/**
 * @typedef {object} State
 * @property {Screen} screen
 * @property {Value[]} live values on their way, of this screen only
 * @property {number} since when this screen came, in ms
 * @property {number | null} endsAt when its count is over, in ms
 * @property {number} now the last tick, in ms
 * @property {boolean} heard whether the booth has ever spoken to this page
 */

/**
 * @typedef {{type: "screen", screen: Screen, at: number}
 *   | {type: "live", device: Device, values: Value[]}
 *   | {type: "cut", at: number}
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
  seconds: null,
  round: { at: 1, of: 1 },
  values: [],
  helper: { name: null, phone: null },
  place: { name: "", address: null },
};

/** @type {State} */
export const INITIAL = { screen: SILENT, live: [], since: 0, endsAt: null, now: 0, heard: false };

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
      };
    }
    case "live":
      return state.screen.device === event.device ? { ...state, live: event.values } : state;
    case "cut":
      return { ...INITIAL, screen: { ...SILENT, language: state.screen.language }, since: event.at, heard: true };
    case "tick":
      return { ...state, now: event.at };
  }
}

/** Whether a touch counts now. @param {State} state @param {number} at in ms @returns {boolean} */
export const listens = (state, at) => at - state.since >= DEAF_MS;

/** The whole seconds left of a count, or null. @param {State} state @returns {number | null} */
export const secondsLeft = (state) => (state.endsAt === null ? null : Math.max(0, Math.ceil((state.endsAt - state.now) / 1000)));
