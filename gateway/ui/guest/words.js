/** This page's own words: one catalogue per language; fr.js is the list of keys. */

/** @typedef {typeof import("./fr.js").words} Catalogue */
/** @typedef {keyof Catalogue} Word */
/** @typedef {(key: Word, fill?: Readonly<Record<string, string | number>>) => string} Words */

/** @param {import("../shared/writing.js").Language} language @returns {Promise<Words>} */
export async function loadWords(language) {
  const { words } = language === "en" ? await import("./en.js") : await import("./fr.js");
  return (key, fill = {}) => /** @type {Catalogue} */ (words)[key].replace(/\{(\w+)\}/g, (whole, name) => String(fill[name] ?? whole));
}
