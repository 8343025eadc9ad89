/** What each screen shows, as one table: its picture, its buttons, and what stands in the picture's place. Pure. */

import { agreeTitle, consents, explained, question } from "./agree.js";
import { blanksOf as visitBlanks, cameraView, codeView, nobody, reasons, sixDigits, stage, thirdDigits, titleOf as visitTitle, trouble, visitLine as lineOfVisit, wanted } from "./doctor.js";
import { held, paper, sheet } from "./documents.js";
import { armTitle, beside, count, dialled, here, helping, live, loudness, mended, minute, minuteLeft, numbers, recheck, restLeft, result, signs, steps, taken } from "./frames.js";
import { ROWS, lobbyTitle } from "./lobby.js";
import { cardView, choices, dots, keypad, nameView, typed, whoTitle } from "./who.js";

export { standing } from "./doctor.js";
export { picture } from "./pictures.js";

/** @typedef {import("./fr.js").Text} Text */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Screen} Screen */
/** @typedef {import("./state.js").Name} Name */
/** @typedef {import("./pictures.js").PictureName} PictureName */
/** @typedef {import("./call.js").Pictures} Media */
/** @typedef {unknown} Piece */

/**
 * How a screen looks: its picture, its buttons from the top (`pairs` are two of one size side by side), and what else
 * it shows.
 * @typedef {object} Look
 * @property {PictureName[]} pictures
 * @property {string[]} [pair]
 * @property {string} [main]
 * @property {string[]} [others]
 * @property {string[]} [two] side by side, as many as there are
 * @property {string} [apart] a button away from the others
 * @property {(state: State, text: Text, media: Media) => Piece} [frame] instead of a plain picture
 * @property {(state: State, text: Text) => Piece} [more] below the sentence
 */

/** @type {Record<Name, Look>} */
export const LOOKS = {
  ...ROWS,
  language: { pictures: ["speech"], pair: ["french", "english"], others: ["large", "contrast"] },
  comfort: { pictures: [], pair: ["french", "english"], others: ["large", "contrast"], frame: loudness, apart: "consents" },
  safety: { pictures: [], pair: ["yes", "no"], frame: signs },
  who: { pictures: [], others: ["nothing"], frame: choices([["card", "card"], ["phone", "telephone"], ["assisted", "two"]]) },
  "who-card": { pictures: [], others: ["otherwise"], frame: cardView },
  "who-qr": { pictures: ["window"], others: ["otherwise"] },
  "who-assisted": { pictures: ["two"], pair: ["yes", "no"] },
  "who-helper": { pictures: ["helper"], others: ["otherwise"] },
  "who-phone": { pictures: [], main: "done", others: ["without"], frame: keypad, more: typed },
  "who-confirm": { pictures: [], pair: ["yes", "no"], others: ["relative"], frame: nameView },
  "who-companion": { pictures: [], frame: choices([["child", "child"], ["adult", "two"], ["cared-for", "care"]]) },
  consent: { pictures: ["consent"], pair: ["yes", "no"], others: ["explain"] },
  explain: { pictures: ["consent"], main: "continue", frame: explained },
  refused: { pictures: ["milestone"], main: "continue", others: ["back", "finish"] },
  offline: { pictures: ["latch"], main: "continue", others: ["call-back", "finish"] },
  "do-scale": { pictures: ["scale"], others: ["skip"] },
  "do-temp": { pictures: ["thermometer"], others: ["skip"] },
  "do-oxi": { pictures: ["clip"], others: ["skip"], more: recheck },
  "do-cuff": { pictures: [], main: "done", others: ["skip"], frame: steps },
  meal: { pictures: ["meal"], others: ["fasting", "before-meal", "after-meal", "unsure"] },
  "do-device": { pictures: [], main: "done", others: ["skip"], frame: taken },
  rest: { pictures: ["seated"], others: ["skip"], more: restLeft },
  "device-wait": { pictures: ["press"], others: ["skip"] },
  live: { pictures: ["still"], others: ["stop"], frame: live },
  result: { pictures: ["saved"], main: "continue", others: ["redo"], frame: result, more: beside },
  again: { pictures: [], main: "continue", others: ["skip"], frame: minute, more: minuteLeft },
  retry: { pictures: [], main: "redo", others: ["skip"], frame: mended },
  failed: { pictures: ["asleep"], main: "continue" },
  unsaved: { pictures: ["helper"], main: "redo", others: ["finish"] },
  skip: { pictures: ["bead"], main: "continue" },
  "consent-visit": { pictures: ["doctor"], pair: ["yes", "no"], others: ["explain"] },
  "no-video": { pictures: ["milestone"], main: "finish", others: ["back", "call-back"] },
  company: { pictures: ["two"], pair: ["yes", "no"] },
  "consent-present": { pictures: ["two"], pair: ["yes", "no"] },
  alone: { pictures: ["door"], main: "done" },
  "consent-share": { pictures: ["papers"], pair: ["yes", "no"], others: ["explain"] },
  consents: { pictures: [], main: "continue", frame: consents },
  questions: { pictures: [], pair: ["yes", "no"], others: ["unsure"], frame: question },
  "called-back": { pictures: ["phone"], main: "finish", others: ["back"] },
  reason: { pictures: [], others: ["more", "tell"], apart: "finish", frame: reasons },
  "no-doctor": { pictures: [], main: "redo", others: ["call-back", "finish"], frame: nobody },
  waiting: { pictures: ["chairs"], others: ["call-back"], apart: "finish" },
  "all-right": { pictures: ["helper"], main: "yes", others: ["help"] },
  leave: { pictures: ["chairs"], pair: ["yes", "no"] },
  "doctor-coming": { pictures: ["doctor"], main: "ready", others: ["minute"], frame: cameraView },
  "in-visit": { pictures: [], others: ["sound", "camera"], apart: "finish", frame: stage },
  "visit-measure": { pictures: ["press"], pair: ["yes", "no"], frame: wanted },
  "visit-exam": { pictures: [], others: ["stop"], frame: wanted },
  "visit-text": { pictures: [], pair: ["yes", "no"], others: ["continue"], frame: stage },
  "visit-papers": { pictures: ["slot"], main: "done", others: ["print"] },
  "visit-file": { pictures: [], main: "continue", others: ["more", "larger", "print"], frame: sheet },
  "visit-show": { pictures: [], main: "take", others: ["stop"], frame: paper },
  "visit-hold": { pictures: [], others: ["stop"], frame: paper, more: held },
  "visit-look": { pictures: [], pair: ["yes", "no"], others: ["stop"], frame: paper },
  "six-digits": { pictures: [], pair: ["yes", "no"], frame: sixDigits },
  "third-party": { pictures: ["helper"], pair: ["yes", "no"] },
  "third-digits": { pictures: [], pair: ["yes", "no"], frame: thirdDigits },
  "call-trouble": { pictures: ["retied"], others: ["sound", "call-back"], apart: "finish", frame: trouble },
  "hang-up": { pictures: [], pair: ["yes", "no"], frame: stage },
  "security-stop": { pictures: ["cut"], main: "redo", others: ["call-back", "finish"] },
  writing: { pictures: ["write"], others: ["finish"] },
  report: { pictures: ["papers"], pair: ["print", "phone"], others: ["both", "finish"] },
  "take-papers": { pictures: ["slot"], main: "done", others: ["print"] },
  code: { pictures: ["telephone"], main: "done", others: ["print"], frame: codeView },
  goodbye: { pictures: ["goodbye"] },
  "still-there": { pictures: ["ring"], main: "here", others: ["finish"], frame: count },
  emergency: { pictures: ["phone"], main: "call", others: ["text", "not-urgent"], frame: numbers, more: here },
  "emergency-call": { pictures: ["phone"], others: ["text", "not-urgent"], frame: dialled, more: here },
  "emergency-text": { pictures: ["telephone"], others: ["call", "not-urgent"], frame: codeView, more: here },
  "helper-code": { pictures: [], main: "done", others: ["open"], frame: keypad, more: dots },
  helper: { pictures: ["badge"], two: ["guide", "shorten", "identity", "open", "disinfected", "helped"], more: helping },
  "help-called": { pictures: ["helper"], others: ["badge", "cancel"] },
};

/** The sentence of a screen that depends on more than its state; null: its own. @param {Screen} screen @param {Text} text @returns {string | null} */
export const titleOf = (screen, text) => lobbyTitle(screen, text) ?? helpTitle(screen, text) ?? armTitle(screen, text) ?? agreeTitle(screen, text) ?? visitTitle(screen, text) ?? whoTitle(screen, text);

/** The sentence that depends on whether a telephone is at hand; null: the screen's own. @param {Screen} screen @param {Text} text */
const helpTitle = (screen, text) =>
  screen.state === "emergency-call" && screen.place.telephone ? text.screens["emergency-call"].beside : null;

/** What is said below the sentence where it depends on more than the screen. @param {State} state @param {Text} text */
export function visitLine(state, text) {
  const { screen } = state;
  const { helper: words, "emergency-call": calls, goodbye } = text.screens;
  if (screen.state === "emergency-call" && !screen.online) return calls.alone;
  if (screen.state === "goodbye" && screen.card) return goodbye.card;
  if (screen.state === "helper" && screen.cleaned !== null) return screen.cleaned ? words.cleaned : words.uncleaned;
  if (screen.state === "helper" && screen.visit?.connected) return words.paused;
  if (screen.state === "live" && screen.device === "cuff") return text.screens.live.cuff;
  return lineOfVisit(state, text);
}

/** What stands in the blanks of sentences. @param {Screen} screen @param {Text} text @returns {Record<string, string | number | null>} */
export const blanksOf = (screen, text) => ({
  who: screen.mode,
  ward: screen.companion && text.wards[screen.companion],
  ...visitBlanks(screen, text),
});

const BESIDE = new Set(["visit-measure", "visit-exam", "visit-papers", "visit-file", "six-digits", "third-party", "third-digits"]);

const MEASURING = new Set(["do-scale", "do-temp", "do-oxi", "do-cuff", "meal", "do-device", "device-wait", "live", "result", "again", "retry", "failed", "unsaved", "skip"]);

/** The physician's picture where they look on while something is measured or asked; else null. @param {State} state @param {Text} text @param {Media} media @returns {Piece | null} */
export function talk(state, text, media) {
  const { visit, helped, state: name } = state.screen;
  const looksOn = !helped && visit?.stage === "well" && visit.ready && (BESIDE.has(name) || MEASURING.has(name));
  return looksOn ? stage(state, text, media) : null;
}
