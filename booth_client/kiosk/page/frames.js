/** What stands in the picture's place, or below the sentence: numbers, lists, what is measured. Pure. */

import { html, nothing, svg } from "/static/shared/vendor/lit-html/lit-html.js";
import { borne, digits, fill, named, unit } from "./pieces.js";
import { picture } from "./pictures.js";
import { LOUDEST, secondsLeft } from "./state.js";

/** @typedef {import("./fr.js").Text} Text */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Value} Value */

/** @type {import("./pictures.js").PictureName[]} */
const CUFF = ["cuff-bare", "cuff", "seated"];

/** @param {State} _ @param {Text} text */
export function signs(_, text) {
  const names = /** @type {("chest" | "breath" | "face" | "blood")[]} */ (["chest", "breath", "face", "blood"]);
  return html`<ul class="signs" role="list">
    ${names.map((name) => html`<li>${picture(name)}<span>${text.signs[name]}</span></li>`)}
  </ul>`;
}

/** How loud the voice is, and its two buttons, which the page itself answers. @param {State} state @param {Text} text */
export function loudness({ volume }, text) {
  /** @param {"softer" | "louder"} name @param {number} end */
  const turn = (name, end) => html`<button data-local=${name} ?disabled=${volume === end}>${text.voice[name]}</button>`;
  return html`<div class="loudness">
    ${picture("speech")}
    <p class="lead">${volume === 0 ? text.voice.off : text.voice.title}</p>
    <p class="beads" aria-hidden="true">${Array.from({ length: LOUDEST }, (_, at) => html`<i class=${at < volume ? "done" : ""}></i>`)}</p>
    <div class="pair">${turn("softer", 0)}${turn("louder", LOUDEST)}</div>
  </div>`;
}

/** On which arm the cuff goes, where it matters; null: the screen's own. @param {import("./state.js").Screen} screen @param {Text} text */
export const armTitle = (screen, text) => (screen.arm ? (screen.companion ? text.forWard : text).screens["do-cuff"][screen.arm] : null);

/** That the clip is asked for again, and why. @param {State} state @param {Text} text */
export const recheck = ({ screen }, text) => (screen.recheck ? html`<p class="quiet">${text.screens["do-oxi"].recheck}</p>` : nothing);

/** How the cuff is put on. */
export function steps() {
  return html`<ol class="frames" role="list" aria-hidden="true">
    ${CUFF.map((name) => html`<li>${picture(name)}</li>`)}
  </ol>`;
}

/** How a device is taken that has no screen of its own; of three pictures the second stands on top. @param {State} state */
export function taken({ screen }) {
  const pictures = TAKEN[screen.device ?? "sensor"] ?? TAKEN.sensor;
  if (pictures.length === 1) return borne(picture(pictures[0] ?? "press"));
  return html`<ol class="frames" role="list" aria-hidden="true">${pictures.map((name) => html`<li>${picture(name)}</li>`)}</ol>`;
}

/** @type {Record<string, [import("./pictures.js").PictureName, ...import("./pictures.js").PictureName[]]>} */
const TAKEN = { glucometer: ["prick", "wash", "meter"], strap: ["belt"], sensor: ["belly"] };

/** @param {State} state @param {Text} text */
export function restLeft(state, text) {
  const left = secondsLeft(state);
  if (left === null) return nothing;
  const minutes = fill(text.minutes, { minutes: Math.floor(left / 60), seconds: left % 60 });
  return html`<p class="number lead">${fill(text.screens.rest.left, { minutes })}</p>`;
}

/** Six beads, ten seconds each: those that have passed are full. @param {State} state */
export function minute(state) {
  const left = secondsLeft(state);
  if (left === null) return borne(picture("bead"));
  return borne(html`<svg class="picture" viewBox="0 0 96 96" aria-hidden="true" focusable="false"><path class="thin" d="M4 48h88" />
    ${[0, 1, 2, 3, 4, 5].map((bead) => svg`<circle class=${left <= 50 - 10 * bead ? "thin m" : left <= 60 - 10 * bead ? "thin h" : "thin p"} cx=${8 + 16 * bead} cy="48" r="6" />`)}</svg>`);
}

/** @param {State} state @param {Text} text */
export function minuteLeft(state, text) {
  const left = secondsLeft(state);
  return left === null ? nothing : html`<p class="number lead">${fill(text.screens.again.left, { seconds: left })}</p>`;
}

/** What to mend, before it is done once more. @param {State} state */
export const mended = ({ screen }) => borne(picture(screen.trouble === null ? "seated" : MENDED[screen.trouble]));

/** @type {Record<NonNullable<import("./state.js").Screen["trouble"]>, import("./pictures.js").PictureName>} */
const MENDED = { moved: "still", loose: "cuff", posture: "seated", signal: "clip", drop: "blood", strip: "press" };

/** In place of any number while a helper looks on. @type {Value} */
const HIDDEN = { name: "", value: "••", unit: "" };

/** @param {Value | undefined} value @param {Text} text @param {string} [shown] */
const large = (value, text, shown = digits(value, text)) =>
  html`<p class="value">${shown}<span class="unit">${unit(value)}</span></p>`;

/** @param {State} state @param {Text} text */
export function live(state, text) {
  const { device, helped, companion } = state.screen;
  const value = helped ? HIDDEN : state.live[0];
  const number = device && value ? html`<p class="named">${text.live[device]}</p>${large(value, text)}` : null;
  if (state.wave === "none" || helped) return number ? borne(number, "valued") : borne(picture("still"));
  return borne(html`${number}<canvas class="curve" aria-hidden="true"></canvas><p class="named">${state.wave === "comes" && companion ? text.forWard.pulse : text.wave[state.wave]}</p>`, "valued waved");
}

/** @param {State} state @param {Text} text */
export function result({ screen }, text) {
  if (screen.helped) return borne(html`<p class="value" aria-hidden="true">••</p>`, "valued");
  const upper = named(screen.values, "systolic");
  const [first] = screen.values;
  if (!first) return borne(picture("saved"));
  if (!upper) return borne(large(named(screen.values, "weight") ?? first, text), "valued");
  const pair = `${digits(upper, text)}/${digits(named(screen.values, "diastolic"), text)}`;
  return borne(large(upper, text, pair), pair.length > 7 ? "valued long" : "valued");
}

/** @param {State} state @param {Text} text */
export function beside({ screen }, text) {
  const glucose = named(screen.values, "glucose");
  if (glucose?.value && glucose.unit === "mg/dL") {
    const grams = (Number(glucose.value) / 100).toFixed(2).replace(".", text.decimal);
    return html`<p class="number lead">${fill(text.grams, { grams })}</p>`;
  }
  const pulse = named(screen.values, "pulse");
  return pulse?.value ? html`<p class="number lead">${fill(text.beside, { pulse: digits(pulse, text) })}</p>` : nothing;
}

/** @param {State} state */
export function count(state) {
  const left = secondsLeft(state) ?? 0;
  return borne(html`<svg class="picture" viewBox="0 0 96 96" aria-hidden="true" focusable="false">
    <circle class="m" cx="48" cy="48" r="40" stroke="none" />
    <path d="M48 8a40 40 0 1 1 0 80 40 40 0 1 1 0-80" pathLength="60" stroke-dasharray="${left} 60" />
    <text class="count" x="48" y="58">${left}</text></svg>`);
}

/** @param {State} _ @param {Text} text */
export function numbers(_, text) {
  return html`<dl class="numbers">
    ${text.numbers.map(([number, whose]) => html`<div><dt>${number}</dt><dd>${whose}</dd></div>`)}
  </dl>`;
}

/** The two numbers, as large as can be: whoever telephones has no eyes for more. */
export const dialled = () => html`<div class="dialled" aria-hidden="true"><p>15</p><p>112</p></div>`;

/** How long the helper's mode lasts. @param {State} state @param {Text} text */
export const helping = (state, text) => html`<p class="number lead">${fill(text.screens.helper.left, { seconds: secondsLeft(state) ?? 0 })}</p>`;

/** @param {State} state @param {Text} text */
export function here({ screen }, text) {
  return html`<p class="here">${text.here}<br /><strong>${screen.place.name}</strong>${screen.place.address
    ? html`<br /><strong>${screen.place.address}</strong>`
    : nothing}</p>`;
}
