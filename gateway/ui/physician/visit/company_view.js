/** Who else takes part: their pictures beside the patient's, and the panel in which they are asked, let in and taken out. */

import { attested } from "../../shared/guest.js";
import { pictogram } from "../../shared/pictograms.js";
import { unseen } from "../../shared/sending.js";
import { html, nothing } from "../../shared/vendor/lit-html/lit-html.js";
import { repeat } from "../../shared/vendor/lit-html/directives/repeat.js";
import { isSeen, playing } from "./playing.js";

/** @typedef {import("./stage_view.js").In} In */
/** @typedef {import("./state.js").Third} Third */
/** @typedef {import("./state.js").Part} Part */
/** @typedef {import("./words.js").Word} Word */

/** @type {readonly Part[]} */
export const PARTS = ["interpreter", "relative", "helper"];
const MOST = 2;
/** How somebody is taken off the list. @type {Readonly<Partial<Record<Third["standing"], Word>>>} */
const OUT = { in: "take-out", knocking: "turn-away", expired: "forget-invitation" };

/** What is shown of one: the proved name of a colleague, the typed one of a guest. @param {In} scene @param {Third} third */
const nameOf = ({ visit }, { participant, name }) => visit.members[participant ?? ""]?.leg.name || name || "";

/** @param {Third} third */
const isAttested = ({ subject }) => subject !== null && attested({ subject });

/** Whether it is known who is behind that connection: an authority says so, or the digits were the same. @param {In} scene @param {Third} third */
const isKnown = ({ visit }, third) => isAttested(third) || visit.known.includes(third.subject ?? "");

/** The pictures of those who are in, each with who it is. @param {In} scene */
export function faces(scene) {
  const inside = scene.visit.thirds.filter(({ standing }) => standing === "in");
  if (inside.length === 0) return nothing;
  return html`<ul role="list" class="company" aria-label=${scene.w("company")}>${repeat(inside, ({ invitation }) => invitation, (third) => html`<li>${face(scene, third)}</li>`)}</ul>`;
}

/** @param {In} scene @param {Third} third */
function face(scene, third) {
  const { visit, extras, w } = scene;
  const { leg, going } = visit.members[third.participant ?? ""] ?? {};
  const shown = leg?.phase === "confirmed";
  const why = going && shown ? unseen(going) : null;
  const picture = extras.pictures?.get(third.participant ?? "") ?? null;
  const said = !shown ? (leg?.proved ? "recovering" : "checking") : why === "cut" ? "third-cut" : why === "off" || (picture && !isSeen(picture)) ? "third-unseen" : null;
  return html`<figure data-participant=${third.participant}>
    <div class="frame">${shown && picture ? html`<video autoplay playsinline aria-label=${w("their-picture-of", { name: nameOf(scene, third) })} ${playing(picture)}></video>` : nothing}${said ? html`<p class="small" role="status">${w(said)}</p>` : nothing}</div>
    <figcaption><span><strong>${nameOf(scene, third)}</strong> · ${w(`part-${third.part}`)}</span>
      ${shown ? html`<span class=${isKnown(scene, third) ? "mark good" : "mark warn"}>${pictogram(isKnown(scene, third) ? "shield" : "shield-off")} ${w(!isKnown(scene, third) ? "not-known" : isAttested(third) ? "known" : "line-known")}</span>` : nothing}</figcaption>
  </figure>`;
}

/** The way to the panel; it says when somebody is at the door. @param {In} scene */
export function way(scene) {
  const { visit, acts, w } = scene;
  const waiting = visit.thirds.filter(({ standing }) => standing === "knocking").length;
  return html`<button type="button" class=${waiting > 0 ? "main" : ""} aria-haspopup="dialog" @click=${acts.company}>${pictogram("people")} ${w(waiting > 0 ? "somebody-knocks" : "invite")}</button>`;
}

/** @param {In} scene */
export function company(scene) {
  const { visit, w } = scene;
  return html`
    ${visit.thirds.length === 0 ? html`<p>${w("company-text")}</p>` : html`<ul role="list" class="asked">${repeat(visit.thirds, ({ invitation }) => invitation, (third) => html`<li>${asked(scene, third)}</li>`)}</ul>`}
    ${visit.thirds.filter(({ standing }) => standing !== "expired").length >= MOST ? html`<p class="notice">${w("company-full")}</p>` : ways(scene)}`;
}

/** @param {In} scene */
function ways({ visit, acts, w }) {
  return html`<h3>${w("invite-by-link")}</h3><p class="small quiet">${w("invite-by-link-text")}</p>
    <div class="buttons">${PARTS.map((part) => html`<button type="button" @click=${() => acts.link(part)}>${w(`part-${part}`)}</button>`)}</div>
    <h3>${w("invite-colleague")}</h3>
    ${visit.colleagues === null || visit.colleagues.length === 0 ? html`<p class="small quiet">${w("nobody-there")}</p>` : html`<ul role="list" class="asked">${visit.colleagues.map((each) => html`<li><span><strong>${each.name}</strong>${each.specialities.length > 0 ? ` · ${each.specialities.join(", ")}` : ""}</span>
      <button type="button" @click=${() => acts.askColleague(each.participant)}>${w("ask-them")}</button></li>`)}</ul>`}`;
}

/** One who was asked: how far, and what can be done. @param {In} scene @param {Third} third */
function asked(scene, third) {
  const { visit, acts, w } = scene;
  const { address, linked } = visit.links[third.invitation] ?? {};
  const { leg } = visit.members[third.participant ?? ""] ?? {};
  const guest = third.subject !== null && !isAttested(third);
  const open = third.standing === "invited" && third.participant === null && address !== undefined;
  return html`<div class="one" data-standing=${third.standing}>
    <p><strong>${nameOf(scene, third) || w(`part-${third.part}`)}</strong>${nameOf(scene, third) ? html` · ${w(`part-${third.part}`)}` : nothing}<br><span class="small quiet">${w(third.standing === "expired" && third.part === "specialist" ? "standing-unanswered" : `standing-${third.standing}`)}${third.present || third.participant === null ? "" : ` · ${w("third-away")}`}</span></p>
    ${guest ? html`<p class="small">${w(linked ? "guest-linked" : linked === false ? "guest-unlinked" : "checking")} ${isKnown(scene, third) ? "" : w("guest-name")}</p>` : nothing}
    ${open ? html`<p class="small">${w("link-send")}</p><p><input class="link" readonly aria-label=${w("link")} .value=${address} @focus=${(/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).select()}></p>` : nothing}
    ${third.standing === "in" && guest && leg?.phase === "confirmed" && !isKnown(scene, third) ? compare(scene, third, leg.digits) : nothing}
    <div class="buttons">
      ${third.standing === "knocking" && (!guest || linked) ? html`<button type="button" class="main" @click=${() => acts.admit(third.invitation)}>${w("let-in")}</button>` : nothing}
      ${open ? html`<button type="button" @click=${() => acts.copy(address)}>${w("link-copy")}</button>` : nothing}
      ${third.standing === "expired" && third.part !== "specialist" ? html`<button type="button" class="main" @click=${() => acts.renew(third)}>${w("link-again")}</button>` : nothing}
      <button type="button" @click=${() => acts.remove(third.invitation)}>${w(OUT[third.standing] ?? "take-back")}</button>
    </div>
  </div>`;
}

/** The digits of our connection with a guest: asked aloud. @param {In} scene @param {Third} third @param {string} digits */
const compare = ({ acts, w }, third, digits) => html`<div class="compare">
  <p>${w("compare-ask")}</p><p class="number">${digits.match(/../g)?.join(" ")}</p>
  <div class="buttons"><button type="button" class="main" @click=${() => acts.compared(third, true)}>${w("compare-same")}</button>
    <button type="button" @click=${() => acts.compared(third, false)}>${w("compare-other")}</button></div></div>`;
