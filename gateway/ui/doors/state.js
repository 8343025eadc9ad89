/** What the front page knows: a language, whether this is a demonstration, and where its booth is if it has one. */

/** @typedef {(key: import("../shared/writing.js").Word | keyof typeof import("./fr.js").words, fill?: Readonly<Record<string, string | number>>) => string} Words */
/** @typedef {import("../shared/writing.js").Language} Language */
/** @typedef {{language: Language, t: Words, demo: boolean, kiosk: string | null, tray: string | null}} State */
/** @typedef {{type: "session", session: import("../shared/server.js").Session} | {type: "language", language: Language, t: Words}} Event */

/** @param {{language: Language, t: Words}} start @returns {State} */
export function first({ language, t }) {
  return { language, t, demo: false, kiosk: null, tray: null };
}

/** @param {State} state @param {Event} event @returns {State} */
export function next(state, event) {
  switch (event.type) {
    case "session":
      return { ...state, demo: event.session.demo === true, kiosk: safe(event.session.kiosk), tray: tray(safe(event.session.kiosk)) };
    case "language":
      return { ...state, language: event.language, t: event.t };
  }
}

/** The tray of the demonstration's booth, which its own address opens. @param {string | null} kiosk */
const tray = (kiosk) => (kiosk?.includes("/borne/") ? `${kiosk}?to=/plateau` : null);

/** Only an address of the web becomes a link. @param {string | undefined} address */
function safe(address) {
  return address !== undefined && /^https?:\/\//.test(address) ? address : null;
}
