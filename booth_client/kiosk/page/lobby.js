/**
 * The screens while nobody is there: all that the page opens with. looks.js has the same exports for every screen, and comes
 * with the first touch (parts.js). Pure.
 */

import { STONES, drawing } from "/static/shared/stone.js";
import { fill } from "./pieces.js";

/** @typedef {import("./fr.js").Text} Text */
/** @typedef {import("./state.js").Screen} Screen */
/** @typedef {import("./state.js").Name} Name */
/** @typedef {import("./looks.js").Look} Look */
/** @typedef {typeof import("./looks.js")} Looks */

/** @satisfies {Partial<Record<Name, Look>>} */
export const ROWS = {
  idle: { pictures: ["touch"], main: "touch" },
  "out-of-service": { pictures: ["asleep"] },
};

/** @param {Screen} screen */
export const isLobby = ({ state }) => state in ROWS;

/** What views.js asks for, of a lobby: no visit, nobody's name. @type {Looks} */
export const lobby = {
  LOOKS: /** @type {Looks["LOOKS"]} */ (ROWS), // no other screen is drawn before looks.js is there
  picture: (name, classes) => drawing(name in STONES ? STONES[/** @type {keyof typeof STONES} */ (name)] : STONES.milestone, classes),
  titleOf: lobbyTitle,
  visitLine: () => null,
  standing: () => null,
  blanksOf: () => ({}),
  talk: () => null,
};

/** "14 h", "demain à 9 h 30", "lundi à 9 h". @param {NonNullable<Screen["opens"]>} opens @param {Text} text */
function when({ at, days, weekday }, text) {
  const [hour, minute] = at.split(":");
  const time = fill(minute === "00" ? text.opens.hour : text.opens.time, { hour: text.language === "fr" ? Number(hour) : hour, minute });
  if (days === 0) return time;
  return fill(text.opens.on, { day: days === 1 ? text.opens.tomorrow : text.opens.weekdays[weekday] ?? "", time });
}

/** Until when no physician is there; null: there is no telling, or somebody is. @param {Screen} screen @param {Text} text */
export const closed = ({ visits, online, opens }, text) => (visits && online && opens ? fill(text.opens.closed, { when: when(opens, text) }) : null);

/** @param {Screen} screen @param {Text} text @returns {string | null} */
export function lobbyTitle(screen, text) {
  if (screen.state === "out-of-service" && screen.shut) return text.shut[screen.shut];
  if (screen.state !== "idle") return null;
  return closed(screen, text) ?? (screen.visits && screen.online ? text.screens.idle.visits : null);
}
