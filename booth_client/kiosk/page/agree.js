/** What is agreed to, each by itself; why and since when somebody comes; when physicians are there. Pure. */

import { html } from "/static/shared/vendor/lit-html/lit-html.js";
import { pictogram } from "/static/shared/pictograms.js";
import { borne, fill } from "./frames.js";
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
    ${text.explained[screen.topic].map(([asked, answer], at) => html`<div>${pictogram(names[at] ?? "note")}<dt>${asked}</dt><dd>${answer}</dd></div>`)}
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

/** "14 h", "demain à 9 h 30", "lundi à 9 h". @param {NonNullable<Screen["opens"]>} opens @param {Text} text */
function when({ at, days, weekday }, text) {
  const [hour, minute] = at.split(":");
  const time = fill(minute === "00" ? text.opens.hour : text.opens.time, { hour: text.language === "fr" ? Number(hour) : hour, minute });
  if (days === 0) return time;
  return fill(text.opens.on, { day: days === 1 ? text.opens.tomorrow : text.opens.weekdays[weekday] ?? "", time });
}

/** The sentence where it depends on what was asked, or on the hour; null: the screen's own. @param {Screen} screen @param {Text} text */
export function agreeTitle(screen, text) {
  const closed = screen.visits && screen.online && screen.opens;
  switch (screen.state) {
    case "idle":
    case "no-doctor":
      return closed ? fill(text.opens.closed, { when: when(closed, text) }) : null;
    case "explain":
      return screen.topic === "readings" ? null : text.screens.explain[screen.topic];
    case "questions":
      return screen.question ? text.questions[screen.question] : null;
    case "called-back":
      return screen.called ? fill(text.screens["called-back"].number, { number: screen.called.replaceAll(" ", "\u00a0") }) : null;
    default:
      return null;
  }
}
