/** The trial of a workplace, drawn from its state. */

import { frame } from "../shared/frame.js";
import { pictogram } from "../shared/pictograms.js";
import { html, nothing } from "../shared/vendor/lit-html/lit-html.js";
import { tried, verdict } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Part} Part */
/** @typedef {import("./state.js").Finding} Finding */
/** @typedef {{begin: () => void, play: () => void, heard: (yes: boolean) => void, switchLanguage: () => void}} Acts */
/** What is no state: the elements that show camera and level. @typedef {{video: HTMLVideoElement, meter: HTMLMeterElement}} Shown */

const SIGNS = /** @type {const} */ ({ browser: "home", camera: "eye", micro: "speech", speaker: "ear", socket: "link" });

/** @param {State} state @param {Acts} acts @param {Shown} shown */
export function view(state, acts, shown) {
  const { t, begun, running } = state;
  return frame(state, { switchLanguage: acts.switchLanguage, signOut: null }, {
    screen: "trial",
    status: begun && !running ? t(`verdict-${verdict(state)}`) : "",
    main: html`
      <h1 tabindex="-1">${t("trial-title")}</h1>
      <p class="lead">${t("trial-lead")}</p>
      <div class="buttons"><button type="button" class="main" aria-disabled=${running ? "true" : nothing} @click=${() => running || acts.begin()}>${t(running ? "trial-running" : begun ? "trial-again" : "trial-begin")}</button>
        <a class="button" href=${state.booth ? "/appareils" : "/medecin/"}>${pictogram("back")} ${t(state.booth ? "trial-devices" : "trial-back")}</a></div>
      ${begun && !running ? html`<p class=${`notice ${verdict(state) === "bad" ? "warn" : ""}`}>${pictogram(verdict(state) === "bad" ? "note" : "check")}<span>${t(`verdict-${verdict(state)}`)}</span></p>` : nothing}
      <ul role="list" class="parts">
        ${tried(state).map((part) => html`<li>${row(state, t(`part-${part}`), SIGNS[part], state.parts[part], more(state, part, acts, shown))}</li>`)}
        <li>${row(state, t("part-relays"), "milestone", state.passes, relays(state))}</li>
      </ul>`,
  });
}

/** @param {State} state @param {string} name @param {import("../shared/pictograms.js").SignName} sign @param {Finding} finding @param {unknown} below */
function row({ t }, name, sign, finding, below) {
  return html`<section class="part" data-how=${finding.how}>
    <h2>${pictogram(sign)} ${name}</h2>
    ${how({ t }, finding)}
    ${"why" in finding ? html`<p>${t(/** @type {any} */ (`why-${finding.why}`))}</p>${finding.said ? html`<p class="small quiet">${t("for-service", { said: finding.said })}</p>` : nothing}` : nothing}
    ${below}
  </section>`;
}

/** In words beside the colour. @param {Pick<State, "t">} speech @param {Finding} finding */
function how({ t }, { how: which }) {
  const look = which === "works" ? "good" : which === "fails" ? "warn" : "";
  const sign = which === "works" ? pictogram("check") : which === "fails" ? pictogram("note") : nothing;
  return html`<p class=${`state ${look}`}>${sign} ${t(`how-${which}`)}</p>`;
}

/** @param {State} state @param {Part} part @param {Acts} acts @param {Shown} shown */
function more({ t, parts, running }, part, acts, { video, meter }) {
  const { how: which } = parts[part];
  if (part === "camera") return html`<div class="mirror" ?hidden=${!running || (which !== "trying" && which !== "works")}>${video}</div>`;
  if (part === "micro") return html`<label class="level" ?hidden=${which !== "trying"}><span>${t("speak-now")}</span>${meter}</label>`;
  if (part !== "speaker" || which !== "asking") return nothing;
  return html`<p id="heard"><strong>${t("heard")}</strong></p>
    <div class="buttons tight" role="group" aria-labelledby="heard">
      <button type="button" class="main" @click=${() => acts.heard(true)}>${t("heard-yes")}</button>
      <button type="button" @click=${() => acts.heard(false)}>${t("heard-no")}</button>
      <button type="button" class="plain" @click=${acts.play}>${pictogram("again")} ${t("heard-again")}</button>
    </div>`;
}

/** Each way by itself. @param {State} state */
function relays(state) {
  const { t, relays: ways, passes } = state;
  if (ways === null) return nothing;
  if (ways.length === 0) return passes.how === "works" ? html`<p class="quiet">${t("relays-none")}</p>` : nothing;
  return html`<ul role="list" class="ways">${ways.map(({ url, way, finding }) => html`<li><h3>${t(`way-${way}`)}</h3>
    ${how(state, finding)}
    ${"why" in finding ? html`<p>${t(/** @type {any} */ (`why-${finding.why}-${way}`))}</p><p class="small quiet">${t("for-service", { said: [url, finding.said].filter(Boolean).join(" · ") })}</p>` : nothing}</li>`)}</ul>`;
}
