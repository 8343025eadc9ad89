/** Who is there: the ways to say so, the card's slot, a keypad for the number, the name to be confirmed. Pure. */

import { html, nothing } from "/static/shared/vendor/lit-html/lit-html.js";
import { borne, fill } from "./pieces.js";
import { picture } from "./pictures.js";

/** @typedef {import("./fr.js").Text} Text */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Screen} Screen */
/** @typedef {import("./pictures.js").PictureName} PictureName */

/**
 * Up to three pictures below each other, each a button; what the booth does not offer is not there.
 * @param {[string, PictureName][]} of acts with their pictures
 * @returns {(state: State, text: Text) => unknown}
 */
export const choices = (of) => ({ screen }, text) => {
  const words = /** @type {Record<string, string>} */ (text.acts);
  return html`<div class="reasons">
    ${of.filter(([act]) => screen.acts.includes(act)).map(([act, name]) => html`<button class="reason" data-act=${act}>${picture(name)}<span>${words[`${act}@${screen.state}`] ?? words[act]}</span></button>`)}
  </div>`;
};

/** The card as it is to be put in; one that could not be read is shown turned. @param {State} state */
export const cardView = ({ screen }) => borne(picture(screen.again ? "card-turned" : "card"));

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "erase"];

/** Ten digits to touch. @param {State} state @param {Text} text */
export function keypad({ screen }, text) {
  const words = /** @type {Record<string, string>} */ (text.acts);
  return html`<div class="keypad">
    ${KEYS.map((act) => html`<button class=${act === "erase" ? "erase" : ""} data-act=${act} ?disabled=${!screen.acts.includes(act)}>${words[act]}</button>`)}
  </div>`;
}

/** Places of the digits that are still to come, two by two. */
const EMPTY = "–– –– –– –– ––";

/** What was typed of the number, and what is missing once it was called whole. @param {State} state @param {Text} text */
export function typed({ screen }, text) {
  const { digits = "", missing = null } = screen.phone ?? {};
  const pairs = digits.match(/..?/g)?.join("\u00a0") ?? "";
  const left = EMPTY.replaceAll(" ", "\u00a0").slice(pairs.length);
  const words = text.screens["who-phone"];
  return html`<p class="number typed ${digits.length > 10 ? "long" : ""}">${pairs}<span aria-hidden="true">${left}</span></p>
    ${missing
      ? html`<p class="hinted">${fill(missing === 1 ? words.one : words.missing, { missing })}</p>`
      : html`<p class="quiet">${words.why}</p>`}`;
}

/** How much of a helper's code was typed, and why it did not open. @param {State} state @param {Text} text */
export function dots({ screen }, text) {
  const words = text.screens["helper-code"];
  return html`<p class="number typed"><span aria-hidden="true">${"• ".repeat(screen.typed).trim() || "–"}</span></p>
    ${screen.wrong ? html`<p class="hinted">${words[screen.wrong]}</p>` : nothing}`;
}

/** Letters of a name that is written smaller. */
const LONG_NAME = 12;

/** The name in the stone's arch. @param {State} state @param {Text} text */
export function nameView({ screen }, text) {
  const { name = "", age = null } = screen.person ?? {};
  return borne(html`<p class="name ${name.length > LONG_NAME ? "long" : ""}">${name}</p>${age === null ? nothing : html`<p class="lead">${fill(text.years, { age })}</p>`}`, "valued");
}

/** The sentence where it depends on who is asked for; null: the screen's own. @param {Screen} screen @param {Text} text */
export function whoTitle(screen, text) {
  if (screen.state === "who-card") return screen.again ? text.screens["who-card"].again : null;
  if (screen.state === "who-qr") return screen.unread ? text.screens["who-qr"][screen.unread] : null;
  if (screen.state !== "who-confirm") return null;
  const words = text.screens["who-confirm"];
  if (screen.person?.age == null) return screen.companion ? words.named : words.unaged;
  return screen.companion ? words.relative : null;
}
