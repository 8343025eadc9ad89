/**
 * What every page has around it, and the little that runs one: a state, a pure `next`, a pure view, one render.
 */

import { html, nothing, render } from "./vendor/lit-html/lit-html.js";
import { brandMark, pictogram } from "./pictograms.js";

/** @typedef {import("./writing.js").Words} Words */
/** @typedef {import("./server.js").Session} Session */
/** @typedef {import("./server.js").Cause} Cause */
/** @typedef {import("./vendor/lit-html/lit-html.js").TemplateResult} Template */
/** @typedef {import("./writing.js").Language} Language */
/** @typedef {"opening" | "live" | "lost"} Link */

/**
 * @param {{t: Words, language: Language}} speech
 * @param {{switchLanguage: () => void, signOut: (() => void) | null}} act
 * @param {{screen: string, status: string, main: unknown, aside?: unknown}} parts status: said politely to those who listen
 */
export function frame({ t, language }, act, { screen, status, main, aside = nothing }) {
  const other = language === "fr" ? "en" : "fr";
  return html`
    <a class="skip" href="#content">${t("skip")}</a>
    <header class="road">
      <a class="brand" href="/">${brandMark()}<span>${t("site")}</span></a>
      <div class="tools">
        ${aside}
        <button type="button" class="plain" lang=${other} @click=${act.switchLanguage}>${t("other-language")}</button>
        ${act.signOut ? html`<button type="button" class="plain" @click=${act.signOut}>${pictogram("leave")} ${t("sign-out")}</button>` : nothing}
      </div>
    </header>
    <p class="unseen" role="status">${status}</p>
    <main id="content" tabindex="-1" data-screen=${screen}>${main}</main>`;
}

const SIGNS = /** @type {const} */ ({ physician: "doctor", citizen: "notebook", operator: "milestone" });

/**
 * @param {{t: Words}} speech
 * @param {keyof typeof SIGNS} role
 * @param {Session} session
 */
export function signIn({ t }, role, session) {
  const people = (session.people ?? []).filter((person) => person.role === role);
  return html`<section class="doorway appear">
    ${arch(SIGNS[role])}
    <div>
      <h1 tabindex="-1">${t(`sign-in-title-${role}`)}</h1>
      <p>${session.signed_in ? t("sign-in-other", { name: session.name ?? "" }) : t(`sign-in-text-${role}`)}</p>
      <div class="buttons">${people.map((person) => html`<a class="button main" href=${person.sign_in}>${t("sign-in-as", { name: person.name })}</a>`)}</div>
      ${people.length > 0 || !session.sign_in ? html`<p class="small quiet">${people.length > 0 ? t("sign-in-demo") : t("sign-in-none")}</p>` : nothing}
      ${session.sign_in ? html`<div class="buttons"><a class=${people.length > 0 ? "button" : "button main"} href=${session.sign_in}>${t(people.length > 0 ? "sign-in-provider-demo" : "sign-in-provider")}</a></div>` : nothing}
    </div>
  </section>`;
}

/** @param {{t: Words}} speech @param {Cause} cause @param {() => void} again */
export function failed({ t }, cause, again) {
  const why = cause === "offline" ? "failed-offline" : cause === "unavailable" ? "failed-unavailable" : "failed-refused";
  return html`<section class="doorway appear">
    ${arch("cut")}
    <div>
      <h1 tabindex="-1">${t("failed-title")}</h1>
      <p>${t(why)}</p>
      <div class="buttons"><button type="button" class="main" @click=${again}>${pictogram("again")} ${t("try-again")}</button></div>
    </div>
  </section>`;
}

/** @param {{t: Words}} speech */
export function opening({ t }) {
  return html`<section class="doorway">${arch("milestone")}<div><h1 tabindex="-1">${t("opening")}</h1></div></section>`;
}

/** A sign in the arch of a stone. @param {import("./pictograms.js").SignName} sign */
export function arch(sign) {
  return html`<div class="stone">${pictogram(sign)}</div>`;
}

/** @param {{t: Words}} speech @param {Link} link @param {string} since */
export function linkState({ t }, link, since) {
  if (link === "live") return html`<span class="state good">${pictogram("link")} ${t("link-live")}</span>`;
  if (link === "lost") return html`<span class="state warn">${pictogram("cut")} ${t("link-lost", { time: since })}</span>`;
  return html`<span class="state">${t("link-opening")}</span>`;
}

/**
 * Run a page: every event makes the next state, every state is drawn, and a new screen's heading takes the focus.
 * @template State, Event
 * @param {{first: State, next: (state: State, event: Event) => State, view: (state: State) => unknown, screen: (state: State) => string, title: (state: State) => string, language: (state: State) => Language}} page
 * @returns {{dispatch: (event: Event) => void, state: () => State}}
 */
export function run(page) {
  const root = /** @type {HTMLElement} */ (document.getElementById("app"));
  let state = page.first;
  let screen = page.screen(state);
  const draw = () => {
    document.documentElement.lang = page.language(state);
    document.title = page.title(state);
    render(page.view(state), root);
    const now = page.screen(state);
    if (now !== screen && screen !== "opening") root.querySelector("h1")?.focus();
    screen = now;
  };
  root.replaceChildren();
  draw();
  return {
    dispatch(event) {
      state = page.next(state, event);
      draw();
    },
    state: () => state,
  };
}
