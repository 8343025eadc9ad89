/**
 * What the voice says of a sentence that stands on the screen: whole clips where there are some, else its fixed parts and
 * its numbers. `everyPhrase` lists what scripts/voice.py has to record, by the same rules. Pure.
 */

/** @typedef {{parts: string[], blanks: string[], pattern: RegExp}} Template */

/** Blanks that a name stands in: names are shown, never voiced; the word of the catalogue stands in for them. */
const MEANT = /** @type {Record<string, string>} */ ({ helper: "someone", Helper: "Someone", doctor: "someDoctor", Doctor: "someDoctor", name: "", who: "" });

/** What may be heard by others in the room; everything else, a result or an age, only when « Écouter » was touched. */
const PUBLIC = new Set([...Object.keys(MEANT), "sticker", "missing", "at", "of", "before", "from", "to", "minutes", "seconds", "pages", "phone", "ward", "sheet", "sheets"]);

/** Blanks with few values: such a sentence is recorded whole, with each of them. @type {Record<string, number>} */
const FEW = { sticker: 9, missing: 9, at: 5, of: 5, before: 5, pages: 5 };

/** Units, as they stand behind a value. */
const UNITS = ["kg", "°C", "°F", "%", "mg/dL", "mmol/L", "g/L", "L/min"];

/** Each sentence of *words* on its own. @param {string} words */
export const sentencesOf = (words) => words.split(/(?<=[.?!…])\s+/).map(key).filter((sentence) => sentence !== "");

/** A sentence as the manifest names it. @param {string} words */
export const key = (words) => words.replace(/[\s\u00a0]+/g, " ").trim();

/** Every string of a catalogue. @param {unknown} value @returns {string[]} */
function leaves(value) {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [];
}

const BLANK = /\{([\w-]+)\}/g;
const WORD = /[\p{L}\p{N}]/u;

/** @param {string} words */
const blanksIn = (words) => [...words.matchAll(BLANK)].map((found) => /** @type {string} */ (found[1]));

/** The parts of *words* between its blanks that have something to say. @param {string} words */
const fragments = (words) => words.split(/\{[\w-]+\}/).map(key).map((part) => part.replace(/^[,.;:?!…\s]+/, "")).filter((part) => WORD.test(part));

/** The sentences of a catalogue that have blanks, the most certain first. @param {object} text @returns {Template[]} */
export function templatesOf(text) {
  const found = new Set(leaves(text).flatMap(sentencesOf).filter((sentence) => blanksIn(sentence).length > 0));
  return [...found]
    .map((sentence) => ({
      parts: sentence.split(/\{[\w-]+\}/).map((part) => part.replace(/\u00a0/g, " ")),
      blanks: blanksIn(sentence),
      pattern: new RegExp(`^${sentence.split(/\{[\w-]+\}/).map(escaped).join("(.+?)")}$`, "u"),
    }))
    .filter((template) => template.parts.some((part) => WORD.test(part)))
    .sort((one, other) => other.parts.join("").length - one.parts.join("").length);
}

/** @param {string} words */
const escaped = (words) => words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * A number as it is read: hundreds, then the rest; digit by digit where it begins with 0.
 * @param {string} number @param {string} decimal the word between the whole and the rest
 * @returns {string[]}
 */
function numberOf(number, decimal) {
  const [whole = "", rest] = number.split(/[.,]/);
  if (rest !== undefined) return [...numberOf(whole, decimal), decimal, ...numberOf(rest, decimal)];
  if (whole.length > 3 || (whole.length > 1 && whole.startsWith("0"))) return [...whole];
  const value = Number(whole);
  if (value < 100) return [String(value)];
  return [String(value - (value % 100)), ...(value % 100 ? [String(value % 100)] : [])];
}

/**
 * The phrases of one sentence, in order; none where nothing of it may or can be said.
 * @param {string} sentence as it stands on the screen
 * @param {Template[]} templates
 * @param {{has: (phrase: string) => boolean, text: Record<string, any>, asked: boolean}} given `asked`: « Écouter » was touched
 * @returns {string[]}
 */
export function phrasesOf(sentence, templates, { has, text, asked }) {
  const whole = key(sentence), bare = whole.replace(/[.…]$/, ""); // « Interprète. » is a word of the catalogue and a full stop
  if (has(whole)) return [whole];
  if (has(bare)) return [bare];
  for (const { parts, blanks, pattern } of templates) {
    const found = pattern.exec(whole);
    if (found === null) continue;
    if (!asked && !blanks.every((blank) => PUBLIC.has(blank))) return [];
    return parts.flatMap((part, at) => [
      ...fragments(part).filter(has),
      ...(at < blanks.length ? valueOf(/** @type {string} */ (blanks[at]), found[at + 1] ?? "", { has, text }) : []),
    ]);
  }
  return asked ? spelled(whole, { has, text }) : [];
}

/** @param {string} blank @param {string} value @param {{has: (phrase: string) => boolean, text: Record<string, any>}} given */
function valueOf(blank, value, { has, text }) {
  if (has(key(value))) return [key(value)];
  const meant = MEANT[blank];
  return meant === undefined ? spelled(value, { has, text }) : [text[meant] ?? ""].map(key).filter(has);
}

/** Numbers, units and known words, one after the other. @param {string} words @param {{has: (phrase: string) => boolean, text: Record<string, any>}} given */
const spelled = (words, { has, text }) =>
  key(words).split(" ").flatMap((one) => (/^\d+([.,]\d+)?$/.test(one) ? numberOf(one, text["comma"]) : [one])).filter(has);

/**
 * *words* with each small number in its blanks, and each of *wards*, those for whom somebody speaks.
 * @param {string} words @param {Record<string, string[]>} wards @returns {string[]}
 */
function filled(words, wards) {
  const blank = blanksIn(words)[0];
  if (blank === undefined) return [key(words)];
  const values = wards[blank] ?? Array.from({ length: FEW[blank] ?? 0 }, (_, at) => String(at + 1));
  return values.flatMap((value) => filled(words.replaceAll(`{${blank}}`, value), wards));
}

/** Everything that a voice may have to say of a catalogue. @param {Record<string, any>} text @returns {string[]} */
export function everyPhrase(text) {
  const sentences = leaves(text).flatMap(sentencesOf);
  const wards = { ward: /** @type {string[]} */ (Object.values(text["wards"])) };
  const numbers = [...Array(100).keys(), ...Array.from({ length: 9 }, (_, at) => 100 * (at + 1))].map(String);
  const said = sentences.flatMap((sentence) => [...filled(sentence, wards), ...(blanksIn(sentence).length > 0 ? fragments(sentence) : [])]);
  const all = new Set([...said, ...numbers, ...UNITS, text["comma"]]);
  return [...all].filter((phrase) => phrase !== text["language"] && (WORD.test(phrase) || UNITS.includes(phrase)));
}
