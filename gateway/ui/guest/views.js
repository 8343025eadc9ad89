/** The page of whoever was invited, drawn from its state. */

import { arch, frame } from "../shared/frame.js";
import { pictogram } from "../shared/pictograms.js";
import { attested } from "../shared/guest.js";
import { html, nothing } from "../shared/vendor/lit-html/lit-html.js";
import { repeat } from "../shared/vendor/lit-html/directives/repeat.js";
import { isSeen, playing } from "../physician/visit/playing.js";
import { words as catalogue } from "./fr.js";
import { ours } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Member} Member */
/** @typedef {import("./words.js").Word} Word */
/** @typedef {{switchLanguage: () => void, enter: (name: string, camera: boolean) => void, micro: () => void, camera: () => void, leave: () => void, here: () => void}} Acts */
/** @typedef {{pictures: ReadonlyMap<string, MediaStream>, own: MediaStream | null}} Streams */

/** @param {State} state @param {Acts} acts @param {Streams} streams */
export function view(state, acts, streams) {
  return frame(state, { switchLanguage: acts.switchLanguage, signOut: null }, { screen: state.step, status: "", main: SCREENS[state.step](state, acts, streams) });
}

/** @param {import("../shared/pictograms.js").SignName} sign @param {unknown} inside */
const doorway = (sign, inside) => html`<section class="doorway appear">${arch(sign)}<div>${inside}</div></section>`;

/** @type {Record<State["step"], (state: State, acts: Acts, streams: Streams) => unknown>} */
const SCREENS = {
  opening: ({ w }) => doorway("milestone", html`<h1 tabindex="-1">${w("opening")}</h1>`),
  name: naming,
  entering: ({ w }) => doorway("people", html`<h1 tabindex="-1">${w("entering")}</h1>`),
  door: ({ w, by }) => doorway("people", html`<h1 tabindex="-1">${w("door-title")}</h1><p>${by ? w("door-text", { name: by }) : w("door-text-nobody")}</p>`),
  asked: ({ w }) => doorway("people", html`<h1 tabindex="-1">${w("asked-title")}</h1><p>${w("asked-text")}</p>`),
  in: inside,
  ended,
  "no-link": ({ w }) => doorway("cut", html`<h1 tabindex="-1">${w("no-link-title")}</h1><p>${w("no-link-text")}</p>`),
};

/** @param {State} state @param {Acts} acts */
function naming({ w, problem, colleague }, acts) {
  const enter = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    acts.enter(String(new FormData(form).get("name") ?? ""), event.submitter?.getAttribute("value") !== "sound");
  };
  return doorway("doctor", html`<h1 tabindex="-1">${w("name-title")}</h1><p>${w("name-text")}</p>
    <form class="naming" @submit=${enter}>
      ${colleague ? nothing : html`<label for="name">${w("name-label")}</label><input id="name" name="name" maxlength="60" autocomplete="name" required aria-describedby="name-note">
        <p id="name-note" class="small quiet">${w("name-not-verified")}</p>`}
      ${problem ? html`<p class="complaint" role="alert">${w(/** @type {Word} */ (problem))}</p>` : nothing}
      <div class="buttons"><button type="submit" class="main" value="camera">${w("with-camera")}</button>
        <button type="submit" value="sound">${w("sound-only")}</button></div>
    </form>`);
}

/** @param {State} state @param {Acts} acts @param {Streams} streams */
function inside(state, acts, streams) {
  const { w, members, micro, camera, devices, line, unrelayed } = state;
  const off = devices === "refused" || devices === "absent", sent = ours(state);
  return html`<section class="talk">
    <h1 tabindex="-1">${w("in-title")}</h1>
    <ul role="list" class="people" aria-label=${w("with")}>${repeat(members, ({ participant }) => participant, (each) => html`<li>${person(state, each, streams)}</li>`)}
      ${camera && streams.own && !off ? html`<li class="own"><figure><video autoplay playsinline muted .muted=${true} aria-label=${w("own-picture")} ${playing(streams.own)}></video><figcaption><strong>${w("you")}</strong></figcaption></figure></li>` : nothing}</ul>
    ${off ? html`<p class="notice warn">${w("no-devices")}</p>` : nothing}
    ${sent ? html`<p class="notice" role="status">${pictogram("cut")} <span>${w(sent === "sound" ? "own-cut" : "own-small")}</span></p>` : nothing}
    ${unrelayed ? html`<p class="notice warn" role="status">${pictogram("cut")} <span>${w("no-relay")}</span></p>` : nothing}
    ${line === "down" ? html`<p class="notice warn" role="status">${pictogram("cut")} <span>${w("line-down")}</span></p>` : nothing}
    <div class="buttons">
      <button type="button" aria-pressed=${String(micro)} @click=${acts.micro}>${w(micro ? "micro-on" : "micro-off")}</button>
      <button type="button" aria-pressed=${String(camera)} @click=${acts.camera}>${w(camera ? "camera-on" : "camera-off")}</button>
      <button type="button" class="leave" @click=${acts.leave}>${pictogram("leave")} ${w("leave")}</button>
    </div>
  </section>`;
}

/** @param {State} state @param {Member} member @param {Streams} streams */
function person({ w, colleague }, member, { pictures }) {
  const { participant, part, phase, proved, digits, going } = member;
  const name = nameOf(member), shown = phase === "confirmed", picture = pictures.get(participant) ?? null;
  const known = attested(member) && proved !== "";
  const lack = going.theirs === "off" ? "sound-alone" : going.theirs === "sound" || going.still ? "picture-cut" : picture && !isSeen(picture) ? "sound-alone" : null;
  return html`<figure data-participant=${participant} data-part=${part}>
    ${picture && shown ? html`<div class="frame"><video autoplay playsinline aria-label=${w("picture-of", { name })} ${playing(picture)}></video>${lack ? html`<p role="status">${w(lack)}</p>` : nothing}</div>` : html`<div class="frame"><p role="status">${w(digits ? "recovering" : "checking")}</p></div>`}
    <figcaption><span><strong>${name}</strong> · ${w(/** @type {Word} */ (`part-${part}`))}</span>
      ${shown ? html`<span class=${known ? "mark good" : "mark warn"}>${pictogram(known ? "shield" : "shield-off")} ${w(known ? "proved" : "not-proved")}</span>` : nothing}
      ${shown && (!colleague || !attested(member)) ? html`<span class="small quiet">${w("digits")}</span> <strong class="number digits">${digits.match(/../g)?.join(" ")}</strong>` : nothing}</figcaption>
  </figure>`;
}

/** Only what is proved, or what the physician signed of a guest. @param {Member} member */
const nameOf = (member) => (attested(member) ? member.proved.replace(/^([a-z])/, (letter) => letter.toUpperCase()).replaceAll("-", " ") : member.name);

/** @param {State} state @param {Acts} acts */
function ended({ w, reason, colleague }, acts) {
  const key = `ended-${reason}`;
  const why = key in catalogue ? /** @type {Word} */ (key) : "ended-stop";
  return doorway("check", html`<h1 tabindex="-1">${w(reason === "elsewhere" ? "elsewhere-title" : "ended-title")}</h1><p>${w(why)}</p>
    ${reason === "elsewhere" ? html`<div class="buttons"><button type="button" class="main" @click=${acts.here}>${w("continue-here")}</button></div>` : colleague ? html`<div class="buttons"><a class="button main" href="/medecin/">${w("back-to-desk")}</a></div>` : nothing}`);
}
