/** What each screen shows, as one table: its picture, its buttons, and what stands in the picture's place. Pure. */

import { cameraView, codeView, nobody, reasons, sixDigits, stage, thirdDigits, wanted } from "./doctor.js";
import { consents, explained, question } from "./agree.js";
import { beside, count, here, live, loudness, mended, minute, minuteLeft, numbers, restLeft, result, signs, steps, taken } from "./frames.js";
import { cardView, choices, keypad, nameView, typed } from "./who.js";

/** @typedef {import("./fr.js").Text} Text */
/** @typedef {import("./state.js").State} State */
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
 * @property {string} [apart] a button away from the others
 * @property {(state: State, text: Text, media: Media) => Piece} [frame] instead of a plain picture
 * @property {(state: State, text: Text) => Piece} [more] below the sentence
 */

/** @type {Record<Name, Look>} */
export const LOOKS = {
  idle: { pictures: ["touch"], main: "touch" },
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
  "do-oxi": { pictures: ["clip"], others: ["skip"] },
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
  "visit-papers": { pictures: ["slot"], main: "done" },
  "six-digits": { pictures: [], pair: ["yes", "no"], frame: sixDigits },
  "third-party": { pictures: ["helper"], pair: ["yes", "no"] },
  "third-digits": { pictures: [], pair: ["yes", "no"], frame: thirdDigits },
  "call-trouble": { pictures: ["retied"], others: ["sound"], apart: "finish" },
  "hang-up": { pictures: [], pair: ["yes", "no"], frame: stage },
  "security-stop": { pictures: ["cut"], main: "redo", others: ["call-back", "finish"] },
  writing: { pictures: ["write"], others: ["finish"] },
  report: { pictures: ["papers"], pair: ["print", "phone"], others: ["both", "finish"] },
  "take-papers": { pictures: ["slot"], main: "done" },
  code: { pictures: ["telephone"], main: "done", frame: codeView },
  goodbye: { pictures: ["goodbye"] },
  "still-there": { pictures: ["ring"], main: "here", others: ["finish"], frame: count },
  emergency: { pictures: ["phone"], main: "help", others: ["not-urgent"], frame: numbers, more: here },
  "help-called": { pictures: ["helper"], others: ["cancel"] },
  "out-of-service": { pictures: ["asleep"] },
};
