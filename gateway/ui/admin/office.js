/** What an operator does now and then, drawn from the state: enrol a booth, look back at what was done, read the figures. */

import { pictogram } from "../shared/pictograms.js";
import { html, nothing, svg } from "../shared/vendor/lit-html/lit-html.js";
import { clock, moment, plural } from "../shared/writing.js";
import { fresh } from "./state.js";
import { deed } from "./views.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Figures} Figures */
/** @typedef {import("./views.js").Acts} Acts */

const NAME = "[a-z0-9]([a-z0-9\\-]{0,61}[a-z0-9])?";

/** @param {State} state */
const back = ({ t }) => html`<a class="button plain back" href="#">${pictogram("back")} ${t("back-to-fleet")}</a>`;

/** @param {State} state @param {string} booth of a booth that is there already, empty: a new one @param {Acts} acts */
export function enrolment(state, booth, acts) {
  const { t, code } = state;
  const made = code !== null && typeof code === "object" && "code" in code && code.expires > state.now ? code : null;
  return html`${back(state)}
    <h1 tabindex="-1">${t("enrolment-title")}</h1>
    <p class="lead">${t("enrolment-text")}</p>
    ${made ? shown(state, made) : fresh(state) ? form(state, booth, acts) : html`<div class="sure"><p id="sure"><strong>${t("who-are-you")}</strong></p><div class="buttons tight"><button type="button" class="main" @click=${() => acts.signInAgain()}>${t("sign-in-again")}</button></div></div>`}`;
}

/** @param {State} state @param {string} booth @param {Acts} acts */
function form({ t, code }, booth, acts) {
  const flaw = code !== null && typeof code === "object" && "flaw" in code;
  const sending = code === "sending";
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const name = new FormData(/** @type {HTMLFormElement} */ (event.target)).get("booth");
    if (!sending) acts.enrol(String(name));
  };
  return html`<form class="sheet enrol" @submit=${submit}>
    <div class="field"><label for="booth-name">${t("enrolment-name")}</label>
      <input id="booth-name" name="booth" required maxlength="63" pattern=${NAME} autocomplete="off" autocapitalize="none" spellcheck="false" .value=${booth} aria-invalid=${flaw ? "true" : nothing} aria-describedby=${flaw ? "name-flaw name-help" : "name-help"}>
      <p id="name-help" class="small quiet">${t("enrolment-name-help")}</p>
      ${flaw ? html`<p id="name-flaw" class="small complaint" role="alert">${t("enrolment-failed")}</p>` : nothing}</div>
    <div class="buttons tight"><button class="main" aria-disabled=${sending ? "true" : nothing}>${t("enrolment-make")}</button></div>
  </form>`;
}

/** @param {State} state @param {{booth: string, code: string, expires: number}} made */
function shown({ t, language }, { booth, code, expires }) {
  return html`<section class="sheet enrol" aria-labelledby="code"><h2 id="code" tabindex="-1">${t("enrolment-code", { booth })}</h2>
    <p class="secret number">${code}</p>
    <p>${t("enrolment-until", { time: clock(expires, language) })}</p>
    <p>${t("enrolment-how")}</p><pre><code>sudo -u teleborne teleborne booth --config /etc/teleborne/booth.toml --enrol ${code}</code></pre>
  </section>`;
}

/** @param {State} state @param {Acts} acts */
export function audit(state, acts) {
  const { t, language, now, acts: done, chain } = state;
  const [told, far] = chain === null ? [null, null] : "rows" in chain ? [chain, null] : [null, chain];
  return html`${back(state)}
    <h1 tabindex="-1">${t("audit-title")}</h1>
    <p class="lead">${t("audit-text")}</p>
    <div class="chain"><p class="how" role="status">${told === null ? t(far ? "chain-checking" : "chain-unchecked") : html`${pictogram(told.broken > 0 ? "shield-off" : "shield")} <span>${told.broken > 0 ? t(`chain-broken-${plural(told.broken, language)}`, { count: told.broken }) : t("chain-whole", { count: told.rows })}</span>`}</p>
      ${far ? html`<p class="far"><progress aria-label=${t("chain-checking")} max=${Math.max(1, far.of)} value=${far.read}></progress> <span class="small quiet number">${t("chain-far", far)}</span></p>` : nothing}
      <div class="buttons tight"><button type="button" aria-disabled=${far ? "true" : nothing} @click=${() => far || acts.check(false)}>${t("chain-check")}</button>
        <button type="button" class="plain" aria-disabled=${far ? "true" : nothing} @click=${() => far || acts.check(true)}>${t("chain-check-whole")}</button></div>
      <p class="small quiet">${t("chain-text")}</p></div>
    ${done === null
      ? html`<p class="quiet">${t("loading")}</p>`
      : done.length === 0
        ? html`<p class="notice">${pictogram("check")} <span>${t("audit-none")}</span></p>`
        : html`<div class="past"><ol role="list">${done.map((each) => html`<li><span class="small quiet">${moment(each.at, now, language, true)}</span> <span>${each.booth ? t("colon", { of: place(state, each.booth), what: deed(state, each) }) : deed(state, each)}</span></li>`)}</ol></div>
          ${state.more ? html`<p><button type="button" @click=${() => acts.older()}>${t("older")}</button></p>` : nothing}`}`;
}

/** @param {State} state @param {string} name */
const place = ({ booths }, name) => booths.find((each) => each.name === name)?.place ?? name;

const WIDE = 560;
const HIGH = 160;

/** @param {State} state */
export function statistics(state) {
  const { t, figures } = state;
  return html`${back(state)}
    <h1 tabindex="-1">${t("statistics-title")}</h1>
    ${figures === null
      ? html`<p class="quiet">${t("loading")}</p>`
      : html`<div class="sheets"><section class="sheet" aria-labelledby="visits"><h2 id="visits">${t("visits-a-day")}</h2>${visits(state, figures)}</section>
        <section class="sheet" aria-labelledby="waits"><h2 id="waits">${t("waits")}</h2>${waits(state, figures)}</section>
        <section class="sheet" aria-labelledby="before"><h2 id="before">${t("before")}</h2>${before(state, figures)}</section>
        <section class="sheet" aria-labelledby="out"><h2 id="out">${t("out-of-service")}</h2>${out(state, figures)}</section>
        <section class="sheet" aria-labelledby="publish"><h2 id="publish">${t("publish")}</h2><p>${t("publish-text", { least: figures.least })}</p>
          <div class="buttons tight"><a class="button" href="/fleet/figures.csv" download>${t("download", { kind: "CSV" })}</a> <a class="button plain" href="/fleet/figures.json" download>${t("download", { kind: "JSON" })}</a></div></section></div>`}`;
}

/** A bar a day, with the date under today's and under each a week before it; the table below says the same. @param {State} state @param {Figures} figures */
function visits({ t, language }, { days }) {
  const most = Math.max(1, ...days.map((each) => each.visits));
  const all = days.reduce((sum, each) => sum + each.visits, 0);
  const step = WIDE / days.length;
  const bar = (/** @type {number} */ count) => (count / most) * (HIGH - 20);
  const name = (/** @type {string} */ day, /** @type {"long" | "short"} */ month = "long") => new Intl.DateTimeFormat(language, { day: "numeric", month, timeZone: "UTC" }).format(Date.parse(day));
  return html`<figure class="bars">
    <svg viewBox=${`0 0 ${WIDE} ${HIGH + 28}`} aria-hidden="true" focusable="false">
      <line x1="0" x2=${WIDE} y1=${HIGH} y2=${HIGH}/>
      ${days.map(({ day }, at) => (days.length - 1 - at) % 7 === 0 ? svg`<text class="day" x=${at * step + step / 2} y=${HIGH + 22}>${name(day, "short")}</text>` : nothing)}
      ${days.map(({ visits: count }, at) => svg`<rect x=${at * step + 4} y=${HIGH - bar(count)} width=${step - 8} height=${bar(count)}/><text x=${at * step + step / 2} y=${HIGH - bar(count) - 6}>${count || ""}</text>`)}
    </svg>
    <figcaption>${t(`visits-${plural(all, language)}`, { count: all })}</figcaption>
    <details><summary>${t("see-figures")}</summary><table><thead><tr><th scope="col">${t("day")}</th><th scope="col">${t("visits")}</th></tr></thead>
      <tbody>${days.map((each) => html`<tr><th scope="row">${name(each.day)}</th><td class="number">${each.visits}</td></tr>`)}</tbody></table></details>
  </figure>`;
}

/** How long people waited, and where they gave up; few people are told as few. @param {State} state @param {Figures} figures */
function waits({ t }, { waits: { asked, talked, leftWaiting, leftConnecting, half, most }, least }) {
  if (asked === 0) return html`<p class="quiet">${t("waits-none")}</p>`;
  if (asked === null) return html`<p class="quiet">${t("waits-few", { least })}</p>`;
  const count = (/** @type {number | null} */ number) => (number === null ? t("withheld") : number);
  const time = (/** @type {number | null} */ minutes) => (minutes === null ? t("withheld") : t("minutes", { minutes }));
  /** @type {readonly (readonly [string, unknown])[]} */
  const rows = [
    [t("half-within"), time(half)],
    [t("nine-of-ten-within"), time(most)],
    [t("talked"), count(talked)],
    [t("left-waiting"), count(leftWaiting)],
    [t("left-connecting"), count(leftConnecting)],
  ];
  return html`<p class="small quiet">${t("waits-text")}</p>
    <dl class="rows">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Where people gave up before they had asked for a physician, in the last whole month. @param {State} state @param {Figures} figures */
function before({ t, language }, { before: { month, begun, left }, least }) {
  const name = new Intl.DateTimeFormat(language, { month: "long", year: "numeric", timeZone: "UTC" }).format(Date.parse(month));
  if (begun === null) return html`<p class="quiet">${t("before-few", { month: name, least })}</p>`;
  return html`<p class="small quiet">${t("before-text", { month: name })}</p>
    <dl class="rows"><div><dt>${t("before-begun")}</dt><dd>${begun}</dd></div>
      ${left.map(([stop, count]) => html`<div><dt>${t(`before-${stop}`)}</dt><dd>${count === null ? t("withheld") : count}</dd></div>`)}</dl>`;
}

/** @param {State} state @param {Figures} figures */
function out(state, { booths }) {
  const { t } = state;
  if (booths.length === 0) return html`<p class="quiet">${t("fleet-none")}</p>`;
  const worst = [...booths].sort((one, other) => other.minutes - one.minutes);
  const most = Math.max(1, ...booths.map(({ minutes }) => minutes));
  return html`<p class="small quiet">${t("out-of-service-text")}</p>
    <ul role="list" class="rows outs">${worst.map(({ name, minutes }) => html`<li><span>${place(state, name)}</span> <strong class="number">${lasting(state, minutes)}</strong>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect width=${(minutes / most) * 100} height="4"/></svg></li>`)}</ul>`;
}

/** @param {State} state @param {number} minutes */
const lasting = ({ t }, minutes) => (minutes < 60 ? t("minutes", { minutes }) : t("hours", { hours: Math.floor(minutes / 60), minutes: String(minutes % 60).padStart(2, "0") }));
