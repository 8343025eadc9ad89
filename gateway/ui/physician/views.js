/** The physician's page, drawn from its state. */

import { failed, frame, linkState, opening, signIn } from "../shared/frame.js";
import { pictogram } from "../shared/pictograms.js";
import { KINDS } from "../shared/reading.js";
import { RANGES, figures, newest, tile, trend } from "../shared/measures.js";
import { html, nothing } from "../shared/vendor/lit-html/lit-html.js";
import { repeat } from "../shared/vendor/lit-html/directives/repeat.js";
import { age, clock, midnight, moment, shortDate, years } from "../shared/writing.js";
import { isInside, openKind, openRange, patients, record } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Event} Event */
/** @typedef {import("../shared/measures.js").Range} Range */
/** @typedef {{dispatch: (event: Event) => void, said: (patient: string, open: boolean) => void, choose: (patient: string | null) => void, again: () => void, switchLanguage: () => void, signOut: () => void, desk: () => void}} Acts */

/** @param {State} state @param {Acts} acts @param {{queue: unknown, calls: unknown, said: unknown}} loaded what comes with modules of its own */
export function view(state, acts, loaded) {
  const { t } = state;
  const inside = isInside(state);
  return frame(state, { switchLanguage: acts.switchLanguage, signOut: inside ? acts.signOut : null }, {
    screen: state.screen.name,
    status: state.arrived ? t(`arrived-${state.arrived}`) : "",
    main: screen(state, acts, loaded),
    aside: inside && state.session.name ? html`<span class="who">${state.session.name}</span>` : nothing,
  });
}

/** @param {State} state @param {Acts} acts @param {{queue: unknown, calls: unknown, said: unknown}} loaded */
function screen(state, acts, { queue, calls, said }) {
  switch (state.screen.name) {
    case "opening":
      return opening(state);
    case "sign-in":
      return signIn(state, "physician", state.session);
    case "failed":
      return failed(state, state.screen.cause, acts.again);
    case "list":
    case "record":
      return html`<div class="console">${list(state, acts, queue, calls)}${side(state, acts, said)}</div>`;
  }
}

/** Each card stays the card of its patient when another comes above it: the focus never passes to somebody else. @param {State} state @param {Acts} acts @param {unknown} queue @param {unknown} calls */
function list(state, acts, queue, calls) {
  const { t } = state;
  const found = patients(state);
  return html`<div class="patients-side">${queue ?? waiting(state, { on: state.desk === "loading", toggle: acts.desk }, html`<p class=${state.desk === "failed" ? "notice warn" : "quiet small"} role="status">${t(`desk-${state.desk}`)}</p>`)}${calls ?? nothing}<p><a class="trial" href="/essai/">${pictogram("check")} ${t("trial-link")}</a></p><nav class="patients" aria-label=${t("patients")}>
    <h2>${t("patients")}</h2>
    <p>${linkState(state, state.link, clock(state.linkSince, state.language))}</p>
    ${found.length === 0 ? html`<div class="notice">${pictogram("note")}<div><p><strong>${t("patients-none")}</strong></p><p>${t("patients-none-text")}</p></div></div>` : nothing}
    <ul role="list">${repeat(found, (each) => each.patient, (each) => html`<li>${card(state, acts, each)}</li>`)}</ul>
  </nav></div>`;
}

/**
 * Who waits. The switch is there before the visit desk is loaded, and stays the same one afterwards: it keeps the focus.
 * @param {State} state @param {{on: boolean, toggle: () => void}} available @param {unknown} below
 */
export function waiting({ t, screen: { name } }, { on, toggle }, below) {
  return html`<section class="waiting">${name === "list" ? html`<h1 tabindex="-1">${t("queue")}</h1>` : html`<h2>${t("queue")}</h2>`}
    <button type="button" role="switch" class="switch" aria-checked=${String(on)} @click=${toggle}><span class="track" aria-hidden="true"></span><span>${t("available")}</span></button>
    ${below}</section>`;
}

/** @param {State} state @param {Acts} acts @param {ReturnType<typeof patients>[number]} each */
function card(state, acts, each) {
  const { t, language, now } = state;
  const chosen = state.screen.name === "record" && state.screen.patient === each.patient;
  return html`<button type="button" class="patient" aria-current=${chosen ? "true" : nothing} @click=${() => acts.choose(each.patient)}>
    <strong>${name(state, each)}</strong>
    <span class="quiet">${details(state, each).join(" · ")}</span>
    <span class="last">${pictogram(KINDS[each.last.kind].sign)} <span class="number">${figures(each.last, language)}</span>
      <span class="quiet">${each.last.absent ? "" : t(`unit-${each.last.kind}`)} · ${age(each.last.at, now, language)}</span></span>
  </button>`;
}

/** @param {State} state @param {ReturnType<typeof patients>[number]} each */
const name = (state, { person, visit, last }) => nameOf(state, { person, visit, at: last.at });

/** What to call somebody: their name, else when they came. @param {State} state @param {{person: import("./state.js").Person | null, visit: import("./state.js").Visit | null, at: number}} known */
export function nameOf(state, { person, visit, at: known }) {
  const { t, language, now } = state;
  if (person && !person.provisional) return person.name;
  const at = visit?.start ?? known;
  const time = clock(at, language);
  return midnight(at) === midnight(now) ? t("patient-of", { time }) : t("patient-of-day", { time: `${shortDate(at, language)}, ${time}` });
}

/** @param {State} state @param {ReturnType<typeof patients>[number]} each @returns {string[]} */
function details(state, { person, visit }) {
  const { t, now } = state;
  const old = person?.born ? years(person.born, now) : null;
  return [
    ...(old === null ? [] : [t("age-years", { years: old })]),
    visit ? visit.place : t("at-home"),
    ...(person && !person.provisional ? [] : [t("provisional")]),
  ].filter((each) => each !== "");
}

/** @param {State} state @param {Acts} acts @param {unknown} said */
function side(state, acts, said) {
  const { t } = state;
  if (state.screen.name !== "record") {
    return html`<section class="record none"><p class="quiet">${patients(state).length > 0 ? t("choose-patient") : nothing}</p></section>`;
  }
  const { patient } = state.screen;
  const readings = record(state, patient);
  const known = patients(state).find((each) => each.patient === patient);
  return html`<section class="record">
    <button type="button" class="plain back" @click=${() => acts.choose(null)}>${pictogram("back")} ${t("all-patients")}</button>
    <h1 tabindex="-1">${known ? name(state, known) : t("patient-unnamed")}</h1>
    <p class="quiet">${known ? [...details(state, known), ...arrivedAt(state, known)].join(" · ") : nothing}</p>
    <details class="said" .open=${state.said === patient} @toggle=${(/** @type {any} */ { target }) => target.open === (state.said === patient) || acts.said(patient, target.open)}>
      <summary>${t("before-visit")}</summary>${state.said === patient ? (said ?? html`<p class="quiet">${t("opening")}</p>`) : nothing}</details>
    ${readings.length === 0 ? html`<p class="notice">${t("no-readings")}</p>` : body(state, acts, patient)}
  </section>`;
}

/** @param {State} state @param {ReturnType<typeof patients>[number]} each @returns {string[]} */
function arrivedAt(state, { visit }) {
  return visit?.start ? [state.t("came", { when: moment(visit.start, state.now, state.language) })] : [];
}

/** @param {State} state @param {Acts} acts @param {string} patient */
function body(state, acts, patient) {
  const { t } = state;
  const readings = record(state, patient);
  const kind = openKind(state);
  return html`
    <h2>${t("last-readings")}</h2>
    <ul role="list" class="tiles">${repeat(newest(readings), (each) => each.kind, (each) => html`<li>${tile(each, {
      pressed: each.kind === kind,
      device: (each.device && state.devices[each.device]) || "",
      press: () => acts.dispatch({ type: "open", kind: each.kind }),
    }, state)}</li>`)}</ul>
    <p class="small quiet">${t("as-sent")}</p>
    ${kind === null ? nothing : html`
      <div class="over"><h2>${t("trend", { what: t(`kind-${kind}`) })}</h2>${ranges(state, openRange(state, kind), (range) => acts.dispatch({ type: "range", range }))}</div>
      ${trend(readings, { kind, range: openRange(state, kind), complete: state.histories[patient] !== false }, state)}`}`;
}

/** @param {{t: import("../shared/writing.js").Words}} speech @param {Range} chosen @param {(range: Range) => void} choose */
export function ranges({ t }, chosen, choose) {
  const all = /** @type {Range[]} */ (Object.keys(RANGES).map(Number));
  return html`<div class="buttons tight" role="group" aria-label=${t("range")}>${all.map((range) => html`<button type="button" aria-pressed=${String(range === chosen)} @click=${() => choose(range)}>${t(RANGES[range])}</button>`)}</div>`;
}
