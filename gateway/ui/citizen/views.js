/** The notebook, drawn from its state. */

import { arch, failed, frame, linkState, opening, signIn } from "../shared/frame.js";
import { pictogram } from "../shared/pictograms.js";
import { KINDS, KIND_NAMES } from "../shared/reading.js";
import { RANGES, figures, newest, tile, trend } from "../shared/measures.js";
import { html, nothing } from "../shared/vendor/lit-html/lit-html.js";
import { clock, number } from "../shared/writing.js";
import { hasDecimals, numbers } from "./entry.js";
import { openKind, openRange } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Event} Event */
/** @typedef {import("./entry.js").Entry} Entry */
/** @typedef {import("../shared/reading.js").Kind} Kind */
/** @typedef {import("../shared/writing.js").Word} Word */
/** @typedef {{dispatch: (event: Event) => void, go: (hash: string) => void, add: (kind: Kind) => void, again: () => void, newCode: () => void, copy: (text: string) => void, switchLanguage: () => void, signOut: () => void}} Acts */

const OUTSIDE = new Set(["opening", "sign-in", "failed"]);
const RANGES_HERE = /** @type {const} */ ([7, 30, 365]);

/** @param {State} state @param {Acts} acts */
export function view(state, acts) {
  const inside = !OUTSIDE.has(state.screen.name);
  return frame(state, { switchLanguage: acts.switchLanguage, signOut: inside ? acts.signOut : null }, {
    screen: state.screen.name,
    status: status(state),
    main: html`${inside ? tabs(state) : nothing}<div class="page">${screen(state, acts)}</div>${inside ? foot(state) : nothing}`,
  });
}

/** The one polite line. @param {State} state */
function status({ t, screen: now, arrived }) {
  if (now.name === "code" && now.code) return t("code-here");
  if (now.name === "saved") return t("saved-text");
  if (now.name === "add" && now.entry.step === "sending") return t("saving");
  return arrived ? t(`arrived-${arrived}`) : "";
}

/** @param {State} state @param {Acts} acts */
function screen(state, acts) {
  switch (state.screen.name) {
    case "opening":
      return opening(state);
    case "sign-in":
      return signIn(state, "citizen", state.session);
    case "failed":
      return failed(state, state.screen.cause, acts.again);
    case "home":
      return home(state, acts);
    case "readings":
      return readings(state, acts);
    case "choose":
      return choose(state, acts);
    case "add":
      return add(state, state.screen.entry, acts);
    case "code":
      return code(state, state.screen, acts);
    case "saved":
      return saved(state, state.screen.reading, acts);
  }
}

/** @param {State} state */
function tabs({ t, screen: now }) {
  const here = now.name === "readings" ? "readings" : "home";
  return html`<nav class="tabs" aria-label=${t("tabs")}>
    <a class="tab button" href="#home" aria-current=${here === "home" ? "page" : nothing}>${pictogram("home")} ${t("tab-home")}</a>
    <a class="tab button" href="#readings" aria-current=${here === "readings" ? "page" : nothing}>${pictogram("notebook")} ${t("tab-readings")}</a>
  </nav>`;
}

/** @param {State} state */
function foot({ t }) {
  return html`<footer class="foot">${pictogram("phone")}<p>${t("not-emergency")} <strong>${t("emergency")}</strong></p></footer>`;
}

/** @param {State} state @param {Acts} acts */
function home(state, acts) {
  const { t, session } = state;
  const latest = newest(state.readings);
  return html`
    <h1 tabindex="-1">${t("hello", { name: firstName(session.name ?? "") })}</h1>
    <section class="next">
      <div><h2>${t("next-action")}</h2><p>${t("next-action-text")}</p></div>
      <button type="button" class="main" @click=${() => acts.go("add")}>${pictogram("plus")} ${t("add")}</button>
    </section>
    <div class="buttons"><button type="button" @click=${() => acts.go("code")}>${pictogram("milestone")} ${t("code-open")}</button></div>
    ${latest.length === 0
      ? html`<div class="notice">${pictogram("notebook")}<div><p><strong>${t("citizen-none")}</strong></p><p>${t("citizen-none-text")}</p></div></div>`
      : html`<div class="over"><h2>${t("your-last-readings")}</h2>${linkState(state, state.link, clock(state.linkSince, state.language))}</div>
        <ul role="list" class="tiles">${latest.map((each) => html`<li>${tile(each, { pressed: null, device: (each.device && state.devices[each.device]) || "", press: () => acts.go(`readings/${each.kind}`) }, state)}</li>`)}</ul>`}`;
}

/** @param {string} name */
function firstName(name) {
  return name.replace(/^(Mme|M\.|Dr)\s+/, "").split(" ")[0] ?? name;
}

/** @param {State} state @param {Acts} acts */
function readings(state, acts) {
  const { t } = state;
  const kind = openKind(state) ?? "blood-pressure";
  const range = openRange(state, kind);
  return html`
    <h1 tabindex="-1">${t("your-readings")}</h1>
    <div class="buttons tight" role="group" aria-label=${t("which")}>${KIND_NAMES.map((each) => html`<button type="button" aria-pressed=${String(each === kind)} @click=${() => acts.go(`readings/${each}`)}>${pictogram(KINDS[each].sign)} ${t(`kind-${each}`)}</button>`)}</div>
    <section class="sheet">
      <div class="over"><h2>${t(`kind-${kind}`)}</h2>
        <div class="buttons tight" role="group" aria-label=${t("range")}>${RANGES_HERE.map((each) => html`<button type="button" aria-pressed=${String(each === range)} @click=${() => acts.dispatch({ type: "range", range: each })}>${t(RANGES[each])}</button>`)}</div></div>
      ${trend(state.readings, { kind, range, complete: state.complete }, state)}
    </section>
    <div class="buttons"><button type="button" class="main" @click=${() => acts.add(kind)}>${pictogram("plus")} ${t("add")}</button></div>`;
}

/** @param {State} state @param {Acts} acts */
function choose({ t }, acts) {
  return html`
    ${backHome(t, acts)}
    <h1 tabindex="-1">${t("add-title")}</h1>
    <ul role="list" class="choices">${KIND_NAMES.map((kind) => html`<li><button type="button" @click=${() => acts.add(kind)}>${pictogram(KINDS[kind].sign)} <span>${t(`kind-${kind}`)}</span></button></li>`)}</ul>`;
}

/** @param {State} state @param {Entry} entry @param {Acts} acts */
function add(state, entry, acts) {
  const { t } = state;
  if (entry.step === "confirming") return confirm(state, entry, acts);
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (entry.step === "typing") acts.dispatch({ type: "submit" });
  };
  return html`
    ${backHome(t, acts)}
    <h1 tabindex="-1">${t(`add-title-${entry.kind}`)}</h1>
    <form class="entry" novalidate @submit=${submit}>
      ${KINDS[entry.kind].parts.map((_part, at) => field(state, entry, at, acts))}
      ${when(state, entry, acts)}
      ${entry.unsaved ? html`<div class="notice warn">${pictogram("cut")}<p>${t(`unsaved-${entry.unsaved}`)}</p></div>` : nothing}
      <div class="buttons"><button type="submit" class="main" aria-disabled=${entry.step === "sending" ? "true" : nothing}>${entry.step === "sending" ? t("saving") : t("save")}</button></div>
    </form>`;
}

/** @param {State} state @param {Entry} entry @param {number} at @param {Acts} acts */
function field({ t }, entry, at, acts) {
  const part = /** @type {import("../shared/reading.js").Part} */ (KINDS[entry.kind].parts[at]);
  const name = part.name === "value" ? entry.kind : part.name;
  const id = `part-${at}`;
  const complaint = complaintText(t, entry, at);
  return html`<div class="field">
    <label for=${id}>${t(/** @type {Word} */ (`part-${name}`))} <span class="hint" id=${`${id}-hint`}>${t(/** @type {Word} */ (`part-${name}-hint`))}</span></label>
    <span class="with-unit">
      <input id=${id} name=${id} type="text" autocomplete="off" inputmode=${hasDecimals(entry.kind, at) ? "decimal" : "numeric"} maxlength="9" .value=${entry.typed[at] ?? ""}
        aria-invalid=${complaint ? "true" : nothing} aria-describedby=${complaint ? `${id}-complaint` : nothing}
        @input=${(/** @type {InputEvent} */ event) => acts.dispatch({ type: "typed", part: at, text: /** @type {HTMLInputElement} */ (event.target).value, id: crypto.randomUUID() })}>
      <span>${t(`unit-${entry.kind}`)}</span>
    </span>
    ${complaint ? html`<p class="complaint" id=${`${id}-complaint`}>${complaint}</p>` : nothing}
  </div>`;
}

/** @param {State["t"]} t @param {Entry} entry @param {number} at */
function complaintText(t, entry, at) {
  const complaint = entry.complaints[at];
  return complaint ? t(`typed-${complaint}`, { typed: (entry.typed[at] ?? "").trim() }) : "";
}

/** @param {State} state @param {Entry} entry @param {Acts} acts */
function when({ t }, entry, acts) {
  const choice = (/** @type {"now" | "other"} */ value) => html`<label class="radio"><input type="radio" name="when" .checked=${entry.when === value} @change=${() => acts.dispatch({ type: "when", when: value })}> ${t(`at-${value}`)}</label>`;
  return html`<fieldset><legend>${t("at-when")}</legend><div class="buttons tight">${choice("now")}${choice("other")}</div>
    ${entry.when === "other"
      ? html`<div class="field"><label for="moment">${t("at-moment")}</label><input id="moment" type="datetime-local" .value=${entry.moment} aria-invalid=${entry.timeComplaint ? "true" : nothing}
          aria-describedby=${entry.timeComplaint ? "moment-complaint" : nothing} @input=${(/** @type {InputEvent} */ event) => acts.dispatch({ type: "moment", moment: /** @type {HTMLInputElement} */ (event.target).value })}>
        ${entry.timeComplaint ? html`<p class="complaint" id="moment-complaint">${t(`typed-${entry.timeComplaint}`)}</p>` : nothing}</div>`
      : nothing}</fieldset>`;
}

/** What was typed, as it will be shown. @param {State} state @param {Entry} entry */
function typedValue({ t, language }, entry) {
  return `${(numbers(entry) ?? []).map((each) => number(each, language)).join("/")}\u00a0${t(`unit-${entry.kind}`)}`;
}

/** @param {State} state @param {Entry} entry @param {Acts} acts */
function confirm(state, entry, acts) {
  const { t } = state;
  return html`<section class="doorway">${arch(KINDS[entry.kind].sign)}<div>
    <h1 tabindex="-1">${t("confirm-title")}</h1>
    <p>${t("confirm-text", { value: typedValue(state, entry) })}</p>
    <div class="buttons"><button type="button" class="main" @click=${() => acts.dispatch({ type: "confirm" })}>${t("confirm-yes")}</button><button type="button" @click=${() => acts.dispatch({ type: "correct" })}>${t("confirm-no")}</button></div>
  </div></section>`;
}

/** @param {State} state @param {import("../shared/reading.js").Reading} reading @param {Acts} acts */
function saved(state, reading, acts) {
  const { t } = state;
  return html`<section class="doorway appear">${arch("check")}<div>
    <h1 tabindex="-1">${t("saved-title")}</h1>
    <p class="value">${figures(reading, state.language)}<span class="unit">\u00a0${t(`unit-${reading.kind}`)}</span></p>
    <p>${t("saved-text")}</p>
    <div class="buttons"><button type="button" class="main" @click=${() => acts.go("home")}>${t("saved-home")}</button><button type="button" @click=${() => acts.go("add")}>${t("saved-again")}</button></div>
  </div></section>`;
}

/** The code for a booth, large, and until when it is good. @param {State} state @param {Extract<State["screen"], {name: "code"}>} now @param {Acts} acts */
function code({ t, language, now: at, session }, { code: made, failed: without }, acts) {
  const old = made !== null && made.expires <= at;
  return html`
    ${backHome(t, acts)}
    <h1 tabindex="-1">${t("code-title")}</h1>
    ${without ? html`<p class="notice warn">${pictogram("cut")} <span>${t("code-failed")}</span></p>` : nothing}
    ${made && !old
      ? html`<section class="sheet code"><svg viewBox=${`0 0 ${made.size} ${made.size}`} role="img" aria-label=${t("code-picture")} shape-rendering="crispEdges"><rect width=${made.size} height=${made.size} class="ground"/><path d=${made.path}/></svg>
          <div><p><strong>${t("code-until", { time: clock(made.expires, language) })}</strong></p><p>${t("code-once")}</p><p class="quiet">${t("code-names-nobody")}</p></div></section>`
      : html`<p>${old ? t("code-old") : without ? nothing : t("code-making")}</p>`}
    <div class="buttons"><button type="button" class=${old || without ? "main" : ""} @click=${() => acts.newCode()}>${pictogram("again")} ${t("code-again")}</button>
      ${session.demo && made && !old ? html`<button type="button" @click=${() => acts.copy(made.text)}>${t("code-copy")}</button>` : nothing}</div>`;
}

/** @param {State["t"]} t @param {Acts} acts */
function backHome(t, acts) {
  return html`<button type="button" class="plain back" @click=${() => acts.go("home")}>${pictogram("back")} ${t("back")}</button>`;
}
