/** The note: the report's fields as the physician types them, kept as they go, and the signature under them. */

import { pictogram } from "../../shared/pictograms.js";
import { html, nothing } from "../../shared/vendor/lit-html/lit-html.js";
import { about, figures } from "../../shared/measures.js";
import { clock } from "../../shared/writing.js";
import { LINE, gapAt, unsaved } from "./note.js";
import { sign } from "./signs.js";
import { isAnswered } from "./exam_state.js";
import { ofVisit } from "./vitals.js";

/** @typedef {import("./stage_view.js").In} In */
/** @typedef {import("./note.js").Text} Text */
/** @typedef {import("./note.js").Draft} Draft */
/** @typedef {import("./words.js").Word} Word */

const FRAME = /** @type {readonly Text[]} */ (["place", "phone", "remote_because", "limits", "incidents"]);

/** @param {In} scene */
export function note(scene) {
  const { visit, acts, w } = scene;
  const { draft, step, problem } = visit.note;
  if (visit.encounter === "") return html`<p class="notice">${w("note-none")}</p>`;
  if (draft === null) {
    return problem ? html`<div class="notice warn">${pictogram("cut")}<div><p>${w("note-unread")}</p><button type="button" @click=${acts.readNote}>${pictogram("again")} ${w("try-again")}</button></div></div>` : html`<p class="quiet">${w("note-reading")}</p>`;
  }
  if (step === "signed") return signed(scene);
  return html`<form class="note" @submit=${(/** @type {Event} */ event) => (event.preventDefault(), acts.check())}>
    ${area(scene, "reason", 1)}
    ${area(scene, "history", 2)}
    ${area(scene, "examination", 2)}
    ${readings(scene, draft)}
    ${area(scene, "conclusion", 2)}
    ${area(scene, "plan", 2)}
    ${prescription(scene, draft)}
    ${area(scene, "follow_up", 1)}
    ${setting(scene, draft)}
    ${foot(scene)}
  </form>`;
}

/** @param {In} scene @param {Text} field @param {number} rows @param {readonly Word[]} [offers] ready-made words, each a button */
function area(scene, field, rows, offers = []) {
  const { visit, acts, w } = scene;
  const flaw = gapAt(visit.note, field);
  const text = visit.note.draft?.[field] ?? "";
  return html`<div class="field">
    <label for=${`note-${field}`}>${w(`note-${field}`)}</label>
    <textarea id=${`note-${field}`} name=${field} rows=${rows} .value=${text} aria-invalid=${flaw ? "true" : nothing} aria-describedby=${flaw ? `gap-${field}` : nothing}
      @input=${(/** @type {InputEvent} */ event) => acts.note({ type: "text", field, text: typedIn(event) })}></textarea>
    ${complaint(scene, field, flaw)}
    ${offers.length > 0 && text.trim() === "" ? html`<div class="buttons tight offers">${offers.map((offer) => html`<button type="button" class="plain" @click=${() => acts.note({ type: "text", field, text: w(offer) })}>${pictogram("plus")} ${w(offer)}</button>`)}</div>` : nothing}
  </div>`;
}

/** @param {Event} event */
const typedIn = (event) => /** @type {HTMLInputElement} */ (event.target).value;

/** @param {In} scene @param {string} field @param {string | null} flaw */
const complaint = ({ w }, field, flaw) => (flaw ? html`<p class="complaint" id=${`gap-${field}`}>${w(/** @type {Word} */ (`gap-${flaw}`))}</p>` : nothing);

/** The visit's readings, each with its time and source, to be put into the examination. @param {In} scene @param {Draft} draft */
function readings(scene, draft) {
  const { visit, host, acts, w } = scene;
  const found = ofVisit(host.readings, visit.encounter, host.visits);
  if (found.length === 0) return html`<p class="small quiet">${w("note-no-readings")}</p>`;
  const all = found.map(({ id }) => `Observation/${id}`);
  const every = all.every((each) => draft.readings.includes(each));
  return html`<fieldset class="used">
    <legend>${w("note-readings")}</legend>
    ${every ? nothing : html`<button type="button" class="plain tight" @click=${() => acts.note({ type: "readings", readings: all })}>${pictogram("plus")} ${w("note-readings-all")}</button>`}
    ${found.map((each) => {
      const reference = `Observation/${each.id}`;
      const checked = draft.readings.includes(reference);
      return html`<label class="check"><input type="checkbox" .checked=${checked} @change=${() => acts.note({ type: "readings", readings: checked ? draft.readings.filter((one) => one !== reference) : [...draft.readings, reference] })}>
        <span><strong class="number">${host.t(`kind-${each.kind}`)} ${figures(each, host.language)}${each.absent ? "" : `\u00a0${host.t(`unit-${each.kind}`)}`}</strong>
        <span class="quiet">${clock(each.at, host.language)} · ${about(each, (each.device && host.devices[each.device]) || "", host).join(" · ")}</span></span></label>`;
    })}
  </fieldset>`;
}

/** @param {In} scene @param {Draft} draft */
function prescription(scene, draft) {
  const { visit, acts, w } = scene;
  return html`<fieldset class="prescription">
    <legend>${w("note-prescription")}</legend>
    ${draft.prescription.map((line, index) => html`<div class="medicine" role="group" aria-label=${w("medicine", { number: index + 1 })}>
      ${LINE.map((part) => {
        const field = `prescription[${index}].${part}`;
        const flaw = gapAt(visit.note, field);
        const id = `medicine-${index}-${part}`;
        return html`<div class="field"><label for=${id}>${w(`medicine-${part}`)}</label>
          <input id=${id} autocomplete="off" .value=${line[part]} aria-invalid=${flaw ? "true" : nothing} aria-describedby=${flaw ? `gap-${field}` : nothing}
            @input=${(/** @type {InputEvent} */ event) => acts.note({ type: "medicine", index, part, text: typedIn(event) })}>${complaint(scene, field, flaw)}</div>`;
      })}
      <button type="button" class="plain tight drop" @click=${() => acts.note({ type: "drop-medicine", index })}>${w("medicine-drop", { number: index + 1 })}</button>
    </div>`)}
    <button type="button" class="add" @click=${acts.addMedicine}>${pictogram("plus")} ${w("medicine-add")}</button>
    ${draft.prescription.length > 0 && !known(scene) ? identity(scene, draft) : nothing}
    ${visit.note.gaps.filter(({ field }) => field.startsWith("physician.")).map(({ field }) => html`<p class="complaint">${w("gap-physician", { what: field.slice(10) })}</p>`)}
  </fieldset>`;
}

/** @param {In} scene */
const known = ({ visit, host }) => host.people[visit.patient]?.provisional === false;

/** Who the medicines are for, where the record knows nobody. @param {In} scene @param {Draft} draft */
function identity(scene, draft) {
  const { visit, acts, w } = scene;
  const said = draft.identity;
  const text = (/** @type {"family" | "given" | "birth_date"} */ part, type = "text") => {
    const field = `identity.${part}`;
    const flaw = gapAt(visit.note, field);
    return html`<div class="field"><label for=${`identity-${part}`}>${w(`identity-${part}`)}</label>
      <input id=${`identity-${part}`} type=${type} autocomplete="off" .value=${said?.[part] ?? ""} aria-invalid=${flaw ? "true" : nothing} aria-describedby=${flaw ? `gap-${field}` : nothing}
        @input=${(/** @type {InputEvent} */ event) => acts.note({ type: "identity", part, text: typedIn(event) })}>${complaint(scene, field, flaw)}</div>`;
  };
  const flaw = gapAt(visit.note, "identity.gender");
  return html`<fieldset class="identity"><legend>${w("identity")}</legend><p class="hint">${w("identity-hint")}</p>
    ${text("family")}${text("given")}${text("birth_date", "date")}
    <div class="field"><label for="identity-gender">${w("identity-gender")}</label>
      <select id="identity-gender" aria-invalid=${flaw ? "true" : nothing} aria-describedby=${flaw ? "gap-identity.gender" : nothing} @change=${(/** @type {Event} */ event) => acts.note({ type: "identity", part: "gender", text: typedIn(event) })}>
        ${/** @type {const} */ (["unknown", "female", "male", "other"]).map((each) => html`<option value=${each} .selected=${each === (said?.gender ?? "unknown")}>${w(`gender-${each}`)}</option>`)}
      </select>${complaint(scene, "identity.gender", flaw)}</div>
  </fieldset>`;
}

/** @type {Partial<Record<Text, readonly Word[]>>} */
const OFFERS = { remote_because: ["offer-nobody-near", "offer-cannot-travel"], limits: ["offer-no-touch"], incidents: ["offer-no-incident"] };

/** What a report has to say of how the visit took place. @param {In} scene @param {Draft} draft */
function setting(scene, draft) {
  const { visit, acts, w } = scene;
  const flaw = gapAt(visit.note, "present");
  const present = draft.present.join(" ; ");
  return html`<details class="setting">
    <summary>${w("note-setting")}</summary>
    <div class="fields"><div class="field"><label for="note-present">${w("note-present")}</label>
      <input id="note-present" autocomplete="off" .value=${present} aria-invalid=${flaw ? "true" : nothing} aria-describedby=${flaw ? "gap-present" : nothing} @change=${(/** @type {Event} */ event) => acts.note({ type: "present", people: typedIn(event) })}>
      ${complaint(scene, "present", flaw)}
      ${present === "" ? html`<div class="buttons tight offers">${/** @type {const} */ (["offer-alone", "offer-helper", "offer-relative"]).map((offer) => html`<button type="button" class="plain" @click=${() => acts.note({ type: "present", people: w(offer) })}>${pictogram("plus")} ${w(offer)}</button>`)}</div>` : nothing}</div>
    ${FRAME.map((field) => area(scene, field, 1, OFFERS[field]))}</div>
  </details>`;
}

/** @param {In} scene */
function foot(scene) {
  const { visit, state, w } = scene;
  const { step, gaps } = visit.note;
  const busy = step === "checking" || step === "signing";
  const off = state.line === "down" && visit.note.problem === "offline";
  return html`<div class="foot">
    ${gaps.length > 0 ? html`<p class="complaint" role="status">${w(gaps.length === 1 ? "gaps-one" : "gaps-other", { count: gaps.length })}</p>` : nothing}
    ${visit.note.problem === "refused" && gaps.length === 0 ? html`<p class="complaint" role="status">${w("note-refused")}</p>` : nothing}
    <p class="kept small">${kept(scene)}</p>
    <button type="submit" class="main" aria-disabled=${busy || off ? "true" : nothing}>${pictogram("pencil")} ${w(busy ? "checking-note" : "sign")}</button>
    ${off ? html`<p class="small">${w("sign-off")}</p>` : nothing}
  </div>`;
}

/** @param {In} scene */
function kept({ visit: { note: now }, host, w }) {
  if (unsaved(now)) return now.problem ? html`<strong>${w("note-unkept")}</strong>` : w("note-keeping");
  return now.keptAt === null ? w("note-auto") : w("note-kept", { time: clock(now.keptAt, host.language) });
}

/** @param {In} scene */
function signed(scene) {
  const { visit, acts, w } = scene;
  const papers = visit.note.signed?.documents.length ?? 0;
  const asked = visit.asked.print;
  const connected = visit.stage === "talk" && visit.legs.agent.phase === "confirmed";
  return html`<div class="signed">
    <p class="notice">${pictogram("check")}<span>${w("signed")}</span></p>
    <h2>${w("papers")}</h2>
    <ul role="list">${/** @type {const} */ (["report", "prescription"]).slice(0, papers).map((kind) => html`<li><a class="button" target="_blank" rel="noopener" href=${`/visits/${visit.encounter}/report/${kind}.pdf`}>${pictogram("papers")} ${w(`paper-${kind}`)} <span class="quiet">PDF</span></a></li>`)}</ul>
    <h2>${w("print")}</h2>
    ${visit.told ? html`<p class="progress" role="status" data-state=${visit.papers?.step === "unprinted" ? "failed" : "done"}>${sign("printer")} <span>${w(`papers-${visit.papers?.step ?? "offered"}`, { ...visit.papers })}</span></p>
        ${visit.papers === null ? html`<p class="small quiet">${w("printed-sent-text")}</p>` : nothing}`
      : html`${asked ? html`<p class="progress" data-state=${asked.state} role="status">${sign("printer")} <span>${w(asked.reply === "taken" ? "print-taken" : `print-${asked.state}`, { sheets: asked.sheets ?? papers, of: asked.of ?? papers })}</span></p>` : nothing}
        ${asked && !isAnswered(asked) ? nothing : connected ? html`<button type="button" class=${asked ? "" : "main"} @click=${acts.print}>${sign("printer")} ${w(asked ? "print-again" : "print-now")}</button>` : nothing}
        ${asked?.state === "done" ? nothing : html`<p class="small quiet">${w(connected ? "print-or-later" : "print-later")}</p>`}`}
  </div>`;
}
