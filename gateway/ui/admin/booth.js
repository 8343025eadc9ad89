/** One booth's page, drawn from the state: its health in a sentence, what it consists of, and what may be done to it. */

import { pictogram } from "../shared/pictograms.js";
import { html, nothing } from "../shared/vendor/lit-html/lit-html.js";
import { age, moment, plural } from "../shared/writing.js";
import { shape } from "./map.js";
import { fresh } from "./state.js";
import { deed, faultName, partName, reason, supplyName } from "./views.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Booth} Booth */
/** @typedef {import("./state.js").Act} Act */
/** @typedef {import("./views.js").Acts} Acts */

/** @param {State} state @param {Booth | null} booth null: there is none of that name @param {Acts} acts */
export function page(state, booth, acts) {
  const { t } = state;
  const back = html`<a class="button plain back" href="#">${pictogram("back")} ${t("back-to-fleet")}</a>`;
  if (booth === null) return html`${back}<h1 tabindex="-1">${t("booth-unknown")}</h1><p>${t("booth-unknown-text")}</p>`;
  return html`
    ${back}
    <div><h1 tabindex="-1">${booth.place}</h1><p class="small quiet">${t("booth-name", { name: booth.name })}</p></div>
    <p class="health">${shape(booth.condition)} <span>${health(state, booth)}</span></p>
    ${booth.order.revoked ? html`<p class="notice warn">${pictogram("shield-off")} <span>${t("is-revoked")}</span></p>` : nothing}
    <div class="sheets">
      ${selftest(state, booth)}
      ${devices(state, booth)}
      ${machine(state, booth)}
      ${doing(state, booth, acts)}
    </div>
    ${past(state, booth, acts)}`;
}

/** How the booth is, in a sentence. @param {State} state @param {Booth} booth */
function health(state, booth) {
  const { t, language, now } = state;
  if (booth.condition === "offline") return t("health-offline", { moment: moment(booth.heard, now, language) });
  const why = booth.reasons.map((name) => reason(state, name, booth)).join(". ");
  const sentence = booth.condition === "running" ? t("health-running") : t(`health-${booth.condition}-sentence`, { why });
  return booth.busy ? `${sentence} ${t("health-busy")}` : sentence;
}

/** @param {State} state @param {Booth} booth */
function selftest({ t }, booth) {
  return html`<section class="sheet" aria-labelledby="selftest"><h2 id="selftest">${t("selftest")}</h2>
    ${booth.parts.length === 0 ? html`<p class="quiet">${t("selftest-none")}</p>` : html`<ul role="list" class="rows">${booth.parts.map(({ what, health: how }) => html`<li><span>${partName(t, what)}</span> <span class="how">${mark(how)} ${t(`health-${how}`)}</span></li>`)}</ul>`}
  </section>`;
}

/** @param {import("./state.js").Health} how */
const mark = (how) => shape(how === "good" ? "running" : how === "unknown" ? "offline" : how);

/** @param {State} state @param {Booth} booth */
function devices({ t, language, now }, booth) {
  return html`<section class="sheet" aria-labelledby="devices"><h2 id="devices">${t("devices")}</h2>
    ${booth.devices.length === 0
      ? html`<p class="quiet">${t("devices-none")}</p>`
      : html`<ul role="list" class="rows">${booth.devices.map((each) => html`<li>
          <span><strong>${each.name}</strong><br><span class="small quiet">${each.read === null ? t("device-never") : t("device-read", { age: age(each.read, now, language) })}</span></span>
          <span class="stands"><span class="how">${each.faults.length > 0 ? html`${shape("attention")} <span>${each.faults.map((fault) => faultName(t, fault)).join(", ")}</span>` : html`${shape("running")} <span>${t("device-good")}</span>`}</span>${battery(t, each.battery)}</span></li>`)}</ul>`}
  </section>`;
}

/** @param {State["t"]} t @param {number | null} percent */
const battery = (t, percent) => (percent === null ? nothing : html`<br><span class="small quiet">${t("battery", { percent })}</span>`);

const LOW = new Set(["media-low", "marker-supply-low", "toner-low", "marker-waste-almost-full", "opc-near-eol"]);
const MB_PER_GB = 1024;

/** @param {State} state @param {Booth} booth */
function machine({ t, language, now }, booth) {
  const when = (/** @type {number | null} */ at) => (at === null ? t("unknown") : moment(at, now, language));
  const low = booth.low.map((each) => (LOW.has(each) ? t(/** @type {import("./state.js").Own} */ (`low-${each}`)) : each));
  const short = [...low, ...booth.short.map((each) => supplyName(t, each))];
  const ended = booth.certificateEnds !== null && booth.certificateEnds < now;
  /** @type {readonly (readonly [string, unknown])[]} */
  const rows = [
    [t("readings-waiting"), booth.waiting === 0 ? t("waiting-none") : t(`waiting-${plural(booth.waiting, language)}`, { count: booth.waiting })],
    [t("certificate"), booth.certificateEnds === null ? t("unknown") : t(ended ? "certificate-ended" : "certificate-until", { moment: moment(booth.certificateEnds, now, language) })],
    [t("consumables"), short.length === 0 ? t("consumables-good") : short.join(", ")],
    [t("disinfected"), booth.disinfected === null ? t("never") : when(booth.disinfected)],
    [t("disk"), booth.disk === null ? t("unknown") : t("disk-free", { gigabytes: Math.floor(booth.disk / MB_PER_GB) })],
    [t("clock"), booth.clock === null ? t("unknown") : Math.abs(booth.clock) < 2 ? t("clock-right") : t(booth.clock > 0 ? "clock-ahead" : "clock-behind", { seconds: Math.abs(booth.clock) })],
    [t("version"), `${booth.version} · Python ${booth.python}`],
    [t("started"), when(booth.started)],
    [t("last-word"), age(booth.heard, now, language)],
  ];
  return html`<section class="sheet" aria-labelledby="machine"><h2 id="machine">${t("machine")}</h2>
    <dl class="rows">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></section>`;
}

/** @param {State} state @param {Booth} booth @param {Acts} acts */
function doing(state, booth, acts) {
  const { t } = state;
  /** @type {readonly Act[]} */
  const possible = [booth.order.closed ? "open" : "close", ...(booth.order.revoked ? [] : [/** @type {Act} */ ("revoke")])];
  return html`<section class="sheet acts" aria-labelledby="acts"><h2 id="acts" tabindex="-1">${t("acts")}</h2>
    <p class="small complaint" ?hidden=${!(state.said && "word" in state.said && state.said.word === "act-failed")}>${t("said-act-failed")}</p>
    ${possible.map((act) => html`<div class="act" data-act=${act}>
      <p id=${`effect-${act}`}>${t(`effect-${act}`)}</p>
      ${state.acting?.act === act ? asking(state, act, acts) : html`<div><button type="button" aria-describedby=${`effect-${act}`} @click=${() => acts.ask(act)}>${t(`act-${act}`)}…</button></div>`}
    </div>`)}
    <div class="act"><p id="effect-enrol">${t("effect-enrol")}</p><div><a class="button" aria-describedby="effect-enrol" href=${`#enrolment/${booth.name}`}>${t("act-enrol")}…</a></div></div>
  </section>`;
}

/** @param {State} state @param {Act} act @param {Acts} acts */
function asking(state, act, acts) {
  const { t } = state;
  const sending = state.acting?.step === "sending";
  return html`<div class="sure" role="group" aria-labelledby="sure">
    <p id="sure" tabindex="-1"><strong>${fresh(state) ? t(`sure-${act}`) : t("who-are-you")}</strong></p>
    <div class="buttons tight">
      ${fresh(state)
        ? html`<button type="button" class="main" aria-disabled=${sending ? "true" : nothing} @click=${() => sending || acts.act(act)}>${t(`act-${act}`)}</button>`
        : html`<button type="button" class="main" @click=${() => acts.signInAgain()}>${t("sign-in-again")}</button>`}
      <button type="button" @click=${() => acts.ask(null)}>${t("not-now")}</button>
    </div>
  </div>`;
}

/** @param {State} state @param {Booth} booth @param {Acts} acts */
function past(state, booth, acts) {
  const { t, language, now } = state;
  if (state.past?.booth !== booth.name || state.past.past.length === 0) return nothing;
  return html`<section class="past" aria-labelledby="past"><h2 id="past">${t("past")}</h2>
    <ol role="list">${state.past.past.slice(0, state.shown).map((each) => html`<li><span class="small quiet">${moment(each.at, now, language, true)}</span>
      ${"what" in each
        ? html`<span class="how">${pictogram("person")} <span>${deed(state, each)}</span></span>`
        : html`<span class="how">${shape(each.condition)} <span>${each.reasons.length > 0 ? t("colon", { of: t(`condition-${each.condition}`), what: each.reasons.map((name) => reason(state, name, null)).join(", ") }) : t(`condition-${each.condition}`)}</span></span>`}</li>`)}</ol>
    ${state.shown < state.past.past.length || state.past.last !== null ? html`<p><button type="button" @click=${() => acts.olderPast()}>${t("older")}</button></p>` : nothing}</section>`;
}
