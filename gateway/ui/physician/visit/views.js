/** The visit, drawn from its state: queue, stage and note side by side, or one at a time on a telephone. */

import { arch, frame } from "../../shared/frame.js";
import { pictogram } from "../../shared/pictograms.js";
import { newest, tile, trend } from "../../shared/measures.js";
import { html, nothing } from "../../shared/vendor/lit-html/lit-html.js";
import { rangeOf } from "../state.js";
import { ranges } from "../views.js";
import { dialog } from "./dialogs.js";
import { note } from "./note_view.js";
import { list, rail, waitingRoom } from "./queue_view.js";
import { stage } from "./stage_view.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Tab} Tab */
/** @typedef {import("../state.js").State} Host the physician's page around it */
/** @typedef {import("./words.js").Words} Words */
/** @typedef {"note" | "readings" | import("./vitals.js").HealthObject | "listen" | "lens" | "write" | "files" | "micro" | "camera" | "security"} Command */
/**
 * What is no state: streams of the browser, and a curve that is painted and not drawn.
 * @typedef {{remote: MediaStream | null, local: MediaStream | null, own: import("./key.js").Own | null, exam: ((scene: import("./stage_view.js").In) => unknown) | null, wave: {name: string, unit: string, paused: boolean}, pictures: ReadonlyMap<string, MediaStream> | undefined, before: (patient: string, host: Host) => unknown}} Extras
 */
/**
 * @typedef {object} Acts
 * @property {(on: boolean) => void} available
 * @property {(call: string) => void} take
 * @property {() => void} here continue in this window
 * @property {() => void} leave back to the queue
 * @property {() => void} hangUp
 * @property {() => void} company open the panel of who joins
 * @property {(part: import("./state.js").Part) => void} link
 * @property {(address: string) => void} copy
 * @property {(participant: string) => void} askColleague
 * @property {(invitation: string) => void} admit
 * @property {(invitation: string) => void} remove
 * @property {(third: import("./state.js").Third) => void} renew another link in the place of one that expired
 * @property {(call: string) => void} write open a report that is owed
 * @property {(third: import("./state.js").Third, same: boolean) => void} compared
 * @property {(call: string, join: boolean) => void} invited
 * @property {() => void} handBack
 * @property {() => void} devices ask the browser again for camera and microphone
 * @property {() => void} micro
 * @property {() => void} camera
 * @property {() => void} alone sound alone, or no more
 * @property {() => void} callBack put the patient on the list of those to call back
 * @property {() => void} sound
 * @property {(panel: import("./state.js").Panel | null) => void} panel
 * @property {(panel: import("./state.js").Panel) => void} closed
 * @property {(tab: Tab) => void} tab
 * @property {(kind: import("../../shared/reading.js").Kind) => void} open
 * @property {(range: import("../../shared/measures.js").Range) => void} range
 * @property {(object: import("./vitals.js").HealthObject) => void} ask
 * @property {() => import("./exam_deeds.js").ExamDeeds | null} exam what there is to examine with
 * @property {(event: KeyboardEvent) => void} command
 * @property {(command: Command) => void} run
 * @property {(event: import("./note.js").NoteEvent) => void} note
 * @property {() => void} addMedicine
 * @property {() => void} readNote
 * @property {() => void} check
 * @property {() => void} sign
 * @property {() => void} print
 * @property {() => void} switchLanguage
 */
/** @typedef {{state: State, host: Host, acts: Acts, w: Words, extras: Extras}} Scene */

/** What stands above the list of patients. @param {Scene} scene */
export const queue = (scene) => waitingRoom(scene);

/** The whole page while there is a visit, or while another window has it; null: the page is the patients'. @param {Scene} scene */
export function view(scene) {
  const { state, host, acts, w } = scene;
  const elsewhere = state.line === "elsewhere";
  if (!elsewhere && !state.visit) return null;
  return frame(host, { switchLanguage: acts.switchLanguage, signOut: null }, {
    screen: "visit",
    status: state.said,
    main: elsewhere || !state.visit ? away(scene) : visit({ ...scene, visit: state.visit }),
    aside: host.session.name ? html`<span class="who">${host.session.name}</span>` : nothing,
  });

  /** @param {Scene} there */
  function away(there) {
    return html`<section class="doorway appear">${arch("doctor")}
      <div><h1 tabindex="-1">${w("elsewhere")}</h1><p>${w("elsewhere-text")}</p>
        <div class="buttons"><button type="button" class="main" @click=${there.acts.here}>${w("continue-here")}</button></div></div></section>`;
  }
}

/** @type {readonly {tab: Tab, sign: import("../../shared/pictograms.js").SignName}[]} */
const TABS = [
  { tab: "queue", sign: "people" },
  { tab: "visit", sign: "doctor" },
  { tab: "readings", sign: "pulse" },
  { tab: "note", sign: "pencil" },
];

/** @param {import("./stage_view.js").In} scene */
function visit(scene) {
  const { state, host, acts, w } = scene;
  const side = state.tab === "readings" ? "readings" : "note";
  const done = scene.visit.stage === "over" && scene.visit.note.signed === null;
  return html`<div class="visit" data-tab=${state.tab}>
    <aside class="queue" aria-label=${host.t("queue")}>
      ${rail(scene)}
      <div class="full"><h2>${host.t("queue")}</h2>${list(scene, false)}
        ${scene.visit.stage === "talk" ? html`<button type="button" class="plain tight aside-commands" aria-keyshortcuts="F2" aria-haspopup="dialog" @click=${() => acts.panel("commands")}><kbd>F2</kbd> ${w("commands")}</button>` : nothing}</div>
    </aside>
    ${stage(scene)}
    <section class="side" ?hidden=${done} aria-label=${w(side === "note" ? "tab-note" : "tab-readings")}>
      <div class="buttons tight sides" role="group" aria-label=${w("beside")}>
        ${/** @type {const} */ (["note", "readings"]).map((tab) => html`<button type="button" aria-pressed=${String(side === tab)} @click=${() => acts.tab(tab)}>${pictogram(tab === "note" ? "pencil" : "pulse")} ${w(`tab-${tab}`)}</button>`)}
      </div>
      ${scene.visit.patient === "" ? nothing : html`<details class="said" open><summary>${host.t("before-visit")}</summary>${scene.extras.before(scene.visit.patient, host) ?? html`<p class="quiet">${host.t("opening")}</p>`}</details>`}
      <div class="side-note" ?hidden=${side !== "note"}>${note(scene)}</div>
      <div class="side-readings" ?hidden=${side !== "readings"}>${record(scene)}</div>
    </section>
    <nav class="tabs" ?hidden=${done} aria-label=${w("tabs")}>${TABS.map(({ tab, sign }) => html`<button type="button" class="tab" aria-current=${state.tab === tab ? "page" : nothing} @click=${() => acts.tab(tab)}>${pictogram(sign)} ${w(`tab-${tab}`)}</button>`)}</nav>
    ${dialog(scene)}
  </div>`;
}

/** Last readings and their trend, as in the patient's record. @param {import("./stage_view.js").In} scene */
function record({ visit: { patient, kind: chosen, range: chosenRange }, host, acts }) {
  const { t } = host;
  const readings = host.readings.filter((each) => each.patient === patient && patient !== "");
  if (readings.length === 0) return html`<p class="notice">${t("no-readings")}</p>`;
  const kind = readings.some((each) => each.kind === chosen) ? chosen : (newest(readings)[0]?.kind ?? null);
  const oldest = readings.findLast((each) => each.kind === kind);
  const range = chosenRange ?? rangeOf(host.now - (oldest?.at ?? host.now));
  return html`<h2>${t("last-readings")}</h2>
    <ul role="list" class="tiles">${newest(readings).map((each) => html`<li>${tile(each, { pressed: each.kind === kind, device: (each.device && host.devices[each.device]) || "", press: () => acts.open(each.kind) }, host)}</li>`)}</ul>
    <p class="small quiet">${t("as-sent")}</p>
    ${kind === null ? nothing : html`<h2>${t("trend", { what: t(`kind-${kind}`) })}</h2>${ranges(host, range, acts.range)}
      ${trend(readings, { kind, range, complete: host.histories[patient] !== false }, host)}`}`;
}
