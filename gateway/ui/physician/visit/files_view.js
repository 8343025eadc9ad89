/** Documents both ways: what is sent to the booth, and the papers that the patient shows. */

import { pictogram } from "../../shared/pictograms.js";
import { html, nothing } from "../../shared/vendor/lit-html/lit-html.js";
import { isAnswered } from "./exam_state.js";
import { gallery, off, progress, picture, stop } from "./exam_view.js";
import { sign } from "./signs.js";

/** @typedef {import("./exam_view.js").At} At */
/** @typedef {import("./exam_state.js").Sent} Sent */
/** @typedef {import("./words.js").Word} Word */

const PERCENT = 100;

/** @param {At} at */
export function files(at) {
  const { visit, exam: deeds, w } = at;
  const stills = visit.exam.stills.filter(({ of }) => of === "paper");
  const choose = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    for (const file of input.files ?? []) void deeds.files.send(file);
    input.value = "";
  };
  return html`<div class="field"><label class="button choose">${pictogram("papers")} ${w("file-send")}
      <input id="file" type="file" multiple accept=".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png" aria-describedby="file-hint" @change=${choose}></label>
      <p id="file-hint" class="small quiet">${w("file-hint")}</p></div>
    ${visit.exam.sent.length > 0 ? html`<ul role="list" class="files" aria-label=${w("file-list")}>${visit.exam.sent.map((each) => sent(at, each))}</ul>` : nothing}
    ${visit.offers?.paper === false ? nothing : html`<div class="buttons tight"><button type="button" aria-disabled=${off(at, "paper")} @click=${() => off(at, "paper") === nothing && deeds.files.paper()}>${sign("lens")} ${w("paper-ask")}</button>${stop(at, "paper")}</div>
    ${progress(at, "paper")}`}
    ${picture(at, stills)}
    ${gallery(at, stills)}`;
}

/** @param {At} at @param {Sent} file */
function sent(at, file) {
  const { visit, exam: deeds, w } = at;
  const { id, name, size, octets, flaw, shown, printed } = file;
  const there = octets === size && !flaw, cut = visit.legs.agent.phase !== "confirmed";
  const busy = (/** @type {Sent["shown"]} */ asked) => (cut || (asked && !isAnswered(asked)) ? "true" : nothing);
  const ask = (/** @type {"show" | "print-file"} */ what, /** @type {Sent["shown"]} */ asked) => () => busy(asked) === nothing && deeds.files.ask(what, id);
  return html`<li>
    <p class="name">${pictogram("papers")} ${name}</p>
    ${there || flaw ? nothing : html`<progress max=${size} value=${octets} aria-label=${w("file-progress", { name })}></progress>`}
    <p class="small progress" role="status" data-state=${flaw ? "failed" : there ? "done" : cut ? "cut" : nothing}>${flaw ? why(at, flaw) : there ? w("file-there") : w(cut ? "file-cut" : "file-going", { percent: Math.floor((octets * PERCENT) / size) })}</p>
    ${there ? html`<div class="buttons tight">
      <button type="button" aria-disabled=${busy(shown)} @click=${ask("show", shown)}>${pictogram("eye")} ${w("file-show")}</button>
      ${visit.offers?.printer === false ? nothing : html`<button type="button" aria-disabled=${busy(printed)} @click=${ask("print-file", printed)}>${sign("printer")} ${w("file-print")}</button>`}
    </div>
    ${shown ? html`<p class="small progress" data-state=${shown.state}>${told(at, "show", shown)}</p>` : nothing}
    ${printed ? html`<p class="small progress" data-state=${printed.state}>${told(at, "print", printed)}</p>` : nothing}` : nothing}
  </li>`;
}

/** How far a document is on the booth's screen, or on paper. @param {At} at @param {"show" | "print"} what @param {NonNullable<Sent["shown"]>} asked */
function told(at, what, { state, why: flaw, sheets, of, reply }) {
  const { w } = at;
  if (state === "failed" && flaw) return why(at, flaw);
  const paper = sheets ? ` ${w("print-done", { sheets, of: of ?? sheets })}` : "";
  if (what === "show") return `${w(/** @type {Word} */ (`shown-${state}`))}${paper}`;
  return w(reply === "taken" ? "print-taken" : /** @type {Word} */ (`print-${state}`), { sheets: sheets ?? 0, of: of ?? 0 });
}

const WHYS = new Set(["type", "size", "hash", "unreadable", "pages", "slow", "unconfined", "unknown", "screen", "camera", "not-sent"]);

/** Why something did not work, in words. @param {import("./stage_view.js").In} at @param {string} flaw */
export const why = ({ w }, flaw) => w(WHYS.has(flaw) ? /** @type {Word} */ (`why-${flaw}`) : "print-failed");
