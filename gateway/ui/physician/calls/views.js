/** The list « À rappeler », drawn from its state. */

import { pictogram } from "../../shared/pictograms.js";
import { html, nothing } from "../../shared/vendor/lit-html/lit-html.js";
import { repeat } from "../../shared/vendor/lit-html/directives/repeat.js";
import { age } from "../../shared/writing.js";
import { ENDINGS } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Call} Call */
/** @typedef {import("./state.js").Ending} Ending */
/** @typedef {keyof typeof import("./fr.js").words} Word */
/** @typedef {(key: Word, fill?: Readonly<Record<string, string | number>>) => string} Words */
/**
 * @typedef {object} Scene
 * @property {State} state
 * @property {Words} w
 * @property {import("../../shared/writing.js").Language} language
 * @property {number} now
 * @property {string} me our Practitioner's reference
 * @property {(call: Call) => string} name
 * @property {{take: (call: Call) => void, giveBack: (call: Call) => void, closing: (id: string | null) => void, close: (call: Call, ending: Ending) => void}} acts
 */

/** @param {Scene} scene */
export function list(scene) {
  const { state, w } = scene;
  if (state.calls.length === 0 && state.said === null) return nothing;
  return html`<section class="calls" aria-labelledby="calls">
    <h2 id="calls" tabindex="-1">${w("title")}${state.calls.length > 0 ? html` <span class="count">${state.calls.length}</span>` : nothing}</h2>
    <p class="small" role="status">${state.said ? w(`said-${state.said.word}`) : nothing}</p>
    <ul role="list">${repeat(state.calls, ({ id }) => id, (each) => html`<li>${card(scene, each)}</li>`)}</ul>
  </section>`;
}

/** @param {Scene} scene @param {Call} call */
function card(scene, call) {
  const { w, language, now, me } = scene;
  const mine = call.owner?.reference === me;
  return html`<article class="call" data-call=${call.id}>
    <h3>${scene.name(call)}</h3>
    <p class="quiet">${[call.place, w("asked", { age: age(call.asked, now, language) })].filter(Boolean).join(" · ")}</p>
    <p>${w(`because-${call.because}`)}</p>
    ${call.phone ? dial(w("phone", { phone: spaced(call.phone) }), call.phone) : html`<p class="quiet">${w("phone-none")}</p>`}
    ${call.placePhone ? dial(w("phone-place", { phone: spaced(call.placePhone) }), call.placePhone) : nothing}
    ${call.owner ? html`<p class="quiet">${mine ? w("mine") : w("theirs", { name: call.owner.name })}</p>` : nothing}
    ${scene.state.closing === call.id ? ending(scene, call) : buttons(scene, call, mine)}
  </article>`;
}

/** @param {string} words @param {string} number */
const dial = (words, number) => html`<p><a class="dial" href=${`tel:${number.replaceAll(/[^+\d]/g, "")}`}>${pictogram("phone")} ${words}</a></p>`;

/** A number is not parted at the end of a line. @param {string} number */
const spaced = (number) => number.replaceAll(" ", "\u00a0");

/** One button for what comes next: it keeps the focus while its words change. @param {Scene} scene @param {Call} call @param {boolean} mine */
function buttons({ state, acts, w, name }, call, mine) {
  const busy = state.busy === call.id;
  const word = mine ? "close" : call.owner ? "take-over" : "take";
  return html`<div class="buttons tight">
    <button type="button" class=${mine || !call.owner ? "main" : ""} aria-label=${`${w(word)} ${name(call)}`} aria-disabled=${busy ? "true" : nothing} @click=${() => busy || (mine ? acts.closing(call.id) : acts.take(call))}>${w(word)}</button>
    ${mine ? html`<button type="button" aria-disabled=${busy ? "true" : nothing} @click=${() => busy || acts.giveBack(call)}>${w("give-back")}</button>` : nothing}
  </div>`;
}

/** @param {Scene} scene @param {Call} call */
function ending({ state, acts, w }, call) {
  const busy = state.busy === call.id;
  return html`<div class="ending" role="group" aria-labelledby=${`ending-${call.id}`}>
    <p id=${`ending-${call.id}`} tabindex="-1"><strong>${w("ended-how")}</strong></p>
    ${ENDINGS.map((each) => html`<button type="button" aria-disabled=${busy ? "true" : nothing} @click=${() => busy || acts.close(call, each)}>${w(`ending-${each}`)}</button>`)}
    <button type="button" class="plain" @click=${() => acts.closing(null)}>${w("not-yet")}</button>
  </div>`;
}
