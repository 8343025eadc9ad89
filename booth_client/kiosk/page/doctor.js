/** The visit's part of the screens: the physician's picture, one's own, the reasons, the code. Pure. */

import { html, nothing } from "/static/shared/vendor/lit-html/lit-html.js";
import { pictogram } from "/static/shared/pictograms.js";
import { borne } from "./frames.js";
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
    case "idle":
      return screen.visits && screen.online ? text.screens.idle.visits : null;
    case "no-doctor":
      return screen.online ? null : text.screens["no-doctor"].offline;
    case "waiting":
      return visit ? placeOf(visit, text) : null;
    case "doctor-coming":
      return visit?.name ? text.screens["doctor-coming"].named : null;
    case "in-visit":
      return visit?.name ? (visit.others.length > 0 ? text.screens["in-visit"].company : text.screens["in-visit"].named) : null;
    case "visit-measure":
      return visit?.exam ? examined(visit, text, "asks") : visit?.device ? text.wanted[visit.device] : null;
    case "visit-exam":
      return visit && examined(visit, text, "does");
    case "visit-text":
      return visit?.text ?? null;
    case "call-trouble":
      return visit?.stage === "sound" ? text.screens["call-trouble"].sound : null;
    case "visit-papers":
    case "take-papers":
      return visit?.pages === null ? text.screens["take-papers"].printing : visit?.pages === 1 ? text.screens["take-papers"].one : null;
    case "code":
      return visit?.unprinted ? text.screens.code.unprinted : null;
    case "reason":
    default:
      return null;
  }
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
 * @param {Screen} screen @param {import("./visit.js").Call["phase"]} phase @param {Text} text
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
  const doctor = visit.name?.replace(/^Dr\.? /, text.doctor) ?? text.someDoctor;
  const Doctor = doctor.charAt(0).toUpperCase() + doctor.slice(1);
  const { pages, third, exam } = visit;
  const part = third ? text.parts[third.part] : null;
  const others = visit.others.map((each) => whole(nameOf(each, text))).join(text.and).replace(/\.$/, "");
  return { before: visit.before, from, to, doctor, Doctor, pages, third: whole(third?.name ?? text.somebody), part, others, ...(exam ? { sticker: exam.sticker } : {}) };
}

/** A name in one piece, and in one sentence. @param {string} name */
const whole = (name) => name.replaceAll(" ", "\u00a0");

/** @param {import("./state.js").Other} other @param {Text} text */
const nameOf = ({ name, part }, text) => name ?? text.parts[part];

/** Somebody who joined: their picture, and always who it is and whether that is certain. @param {import("./state.js").Other} other @param {State} state @param {Text} text @param {Media} media */
function face(other, { others }, text, media) {
  const open = others[other.peer]?.phase === "open";
  return html`<figure data-peer=${other.peer}>
    ${open ? media.of(other.peer)?.remote : html`<div class="nobody">${picture("helper")}</div>`}
    <figcaption>${nameOf(other, text)} · ${text.parts[other.part]}${open && !other.known ? html`<strong>${pictogram("shield-off")} ${text.unverified}</strong>` : nothing}</figcaption>
  </figure>`;
}

/** The six digits that somebody who joined is asked for. @param {State} state */
export function thirdDigits({ screen }) {
  const pairs = screen.visit?.third?.digits?.match(/../g) ?? ["–", "–", "–"];
  return html`<div class="arch valued"><p class="value six">${pairs.join(" ")}</p></div>`;
}

/** What is said below the sentence, where it depends on how the visit stands. @param {State} state @param {Text} text */
export function visitLine({ screen, call }, text) {
  const { visit } = screen;
  if (!visit) return null;
  if (screen.state === "doctor-coming") {
    const words = text.screens["doctor-coming"];
    if (visit.ready) return words.checking;
    if (visit.minute) return words.time;
    return { unknown: words.opening, missing: words.dark, on: null }[call.camera];
  }
  if (screen.state === "call-trouble" && visit.stage === "sound") return text.screens["call-trouble"].talk;
  if (screen.state === "visit-exam") return beside(visit, text);
  if (screen.state === "waiting" && !screen.online) return text.screens.waiting.kept;
  return null;
}

/** The physician's picture with one's own in its corner, and the way to the six digits. @param {State} state @param {Text} text @param {Media} media */
export function stage(state, text, media) {
  const { screen, call } = state;
  const visit = screen.visit;
  const said = [
    visit?.quiet && (screen.state !== "visit-exam" || visit.text) ? text.quiet : null,
    visit && !visit.sound ? text.unheard : null,
    visit && !visit.camera ? text.unseen : call.camera === "missing" || call.sends === "sound" ? text.unseen : null,
  ].filter((line) => line !== null);
  const open = call.phase === "open";
  return html`<div class="stage">
    <div class="remote">${open ? media.remote : html`<div class="nobody">${picture("doctor")}</div>`}</div>
    ${visit && visit.others.length > 0 ? html`<div class="others">${visit.others.map((each) => face(each, state, text, media))}</div>` : nothing}
    ${call.camera === "on" && visit?.camera ? html`<div class="self">${media.self}</div>` : nothing}
    ${screen.acts.includes("verify") ? html`<button class="verify" data-act="verify">${pictogram("shield")} ${text.acts.verify}</button>` : nothing}
    ${said.length > 0 ? html`<p class="caption">${said.join(" ")}</p>` : nothing}
  </div>`;
}

/** One's own picture, before the visit. @param {State} state @param {Text} text @param {Media} media */
export function cameraView({ call }, text, media) {
  if (call.camera !== "on") return html`<div class="arch">${picture("doctor")}</div>`;
  return html`<figure class="arch mirror">${media.self}<figcaption>${pictogram("eye")}${text.mirror}</figcaption></figure>`;
}

/** The code for the telephone. @param {State} state @param {Text} text */
export function codeView({ screen }, text) {
  const code = screen.visit?.code;
  if (!code) return html`<div class="arch">${picture("telephone")}</div>`;
  return html`<svg class="code" viewBox="0 0 ${code.size} ${code.size}" role="img" aria-label=${text.code}><path d=${code.path} /></svg>`;
}

/** @type {Record<string, PictureName>} */
const WANTED = { scale: "scale", thermometer: "thermometer", oximeter: "clip", cuff: "cuff" };

/** The body map, which only a visit needs. @type {typeof import("/static/shared/body.js") | null} */
let map = null;

/** Have it there before it is asked for. */
export const learn = async () => { map ??= await import("/static/shared/body.js"); };

/** What the physician asks for, or examines. @param {State} state */
export function wanted({ screen }) {
  const { exam = null, device = null } = screen.visit ?? {};
  if (exam?.what === "camera") return borne(picture("lens"));
  if (exam && map?.isSpot(exam.spot)) return borne(map.body(map.SPOTS[exam.spot].side, exam.spot));
  return borne(picture(exam ? "doctor" : (WANTED[device ?? "cuff"] ?? "press")));
}

/** @param {NonNullable<Screen["visit"]>} visit @param {Text} text @param {"asks" | "does"} how */
function examined({ exam }, text, how) {
  if (!exam) return null;
  const of = text.exam[how];
  return exam.what === "camera" ? of.camera : of[map?.areaOf(exam.spot) ?? "listen"];
}

/** What stands under the sentence while the physician examines: the text for who cannot hear, or how to hold still. @param {NonNullable<Screen["visit"]>} visit @param {Text} text */
const beside = ({ exam, text: written }, text) => written ?? (exam?.what === "listen" ? text.exam.quiet : text.exam.still);

/** Why nobody can be asked for: no physician is there, or no network. @param {State} state */
export function nobody({ screen }) {
  return borne(picture(screen.online ? "absent" : "latch"));
}
