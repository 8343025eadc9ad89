/** One paper, one sentence: is it authentic? */

import { arch, frame } from "../shared/frame.js";
import { html, nothing } from "../shared/vendor/lit-html/lit-html.js";
import { clock, date } from "../shared/writing.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {{switchLanguage: () => void, again: () => void, file: (event: Event) => void}} Acts */

/** @param {State} state @param {Acts} acts */
export function view(state, acts) {
  const said = verdict(state);
  return frame(state, { switchLanguage: acts.switchLanguage, signOut: null }, {
    screen: `verifier-${said}`,
    status: state.t(`verdict-${said}`),
    main: html`<section class="doorway appear">
      ${arch(SIGNS[said])}
      <div>
        <h1 tabindex="-1">${state.t(`verdict-${said}`)}</h1>
        <p>${state.t(`verdict-${said}-text`)}</p>
        ${state.paper ? facts(state, state.paper) : nothing}
        ${said === "offline" ? html`<div class="buttons"><button type="button" class="main" @click=${acts.again}>${state.t("check-again")}</button></div>` : nothing}
        ${state.signed ? file(state, acts) : nothing}
      </div>
    </section>
    <section class="lone small quiet"><h2>${state.t("proves")}</h2><p>${state.t("proves-text")}</p><p>${state.t("proves-not")}</p></section>`,
  });
}

/** @typedef {"none" | "checking" | "forged" | "offline" | "signed" | "unsigned" | "false"} Verdict */
/** @type {Readonly<Record<Verdict, Parameters<typeof arch>[0]>>} */
const SIGNS = { none: "papers", checking: "papers", forged: "cut", offline: "cut", signed: "shield", unsigned: "papers", false: "cut" };

/** @param {State} state @returns {Verdict} */
export function verdict({ code, signature }) {
  if (code !== "ours") return code;
  return signature === "asked" ? "checking" : signature;
}

/** @param {State} state @param {import("./checking.js").Paper} paper */
function facts({ t, language, signed }, paper) {
  const at = paper.iat * 1000;
  return html`<dl class="facts">
    <div><dt>${t("paper-kind")}</dt><dd>${t(`paper-${paper.kind}`)}</dd></div>
    <div><dt>${t("paper-by")}</dt><dd>${signed?.name ?? paper.by}<br><span class="quiet">RPPS ${paper.rpps}</span></dd></div>
    <div><dt>${t("paper-at")}</dt><dd>${date(at, language)}, ${clock(at, language)}</dd></div>
  </dl>`;
}

/** @param {State} state @param {Acts} acts */
function file({ t, file: found }, acts) {
  return html`<div class="sheet file">
    <label for="file">${t("file")}</label>
    <span class="hint" id="file-hint">${t("file-hint")}</span>
    <input id="file" type="file" accept="application/pdf" aria-describedby="file-hint" @change=${acts.file}>
    <p role="status">${found ? html`<span class=${found === "same" ? "state good" : "state warn"}>${t(`file-${found}`)}</span>` : nothing}</p>
  </div>`;
}
