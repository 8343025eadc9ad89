/**
 * Documents in the talk: the sheets that the physician shows, the paper that somebody holds before the camera, and what the
 * exam camera sees. Only a visit needs it. The paper's picture is in this page's memory until the next is taken.
 */

import { html } from "/static/shared/vendor/lit-html/lit-html.js";
import { picture } from "./pictures.js";
import { fill } from "./pieces.js";
import { secondsLeft } from "./state.js";

/** @typedef {import("./fr.js").Text} Text */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Screen} Screen */

const SHOWING = new Set(["visit-show", "visit-hold", "visit-look"]);
const SHARP = { width: { ideal: 1920 }, height: { ideal: 1080 } };
const USUAL = { width: { ideal: 640 }, height: { ideal: 480 } };
const QUALITY = 0.9;

const taken = document.createElement("canvas");
/** The camera while a paper is shown; it is somebody's own picture, so it is let go as soon as the paper is not. */
const camera = Object.assign(document.createElement("video"), { muted: true, autoplay: true, playsInline: true, tabIndex: -1 });
/** @type {MediaStreamTrack | null} */
let track = null;
let lent = false; // whether the track is the talk's own
let before = "";

/** One sheet, whole or a part of it. @param {State} state @param {Text} text */
export function sheet({ screen }, text) {
  const file = screen.visit?.file;
  if (!file) return html`<div class="document">${picture("papers")}</div>`;
  const words = fill(text.screens["visit-file"].more, { sheet: file.at + 1, sheets: file.sheets });
  return html`<div class="document" data-part=${file.part ?? "all"}><img src=${`/sheet/${file.number}/${file.at}`} alt=${words} draggable="false" /></div>`;
}

/** What the exam camera sees, for whoever holds it. @param {Text} text */
export const near = (text) =>
  html`<div class="document near">${picture("lens")}<img src="/near" alt=${text.exam.near} draggable="false" @error=${(/** @type {Event} */ event) => { /** @type {HTMLElement} */ (event.target).hidden = true; }} /></div>`;

/** The paper before the camera, or its photograph. @param {State} state */
export const paper = ({ screen, camera: own }) =>
  html`<div class="document photo">${own !== "on" ? picture("lens") : screen.state === "visit-look" ? taken : camera}</div>`;

/** The count before the photograph. @param {State} state */
export const held = (state) => html`<p class="number lead">${secondsLeft(state) ?? 0}</p>`;

/** Follow the screens: open the camera sharply for a paper, photograph it, let it go. @param {Screen} screen @param {HTMLVideoElement} self */
export async function follow(screen, self) {
  const was = before;
  before = screen.state;
  if (SHOWING.has(screen.state) && !track) await focus(self);
  if (screen.state === "visit-look" && was !== "visit-look") await photograph();
  if (!SHOWING.has(screen.state) && track) await release();
}

/** @param {HTMLVideoElement} self */
async function focus(self) {
  const own = /** @type {MediaStream | null} */ (self.srcObject)?.getVideoTracks()[0];
  if (!own) return;
  lent = own.enabled;
  track = lent ? own : own.clone(); // whoever hides their picture shows the paper alone
  track.enabled = true;
  camera.srcObject = new MediaStream([track]);
  void camera.play().catch(() => {});
  await track.applyConstraints(SHARP).catch(() => {}); // as sharp as this camera can
}

async function release() {
  const mine = track;
  track = camera.srcObject = null;
  taken.width = taken.height = 0;
  if (lent) await mine?.applyConstraints(USUAL).catch(() => {});
  else mine?.stop();
}

async function photograph() {
  taken.width = camera.videoWidth;
  taken.height = camera.videoHeight;
  if (!track || taken.width === 0) return; // the booth says that nothing came
  taken.getContext("2d")?.drawImage(camera, 0, 0);
  const body = await new Promise((made) => taken.toBlob(made, "image/jpeg", QUALITY));
  await fetch("/paper", { method: "POST", body }).catch(() => {});
}
