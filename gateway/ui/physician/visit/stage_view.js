/** The stage: the patient's picture, our own, how safe the call is, what we may do, and what the booth measures. */

import { arch } from "../../shared/frame.js";
import { pictogram } from "../../shared/pictograms.js";
import { KINDS } from "../../shared/reading.js";
import { unseen } from "../../shared/sending.js";
import { html, nothing } from "../../shared/vendor/lit-html/lit-html.js";
import { age, clock, years } from "../../shared/writing.js";
import { words as catalogue } from "./fr.js";
import { faces, way } from "./company_view.js";
import { playing } from "./playing.js";
import { reason, who } from "./queue_view.js";
import { sign } from "./signs.js";
import { isAnswered } from "./exam_state.js";
import { isLongCut, ours as oursGoes, talk } from "./state.js";
import { NEWER, OBJECTS, figures, freshness, latest, ofVisit, recorded } from "./vitals.js";

/** @typedef {import("./views.js").Scene} Scene */
/** @typedef {import("./state.js").Visit} Visit */
/** @typedef {import("./vitals.js").HealthObject} HealthObject */
/** @typedef {import("../../shared/reading.js").Kind} Kind */
/** @typedef {Scene & {visit: Visit}} In */

/** @param {In} scene */
export function stage(scene) {
  const { visit } = scene;
  const how = talk(visit);
  return html`<section class="stage" aria-labelledby="patient">
    <header class="who">
      <h1 id="patient" tabindex="-1">${name(scene)}</h1><p class="quiet">${facts(scene).join(" · ")}</p>
    </header>
    ${how === "stopped" ? stopped(scene) : how === "over" || how === "reporting" ? ended(scene) : screen(scene, how)}
    ${how === "stopped" ? nothing : how === "over" ? (scene.extras.exam?.(scene) ?? nothing) : live(scene)}
  </section>`;
}

/** The full name once the visit is ours; else what the queue said. @param {In} scene */
export function name(scene) {
  const { visit, host, w } = scene;
  const person = host.people[visit.patient];
  if (person && !person.provisional) return person.name;
  if (visit.waiter?.initials) return who(scene, visit.waiter);
  const start = host.visits[visit.encounter]?.start;
  return start ? w("patient-of", { time: clock(start, host.language) }) : w("patient");
}

/** @param {In} scene @returns {string[]} */
function facts(scene) {
  const { visit, host, w } = scene;
  const person = host.people[visit.patient];
  const old = person?.born ? years(person.born, host.now) : null;
  const place = visit.waiter?.place || host.visits[visit.encounter]?.place || "";
  return [
    ...(old === null ? [] : [w("aged", { years: old })]),
    ...(person && !person.provisional ? [] : [w("provisional")]),
    ...(place ? [place] : []),
    ...(visit.waiter ? [reason(scene, visit.waiter), ...visit.waiter.needs.map((each) => (`need-${each}` in catalogue ? w(/** @type {any} */ (`need-${each}`)) : each))] : []),
  ];
}

/** `caudry-03` is written « Caudry 03 »: the name that the booth's certificate proves. @param {string} proved */
export const boothName = (proved) => proved.charAt(0).toUpperCase() + proved.slice(1).replaceAll("-", " ");

/** Always there, and true: what is verified now. @param {In} scene */
function security({ visit: { legs }, acts, w }) {
  const { av, agent } = legs;
  const verified = [av, agent].find((leg) => leg.phase === "confirmed") ?? null;
  if (!verified) {
    const again = av.proved || agent.proved;
    return html`<button type="button" class="safety plain warn" aria-haspopup="dialog" @click=${() => acts.panel("security")}>${pictogram("shield-off")} <span>${w(again ? "checking-again" : "checking")}</span></button>`;
  }
  const name = boothName(verified.name);
  const rest = av.phase !== "confirmed" ? w("leg-av") : agent.phase !== "confirmed" ? w("leg-agent") : null;
  return html`<button type="button" class=${`safety plain ${rest ? "warn" : "good"}`} aria-haspopup="dialog" @click=${() => acts.panel("security")}>${pictogram("shield")} <span>${rest ? w("verified-part", { name, what: rest }) : w("verified", { name })}</span></button>`;
}

/** @param {In} scene @param {"talking" | "recovering" | "connecting"} how */
function screen(scene, how) {
  const { visit, acts, extras, state, w } = scene;
  const cut = state.line === "down" && how === "talking", sent = oursGoes(visit);
  return html`<div class="screen" data-how=${how}>
      ${security(scene)}
      <video class="far" autoplay playsinline aria-label=${w("their-picture")} ${playing(extras.remote)}></video>
      ${how === "talking" ? soundOnly(scene) : html`<div class="veil"><p role="status">${veil(scene, how)}</p></div>`}
      ${own(scene)}
    </div>
    ${faces(scene)}
    ${cut ? html`<p class="notice warn" role="status">${pictogram("cut")}<span>${w("line-cut")}</span></p>` : nothing}
    ${!visit.present && how === "talking" ? html`<p class="notice warn" role="status">${pictogram("cut")}<span>${w("booth-away")}</span></p>` : nothing}
    ${how === "talking" && !visit.alone && (sent === "sound" || sent === "small") ? html`<p class="notice" role="status">${pictogram("cut")}<span>${w(sent === "sound" ? "own-cut" : "own-small")}</span></p>` : nothing}
    ${isLongCut(visit, state.now) ? telephone(scene) : nothing}
    <div class="controls">
      <div class="buttons tight">
        ${ours(scene, "micro", acts.micro)}${ours(scene, "camera", acts.camera)}
        <button type="button" aria-pressed=${String(visit.alone)} @click=${acts.alone}>${pictogram("ear")} ${w("sound-alone")}</button>
        ${how === "talking" || visit.thirds.length > 0 ? way(scene) : nothing}
      </div>
      <button type="button" class="hang-up" aria-haspopup="dialog" @click=${() => acts.panel("hang-up")}>${sign("hang-up")} ${w("hang-up")}</button>
    </div>`;
}

/** The picture does not come and the sound goes on: said where the picture was. @param {In} scene */
function soundOnly({ visit, w }) {
  const why = visit.offers?.helper ? "helper" : visit.alone ? "chosen" : unseen(visit.going);
  if (why === null) return nothing;
  return html`<div class="veil"><p role="status">${w(why === "helper" ? "helper-there" : why === "chosen" ? "sound-chosen" : why === "off" ? "patient-unseen" : "sound-only")}</p></div>`;
}

/** After a minute without a connection: who can be called, and a way not to forget the patient. @param {In} scene */
function telephone(scene) {
  const phone = number(scene);
  return html`<div class="notice warn telephone">${pictogram("phone")}<div>
    <p role="status">${scene.w(phone ? "telephone" : "telephone-none")} ${phone ?? nothing}</p>${toCallBack(scene)}
  </div></div>`;
}

/** The telephone of the place; null where the booth gave none. @param {In} scene */
function number({ visit, host }) {
  const phone = host.visits[visit.encounter]?.phone ?? "";
  return phone ? html`<a href=${`tel:${phone.replaceAll(/[^+\d]/g, "")}`}>${phone.replaceAll(" ", "\u00a0")}</a>` : null;
}

/** @param {In} scene */
function toCallBack({ visit, acts, w }) {
  if (visit.callBack === "asked") return html`<p role="status">${w("call-back-asked")}</p>`;
  return html`<div class="buttons tight"><button type="button" aria-disabled=${visit.callBack === "asking" ? "true" : nothing} @click=${acts.callBack}>${w("call-back")}</button></div>
    ${visit.callBack === "failed" ? html`<p role="status">${w("call-back-failed")}</p>` : nothing}`;
}

/** @param {In} scene @param {"recovering" | "connecting"} how */
function veil({ visit, w }, how) {
  if (visit.unrelayed) return w("no-relay");
  if (how === "recovering") return w(visit.present ? "recovering" : "recovering-away");
  if (!visit.present) return w("booth-away-before");
  return w(visit.legs.av.phase === "waiting" ? "connecting" : "connecting-verified");
}

/** Whether we are heard or seen, in a word; what the browser has not got may be asked for again. @param {In} scene @param {"micro" | "camera"} which @param {() => void} toggle */
function ours({ visit, acts, w }, which, toggle) {
  const there = visit.devices === "asking" || visit.has[which];
  const how = there ? (visit[which] ? "on" : "off") : "none";
  return html`<button type="button" class=${how === "on" ? "" : "off"} aria-keyshortcuts=${which === "micro" ? "F8" : nothing} @click=${there ? toggle : acts.devices}>
    ${sign(how === "on" ? which : `${which}-off`)} ${w(which === "micro" ? `micro-${how}` : `camera-${how}`)}</button>`;
}

/** @param {In} scene */
function own({ visit, extras, w }) {
  if (visit.devices === "refused" || visit.devices === "absent") return html`<p class="self none">${w(`camera-${visit.devices}`)}</p>`;
  if (!visit.camera) return html`<p class="self none">${w("camera-off")}</p>`;
  return html`<video class="self" autoplay playsinline muted .muted=${true} aria-label=${w("own-picture")} ${playing(extras.local)}></video>`;
}

/** A hard stop replaces the picture; there is no way on but the telephone. @param {In} scene */
function stopped(scene) {
  const { visit, acts, w } = scene;
  const { flaw, legs } = visit;
  const why = flaw === "revoked" || flaw === "expired" || flaw === "digits" ? /** @type {const} */ (`stop-${flaw}`) : "stop-why";
  const passed = flaw === "digits" ? "stop-cut" : legs.av.proved || legs.agent.proved ? "stop-before" : "stop-safe";
  return html`<div class="stop" role="alert">
    ${arch("cut")}
    <div><h2>${w("stop-title")}</h2><p>${w(why)}</p><p>${w(passed)} ${w("stop-act")} ${number(scene) ?? nothing}</p>${toCallBack(scene)}<p class="small quiet">${w("stop-code", { flaw: flaw ?? "" })}</p>
      ${visit.stage === "reporting" ? html`<p>${w("stop-report")}</p>${later(acts, w)}` : html`<div class="buttons"><button type="button" class="main" @click=${acts.leave}>${pictogram("back")} ${w("to-queue")}</button></div>`}</div>
  </div>`;
}

/** Why the talk is over, where we know it. @param {Visit} visit @returns {import("./words.js").Word | null} */
function because({ reason, ours, legs: { av } }) {
  if (reason === "finished") return ours ? "ended-finished" : av.proved ? "ended-by-patient" : null;
  const key = `ended-${reason}`;
  return key in catalogue ? /** @type {import("./words.js").Word} */ (key) : null;
}

/** Who was lost, and did not choose to go: they can be called. */
const LOST = ["gone", "away"];

/** @param {In} scene */
function ended(scene) {
  const { visit, acts, w } = scene;
  const why = because(visit), lost = LOST.includes(visit.reason ?? "") && !visit.note.signed;
  const over = visit.stage === "over";
  return html`<div class="stop calm">
    ${arch(over ? "check" : "papers")}
    <div><h2>${over ? w(visit.note.signed ? "over-signed" : "over") : w("reporting")}</h2><p>${over && visit.note.signed ? w("over-signed-text") : why && w(why)} ${lost ? (number(scene) ?? nothing) : nothing}</p>${lost ? toCallBack(scene) : nothing}
      ${over ? html`<div class="buttons"><button type="button" class="main" @click=${acts.leave}>${pictogram("people")} ${w("to-queue")}</button></div>` : html`<p class="quiet">${w("reporting-text")}</p>${visit.note.signed ? nothing : later(acts, w)}`}</div>
  </div>`;
}

/** The next patient need not wait for a report. @param {In["acts"]} acts @param {In["w"]} w */
const later = (acts, w) => html`<div class="buttons"><button type="button" @click=${acts.leave}>${pictogram("back")} ${w("write-later")}</button></div><p class="small quiet">${w("write-later-text")}</p>`;

/* ---- what the booth measures ---- */

/** @param {In} scene */
function live(scene) {
  const { visit, w } = scene;
  return html`<div class="live">
    <h2 class="unseen">${w("measures")}</h2>
    <ul role="list" class="vitals">${/** @type {Kind[]} */ (Object.keys(KINDS)).map((kind) => html`<li>${tile(scene, kind)}</li>`)}
      ${NEWER.filter((kind) => object(scene, kind) !== null || latest(visit.vitals)[kind]).map((kind) => html`<li>${newer(scene, kind)}</li>`)}</ul>
    ${visit.stage === "talk" ? curve(scene) : nothing}
    ${scene.extras.exam?.(scene) ?? nothing}
  </div>`;
}

/** @param {In} scene @param {Kind} kind */
function tile(scene, kind) {
  const { visit, state, host, acts, w } = scene;
  const vital = latest(visit.vitals)[kind] ?? afterwards(scene, kind);
  const fresh = vital ? freshness(vital, state.now) : "kept";
  const shown = vital !== undefined && fresh !== "gone" && vital.numbers.some((each) => each !== null);
  return html`<div class="vital" data-fresh=${vital ? fresh : "none"}>
    <button type="button" class="open plain" aria-pressed=${String(visit.kind === kind && state.tab === "readings")} @click=${() => acts.open(kind)}>
      <span class="name">${pictogram(KINDS[kind].sign)} ${host.t(`kind-${kind}`)}</span>
      <span class="value">${shown && vital ? figures(vital, host.language) : "—"}${shown && vital ? html`<span class="unit">${vital.unit}</span>` : nothing}</span>
      <span class="said">${vital ? aged(scene, vital, fresh) : w(visit.stage === "talk" && !visit.legs.agent.proved ? "not-told" : "not-measured")}</span>
      <span class="said quality">${vital && fresh !== "gone" ? quality(scene, vital) : nothing}</span>
      ${fresh === "old" ? hatch(kind) : nothing}
    </button>
    ${asking(scene, kind, host.t(`kind-${kind}`))}
  </div>`;
}

/** A measure of a newer object, which the record's page has no trend of. @param {In} scene @param {(typeof NEWER)[number]} kind */
function newer(scene, kind) {
  const { visit, state, host, w } = scene;
  const vital = latest(visit.vitals)[kind];
  const fresh = vital ? freshness(vital, state.now) : "kept";
  const shown = vital !== undefined && fresh !== "gone";
  return html`<div class="vital" data-fresh=${vital ? fresh : "none"}>
    <div class="open">
      <span class="name">${w(`newer-${kind}`)}</span>
      <span class="value">${shown && vital ? figures(vital, host.language) : "—"}${shown && vital ? html`<span class="unit">${vital.unit}</span>` : nothing}</span>
      <span class="said">${vital ? aged(scene, vital, fresh) : w("not-measured")}</span>
      <span class="said quality">${vital && fresh !== "gone" ? quality(scene, vital) : nothing}</span>
    </div>
    ${asking(scene, kind, w(`newer-${kind}`))}
  </div>`;
}

/** The health object that this booth measures something with; before it has said what it has, the usual one. @param {In} scene @param {import("./vitals.js").Measured} kind */
function object({ visit: { offers } }, kind) {
  const usual = kind === "pulse" || NEWER.some((each) => each === kind) ? null : (OBJECTS[kind][0] ?? null);
  return offers === null ? usual : (OBJECTS[kind].find((each) => offers.devices.includes(each)) ?? null);
}

/** A way to have something measured, where the booth can. @param {In} scene @param {import("./vitals.js").Measured} kind @param {string} what */
function asking(scene, kind, what) {
  const by = object(scene, kind);
  return by === null || scene.visit.stage !== "talk" ? nothing : again(scene, by, what);
}

/** Once the talk is over: what the record has. @param {In} scene @param {Kind} kind */
function afterwards({ visit, host }, kind) {
  const kept = visit.stage === "talk" ? undefined : ofVisit(host.readings, visit.encounter, host.visits).find((each) => each.kind === kind);
  return kept && recorded(kept);
}

/** Older than ten minutes: hatched, as well as said. @param {Kind} kind */
const hatch = (kind) => html`<svg class="hatch" aria-hidden="true" focusable="false"><pattern id=${`hatch-${kind}`} width="12" height="12" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V12" /></pattern><rect width="100%" height="100%" fill=${`url(#hatch-${kind})`} /></svg>`;

/** @param {In} scene @param {import("./vitals.js").Vital} vital @param {import("./vitals.js").Freshness} fresh */
function aged({ host, state, w }, vital, fresh) {
  if (fresh === "live") return html`<span class="now">${w("live")}</span>`;
  if (fresh === "silent" || fresh === "gone") return html`<strong>${w("signal-lost")}</strong>`;
  return age(vital.at, state.now, host.language);
}

/** Where it was taken, and what the device says of it. @param {In} scene @param {import("./vitals.js").Vital} vital */
const quality = ({ host, w }, { remarks, site }) => [...(site ? [host.t(`site-${site}`)] : []), ...(remarks.length > 0 ? remarks.map((each) => host.t(`remark-${each}`)) : [w("quality-good")])].join(" · ");

/** What every visit begins with: asked for, it is done once more. */
const USUAL = new Set(["cuff", "oximeter", "thermometer", "scale"]);

/** @param {In} scene @param {HealthObject} object @param {string} what */
function again({ visit, acts, w }, object, what) {
  const asked = visit.asked[object];
  const waiting = asked !== undefined && !isAnswered(asked);
  const word = w(USUAL.has(object) || visit.vitals.some(({ device }) => device === object) ? "again" : "measure");
  const off = visit.legs.agent.phase !== "confirmed";
  return html`<button type="button" class="again" data-object=${object} aria-label=${asked ? w("say-progress", { what: `${word} ${what}`, state: w(`asked-${asked.state}`) }) : `${word} ${what}`}
    aria-disabled=${waiting || off ? "true" : nothing} @click=${() => !waiting && !off && acts.ask(object)}>
    ${asked ? html`${waiting ? nothing : pictogram("again")}<span class="progress" data-state=${asked.state}>${w(`asked-${asked.state}`)}</span>` : html`${pictogram("again")} ${word}`}</button>`;
}

/** @param {In} scene */
function curve({ extras, w }) {
  const { name: what, unit, paused } = extras.wave;
  const known = `wave-${what}` in catalogue ? w(/** @type {any} */ (`wave-${what}`)) : what;
  return html`<figure class="wave" ?hidden=${what === ""}>
    <figcaption>${known}${unit ? html` <span class="quiet">${unit}</span>` : nothing}${paused ? html` <strong>${w("wave-paused")}</strong>` : nothing}</figcaption>
    <canvas class="curve" aria-hidden="true"></canvas>
  </figure>`;
}
