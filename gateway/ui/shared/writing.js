/**
 * How numbers, moments and words are written: exactly as the device sent them, in the reader's language.
 *
 * JavaScript's own numbers would drop the zero of 72.40, so FHIR is read and written through `parse` and `stringify`:
 * every JSON number becomes an `Exact`, which keeps its text. On the way a number is a string that begins with NUL,
 * which no FHIR string can (https://hl7.org/fhir/R4/datatypes.html#string), so nothing can be mistaken for one.
 */

/** @typedef {"fr" | "en"} Language */

const NBSP = "\u00a0";
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARKED = /"\\u0000([^"]*)"/g;
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** A decimal number with the digits it was written with. */
export class Exact {
  /** @param {string} text as JSON writes a number */
  constructor(text) {
    this.text = plain(text);
    if (!DECIMAL.test(this.text)) throw new RangeError(`not a decimal number: ${text}`);
    Object.freeze(this);
  }
  /** For axes and comparisons only; what is shown is `text`. */
  get number() {
    return Number(this.text);
  }
  toJSON() {
    return `\0${this.text}`;
  }
}

/**
 * Read JSON with every number exact.
 * @param {string} text
 * @returns {any}
 */
export function parse(text) {
  const marked = text.replace(TOKEN, (token) => (token.startsWith('"') ? token : `"\\u0000${token}"`));
  return JSON.parse(marked, (_key, value) =>
    typeof value === "string" && value.startsWith("\0") ? new Exact(value.slice(1)) : value,
  );
}

/**
 * Write JSON with the digits of every `Exact`.
 * @param {unknown} value
 * @returns {string}
 */
export function stringify(value) {
  return JSON.stringify(value).replace(MARKED, "$1");
}

/** Write out an exponent: 1.32e2 is 132, 5E-1 is 0.5. @param {string} text @returns {string} */
function plain(text) {
  const match = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = "", whole = "", fraction = "", power = "0"] = match;
  const at = whole.length + Number(power);
  const digits = `${"0".repeat(Math.max(0, 1 - at))}${whole}${fraction}`;
  const point = Math.max(1, at);
  const padded = digits.padEnd(point, "0");
  const rest = padded.slice(point);
  return `${sign}${padded.slice(0, point).replace(/^0+(?=\d)/, "")}${rest ? `.${rest}` : ""}`;
}

/**
 * What somebody typed, comma or point, as a number with their digits; null when it is none.
 * @param {string} typed
 * @returns {Exact | null}
 */
export function typed(typed) {
  const match = /^0*(\d{1,6})(?:[.,](\d{1,3}))?$/.exec(typed.replace(/\s/g, ""));
  return match ? new Exact(match[2] === undefined ? `${match[1]}` : `${match[1]}.${match[2]}`) : null;
}

/** @param {Exact} exact @param {Language} language @returns {string} */
export function number(exact, language) {
  const text = exact.text.replace("-", "−");
  return language === "fr" ? text.replace(".", ",") : text;
}

/* ---- moments: milliseconds since 1970, in the reader's own time zone ---- */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const TONGUE = { fr: "fr-FR", en: "en-GB" };

/** `14 h 05`, `14:05`. @param {number} at @param {Language} language */
export function clock(at, language) {
  const moment = new Date(at);
  const minutes = String(moment.getMinutes()).padStart(2, "0");
  if (language === "fr") return `${moment.getHours()}${NBSP}h${NBSP}${minutes}`;
  return `${String(moment.getHours()).padStart(2, "0")}:${minutes}`;
}

/** `3 mars 2026`; the first of a month is `1er`. @param {number} at @param {Language} language */
export function date(at, language) {
  return first(new Intl.DateTimeFormat(TONGUE[language], { day: "numeric", month: "long", year: "numeric" }).format(at), language);
}

/** `3 mars`, `3 Mar`. @param {number} at @param {Language} language */
export function shortDate(at, language) {
  return first(new Intl.DateTimeFormat(TONGUE[language], { day: "numeric", month: "short" }).format(at), language);
}

/** `lun. 3`, `Mon 3`. @param {number} at @param {Language} language */
export function weekday(at, language) {
  return new Intl.DateTimeFormat(TONGUE[language], { weekday: "short", day: "numeric" }).format(at);
}

/** `mars`, `Mar`. @param {number} at @param {Language} language */
export function month(at, language) {
  return new Intl.DateTimeFormat(TONGUE[language], { month: "short" }).format(at);
}

/** @param {string} text @param {Language} language */
function first(text, language) {
  return language === "fr" ? text.replace(/^1 /, "1er ").replaceAll(" ", NBSP) : text.replaceAll(" ", NBSP);
}

/**
 * When it was, in the words of today: `14 h 05`, `hier à 14 h 05`, `3 mars 2026 à 14 h 05`.
 * @param {number} at @param {number} now @param {Language} language @param {boolean} [brief] `3 mars 2026` with few letters
 */
export function moment(at, now, language, brief = false) {
  const days = Math.round((midnight(now) - midnight(at)) / DAY);
  const time = clock(at, language);
  const joined = language === "fr" ? ` à${NBSP}` : ` at${NBSP}`;
  if (days === 0) return `${language === "fr" ? "aujourd’hui" : "today"}${joined}${time}`;
  if (days === 1) return `${language === "fr" ? "hier" : "yesterday"}${joined}${time}`;
  const day = brief ? `${shortDate(at, language)}\u00a0${new Date(at).getFullYear()}` : date(at, language);
  return `${day}${joined}${time}`;
}

/**
 * How long ago: `à l’instant`, `il y a 4 min`, `il y a 3 h`, `hier`, `il y a 5 jours`; a date after a month.
 * A moment that has not come yet (a clock is wrong) is written out.
 * @param {number} at @param {number} now @param {Language} language
 */
export function age(at, now, language) {
  const past = now - at;
  if (past < -2 * MINUTE) return moment(at, now, language);
  if (past < MINUTE) return language === "fr" ? "à l’instant" : "just now";
  const days = Math.round((midnight(now) - midnight(at)) / DAY);
  if (past < HOUR) return ago(Math.floor(past / MINUTE), "min", language);
  if (days === 0 || past < 12 * HOUR) return ago(Math.floor(past / HOUR), "h", language);
  if (days <= 1) return language === "fr" ? "hier" : "yesterday";
  if (days <= 31) return ago(days, language === "fr" ? "jours" : "days", language);
  return `${language === "fr" ? "le" : "on"} ${date(at, language)}`;
}

/** @param {number} count @param {string} unit @param {Language} language */
function ago(count, unit, language) {
  return language === "fr" ? `il y a ${count}${NBSP}${unit}` : `${count}${NBSP}${unit} ago`;
}

/** @param {number} at */
export function midnight(at) {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** A moment as FHIR writes it, with the reader's own offset. @param {number} at @returns {string} */
export function instant(at) {
  const moment = new Date(at);
  const offset = -moment.getTimezoneOffset();
  const local = new Date(at + offset * MINUTE).toISOString().slice(0, 19);
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((n) => String(n).padStart(2, "0"));
  return `${local}${offset < 0 ? "-" : "+"}${hours}:${minutes}`;
}

/** Whole years since a FHIR date (`1956`, `1956-03`, `1956-03-02`); null when unknown. @param {string} born @param {number} now */
export function years(born, now) {
  const match = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/.exec(born);
  if (!match) return null;
  const today = new Date(now);
  const had = (today.getMonth() + 1) * 100 + today.getDate() >= Number(match[2] ?? "1") * 100 + Number(match[3] ?? "1");
  return today.getFullYear() - Number(match[1]) - (had ? 0 : 1);
}

/* ---- words: one catalogue per language for all pages, and what a page alone says beside it; fr.js is the list of keys ---- */

/** @typedef {typeof import("./fr.js").words} Catalogue */
/** @typedef {keyof Catalogue} Word */
/** @typedef {(key: Word, fill?: Readonly<Record<string, string | number>>) => string} Words */

const KEPT = "teleborne.language";

/** The language chosen here before, else the browser's, else French. @returns {Language} */
export function chosenLanguage() {
  const kept = readKept();
  if (kept === "fr" || kept === "en") return kept;
  const first = navigator.languages.find((tag) => /^(fr|en)\b/.test(tag));
  return first?.startsWith("en") ? "en" : "fr";
}

/** @param {Language} language */
export function keepLanguage(language) {
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

function readKept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

/**
 * @template {Readonly<Record<string, string>>} [Own={}]
 * @param {Language} language @param {(language: Language) => Promise<{words: Own}>} [own] what this page alone says
 */
export async function loadWords(language, own) {
  const [{ words }, more] = await Promise.all([language === "en" ? import("./en.js") : import("./fr.js"), own?.(language)]);
  return speaker(/** @type {Catalogue & Own} */ ({ ...words, ...more?.words }));
}

/** Return the function that says a text, its `{names}` filled in. @template {Readonly<Record<string, string>>} C @param {C} catalogue */
export function speaker(catalogue) {
  return (/** @type {keyof C & string} */ key, /** @type {Readonly<Record<string, string | number>>} */ fill = {}) => /** @type {string} */ (catalogue[key]).replace(/\{(\w+)\}/g, (whole, name) => String(fill[name] ?? whole));
}

/** The key for one or for several; French counts 0 as one. @param {number} count @param {Language} language @returns {"one" | "other"} */
export function plural(count, language) {
  return (language === "fr" ? count < 2 : count === 1) ? "one" : "other";
}
