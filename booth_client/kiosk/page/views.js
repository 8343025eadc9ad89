/** The kiosk's screens: `view` lays out what looks.js, or the lobby before it, says of each. Pure. */

import { html, nothing } from "/static/shared/vendor/lit-html/lit-html.js";
import { pictogram } from "/static/shared/pictograms.js";
import { looks } from "./parts.js";
import { borne, digits, fill, named, unit } from "./pieces.js";

/** @typedef {import("./fr.js").Text} Text */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Screen} Screen */
/** @typedef {import("./pictures.js").PictureName} PictureName */
/** @typedef {import("./call.js").Pictures} Media */
/** @typedef {import("./looks.js").Look} Look */
/** @typedef {unknown} Piece */

/** In place of any question, for the half minute in which a device is paired. @type {Look} */
const PAIRING = { pictures: [], frame: ({ passkey }) => html`<p class="passkey">${halves(passkey ?? "")}</p>` };

/** Screens that no passkey may hide: each of them has something that must not wait. */
const UNHIDDEN = new Set(["emergency", "help-called", "still-there", "unsaved", "security-stop", "out-of-service"]);

/** Whether the page shows a passkey. @param {Pick<State, "screen" | "passkey">} state */
export const isPairing = ({ screen, passkey }) => passkey !== null && !UNHIDDEN.has(screen.state);

/** Two groups of three are read more easily than six digits. @param {string} passkey */
const halves = (passkey) => passkey.replace(/^(\d{3})(\d{3})$/, "$1\u00a0$2");

/** What is always below; `local` is answered by the page itself. @type {{act?: "back" | "comfort" | "help", local?: "listen", sign: import("/static/shared/pictograms.js").SignName}[]} */
const BAR = [
  { act: "back", sign: "back" },
  { local: "listen", sign: "ear" },
  { act: "comfort", sign: "speech" },
  { act: "help", sign: "helper" },
];

/** @param {Screen} screen @param {Text} text @returns {Record<string, string | number | null>} */
function blanks(screen, text) {
  return {
    helper: screen.helper.name ?? text.someone,
    Helper: screen.helper.name ?? text.Someone,
    phone: screen.helper.phone?.replaceAll(" ", "\u00a0") ?? null,
    sticker: screen.sticker,
    ...screen.round,
    ...screen.person,
    place: screen.place.name,
    result: screen.device && (screen.helped || screen.values.length > 0 || screen.device === "strap") ? resultSentence(screen, text) : "",
    ...looks.blanksOf(screen, text),
  };
}

/** @param {Screen} screen @param {Text} text */
function resultSentence(screen, text) {
  if (screen.helped) return text.hidden;
  const [value] = screen.values;
  if (value?.beyond) return text.beyond[value.beyond];
  const values = Object.fromEntries(screen.values.map((each) => [each.name, digits(each, text)]));
  const sentence = screen.mean ? text.mean : text.results[/** @type {NonNullable<Screen["device"]>} */ (screen.device)];
  return fill(sentence, { ...values, unit: unit(named(screen.values, "weight") ?? value) });
}

/** The sentence of the screen. @param {Pick<State, "screen"> & Partial<State>} state @param {Text} text @returns {string} */
export const heading = ({ screen, passkey = null }, text) =>
  isPairing({ screen, passkey }) ? text.passkey.title : fill(looks.titleOf(screen, text) ?? wordsOf(screen, text).title, blanks(screen, text)).trim();

/** @typedef {{title: string, more?: string, hint?: string}} Words */
/** @typedef {Record<"screens" | "troubles" | "devices", Record<string, Partial<Words>>>} Wordings */

/**
 * The words of the screen; those of a repeat say what to mend. Whoever reads them for somebody else is told what to do for them.
 * @param {Screen} screen @param {Text} text
 */
function wordsOf({ state, trouble, device, companion }, text) {
  /** @param {Wordings} from */
  const found = (from) => (trouble !== null ? from.troubles[trouble] : state === "do-device" && device ? from.devices[device] : from.screens[state]);
  return /** @type {Words} */ ({ ...found(text), ...(companion ? found(text.forWard) : {}) });
}

/** The passkey, digit by digit for a voice. @param {Pick<State, "passkey">} state @param {Text} text @returns {string} */
export const spoken = ({ passkey }, text) => `${text.passkey.title} ${[...(passkey ?? "")].join(" ")}`;

/**
 * What the polite line says when *screen* follows *before*; null where it says nothing new.
 * @param {Screen} before @param {Screen} screen @param {Text} text @returns {string | null}
 */
export function said(before, screen, text) {
  if (before.online !== screen.online) return screen.online ? text.online : text.offline;
  if (screen.resumed && !before.resumed) return text.resumed;
  if (screen.hint && !before.hint) return hint(screen, text);
  if (screen.state === "result" && before.state !== "result") return text.received;
  if (screen.state === "waiting" && looks.titleOf(before, text) !== looks.titleOf(screen, text)) return heading({ screen }, text);
  const now = looks.standing(screen, "none", text)?.words;
  if (now !== undefined && now !== looks.standing(before, "none", text)?.words) return now;
  return before.screen === screen.screen ? null : "";
}

/** @param {Screen} screen @param {Text} text @returns {string | null} */
function hint(screen, text) {
  const words = wordsOf(screen, text).hint;
  if (!screen.hint || words === undefined || (words.includes("{phone}") && !screen.helper.phone)) return null;
  if (screen.state === "doctor-coming" && !screen.visit?.ready) return null; // it is they who are waited for
  return fill(words, blanks(screen, text));
}

/** Letters of a heading that is written smaller: somebody's name may be long. */
const LONG = 40;

/** The page. @param {State} state @param {Text} text @param {Media} media @returns {Piece} */
export function view(state, text, media) {
  const { screen } = state;
  const look = isPairing(state) ? PAIRING : looks.LOOKS[screen.state];
  const shown = look.frame ? look.frame(state, text, media) : borne(looks.picture(first(look)));
  const talk = look === PAIRING ? null : looks.talk(state, text, media);
  return html`
    <header class="top">
      ${thread(screen, text)}
      <button class="emergency" data-act="emergency" ?disabled=${!screen.acts.includes("emergency")}>
        ${pictogram("phone")}${text.bar.emergency}
      </button>
      ${line(state, text)}
    </header>
    <main class="question" data-state=${screen.state} data-screen=${screen.screen} data-question=${screen.question ?? nothing} data-act=${screen.state === "idle" ? "touch" : nothing} ?data-talk=${talk !== null}>
      <div class="shown">${talk ? html`<div class="talk">${talk}</div><div class="task">${shown}</div>` : shown}</div>
      <div class="asked">
        <div class="words">
          <h1 tabindex="-1" class=${heading(state, text).length > LONG ? "long" : ""}>${sentences(heading(state, text))}</h1>
          ${more(state, look, text)}
        </div>
        <div class="answers">
          ${look.main ? button(look.main, screen, text, "main") : nothing}
          ${look.pair ? html`<div class="pair">${look.pair.map((act) => button(act, screen, text, "main"))}</div>` : nothing}
          ${look.two ? html`<div class="pair">${look.two.map((act) => button(act, screen, text))}</div>` : nothing}
          ${look.others?.length === 2
            ? html`<div class="pair">${look.others.map((act) => button(act, screen, text))}</div>`
            : look.others?.map((act) => button(act, screen, text))}
          ${look.apart ? button(look.apart, screen, text, "apart") : nothing}
          ${look.two || !screen.acts.includes("helped") ? nothing : button("helped", screen, text)}
        </div>
      </div>
    </main>
    <nav class="bar" aria-label=${text.bar.help}>
      ${BAR.map(({ act, local, sign }) => html`<button data-act=${act ?? nothing} data-local=${local ?? nothing} ?disabled=${act && !screen.acts.includes(act)}>${pictogram(sign)}${text.bar[/** @type {"listen"} */ (act ?? local)]}</button>`)}
    </nav>
  `;
}

/** How the talk stands, and that there is no network. @param {State} state @param {Text} text */
function line({ screen, call }, text) {
  const now = looks.standing(screen, call.phase, text);
  return html`<p class="line">
    ${screen.mode && screen.state !== "helper" ? html`<span>${pictogram("helper")} ${fill(text.screens.helper.title, { who: screen.mode })}</span>` : nothing}
    ${now ? html`<span class="standing">${pictogram(now.sign)} ${now.words}</span>` : nothing}
    ${screen.online ? nothing : html`<span>${pictogram("latch")} ${text.offline}</span>`}
  </p>`;
}

/** Each sentence on a line of its own. @param {string} words */
const sentences = (words) => words.split(/(?<=[.?!]) /).map((sentence) => html`<span>${whole(sentence)} </span>`);

/** « avez-vous » is not broken at its end of a line. @param {string} sentence */
const whole = (sentence) => sentence.split(/(\p{L}+-vous)/u).map((part, at) => (at % 2 ? html`<span class="whole">${part}</span>` : part));

/** @param {Look} look @returns {PictureName} */
const first = (look) => look.pictures[0] ?? "milestone";

/** Screens whose buttons go away when they have nothing more to do. */
const SPARING = new Set(["report", "doctor-coming", "refused", "questions", "helper", "helper-code", "take-papers", "code", "visit-papers", "visit-file"]);
/** Buttons that are only there where they can be touched. */
const SPARED = new Set(["call-back", "consents"]);

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
  const off = { sound: screen.visit?.sound, camera: screen.visit?.camera, larger: screen.visit?.file?.part == null }[act] === false;
  const label = words[off ? `${act}-off` : `${act}@${screen.state}`] ?? words[act] ?? act;
  if ((SPARING.has(screen.state) || SPARED.has(act)) && !screen.acts.includes(act)) return nothing;
  const pressed = { large: screen.large, contrast: screen.contrast }[act];
  const lang = { french: "fr", english: "en" }[act];
  return html`<button class=${kind} data-act=${act} ?disabled=${!screen.acts.includes(act)}
    aria-pressed=${pressed ?? nothing} lang=${lang ?? nothing}>${fill(label, blanks(screen, text))}</button>`;
}

/** @param {State} state @param {Look} look @param {Text} text */
function more(state, look, text) {
  if (isPairing(state)) return html`<p class="quiet">${text.passkey.more}</p>`;
  const words = wordsOf(state.screen, text);
  const help = state.screen.resumed ? text.resumed : hint(state.screen, text);
  const line = looks.visitLine(state, text) ?? words.more ?? null;
  const sentence = line === null ? null : fill(line, blanks(state.screen, text));
  return html`
    ${look.more ? look.more(state, text) : nothing}
    ${help ? html`<p class="hinted">${help}</p>` : sentence ? html`<p class="quiet">${sentence.split(/(?<=[.?!]) /).map((one) => html`<span>${one}</span> `)}</p>` : nothing}
  `;
}
