/** The waiting room as the physician sees it: the switch, and a card for each patient. */

import { pictogram } from "../../shared/pictograms.js";
import { html, nothing } from "../../shared/vendor/lit-html/lit-html.js";
import { repeat } from "../../shared/vendor/lit-html/directives/repeat.js";
import { age, clock, moment, plural } from "../../shared/writing.js";
import { waiting } from "../views.js";
import { words as catalogue } from "./fr.js";
import { sign } from "./signs.js";
import { cards } from "./state.js";
import { wordOf } from "./words.js";

/** @typedef {import("./views.js").Scene} Scene */
/** @typedef {import("./state.js").Waiter} Waiter */

const MINUTE = 60_000;

/** The switch and the queue, above the list of patients. @param {Scene} scene */
export function waitingRoom(scene) {
  const { state, host, acts } = scene;
  return waiting(host, { on: state.on, toggle: () => acts.available(!state.on) }, room(scene));
}

/** @param {Scene} scene */
function room(scene) {
  const { state, host, w } = scene;
  if (state.room === "unable") return html`<p class="notice warn">${pictogram("note")}<span>${w(`unable-${state.why ?? "offline"}`)}</span></p>`;
  if (state.room === "preparing" || state.line === "opening") return html`<p class="quiet small">${host.t("desk-loading")}</p>`;
  if (!state.on) return html`<p class="quiet small">${host.t("desk-waiting")}</p>${owed(scene)}`;
  return html`${state.line === "down" ? html`<p class="notice warn">${pictogram("cut")}<span>${w("queue-cut", { time: clock(state.lineSince, host.language) })}</span></p>` : nothing}
    ${state.invited ? html`<div class="notice invited" role="alert">${pictogram("people")}<div><p>${w("invited", { name: state.invited.by, place: state.invited.place })}</p>
      <div class="buttons"><button type="button" class="main" @click=${() => scene.acts.invited(state.invited?.call ?? "", true)}>${w("invited-join")}</button><button type="button" @click=${() => scene.acts.invited(state.invited?.call ?? "", false)}>${w("invited-decline")}</button></div></div></div>` : nothing}
    ${list(scene, true)}${owed(scene)}
    <button type="button" class="plain tight sound" aria-pressed=${String(state.sound)} @click=${() => scene.acts.sound()}>${sign("bell")} ${w("sound")}</button>`;
}

/** The cards; *open*: they can be taken. @param {Scene} scene @param {boolean} open */
export function list(scene, open) {
  const { state, w } = scene;
  const found = cards(state);
  if (found.length === 0) return html`<p class="nobody">${w("nobody")}</p>`;
  return html`${state.refused ? html`<p class="small" role="status">${w("take-refused")}</p>` : nothing}
    <ul role="list" class="cards">${repeat(found, ({ waiter: { call } }) => call, (each) => html`<li>${card(scene, each.waiter, each.by, open)}</li>`)}</ul>`;
}

/** The talks that are over and whose report is not signed. @param {Scene} scene */
function owed(scene) {
  const { state, host, acts, w } = scene;
  if (state.owed.length === 0) return nothing;
  const place = (/** @type {import("./state.js").Owed} */ { waiter }) => waiter ? `${moment(waiter.since, host.now, host.language)} · ${waiter.place}` : "";
  return html`<section class="owed" aria-labelledby="owed">
    ${host.screen.name === "list" ? html`<h2 id="owed">${w("owed")}</h2>` : html`<h3 id="owed">${w("owed")}</h3>`}
    <ul role="list" class="cards">${repeat(state.owed, ({ call }) => call, (each) => html`<li class="card" data-owed=${each.call}>
      <p><strong>${each.waiter ? who(scene, each.waiter) : w("patient")}</strong></p><p class="quiet">${place(each)}</p>
      <button type="button" @click=${() => acts.write(each.call)}>${pictogram("pencil")} ${w("owed-write")}</button></li>`)}</ul></section>`;
}

/** @param {Scene} scene @param {Waiter} waiter @param {string | null} by who took it first @param {boolean} open */
function card(scene, waiter, by, open) {
  const { state, host, acts, w } = scene;
  const name = who(scene, waiter);
  const minutes = Math.max(0, Math.floor((state.now - waiter.since) / MINUTE));
  const last = host.readings.find((each) => each.encounter === waiter.call);
  return html`<article class="card" data-call=${waiter.call}>
    <p class="wait">${pictogram("clock")} ${minutes === 0 ? w("waits-now") : w("waits", { minutes })}</p>
    ${host.screen.name === "list" && open ? html`<h2>${name}</h2>` : html`<h3>${name}</h3>`}
    <p>${reason(scene, waiter)}</p>
    <p class="quiet">${waiter.place}</p>
    ${waiter.speciality ? html`<p>${w("asks-speciality", { what: waiter.speciality })}</p>` : nothing}
    ${waiter.needs.length > 0 ? html`<p class="needs">${pictogram("ear")} ${waiter.needs.map((each) => wordOf(w, catalogue, "need", each)).join(" · ")}</p>` : nothing}
    ${last ? html`<p class="quiet">${w("readings-age", { age: age(last.at, host.now, host.language) })}</p>` : nothing}
    ${by ? html`<p class="by">${w("taken-by", { name: by })}</p>` : open ? html`<button type="button" class="main take" aria-label=${`${w("take")} ${name}`}
      aria-disabled=${state.taking === waiter.call ? "true" : nothing} @click=${() => acts.take(waiter.call)}>${state.taking === waiter.call ? w("taking") : w("take")}</button>` : nothing}
  </article>`;
}

/** Initials and age, as the queue gives them. @param {Scene} scene @param {Waiter} waiter */
export function who({ w }, { initials, age: years }) {
  const name = initials || w("patient");
  return years === null ? name : w("named-aged", { name, years });
}

/** @param {Scene} scene @param {Waiter} waiter */
export const reason = ({ w }, waiter) => wordOf(w, catalogue, "reason", waiter.reason);

/** The queue as a narrow rail: how many wait, and a way to look. @param {Scene} scene */
export function rail(scene) {
  const { state, acts, host, w } = scene;
  const count = state.queue.length;
  return html`<button type="button" class="rail plain" aria-haspopup="dialog" @click=${() => acts.panel("queue")}>${pictogram("people")}<strong>${count}</strong><span>${w(`waiting-${plural(count, host.language)}`)}</span></button>`;
}
