/** The kiosk's screens: one table says what each shows, `view` lays it out. Pure. */

import { html, nothing } from "/static/shared/vendor/lit-html/lit-html.js";
import { pictogram } from "/static/shared/pictograms.js";
import { picture } from "/static/shared/pictures.js";
import { secondsLeft } from "./state.js";

/** @typedef {import("./fr.js").Text} Text */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Screen} Screen */
/** @typedef {import("./state.js").Name} Name */
/** @typedef {import("./state.js").Value} Value */
/** @typedef {import("/static/shared/pictures.js").PictureName} PictureName */
/** @typedef {unknown} Piece */

/**
 * How a screen looks: its picture, its buttons from the top (`pairs` are two of one size side by side), and what else
 * it shows.
 * @typedef {object} Look
 * @property {PictureName[]} pictures
 * @property {string[]} [pair]
 * @property {string} [main]
 * @property {string[]} [others]
 * @property {(state: State, text: Text) => Piece} [frame] instead of a plain picture
 * @property {(state: State, text: Text) => Piece} [more] below the sentence
 */

/** @type {Record<Name, Look>} */
const LOOKS = {
  idle: { pictures: ["touch"], main: "touch" },
  language: { pictures: ["speech"], pair: ["french", "english"], others: ["large", "contrast"] },
  comfort: { pictures: ["speech"], pair: ["french", "english"], others: ["large", "contrast"] },
  safety: { pictures: [], pair: ["yes", "no"], frame: signs },
  consent: { pictures: ["consent"], pair: ["yes", "no"], others: ["explain"] },
  explain: { pictures: ["consent"], main: "continue", frame: explained },
  refused: { pictures: ["milestone"], main: "finish", others: ["back"] },
  offline: { pictures: ["latch"], main: "continue", others: ["finish"] },
  "do-scale": { pictures: ["scale"], others: ["skip"] },
  "do-temp": { pictures: ["thermometer"], others: ["skip"] },
  "do-oxi": { pictures: ["clip"], others: ["skip"] },
  "do-cuff": { pictures: ["cuff-bare", "cuff", "seated"], main: "done", others: ["skip"], frame: steps },
  rest: { pictures: ["seated"], others: ["skip"], more: restLeft },
  "device-wait": { pictures: ["press"], others: ["skip"] },
  live: { pictures: ["still"], others: ["stop"], frame: live },
  result: { pictures: ["saved"], main: "continue", others: ["redo"], frame: result, more: beside },
  again: { pictures: ["bead"], main: "continue", others: ["skip"] },
  retry: { pictures: ["seated"], main: "redo", others: ["skip"] },
  failed: { pictures: ["asleep"], main: "continue" },
  unsaved: { pictures: ["helper"], main: "redo", others: ["finish"] },
  skip: { pictures: ["bead"], main: "continue" },
  goodbye: { pictures: ["goodbye"] },
  "still-there": { pictures: ["ring"], main: "here", others: ["finish"], frame: count },
  emergency: { pictures: ["phone"], main: "help", others: ["not-urgent"], frame: numbers, more: here },
  "help-called": { pictures: ["helper"], others: ["cancel"] },
  "out-of-service": { pictures: ["asleep"] },
};

const UNITS = /** @type {Record<string, string>} */ ({ C: "°C", F: "°F" });

/** @type {{act: "back" | "comfort" | "help", sign: import("/static/shared/pictograms.js").SignName}[]} */
const BAR = [
  { act: "back", sign: "back" },
  { act: "comfort", sign: "speech" },
  { act: "help", sign: "helper" },
];

/** @param {string} sentence @param {Record<string, string | number | null>} values */
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

/**
 * The device's own number, without zeros at its end that a person would read as thousands ("72.400" is "72,4").
 * @param {Value | undefined} value @param {Text} text @returns {string}
 */
const digits = (value, text) =>
  value?.value?.replace(/(\.\d+?)0+$/, "$1").replace(".", text.decimal) ?? "—";

/** @param {Value[]} values @param {string} name */
const named = (values, name) => values.find((value) => value.name === name);

/** @param {Value | undefined} value */
const unit = (value) => (value ? (UNITS[value.unit] ?? value.unit) : "");

/** @param {Screen} screen @param {Text} text @returns {Record<string, string | number | null>} */
function blanks(screen, text) {
  return {
    helper: screen.helper.name ?? text.someone,
    Helper: screen.helper.name ?? text.Someone,
    phone: screen.helper.phone,
    sticker: screen.sticker,
    ...screen.round,
    result: screen.device && screen.values.length > 0 ? resultSentence(screen, text) : "",
  };
}

/** @param {Screen} screen @param {Text} text */
function resultSentence(screen, text) {
  const values = Object.fromEntries(screen.values.map((value) => [value.name, digits(value, text)]));
  return fill(text.results[/** @type {NonNullable<Screen["device"]>} */ (screen.device)], {
    ...values,
    unit: unit(screen.values[0]),
  });
}

/** The sentence of the screen. @param {State} state @param {Text} text @returns {string} */
export const heading = ({ screen }, text) => fill(text.screens[screen.state].title, blanks(screen, text)).trim();

/**
 * What the polite line says when *screen* follows *before*; null where it says nothing new.
 * @param {Screen} before @param {Screen} screen @param {Text} text @returns {string | null}
 */
export function said(before, screen, text) {
  if (before.online !== screen.online) return screen.online ? text.online : text.offline;
  if (screen.hint && !before.hint) return hint(screen, text);
  if (screen.state === "result" && before.state !== "result") return text.received;
  return before.screen === screen.screen ? null : "";
}

/** @param {Screen} screen @param {Text} text @returns {string | null} */
function hint(screen, text) {
  const words = text.screens[screen.state];
  if (!screen.hint || !("hint" in words) || (words.hint.includes("{phone}") && !screen.helper.phone)) return null;
  return fill(words.hint, blanks(screen, text));
}

/** The page. @param {State} state @param {Text} text @returns {Piece} */
export function view(state, text) {
  const { screen } = state;
  const look = LOOKS[screen.state];
  return html`
    <header class="top">
      ${thread(screen, text)}
      <button class="emergency" data-act="emergency" ?disabled=${!screen.acts.includes("emergency")}>
        ${pictogram("phone")}${text.bar.emergency}
      </button>
      <p class="line">${screen.online ? nothing : html`${pictogram("latch")} ${text.offline}`}</p>
    </header>
    <main class="question" data-state=${screen.state} data-act=${screen.state === "idle" ? "touch" : nothing}>
      <div class="shown">${look.frame ? look.frame(state, text) : borne(picture(first(look)))}</div>
      <div class="asked">
        <div class="words">
          <h1 tabindex="-1">${sentences(heading(state, text))}</h1>
          ${more(state, look, text)}
        </div>
        <div class="answers">
          ${look.main ? button(look.main, screen, text, "main") : nothing}
          ${look.pair ? html`<div class="pair">${look.pair.map((act) => button(act, screen, text, "main"))}</div>` : nothing}
          ${look.others?.length === 2
            ? html`<div class="pair">${look.others.map((act) => button(act, screen, text))}</div>`
            : look.others?.map((act) => button(act, screen, text))}
        </div>
      </div>
    </main>
    <nav class="bar" aria-label=${text.bar.help}>
      ${BAR.map(({ act, sign }) => html`<button data-act=${act} ?disabled=${!screen.acts.includes(act)}>${pictogram(sign)}${text.bar[act]}</button>`)}
    </nav>
  `;
}

/** Each sentence on a line of its own. @param {string} words */
const sentences = (words) => words.split(/(?<=[.?!]) /).map((sentence) => html`<span>${sentence} </span>`);

/** @param {Look} look @returns {PictureName} */
const first = (look) => look.pictures[0] ?? "milestone";

/** A picture in the stone's arch. @param {Piece} inside @param {string} [classes] */
const borne = (inside, classes = "") => html`<div class="arch ${classes}">${inside}</div>`;

/** @param {Screen} screen @param {Text} text */
function thread(screen, text) {
  const { step } = screen;
  if (step === null) return html`<p class="steps brand">${pictogram("milestone")}${text.title}</p>`;
  const beads = Array.from({ length: step.of }, (_, index) => index + 1);
  return html`<div class="steps">
    <p>${fill(text.step, step)}</p>
    <ol class="thread" aria-hidden="true">
      ${beads.map((bead) => html`<li class=${bead < step.at ? "done" : ""} aria-current=${bead === step.at ? "step" : nothing}></li>`)}
    </ol>
  </div>`;
}

/** @param {string} act @param {Screen} screen @param {Text} text @param {string} [kind] */
function button(act, screen, text, kind = "") {
  const words = /** @type {Record<string, string>} */ (text.acts);
  const label = words[`${act}@${screen.state}`] ?? words[act] ?? act;
  const pressed = { large: screen.large, contrast: screen.contrast }[act];
  const lang = { french: "fr", english: "en" }[act];
  return html`<button class=${kind} data-act=${act} ?disabled=${!screen.acts.includes(act)}
    aria-pressed=${pressed ?? nothing} lang=${lang ?? nothing}>${fill(label, blanks(screen, text))}</button>`;
}

/** @param {State} state @param {Look} look @param {Text} text */
function more(state, look, text) {
  const words = text.screens[state.screen.state];
  const help = hint(state.screen, text);
  const sentence = "more" in words ? fill(words.more, blanks(state.screen, text)) : null;
  return html`
    ${look.more ? look.more(state, text) : nothing}
    ${help ? html`<p class="hinted">${help}</p>` : sentence ? html`<p class="quiet">${sentence}</p>` : nothing}
  `;
}

/** @param {State} _ @param {Text} text */
function signs(_, text) {
  const names = /** @type {("chest" | "breath" | "face" | "blood")[]} */ (["chest", "breath", "face", "blood"]);
  return html`<ul class="signs" role="list">
    ${names.map((name) => html`<li>${picture(name)}<span>${text.signs[name]}</span></li>`)}
  </ul>`;
}

/** @param {State} state */
function steps({ screen }) {
  return html`<ol class="frames" role="list" aria-hidden="true">
    ${LOOKS[screen.state].pictures.map((name) => html`<li>${picture(name)}</li>`)}
  </ol>`;
}

/** @param {State} _ @param {Text} text */
function explained(_, text) {
  const names = /** @type {("doctor" | "pulse" | "clock")[]} */ (["doctor", "pulse", "clock"]);
  return html`<dl class="explained">
    ${text.explained.map(([asked, answer], at) => html`<div>${pictogram(names[at] ?? "note")}<dt>${asked}</dt><dd>${answer}</dd></div>`)}
  </dl>`;
}

/** @param {State} state @param {Text} text */
function restLeft(state, text) {
  const left = secondsLeft(state);
  if (left === null) return nothing;
  const minutes = fill(text.minutes, { minutes: Math.floor(left / 60), seconds: left % 60 });
  return html`<p class="number lead">${fill(text.screens.rest.left, { minutes })}</p>`;
}

/** @param {Value | undefined} value @param {Text} text @param {string} [shown] */
const large = (value, text, shown = digits(value, text)) =>
  html`<p class="value">${shown}<span class="unit">${unit(value)}</span></p>`;

/** @param {State} state @param {Text} text */
function live(state, text) {
  const { device } = state.screen;
  const value = state.live[0];
  if (!device || !value) return borne(picture("still"));
  return borne(html`<p class="named">${text.live[device]}</p>${large(value, text)}`, "valued");
}

/** @param {State} state @param {Text} text */
function result({ screen }, text) {
  const upper = named(screen.values, "systolic");
  if (!upper) return borne(large(screen.values[0], text), "valued");
  const pair = `${digits(upper, text)}/${digits(named(screen.values, "diastolic"), text)}`;
  return borne(large(upper, text, pair), "valued");
}

/** @param {State} state @param {Text} text */
function beside({ screen }, text) {
  const pulse = named(screen.values, "pulse");
  return pulse?.value ? html`<p class="number lead">${fill(text.beside, { pulse: digits(pulse, text) })}</p>` : nothing;
}

/** @param {State} state */
function count(state) {
  const left = secondsLeft(state) ?? 0;
  return borne(html`<svg class="picture" viewBox="0 0 96 96" aria-hidden="true" focusable="false">
    <circle class="m" cx="48" cy="48" r="40" stroke="none" />
    <path d="M48 8a40 40 0 1 1 0 80 40 40 0 1 1 0-80" pathLength="60" stroke-dasharray="${left} 60" />
    <text class="count" x="48" y="58">${left}</text></svg>`);
}

/** @param {State} _ @param {Text} text */
function numbers(_, text) {
  return html`<dl class="numbers">
    ${text.numbers.map(([number, whose]) => html`<div><dt>${number}</dt><dd>${whose}</dd></div>`)}
  </dl>`;
}

/** @param {State} state @param {Text} text */
function here({ screen }, text) {
  return html`<p class="here">${text.here}<br /><strong>${screen.place.name}</strong>${screen.place.address
    ? html`<br /><strong>${screen.place.address}</strong>`
    : nothing}</p>`;
}
