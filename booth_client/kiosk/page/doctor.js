/** The visit's part of the screens: the physician's picture, one's own, the reasons, the code. Pure. */

import { html, nothing } from "/static/shared/vendor/lit-html/lit-html.js";
import { pictogram } from "/static/shared/pictograms.js";
import { borne } from "./pieces.js";
import { near } from "./documents.js";
import { picture } from "./pictures.js";

/** @typedef {import("./fr.js").Text} Text */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Screen} Screen */
/** @typedef {import("./call.js").Pictures} Media */
/** @typedef {import("./pictures.js").PictureName} PictureName */

/** @type {[string, PictureName][][]} */
const REASONS = [
  [["pain", "pain"], ["fever", "fever"], ["cough", "cough"]],
  [["skin", "skin"], ["stomach", "stomach"], ["renewal", "renewal"]],
];

/** Why somebody comes: three pictures a page, each to be touched. @param {State} state @param {Text} text */
export function reasons({ screen }, text) {
  const page = REASONS[screen.page % REASONS.length] ?? [];
  const words = /** @type {Record<string, string>} */ (text.acts);
  return html`<div class="reasons">
    ${page.map(([act, name]) => html`<button class="reason" data-act=${act} ?disabled=${!screen.acts.includes(act)}>${picture(name)}<span>${words[act]}</span></button>`)}
  </div>`;
}

/** The sentence where it depends on how the visit stands; null: the screen's own. @param {Screen} screen @param {Text} text */
export function titleOf(screen, text) {
  const { visit } = screen;
  switch (screen.state) {
    case "no-doctor":
      return screen.online ? null : text.screens["no-doctor"].offline;
    case "waiting":
      return visit ? placeOf(visit, text) : null;
    case "doctor-coming":
      return visit?.name ? text.screens["doctor-coming"].named : null;
    case "in-visit":
      return visit?.name ? (visit.others.length > 0 ? text.screens["in-visit"].company : text.screens["in-visit"].named) : null;
    case "visit-measure":
      return visit?.paper ? text.paper : visit?.exam ? examined(screen, visit.exam, text, "asks") : visit?.device ? (screen.companion ? text.wantedFor : text.wanted)[visit.device] : null;
    case "visit-exam":
      return visit?.exam ? examined(screen, visit.exam, text, "does") : null;
    case "visit-text":
      return visit?.text ?? null;
    case "call-trouble":
      return visit?.stage === "sound" ? text.screens["call-trouble"].sound : null;
    case "visit-papers":
    case "take-papers":
      return papersOf(screen, text);
    case "code":
      return visit?.unprinted ? text.screens.code.unprinted : null;
    case "reason":
    default:
      return null;
  }
}

/** How many sheets to take, and the card if it is still in the reader. @param {Screen} screen @param {Text} text */
function papersOf({ state, visit, card }, text) {
  const words = text.screens["take-papers"];
  if (visit?.unprinted) return text.screens["visit-papers"].unprinted;
  if (visit?.pages === null) return words.printing;
  if (state === "take-papers" && card) return visit?.pages === 1 ? words.oneCard : words.card;
  return visit?.pages === 1 ? words.one : null;
}

/** The place in the queue, and an honest estimate. @param {NonNullable<Screen["visit"]>} visit @param {Text} text */
function placeOf({ before, minutes, late }, text) {
  const words = text.screens.waiting;
  if (before === null) return null;
  const place = before === 0 ? words.next : before === 1 ? words.one : words.many;
  if (late) return `${place} ${words.late}`;
  if (minutes === null) return `${place} ${words.unknown}`;
  return `${place} ${minutes[0] === 0 ? words.upto : words.between}`;
}

/**
 * How safe the talk is, in one sentence for every screen of it; null: there is none. A page that has lost its own
 * connection does not call it protected, whatever the booth still says.
 * @param {Screen} screen @param {import("./state.js").Call["phase"]} phase @param {Text} text
 * @returns {{sign: "shield" | "shield-off", words: string} | null}
 */
export function standing({ state, visit }, phase, text) {
  const cut = { sign: /** @type {const} */ ("shield-off"), words: text.standing.lost };
  if (!visit) return state === "call-trouble" ? cut : null;
  switch (visit.stage) {
    case "coming":
      return { sign: "shield-off", words: text.standing.coming };
    case "well":
    case "sound":
      if (phase === "making" || phase === "lost" || visit.name === null) return cut;
      return { sign: "shield", words: text.standing.well.replace("{name}", visit.name) };
    case "lost":
      return cut;
    case "stopped":
      return { sign: "shield-off", words: text.standing.stopped };
    case "writing":
    case "reported":
      return { sign: "shield-off", words: text.standing.over };
    default:
      return null;
  }
}

/** The six digits of the proved connection, two by two. @param {State} state */
export function sixDigits({ screen }) {
  const pairs = screen.visit?.digits?.match(/../g) ?? ["–", "–", "–"];
  return html`<div class="arch valued"><p class="value six">${pairs.join(" ")}</p></div>`;
}

/** @param {Screen} screen @param {Text} text @returns {Record<string, string | number | null>} */
export function blanksOf({ visit }, text) {
  if (!visit) return {};
  const [from, to] = visit.minutes ?? [null, null];
  const titled = (/** @type {string} */ name) => name.replace(/^Dr\.? /, text.doctor);
  const doctor = titled(visit.name ?? "") || text.someDoctor;
  const Doctor = doctor.charAt(0).toUpperCase() + doctor.slice(1);
  const { pages, third, exam } = visit;
  const part = third ? text.parts[third.part] : null;
  const names = visit.others.map((each) => whole(titled(nameOf(each, text)))), last = names.pop();
  const others = last ? [...names.map((name) => `, ${name}`), text.and, last].join("").replace(/\.$/, "") : null;
  const { sheets = null, at = null } = visit.file ?? {};
  return { sheets, sheet: at === null ? null : at + 1, before: visit.before, from, to, doctor, Doctor, pages, third: whole(third?.name ?? text.somebody), part, others, ...(exam ? { sticker: exam.sticker } : {}) };
}

/** A name in one piece, and in one sentence. @param {string} name */
const whole = (name) => name.replaceAll(" ", "\u00a0");

/** @param {import("./state.js").Other} other @param {Text} text */
const nameOf = ({ name, part }, text) => name ?? text.parts[part];

/** Somebody who joined: their picture, and always who it is and whether that is certain. @param {import("./state.js").Other} other @param {State} state @param {Text} text @param {Media} media */
function face(other, { others }, text, media) {
  const one = others[other.peer], open = one?.phase === "open";
  return html`<figure data-peer=${other.peer}>
    ${open && one.picture === "comes" ? media.of(other.peer)?.remote : html`<div class="nobody">${picture("helper")}</div>`}
    <figcaption>${nameOf(other, text)} · ${text.parts[other.part]}${open && !other.known ? html`<strong>${pictogram("shield-off")} ${text.unverified}</strong>` : nothing}${open && one.picture === "cut" ? html`<span>${text.soundOnly}</span>` : nothing}</figcaption>
  </figure>`;
}

/** The six digits that somebody who joined is asked for. @param {State} state */
export function thirdDigits({ screen }) {
  const pairs = screen.visit?.third?.digits?.match(/../g) ?? ["–", "–", "–"];
  return html`<div class="arch valued"><p class="value six">${pairs.join(" ")}</p></div>`;
}

/** What is said below the sentence, where it depends on how the visit stands. @param {State} state @param {Text} text */
export function visitLine({ screen, call, camera }, text) {
  const { visit } = screen;
  if (!visit) return null;
  if (screen.state === "doctor-coming") {
    const words = text.screens["doctor-coming"];
    if (call.unrelayed && call.phase !== "open") return text.unrelayed;
    if (visit.ready) return words.checking;
    if (visit.minute) return words.time;
    return { unknown: words.opening, missing: words.dark, on: null }[camera];
  }
  if (screen.state === "call-trouble" && visit.stage === "sound") return text.screens["call-trouble"].talk;
  if (screen.state === "call-trouble" && call.unrelayed && call.phase !== "open") return text.unrelayed;
  if (screen.state === "visit-exam") return beside(visit, text);
  if (screen.state === "waiting" && !screen.online) return text.screens.waiting.kept;
  if (visit.unprinted && screen.acts.includes("print")) return text.screens["visit-papers"].refill;
  if (screen.state === "visit-show" && camera !== "on") return text.screens["doctor-coming"].dark;
  return null;
}

/** The physician's picture with one's own in its corner, and the way to the six digits. @param {State} state @param {Text} text @param {Media} media */
export function stage(state, text, media) {
  const { screen, call, camera, others } = state;
  const visit = screen.visit, open = call.phase === "open";
  const sent = [call, ...Object.values(others)].map(({ sends }) => sends);
  const said = [
    visit?.quiet && (screen.state !== "visit-exam" || visit.text) ? text.quiet : null,
    visit && !visit.sound ? text.unheard : null,
    (visit && !visit.camera) || camera === "missing" || call.sends === "sound" ? text.unseen : sent.includes("sound") || sent.includes("small") ? text.slow : null,
    open && call.picture === "off" ? text.doctorUnseen : null,
  ].filter((line) => line !== null);
  return html`<div class="stage">
    <div class="remote">${open && call.picture === "comes" ? media.remote : html`<div class="nobody">${picture(open && call.picture === "cut" ? "retied" : "doctor")}</div>`}</div>
    ${visit && visit.others.length > 0 ? html`<div class="others">${visit.others.map((each) => face(each, state, text, media))}</div>` : nothing}
    ${camera === "on" && visit?.camera ? html`<div class="self">${media.self}</div>` : nothing}
    ${screen.acts.includes("verify") ? html`<button class="verify" data-act="verify">${pictogram("shield")} ${text.acts.verify}</button>` : nothing}
    ${said.length > 0 ? html`<p class="caption">${said.join(" ")}</p>` : nothing}
  </div>`;
}

/** While only the physician's picture is cut the talk goes on, with whoever else is in it. @param {State} state @param {Text} text @param {Media} media */
export const trouble = (state, text, media) => (state.screen.visit?.stage === "sound" ? stage(state, text, media) : borne(picture("retied")));

/** One's own picture, before the visit. @param {State} state @param {Text} text @param {Media} media */
export function cameraView({ camera }, text, media) {
  if (camera !== "on") return html`<div class="arch">${picture("doctor")}</div>`;
  return html`<figure class="arch mirror">${media.self}<figcaption>${pictogram("eye")}${text.mirror}</figcaption></figure>`;
}

/** The code for the telephone. @param {State} state @param {Text} text */
export function codeView({ screen }, text) {
  const code = screen.text ?? screen.visit?.code;
  if (!code) return html`<div class="arch">${picture("telephone")}</div>`;
  return html`<svg class="code" viewBox="0 0 ${code.size} ${code.size}" role="img" aria-label=${screen.text ? text.textCode : text.code}><path d=${code.path} /></svg>`;
}

/** @type {Record<string, PictureName>} */
const WANTED = { scale: "scale", thermometer: "thermometer", oximeter: "clip", cuff: "cuff", analyser: "scale", glucometer: "meter", strap: "belt", sensor: "belly" };

/** The body map, which only a visit needs. @type {typeof import("/static/shared/body.js") | null} */
let map = null;

/** Have it there before it is asked for. */
export const learn = async () => { map ??= await import("/static/shared/body.js"); };

/** What the physician asks for, or examines. @param {State} state @param {Text} text */
export function wanted({ screen }, text) {
  const { exam = null, device = null, paper = false } = screen.visit ?? {};
  if (paper) return borne(picture("papers"));
  if (exam?.what === "camera" && screen.state === "visit-exam") return near(text);
  if (exam?.what === "camera") return borne(picture("lens"));
  if (exam && map?.isSpot(exam.spot)) return borne(map.body(map.SPOTS[exam.spot].side, exam.spot));
  return borne(picture(exam ? "doctor" : (WANTED[device ?? "cuff"] ?? "press")));
}

/** @param {Screen} screen @param {NonNullable<NonNullable<Screen["visit"]>["exam"]>} exam @param {Text} text @param {"asks" | "does"} how */
function examined({ companion }, exam, text, how) {
  const of = text.exam[how];
  if (exam.what === "camera") return of.camera;
  return companion ? text.exam[`${how}For`] : of[map?.areaOf(exam.spot) ?? "listen"];
}

/** What stands under the sentence while the physician examines: the text for who cannot hear, or how to hold still. @param {NonNullable<Screen["visit"]>} visit @param {Text} text */
const beside = ({ exam, text: written }, text) => written ?? (exam?.what === "listen" ? text.exam.quiet : text.exam.still);

/** Why nobody can be asked for: no physician is there, or no network. @param {State} state */
export function nobody({ screen }) {
  return borne(picture(screen.online ? "absent" : "latch"));
}
