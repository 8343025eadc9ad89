/** The front page: three stones on one road. */

import { arch, frame } from "../shared/frame.js";
import { html, nothing } from "../shared/vendor/lit-html/lit-html.js";

/** @typedef {import("./state.js").State} State */

/** @param {State} state @param {{switchLanguage: () => void}} acts */
export function view(state, acts) {
  const { t, kiosk } = state;
  return frame(state, { switchLanguage: acts.switchLanguage, signOut: null }, {
    screen: "doors",
    status: "",
    main: html`
      <h1 tabindex="-1">${t("doors-title")}</h1>
      <p class="lead">${t("doors-lead")}</p>
      <ul role="list" class="doors">
        <li class=${kiosk ? "door" : "door place"}>${arch("hand")}
          <div><h2>${kiosk ? html`<a href=${kiosk}>${t("door-booth-open")}</a>` : t("door-booth")}</h2><p>${kiosk ? t("door-booth-open-text") : t("door-booth-text")}</p></div></li>
        <li class="door">${arch("notebook")}<div><h2><a href="/carnet/">${t("door-citizen")}</a></h2><p>${t("door-citizen-text")}</p></div></li>
        <li class="door">${arch("doctor")}<div><h2><a href="/medecin/">${t("door-physician")}</a></h2><p>${t("door-physician-text")}</p></div></li>
      </ul>
      ${state.demo ? html`<p class="quiet">${t("demo-note")}${state.tray ? html` <a href=${state.tray}>${t("demo-tray")}</a>` : nothing}</p>` : nothing}
      <section class="programs">
        <h2>${t("doors-operator")}</h2>
        <p>${t("doors-operator-text")} <a href="/admin/">${t("doors-operator-link")}</a></p>
      </section>
      <section class="programs">
        <h2>${t("doors-programs")}</h2>
        <p>${t("doors-programs-text")} <a href="/fhir/R4/metadata">${t("doors-programs-link")}</a></p>
      </section>`,
  });
}
