/**
 * What comes when it is needed, so that the page opens small: with the lobby, the frame of every screen and one language.
 *
 * | part | is needed | brings |
 * |---|---|---|
 * | looks.js | on every screen but the lobby's | all screens, their pictures |
 * | fr.js, en.js | in that language | the words |
 * | voice.js | when something is said | the recorded clips' player |
 * | pulse.js | when a pulse wave comes | its curve |
 * | talk.js | in a visit | camera, connections |
 *
 * The first touch fetches all of them; a screen waits only for those that it needs itself. So nobody waits for the rest, and what a
 * visit needs is there before it begins. A part that could not be fetched is fetched again with the next screen.
 */

import { isLobby, lobby } from "./lobby.js";

/** @typedef {import("./fr.js").Text} Text */
/** @typedef {import("./state.js").Screen} Screen */

/** How screens look: those of the lobby, until looks.js is there. @type {import("./lobby.js").Looks} */
export let looks = lobby;

/** The words that are there. @type {Partial<Record<Screen["language"], Text>>} */
export const texts = {};

/** The booth, which is where the parts come from, did not answer. */
export class MissingPart extends Error {}

/** Fetch once, and again only after it has failed. @template T @param {() => Promise<T>} fetched @returns {() => Promise<T>} */
function once(fetched) {
  /** @type {Promise<T> | null} */
  let under = null;
  return () => (under ??= fetched().catch((cause) => {
    under = null;
    throw cause instanceof TypeError ? new MissingPart(cause.message, { cause }) : cause;
  }));
}

const LANGUAGES = {
  fr: once(async () => { texts.fr = (await import("./fr.js")).text; }),
  en: once(async () => { texts.en = (await import("./en.js")).text; }),
};
const journey = once(async () => { looks = await import("./looks.js"); });

export const voicePart = once(() => import("./voice.js"));
export const pulsePart = once(() => import("./pulse.js"));
export const talkPart = once(() => import("./talk.js"));

/** Have there what *screen* needs, and fetch the rest once somebody is there. Rejects where the booth does not answer. @param {Screen} screen */
export async function have(screen) {
  const needed = [LANGUAGES[screen.language]()];
  if (isLobby(screen)) return void (await Promise.all(needed));
  const others = [LANGUAGES.fr(), LANGUAGES.en(), voicePart(), pulsePart(), talkPart()];
  await Promise.all([...needed, journey(), ...(screen.visit ? [talkPart()] : [])]);
  for (const other of others) other.catch(() => {}); // whoever needs it asks again
}
