/**
 * The page of whoever is invited into a visit: by a link (`#SECRET`, which no server sees), or as a physician whom a colleague
 * asks (`#visit=CALL`). This is the shell; the talk itself is talk.js, which is loaded when somebody enters.
 */

import { run } from "../shared/frame.js";
import { chosenLanguage, keepLanguage, loadWords as loadShared } from "../shared/writing.js";
import { first, next } from "./state.js";
import { view } from "./views.js";
import { loadWords } from "./words.js";

const ENTERED = "teleborne.guest";

const fragment = location.hash.slice(1);
const asked = /^visit=([A-Za-z0-9-]{1,64})$/.exec(fragment)?.[1] ?? "";
const secret = /^[A-Za-z0-9_-]{22}$/.test(fragment) ? fragment : "";

/** @type {Promise<import("./talk.js").Talk> | null} */
let loading = null;
/** @type {import("./talk.js").Talk | null} */
let talk = null;
const NONE = { pictures: new Map(), own: null };

const language = chosenLanguage();
const [t, w] = await Promise.all([loadShared(language), loadWords(language)]);
const page = run({
  first: first({ language, t, w, colleague: asked !== "" }),
  next,
  view: (state) => view(state, {
    switchLanguage: () => void switchLanguage(), enter: (name, camera) => void enter(name, camera),
    micro: () => talk?.micro(), camera: () => void camera(), leave: () => talk?.leave(), here: () => location.reload(),
  }, talk ?? NONE),
  screen: ({ step }) => step,
  title: ({ w: words, t: shared }) => `${words("title")} · ${shared("site")}`,
  language: (state) => state.language,
});

async function switchLanguage() {
  const other = page.state().language === "fr" ? "en" : "fr";
  keepLanguage(other);
  page.dispatch({ type: "language", language: other, t: await loadShared(other), w: await loadWords(other) });
}

/** @returns {Promise<import("./talk.js").Talk>} */
const loaded = () => (loading ??= import("./talk.js").then(({ Talk }) => (talk = new Talk({ asked, secret, page }))));

/** @param {string} name @param {boolean} withCamera */
async function enter(name, withCamera) {
  if (!asked && name.trim() === "") return page.dispatch({ type: "problem", problem: "problem-name" });
  page.dispatch({ type: "step", step: "entering" });
  page.dispatch({ type: "camera", on: withCamera });
  if (await (await loaded()).enter(name, withCamera)) remember();
}

async function camera() {
  await talk?.camera();
  remember();
}

/** That we have entered, and whether we are seen: who came with sound only is not seen after a reload. */
function remember() {
  try {
    sessionStorage.setItem(ENTERED, JSON.stringify({ fragment, camera: page.state().camera }));
  } catch {
    // A browser that keeps nothing has to enter again after a reload.
  }
}

/** @returns {{fragment: string, camera: boolean} | null} */
function entered() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(ENTERED) ?? "null");
    return kept?.fragment === fragment ? kept : null;
  } catch {
    return null;
  }
}

if (!asked && !secret) page.dispatch({ type: "step", step: "no-link" });
else {
  const before = entered();
  if (before) page.dispatch({ type: "camera", on: before.camera });
  if (!before || !(await (await loaded()).comesBack(before.camera))) page.dispatch({ type: "step", step: "name" });
}
