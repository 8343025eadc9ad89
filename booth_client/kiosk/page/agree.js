/** What is agreed to, each by itself; why and since when somebody comes; when physicians are there. Pure. */

import { html } from "/static/shared/vendor/lit-html/lit-html.js";
import { pictogram } from "/static/shared/pictograms.js";
import { closed } from "./lobby.js";
import { borne, fill } from "./pieces.js";
import { picture } from "./pictures.js";
import { choices } from "./who.js";

/** @typedef {import("./fr.js").Text} Text */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Screen} Screen */
/** @typedef {import("./pictures.js").PictureName} PictureName */

/** @param {State} state @param {Text} text */
export function explained({ screen }, text) {
  const names = /** @type {("doctor" | "pulse" | "clock")[]} */ (["doctor", "pulse", "clock"]);
  return html`<dl class="explained">
    ${(screen.companion ? text.explainedFor : text.explained)[screen.topic].map(([asked, answer], at) => html`<div>${pictogram(names[at] ?? "note")}<dt>${asked}</dt><dd>${screen.companion ? fill(answer, { ward: text.wards[screen.companion] }) : answer}</dd></div>`)}
  </dl>`;
}

/** What was said to each thing; a touch says the contrary. @param {State} state @param {Text} text */
export function consents({ screen }, text) {
  const words = /** @type {Record<string, string>} */ (text.acts);
  return html`<div class="reasons">
    ${Object.entries(screen.agreed).filter(([topic]) => screen.acts.includes(topic)).map(([topic, said]) => html`
      <button class="reason agreed" data-act=${topic}><span>${words[topic]}</span><strong>${said ? text.acts.yes : text.acts.no}</strong></button>`)}
  </div>`;
}

/** @type {Record<NonNullable<Screen["question"]>, PictureName>} */
const ASKED = { since: "days", allergies: "flower", medicines: "renewal", pregnant: "pregnant", oxygen: "breath" };

const SINCE = choices([["today", "today"], ["days", "days"], ["weeks", "weeks"]]);

/** A question before the visit. @param {State} state @param {Text} text */
export function question(state, text) {
  const asked = state.screen.question ?? "since";
  return asked === "since" ? SINCE(state, text) : borne(picture(ASKED[asked]));
}

/** The sentence where it depends on what was asked, or on the hour; null: the screen's own. @param {Screen} screen @param {Text} text */
export function agreeTitle(screen, text) {
  switch (screen.state) {
    case "no-doctor":
      return closed(screen, text);
    case "explain":
      return screen.topic === "readings" ? null : text.screens.explain[screen.topic];
    case "questions":
      return screen.question ? (screen.companion ? text.questionsFor : text.questions)[screen.question] : null;
    case "consent":
    case "consent-visit":
    case "consent-share":
    case "meal":
      return screen.companion ? text.screens[screen.state].other : null;
    case "called-back":
      return screen.called ? fill(text.screens["called-back"].number, { number: screen.called.replaceAll(" ", "\u00a0") }) : null;
    default:
      return null;
  }
}
