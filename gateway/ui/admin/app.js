/** The operator's page put together: the server's answers and the operator's acts become events. */

import { run } from "../shared/frame.js";
import { Problem, ask, session, signOut } from "../shared/server.js";
import { chosenLanguage, keepLanguage, loadWords, parse, stringify } from "../shared/writing.js";
import { first, keyOf, moment, next, open } from "./state.js";
import { view } from "./views.js";

/** @typedef {import("./state.js").Act} Act */
/** @typedef {import("./state.js").Alert} Alert */

const TICK_MS = 5_000;
const AGAIN_MS = 3_000;
const PLACE = "teleborne.fleet";

/** What this page alone says. @param {import("../shared/writing.js").Language} language */
const own = (language) => (language === "en" ? import("./en.js") : import("./fr.js"));

const language = chosenLanguage();
/** A booth's page is loaded when the first is opened. @type {typeof import("./booth.js").page | null} */
let booth = null;
/** So is what is needed now and then. @type {typeof import("./office.js") | null} */
let office = null;
const acts = {
  again: () => void begin(),
  switchLanguage: () => void switchLanguage(),
  signOut: () => void leave(),
  ask: (/** @type {Act | null} */ act) => choose(act),
  act: (/** @type {Act} */ act) => void order(act),
  signInAgain: () => signInAgain(),
  enrol: (/** @type {string} */ name) => void enrol(name),
  check: (/** @type {boolean} */ whole) => void check(whole),
  olderPast: () => void olderPast(),
  older: () => void older(),
  take: (/** @type {Alert} */ alert) => void see(alert, "take", "taken"),
  giveBack: (/** @type {Alert} */ alert) => void see(alert, "give-back", "given-back"),
};

const page = run({
  first: first({ language, t: await loadWords(language, own), now: Date.now() }),
  next,
  view: (state) => view(state, { ...acts, booth, office }),
  screen: ({ screen }) => ("booth" in screen ? `${screen.name} ${screen.booth}` : screen.name),
  title: (state) => `${open(state)?.place ?? state.t("fleet-title")} · ${state.t("site")}`,
  language: (state) => state.language,
});

/** @type {EventSource | null} */
let source = null;
let timer = 0;

async function begin() {
  stop();
  try {
    const who = await session();
    page.dispatch({ type: "session", session: who });
    if (who.role !== "operator") return;
    const kept = sessionStorage.getItem(PLACE);
    sessionStorage.removeItem(PLACE);
    if (kept) location.hash = kept;
    listen();
  } catch (error) {
    fail(error);
  }
}

/** What was there before is asked for when the server listens to us, so nothing falls in between. */
function listen() {
  source = new EventSource("/fleet/live");
  source.addEventListener("ready", () => {
    page.dispatch({ type: "link", link: "live" });
    void look();
  });
  source.addEventListener("booth", (event) => {
    const told = parse(event.data);
    page.dispatch({ type: "booth", booth: told });
    if (open(page.state())?.name === told.name) void history(told.name);
  });
  source.addEventListener("alerts", (event) => page.dispatch({ type: "alerts", alerts: parse(event.data) }));
  source.addEventListener("signed-out", () => signedOut());
  source.addEventListener("error", () => {
    page.dispatch({ type: "link", link: "lost" });
    if (page.state().screen.name === "opening") void look();
    if (source?.readyState === EventSource.CLOSED) timer = setTimeout(() => void begin(), AGAIN_MS);
  });
}

function stop() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

function signedOut() {
  stop();
  page.dispatch({ type: "signed-out" });
}

async function look() {
  try {
    const { booths, alerts } = await ask("/fleet/booths");
    page.dispatch({ type: "found", booths, alerts });
    await follow();
  } catch (error) {
    fail(error);
  }
}

/** @param {string} name */
async function history(name) {
  try {
    page.dispatch({ type: "past", booth: await ask(`/fleet/booths/${encodeURIComponent(name)}`) });
  } catch (error) {
    // What was is worth no complaint: how it is stands on the page.
    if (!(error instanceof Problem)) throw error;
  }
}

/** The address says which booth is open, so that the browser's own Back works. */
async function follow() {
  const [where, name] = location.hash.slice(1).split("/");
  if (where === "booth") booth ??= (await import("./booth.js")).page;
  const { screen } = page.state();
  if (where === "content" || screen.name === "opening" || screen.name === "sign-in" || screen.name === "failed") return;
  if (where === "enrolment" || where === "audit" || where === "statistics") return lookAt(where, name ?? "");
  if (where === "booth" && name) {
    const before = screen.name === "booth" ? screen.booth : null;
    if (before !== name) page.dispatch({ type: "go", screen: "booth", booth: name });
    if (open(page.state())) void history(name);
  } else if (screen.name !== "fleet") page.dispatch({ type: "go", screen: "fleet" });
}

/** @param {"enrolment" | "audit" | "statistics"} where @param {string} name */
async function lookAt(where, name) {
  office ??= await import("./office.js");
  page.dispatch({ type: "tick", now: Date.now() });
  if (where === "enrolment") return page.dispatch({ type: "go", screen: where, booth: name });
  page.dispatch({ type: "go", screen: where });
  try {
    const told = await ask(`/fleet/${where}`);
    page.dispatch(where === "audit" ? { type: "acts", acts: told.acts } : { type: "figures", figures: told });
  } catch (error) {
    fail(error);
  }
}

/** @param {string} name */
async function enrol(name) {
  page.dispatch({ type: "code", code: "sending" });
  try {
    const made = await ask("/fleet/enrolments", { method: "POST", body: stringify({ booth: name }) });
    page.dispatch({ type: "code", code: { booth: made.booth, code: made.code, expires: moment(made.expires) ?? 0 } });
    focus("#code");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.why === "signed-out") return signedOut();
    page.dispatch({ type: "code", code: { flaw: name } });
    focus("#booth-name");
  }
}

async function older() {
  const before = page.state().acts ?? [];
  const last = before.at(-1);
  if (!last) return;
  try {
    const told = await ask(`/fleet/audit?${new URLSearchParams({ before: last.when })}`);
    page.dispatch({ type: "acts", acts: told.acts, behind: before });
  } catch (error) {
    fail(error);
  }
}

/** A stretch at a time, so that no answer takes long; whoever leaves the page ends it. @param {boolean} whole */
async function check(whole) {
  /** @type {string | null} */
  let after = null;
  let [read, of] = [0, 0];
  page.dispatch({ type: "chain", chain: { read, of } });
  try {
    do {
      const told = /** @type {any} */ (await ask("/fleet/audit/check", { method: "POST", body: stringify({ whole, after }) }));
      if (page.state().chain === null) return;
      after = told.after;
      read += told.read.number;
      of = told.of?.number ?? of;
      page.dispatch({ type: "chain", chain: after === null ? { rows: told.rows.number, broken: told.broken.number } : { read, of } });
    } while (after !== null);
  } catch (error) {
    page.dispatch({ type: "chain", chain: null });
    fail(error);
  }
}

/** More of what became of the booth that is open; from the server where that was not asked yet. */
async function olderPast() {
  const { past, shown } = page.state();
  if (!past) return;
  if (shown < past.past.length || past.last === null) return page.dispatch({ type: "older" });
  try {
    const told = await ask(`/fleet/booths/${encodeURIComponent(past.booth)}/changes?${new URLSearchParams({ before: String(past.last) })}`);
    page.dispatch({ type: "older", changes: told.changes });
  } catch (error) {
    fail(error);
  }
}

/** @param {Act | null} act */
function choose(act) {
  const before = page.state().acting?.act;
  page.dispatch({ type: "tick", now: Date.now() });
  page.dispatch({ type: "ask", act });
  focus(act ? "#sure" : `[data-act="${before}"] button`);
}

/** @param {Act} act */
async function order(act) {
  const name = open(page.state())?.name;
  if (!name) return;
  page.dispatch({ type: "sending" });
  try {
    page.dispatch({ type: "acted", booth: await ask(`/fleet/booths/${encodeURIComponent(name)}/${act}`, { method: "POST" }) });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.why === "signed-out") return signedOut();
    page.dispatch({ type: "said", word: "act-failed" });
  }
  focus("#acts");
}

/** @param {Alert} alert @param {"take" | "give-back"} act @param {"taken" | "given-back"} word */
async function see(alert, act, word) {
  page.dispatch({ type: "busy", alert: keyOf(alert) });
  try {
    const alerts = await ask(`/fleet/booths/${encodeURIComponent(alert.booth)}/alerts/${encodeURIComponent(alert.reason)}/${act}`, { method: "POST" });
    page.dispatch({ type: "alerts", alerts });
    page.dispatch({ type: "said", word });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.why === "signed-out") return signedOut();
    page.dispatch({ type: "said", word: "alert-failed" });
    await look();
  }
}

/** Say again who one is, and come back to the same booth. */
function signInAgain() {
  const { session: who } = page.state();
  sessionStorage.setItem(PLACE, location.hash.slice(1));
  const here = (who.people ?? []).find((person) => person.role === "operator" && person.name === who.name);
  location.assign(here?.sign_in ?? `${who.sign_in ?? "/"}?again=1`);
}

async function switchLanguage() {
  const other = page.state().language === "fr" ? "en" : "fr";
  keepLanguage(other);
  page.dispatch({ type: "language", language: other, t: await loadWords(other, own) });
}

async function leave() {
  try {
    await signOut();
    signedOut();
    page.dispatch({ type: "session", session: await session() });
  } catch (error) {
    fail(error);
  }
}

/** @param {unknown} error */
function fail(error) {
  if (!(error instanceof Problem)) throw error;
  if (error.why === "signed-out" || error.why === "forbidden") signedOut();
  else if (page.state().booths.length === 0) page.dispatch({ type: "failed", cause: error.why });
  else page.dispatch({ type: "link", link: "lost" });
}

/** @param {string} selector */
const focus = (selector) => /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus();

addEventListener("hashchange", () => void follow());
setInterval(() => page.dispatch({ type: "tick", now: Date.now() }), TICK_MS);
await begin();
