/** What the physician examines with: stethoscope, exam camera, and what is written large at the kiosk. */

import { SPOTS, body } from "../../shared/body.js";
import { pictogram } from "../../shared/pictograms.js";
import { Directive, directive } from "../../shared/vendor/lit-html/directive.js";
import { html, nothing } from "../../shared/vendor/lit-html/lit-html.js";
import { clock } from "../../shared/writing.js";
import { goesOn, isAnswered, stateWord } from "./exam_state.js";
import { files, why } from "./files_view.js";
import { playing } from "./playing.js";
import { sign } from "./signs.js";

/** @typedef {import("./stage_view.js").In} In */
/** @typedef {import("./exam_state.js").Tool} Tool */
/** @typedef {import("./exam_state.js").What} What */
/** @typedef {import("./words.js").Word} Word */
/** @typedef {import("./exam_deeds.js").ExamDeeds} ExamDeeds */
/** @typedef {In & {exam: ExamDeeds}} At what the parts of an examination are drawn from */

const LONGEST_TEXT = 240;

/** @type {readonly {tool: Tool, sign: import("./signs.js").VisitSign}[]} */
const TOOLS = [
  { tool: "listen", sign: "stethoscope" },
  { tool: "camera", sign: "lens" },
  { tool: "write", sign: "write" },
  { tool: "files", sign: "file" },
];

/** @param {In} scene */
export function exam(scene) {
  const deeds = scene.acts.exam();
  const { visit, w } = scene;
  if (!deeds) return nothing;
  const { tool, quiet } = visit.exam;
  const at = { ...scene, exam: deeds };
  if (visit.stage !== "talk") return afterwards(at);
  return html`<section class="exam" aria-labelledby="exam">
    <h2 id="exam">${w("exam")}</h2>
    <div class="buttons tight">
      ${TOOLS.filter((each) => isThere(visit, each.tool)).map((each) => html`<button type="button" data-tool=${each.tool} aria-expanded=${String(tool === each.tool)} aria-controls="tool" @click=${() => deeds.tool(each.tool)}>${sign(each.sign)} ${w(`tool-${each.tool}`)}</button>`)}
      <button type="button" data-tool="quiet" aria-pressed=${String(quiet)} aria-disabled=${off(at, "quiet")} @click=${() => off(at, "quiet") === nothing && deeds.quiet()}>${sign(quiet ? "loud-off" : "loud")} ${w(quiet ? "quiet-on" : "quiet-off")}</button>
    </div>
    <div id="tool" ?hidden=${tool === null}>${tool === null ? nothing : BODIES[tool](at)}</div>
  </section>`;
}

/** @type {Readonly<Record<Tool, (at: At) => unknown>>} */
const BODIES = { listen, camera, write, files };

/** Whether the booth has what a tool needs, as far as it has said. @param {import("./state.js").Visit} visit @param {Tool} tool */
const isThere = ({ offers }, tool) => (tool !== "listen" && tool !== "camera") || offers === null || offers.exams.includes(tool);

/** Once the talk is over: what came and is not in the record yet, and that it goes with the visit. @param {At} at */
function afterwards(at) {
  const { stills } = at.visit.exam;
  if (stills.length === 0) return nothing;
  return html`<section class="exam" aria-labelledby="exam"><h2 id="exam">${at.w("stills")}</h2>
    ${stills.some(({ keeping }) => keeping !== "kept") ? html`<p class="small quiet">${at.w("stills-go")}</p>` : nothing}
    ${picture(at, stills)}${gallery(at, stills)}</section>`;
}

/** Whether a request cannot be made now: no connection, or the same is under way. @param {In} scene @param {What} what */
export function off({ visit }, what) {
  const asked = visit.asked[what];
  return visit.legs.agent.phase !== "confirmed" || (asked && !isAnswered(asked)) ? "true" : nothing;
}

/** How far a request is, in a word, or why it failed; and how much of its picture has come. @param {In} scene @param {What} what */
export function progress(scene, what) {
  const { visit, w } = scene;
  const asked = visit.asked[what];
  const coming = asked && visit.exam.coming?.id === asked.id ? visit.exam.coming : null;
  const word = !asked ? nothing : asked.state === "failed" && asked.why ? why(scene, asked.why) : w(stateWord(what, asked.state));
  return html`<p class="progress" role="status" data-state=${asked?.state ?? nothing}>${word}${coming ? ` ${w("coming", { percent: Math.floor((100 * coming.octets) / coming.size) })}` : nothing}</p>`;
}

/* ---- the stethoscope ---- */

/** @param {At} at */
function listen(at) {
  const { visit, exam: deeds, w } = at;
  const on = goesOn(visit.asked.listen);
  return html`<p class="small quiet">${w("listen-text")}</p>
    <div class="maps">${/** @type {const} */ (["front", "back"]).map((side) => map(at, side))}</div>
    ${progress(at, "listen")}
    ${on ? html`<label class="level">${w("listen-level")} <meter class="level" min="0" max="1" value="0"></meter></label>
      <p class="notice warn">${sign("loud-off")}<span>${w("listen-quiet")}</span></p>` : nothing}
    <div class="buttons tight" role="group" aria-label=${w("filter")}>
      ${/** @type {const} */ (["bell", "diaphragm", "wide"]).map((each) => html`<button type="button" aria-pressed=${String(visit.exam.filter === each)} @click=${() => deeds.filter(each)}>${w(`filter-${each}`)}</button>`)}
      ${stop(at, "listen")}
    </div>`;
}

/** @param {At} at @param {"listen" | "camera" | "paper"} what */
export function stop({ visit, exam: deeds, w }, what) {
  const asked = visit.asked[what];
  return asked && !isAnswered(asked) ? html`<button type="button" class="stop-exam" @click=${() => deeds.stop(what)}>${w("exam-stop")}</button>` : nothing;
}

/** One side of the body, each spot a button; a tap shows it in the booth. @param {At} at @param {import("../../shared/body.js").Side} side */
function map(at, side) {
  const { visit, exam: deeds, w } = at;
  const spots = /** @type {[import("../../shared/body.js").SpotName, import("../../shared/body.js").Spot][]} */ (Object.entries(SPOTS)).filter(([, spot]) => spot.side === side);
  const waits = off(at, "listen") !== nothing && !goesOn(visit.asked.listen);
  return html`<figure class="map"><div class="torso">${body(side, null)}
      ${spots.map(([name, { at: [x, y] }]) => html`<button type="button" class="spot" aria-label=${w(`spot-${name}`)} title=${w(`spot-${name}`)} aria-pressed=${String(visit.exam.spot === name)} aria-disabled=${waits ? "true" : nothing} ${placed(x, y)} @click=${() => waits || deeds.spot(name)}></button>`)}</div>
    <figcaption class="small">${w(`side-${side}`)}</figcaption></figure>`;
}

/** Puts a spot's button where the spot is: a style that no attribute may carry. */
class Placed extends Directive {
  /** @param {import("../../shared/vendor/lit-html/directive.js").ElementPart} part @param {[number, number]} at of the grid of 96 */
  update(part, [x, y]) {
    const button = /** @type {HTMLElement} */ (part.element);
    button.style.left = `${(x / 96) * 100}%`;
    button.style.top = `${(y / 96) * 100}%`;
  }

  /** @param {number} _x @param {number} _y */
  render(_x, _y) {}
}
const placed = directive(Placed);

/* ---- the exam camera ---- */

/** @param {At} at */
function camera(at) {
  const { visit, exam: deeds, w } = at;
  const stills = visit.exam.stills.filter(({ of }) => of === "camera");
  const still = stills.find(({ id }) => id === visit.exam.frozen) ?? null;
  const on = goesOn(visit.asked.camera);
  return html`<div class="scope">
      ${still ? shown(at, still) : on ? html`<video class="near" autoplay playsinline muted .muted=${true} aria-label=${w("near-picture")} ${playing(deeds.stream)}></video>`
          : html`<p class="near none">${w("camera-dark")}</p>`}
    </div>
    ${progress(at, "camera")}${visit.asked.still ? progress(at, "still") : nothing}
    <div class="buttons tight">
      ${still ? html`<button type="button" @click=${() => deeds.look(null)}>${pictogram("again")} ${w("still-live")}</button>` : nothing}
      ${on && !still ? html`<button type="button" class="main" aria-disabled=${off(at, "still")} @click=${() => off(at, "still") === nothing && deeds.still()}>${sign("lens")} ${w("still-take")}</button>` : nothing}
      ${on || !isAnswered(visit.asked.camera ?? { id: "", state: "done" }) ? stop(at, "camera") : html`<button type="button" aria-disabled=${off(at, "camera")} @click=${() => off(at, "camera") === nothing && at.exam.desk.request("camera", { what: "camera" })}>${sign("lens")} ${w("camera-open")}</button>`}
    </div>
    ${still ? caption(at, still) : nothing}
    ${gallery(at, stills)}`;
}

/** @param {At} at @param {import("./exam_state.js").Still} still */
const shown = ({ exam: deeds, host, w }, { id, caption: words, at: taken }) =>
  html`<canvas class="near" role="img" aria-label=${words || w("still-of", { time: clock(taken, host.language) })} ${painted(deeds.picture(id))}></canvas>`;

/** The picture that is open of these, with its caption. @param {At} at @param {readonly import("./exam_state.js").Still[]} stills */
export function picture(at, stills) {
  const still = stills.find(({ id }) => id === at.visit.exam.frozen);
  return still ? html`<div class="scope">${shown(at, still)}</div>${caption(at, still)}` : nothing;
}

/** The pictures that have come, each to be opened. @param {At} at @param {readonly import("./exam_state.js").Still[]} stills */
export function gallery({ visit, exam: deeds, host, w }, stills) {
  if (stills.length === 0) return nothing;
  return html`<ul role="list" class="stills">${stills.map((each) => html`<li><button type="button" aria-pressed=${String(each.id === visit.exam.frozen)} @click=${() => deeds.look(each.id)}>${clock(each.at, host.language)} <span class="quiet small">${w(`still-${each.keeping}`)}</span></button></li>`)}</ul>`;
}

/** @param {At} at @param {import("./exam_state.js").Still} still */
function caption({ exam: deeds, visit, w }, { id, across, down, caption: words, keeping }) {
  const done = keeping === "kept" || keeping === "keeping";
  const signed = visit.note.step === "signed";
  return html`<p class="small quiet number">${across} × ${down}</p>
    <div class="field"><label for="caption">${w("still-caption")}</label>
      <input id="caption" autocomplete="off" maxlength="120" .value=${words} ?disabled=${done} @input=${(/** @type {Event} */ event) => deeds.caption(id, /** @type {HTMLInputElement} */ (event.target).value)}></div>
    <div class="buttons tight"><button type="button" class="main" aria-disabled=${done || visit.encounter === "" ? "true" : nothing} @click=${() => void deeds.keep(id)}>${pictogram("papers")} ${w(signed ? "still-append" : "still-keep")}</button></div>
    ${signed && !done ? html`<p class="small quiet">${w("still-signed")}</p>` : nothing}
    <p class="progress" role="status" data-state=${keeping === "kept" ? "done" : keeping === "unkept" ? "failed" : nothing}>${w(`still-${keeping}`)}</p>`;
}

/** A canvas that shows a picture which is in memory only. */
class Painted extends Directive {
  /** @type {ImageBitmap | null} */
  #shown = null;

  /** @param {import("../../shared/vendor/lit-html/directive.js").ElementPart} part @param {[ImageBitmap | null]} picture */
  update(part, [picture]) {
    const canvas = /** @type {HTMLCanvasElement} */ (part.element);
    if (!picture || picture === this.#shown) return;
    this.#shown = picture;
    [canvas.width, canvas.height] = [picture.width, picture.height];
    canvas.getContext("2d")?.drawImage(picture, 0, 0);
  }

  /** @param {ImageBitmap | null} _picture */
  render(_picture) {}
}
const painted = directive(Painted);

/* ---- what is written large ---- */

/** @param {At} at */
function write(at) {
  const { visit, exam: deeds, w } = at;
  const { text, lines } = visit.exam;
  const can = visit.legs.agent.phase === "confirmed" && text.trim() !== "";
  return html`<ol role="list" class="lines" aria-label=${w("written")}>${lines.map((line) => html`<li><p>${line.text}</p><p class="small progress" data-state=${line.state}>${line.reply ? w(/** @type {Word} */ (`reply-${line.reply}`)) : w(/** @type {Word} */ (`write-${line.state}`))}</p></li>`)}</ol>
    <form class="field" @submit=${(/** @type {Event} */ event) => (event.preventDefault(), can && deeds.write())}>
      <label for="write">${w("write-label")}</label>
      <textarea id="write" rows="2" maxlength=${LONGEST_TEXT} .value=${text} @input=${(/** @type {Event} */ event) => deeds.type(/** @type {HTMLTextAreaElement} */ (event.target).value)}></textarea>
      <p class="small quiet">${w("write-text")}</p>
      <div class="buttons tight"><button type="submit" class="main" aria-disabled=${can ? nothing : "true"}>${sign("write")} ${w("write-send")}</button></div>
    </form>`;
}
