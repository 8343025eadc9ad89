/** What is asked or shown over the page. Escape closes it, and never hangs up. */

import { pictogram } from "../../shared/pictograms.js";
import { html, nothing } from "../../shared/vendor/lit-html/lit-html.js";
import { repeat } from "../../shared/vendor/lit-html/directives/repeat.js";
import { date } from "../../shared/writing.js";
import { company } from "./company_view.js";
import { modal } from "./modal.js";
import { list } from "./queue_view.js";
import { sign } from "./signs.js";
import { boothName } from "./stage_view.js";

/** @typedef {import("./stage_view.js").In} In */
/** @typedef {import("./words.js").Word} Word */

/** @param {In} scene */
export function dialog(scene) {
  const { panel } = scene.state;
  if (panel === null) return nothing;
  const { acts, w } = scene;
  // Each its own element: what one says when it closes is not taken for the next one's.
  return repeat([panel], (name) => name, () => html`<dialog class="panel" aria-labelledby="panel-title" ${modal()} @close=${() => acts.closed(panel)} @keydown=${(/** @type {KeyboardEvent} */ event) => panel === "commands" && acts.command(event)}>
    <h2 id="panel-title" tabindex="-1">${w(`panel-${panel}`)}</h2>
    ${BODIES[panel](scene)}
  </dialog>`);
}

const close = (/** @type {Event} */ event) => /** @type {Element} */ (event.currentTarget).closest("dialog")?.close();

/** @type {Readonly<Record<import("./state.js").Panel, (scene: In) => unknown>>} */
const BODIES = { security, commands, company: (scene) => html`${company(scene)}${foot(scene.w)}`, "hang-up": hangUp, sign: signing, queue: (scene) => html`${list(scene, false)}${foot(scene.w)}` };

/** @param {In} scene */
function security({ visit, extras, host, w }) {
  const { av, agent } = visit.legs;
  const proved = [av, agent].find(({ phase }) => phase === "confirmed");
  const said = (/** @type {import("./state.js").Leg} */ leg) => w(leg.phase === "confirmed" ? "leg-confirmed" : leg.proved ? "leg-again" : "leg-checking");
  return html`
    ${proved ? html`<p>${w("security-text")}</p>
      ${digits(av, w)}` : html`<p>${w("security-not-yet")}</p>`}
    <h3>${w("roster")}</h3>
    <ul role="list" class="roster">
      <li>${pictogram("doctor")} <span><strong>${extras.own?.name ?? ""}</strong><br><span class="quiet small">${w("roster-you", { until: date(extras.own?.until ?? host.now, host.language) })}</span></span></li>
      <li>${pictogram("milestone")} <span><strong>${proved ? w("booth", { name: boothName(proved.name) }) : w("booth-unknown")}</strong><br><span class="quiet small">${w("say-progress", { what: w("leg-av"), state: said(av) })}. ${w("say-progress", { what: w("leg-agent"), state: said(agent) })}.</span></span></li>
      ${visit.thirds.filter(({ standing }) => standing === "in").map(({ name, part, participant }) => html`<li>${pictogram("people")} <span><strong>${visit.members[participant ?? ""]?.leg.name || name}</strong><br><span class="quiet small">${w(`part-${part}`)}</span></span></li>`)}
    </ul>
    <p class="small quiet">${w("not-recorded")}</p>
    ${foot(w)}`;
}

/** The face-to-face connection's, which the kiosk shows as well; only while it is proved. @param {import("./state.js").Leg} av @param {import("./words.js").Words} w */
const digits = (av, w) => (av.phase === "confirmed" ? html`<dl class="digits"><div><dt>${w("digits")}</dt><dd class="number">${av.digits.match(/../g)?.join(" ")}</dd></div></dl>
  <p class="small quiet">${w("digits-text")}</p>` : nothing);

/** The letters that F2 offers. @type {readonly {letter: string, key: Word, command: import("./views.js").Command}[]} */
export const COMMANDS = [
  { letter: "n", key: "command-note", command: "note" },
  { letter: "r", key: "command-readings", command: "readings" },
  { letter: "t", key: "command-cuff", command: "cuff" },
  { letter: "o", key: "command-oximeter", command: "oximeter" },
  { letter: "d", key: "command-thermometer", command: "thermometer" },
  { letter: "p", key: "command-scale", command: "scale" },
  { letter: "g", key: "command-glucometer", command: "glucometer" },
  { letter: "b", key: "command-analyser", command: "analyser" },
  { letter: "k", key: "command-strap", command: "strap" },
  { letter: "v", key: "command-sensor", command: "sensor" },
  { letter: "a", key: "tool-listen", command: "listen" },
  { letter: "i", key: "tool-camera", command: "lens" },
  { letter: "e", key: "tool-write", command: "write" },
  { letter: "f", key: "tool-files", command: "files" },
  { letter: "m", key: "command-micro", command: "micro" },
  { letter: "c", key: "command-camera", command: "camera" },
  { letter: "s", key: "command-security", command: "security" },
];

/** What a booth may lack. @type {Readonly<Record<string, (offers: NonNullable<import("./state.js").Visit["offers"]>) => boolean>>} */
const NEEDS = {
  ...Object.fromEntries(["cuff", "oximeter", "thermometer", "scale", "glucometer", "analyser", "strap", "sensor"].map((each) => [each, (/** @type {{devices: readonly string[]}} */ { devices }) => devices.includes(each)])),
  listen: ({ exams }) => exams.includes("listen"),
  lens: ({ exams }) => exams.includes("camera"),
};
const NEWER = new Set(["glucometer", "analyser", "strap", "sensor"]);

/** Whether the booth has what a command needs; before it has said what it has, the usual things. @param {import("./state.js").Visit["offers"]} offers @param {string} command */
export const isOffered = (offers, command) => (offers ? (NEEDS[command]?.(offers) ?? true) : !NEWER.has(command));

/** @param {In} scene */
function commands({ visit: { offers }, acts, w }) {
  return html`<p class="small quiet">${w("commands-text")}</p>
    <ul role="list" class="letters">${COMMANDS.filter(({ command }) => isOffered(offers, command)).map(({ letter, key, command }) => html`<li><button type="button" class="plain" @click=${() => acts.run(command)}><kbd>${letter.toUpperCase()}</kbd> ${w(key)}</button></li>`)}</ul>
    ${foot(w)}`;
}

/** @param {In} scene */
function hangUp({ visit, acts, w }) {
  const begun = visit.legs.av.proved;
  return html`<p>${w(begun ? "hang-up-text" : "hang-up-before")}</p>
    <div class="buttons">
      <button type="button" class="main" autofocus @click=${close}>${w("hang-up-no")}</button>
      <button type="button" class="hang-up" @click=${acts.hangUp}>${sign("hang-up")} ${w("hang-up-yes")}</button>
      ${begun ? nothing : html`<button type="button" @click=${acts.handBack}>${pictogram("people")} ${w("hand-back")}</button>`}
    </div>`;
}

/** What leaves, and to whom, before it is signed. @param {In} scene */
function signing({ visit, acts, extras, w }) {
  const { prepared, step, problem } = visit.note;
  const place = visit.note.draft?.place ?? "";
  return html`<h3>${w("leaves")}</h3>
    <ul role="list" class="papers">${(prepared?.papers ?? []).map(({ kind, preview }) => html`<li>${pictogram("papers")} <span><a target="_blank" rel="noopener" href=${preview}>${w(`paper-${kind}`)}</a> <span class="quiet small">${w("look-at")}</span></span></li>`)}</ul>
    <h3>${w("goes-to")}</h3>
    <ul class="to"><li>${w("to-patient", { place })}</li><li>${w("to-record")}</li></ul>
    <p>${w("signs-as", { name: extras.own?.name ?? "", number: (extras.own?.subject ?? "").replace("rpps:", "") })}</p>
    <p class="small quiet">${w("then-only-addenda")}</p>
    ${problem ? html`<p class="complaint" role="alert">${w(problem === "offline" || problem === "unavailable" ? "sign-later" : "sign-refused")}</p>` : nothing}
    <div class="buttons">
      <button type="button" class="main" aria-disabled=${step === "signing" ? "true" : nothing} @click=${() => step === "ready" && acts.sign()}>${pictogram("pencil")} ${w(step === "signing" ? "signing" : "sign-and-send")}</button>
      <button type="button" @click=${close}>${w("back-to-note")}</button>
    </div>`;
}

/** @param {import("./words.js").Words} w */
const foot = (w) => html`<div class="buttons"><button type="button" class="main" @click=${close}>${w("close")}</button></div>`;
