/** The fleet, drawn from its state: what is to be seen to, where the booths stand, and how each is. */

import { failed, frame, linkState, opening, signIn } from "../shared/frame.js";
import { pictogram } from "../shared/pictograms.js";
import { repeat } from "../shared/vendor/lit-html/directives/repeat.js";
import { html, nothing } from "../shared/vendor/lit-html/lit-html.js";
import { age, clock, moment, plural } from "../shared/writing.js";
import { map, shape } from "./map.js";
import { CONDITIONS, counts, keyOf, open, sorted } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Booth} Booth */
/** @typedef {import("./state.js").Alert} Alert */
/** @typedef {import("./state.js").Act} Act */
/** @typedef {import("./state.js").Own} Own */
/** @typedef {{again: () => void, switchLanguage: () => void, signOut: () => void, ask: (act: Act | null) => void, act: (act: Act) => void, signInAgain: () => void, enrol: (booth: string) => void, check: (whole: boolean) => void, older: () => void, olderPast: () => void, booth: typeof import("./booth.js").page | null, office: typeof import("./office.js") | null, take: (alert: Alert) => void, giveBack: (alert: Alert) => void}} Acts */

const OUTSIDE = new Set(["opening", "sign-in", "failed"]);

/** @param {State} state @param {Acts} acts */
export function view(state, acts) {
  const inside = !OUTSIDE.has(state.screen.name);
  return frame(state, { switchLanguage: acts.switchLanguage, signOut: inside ? acts.signOut : null }, {
    screen: state.screen.name,
    status: said(state),
    aside: inside ? linkState(state, state.link, clock(state.linkSince, state.language)) : nothing,
    main: html`<div class="page">${screen(state, acts)}</div>`,
  });
}

/** The one polite line. @param {State} state */
function said({ t, said: what }) {
  if (what === null) return "";
  return "word" in what ? t(`said-${what.word}`) : t("colon", { of: what.booth, what: t(`condition-${what.condition}`) });
}

/** @param {State} state @param {Acts} acts */
function screen(state, acts) {
  switch (state.screen.name) {
    case "opening":
      return opening(state);
    case "sign-in":
      return signIn(state, "operator", state.session);
    case "failed":
      return failed(state, state.screen.cause, acts.again);
    case "fleet":
      return fleet(state, acts);
    case "booth":
      return acts.booth ? acts.booth(state, open(state), acts) : opening(state);
    case "enrolment":
      return acts.office ? acts.office.enrolment(state, state.screen.booth, acts) : opening(state);
    case "audit":
      return acts.office ? acts.office.audit(state, acts) : opening(state);
    case "statistics":
      return acts.office ? acts.office.statistics(state) : opening(state);
  }
}

/** @param {State} state @param {Acts} acts */
function fleet(state, acts) {
  const { t, booths } = state;
  return html`
    <div class="top"><h1 tabindex="-1">${t("fleet-title")}</h1>
      <nav class="buttons tight" aria-label=${t("more")}><a class="button" href="#enrolment">${t("enrolment-title")}</a> <a class="button plain" href="#audit">${t("audit-title")}</a> <a class="button plain" href="#statistics">${t("statistics-title")}</a></nav></div>
    ${booths.length === 0
      ? html`<div class="notice">${pictogram("milestone")}<div><p><strong>${t("fleet-none")}</strong></p><p>${t("fleet-none-text")}</p></div></div>`
      : html`${tally(state)}
        <div class="two">${alerts(state, acts)}${map(state)}</div>
        <section class="whole" aria-labelledby="booths"><h2 id="booths">${t("booths")}</h2>${table(state)}</section>`}`;
}

/** @param {State} state */
function tally(state) {
  const number = counts(state);
  return html`<ul role="list" class="tally">${CONDITIONS.map((each) => html`<li class=${number[each] > 0 ? each : "none"}>${shape(each)} <span><strong class="number">${number[each]}</strong> ${state.t(`condition-${each}-${plural(number[each], state.language)}`)}</span></li>`)}</ul>`;
}

/** @param {State} state @param {Acts} acts */
function alerts(state, acts) {
  const { t } = state;
  const now = state.alerts.filter(({ ended }) => ended === null).sort((one, other) => CONDITIONS.indexOf(weight(state, one)) - CONDITIONS.indexOf(weight(state, other)));
  const over = state.alerts.filter(({ ended }) => ended !== null);
  return html`<section class="alerts" aria-labelledby="alerts">
    <h2 id="alerts" tabindex="-1">${t("to-do")}${now.length > 0 ? html` <span class="count">${now.length}</span>` : nothing}</h2>
    ${now.length === 0 ? html`<p class="notice">${pictogram("check")} <span>${t("to-do-none")}</span></p>` : html`<ul role="list">${repeat(now, keyOf, (each) => html`<li>${card(state, each, acts)}</li>`)}</ul>`}
    ${over.length === 0
      ? nothing
      : html`<details><summary>${t("to-do-over", { count: over.length })}</summary><ul role="list" class="over-list">${over.map((each) => html`<li>${t("colon", { of: placeOf(state, each), what: what(state, each) })} <span class="quiet">${t("ended", { age: age(each.ended ?? 0, state.now, state.language) })}</span></li>`)}</ul></details>`}
  </section>`;
}

/** @param {State} state @param {Alert} alert @param {Acts} acts */
function card(state, alert, acts) {
  const { t, language, now } = state;
  const busy = state.busy === keyOf(alert);
  const place = placeOf(state, alert);
  const word = alert.mine ? "give-back" : alert.owner ? "take-over" : "take";
  return html`<article class="alert" data-alert=${keyOf(alert)}>
    ${shape(weight(state, alert))}
    <div class="what">
      <h3>${what(state, alert)}</h3>
      <p><a href=${`#booth/${alert.booth}`}>${place}</a></p>
      <p class="small quiet">${t("since", { moment: moment(alert.since, now, language), age: age(alert.since, now, language) })}${alert.times > 1 ? html` · <strong>${t("times", { count: alert.times })}</strong>` : nothing}</p>
    </div>
    <div class="who">
      <p class="small">${alert.mine ? t("mine") : alert.owner ? t("theirs", { name: alert.owner }) : html`<strong>${t("nobodys")}</strong>`}</p>
      <button type="button" class=${alert.owner ? "" : "main"} aria-label=${t("colon", { of: t(word), what: `${what(state, alert)}, ${place}` })} aria-disabled=${busy ? "true" : nothing} @click=${() => busy || (alert.mine ? acts.giveBack(alert) : acts.take(alert))}>${t(word)}</button>
    </div>
  </article>`;
}

/** @param {State} state @param {Alert} alert */
const placeOf = ({ booths }, alert) => booths.find(({ name }) => name === alert.booth)?.place ?? alert.booth;

/** How bad it is by itself, whatever else is wrong with the booth. @param {State} state @param {Alert} alert @returns {import("./state.js").Condition} */
function weight({ booths }, { booth: of, reason: name }) {
  if (name === "silent") return "offline";
  const parts = booths.find((each) => each.name === of)?.parts ?? [];
  return name === "out-of-service" || parts.some((part) => part.what === name && part.health === "broken") ? "broken" : "attention";
}

/** @param {State} state @param {Alert} alert */
const what = (state, alert) => reason(state, alert.reason, state.booths.find(({ name }) => name === alert.booth) ?? null);

const KNOWN = new Set(["silent", "out-of-service", "closed", "help"]);
const PARTS = new Set(["network", "relays", "clock", "disk", "certificate", "camera", "microphone", "loudspeaker", "radio", "printer", "browser"]);
const FAULTS = new Set(["not-seen", "bond-lost", "session-failed", "battery-low", "clock-unset", "clock-off", "calibration-due", "calibration-unknown"]);

/** The name of a row of the self-test; one that a newer booth has is shown as it is. @param {State["t"]} t @param {string} name */
export const partName = (t, name) => (PARTS.has(name) ? t(/** @type {Own} */ (`part-${name}`)) : name);

/** @param {State["t"]} t @param {string} name */
export const faultName = (t, name) => (FAULTS.has(name) ? t(/** @type {Own} */ (`fault-${name}`)) : name);

const SUPPLIES = new Set(["paper", "disinfectant", "wipes", "covers", "strips", "batteries"]);

/** @param {State["t"]} t @param {string} name */
export const supplyName = (t, name) => (SUPPLIES.has(name) ? t(/** @type {Own} */ (`supply-${name}`)) : name);

const DEEDS = new Set(["fleet:close", "fleet:open", "fleet:revoke", "fleet:restore", "fleet:enrol", "fleet:enrolled", "fleet:audit", "help:code", "help:badge", "help:refused", "help:waited", "help:guided", "help:shortened", "help:identity", "help:opened", "help:disinfected", "help:left"]);

/** What somebody did, in a sentence; what a newer server knows is shown as it is. @param {State} state @param {import("./state.js").Done} done @returns {string} */
export function deed({ t }, { what: did, name }) {
  if (!DEEDS.has(did)) return did;
  return t(/** @type {Own} */ (`did-${did.replace(":", "-")}`), { name: name || t("somebody") });
}

/** Why a booth is not simply running, in words. @param {State} state @param {string} name @param {Booth | null} booth @returns {string} */
export function reason({ t }, name, booth) {
  if (KNOWN.has(name)) return t(/** @type {Own} */ (`reason-${name}`));
  if (name.startsWith("supply:")) return supplyName(t, name.slice("supply:".length));
  if (name.startsWith("device:")) {
    const fault = name.slice("device:".length);
    const whose = (booth?.devices ?? []).filter(({ faults }) => faults.includes(fault)).map((each) => each.name);
    return whose.length > 0 ? t("colon", { of: faultName(t, fault), what: whose.join(", ") }) : faultName(t, fault);
  }
  const health = booth?.parts.find(({ what: part }) => part === name)?.health;
  return health === "broken" || health === "attention" ? t("colon", { of: partName(t, name), what: t(`health-${health}`) }) : partName(t, name);
}

/** @param {State} state */
function table(state) {
  const { t, language, now } = state;
  return html`<table class="fleet">
    <thead><tr><th scope="col">${t("column-state")}</th><th scope="col">${t("column-booth")}</th><th scope="col" class="wide">${t("column-waiting")}</th><th scope="col" class="wide">${t("column-heard")}</th></tr></thead>
    <tbody>${repeat(sorted(state.booths), ({ name }) => name, (each) => html`<tr data-booth=${each.name}>
      <td><span class="how">${shape(each.condition)} <span>${t(`condition-${each.condition}`)}</span></span></td>
      <th scope="row"><div class="cell"><a href=${`#booth/${each.name}`}>${each.place}</a>
        ${each.reasons.length > 0 ? html`<span class="small quiet">${each.reasons.map((name) => reason(state, name, each)).join(" · ")}</span>` : each.busy ? html`<span class="small quiet">${t("busy")}</span>` : nothing}
        <span class="small quiet narrow">${t("heard", { age: age(each.heard, now, language) })}${each.waiting > 0 ? ` · ${t(`waiting-${plural(each.waiting, language)}`, { count: each.waiting })}` : nothing}</span></div></th>
      <td class="number wide">${each.waiting}</td>
      <td class="wide"><span class="small">${age(each.heard, now, language)}</span></td></tr>`)}</tbody>
  </table>`;
}
