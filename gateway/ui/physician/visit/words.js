import { speaker } from "../../shared/writing.js";

/** The visit's own words: one catalogue per language, as in shared/writing.js; fr.js is the list of keys. */

/** @typedef {typeof import("./fr.js").words} Catalogue */
/** @typedef {keyof Catalogue} Word */
/** @typedef {(key: Word, fill?: Readonly<Record<string, string | number>>) => string} Words */

/** @param {import("../../shared/writing.js").Language} language @returns {Promise<Words>} */
export async function loadWords(language) {
  const { words } = language === "en" ? await import("./en.js") : await import("./fr.js");
  return speaker(words);
}

/** A code as a word where we have one for it, else as it was sent. @param {Words} w @param {Catalogue} known @param {string} stem @param {string} code */
export const wordOf = (w, known, stem, code) => (`${stem}-${code}` in known ? w(/** @type {Word} */ (`${stem}-${code}`)) : code);
