/** The notebook put together: the server's answers and the reader's acts become events. */

import { run } from "../shared/frame.js";
import { KIND_NAMES } from "../shared/reading.js";
import { Problem, ask, listen, read, search, session, signOut } from "../shared/server.js";
import { DAY, chosenLanguage, instant, keepLanguage, loadWords, stringify } from "../shared/writing.js";
import { manualObservation, measuredAt, numbers } from "./entry.js";
import { first, next, unknownDevices } from "./state.js";
import { view } from "./views.js";

/** @typedef {import("./state.js").Event} Event */

const TICK_MS = 15_000;

/** What this page alone says. @param {import("../shared/writing.js").Language} language */
const own = (language) => (language === "en" ? import("./en.js") : import("./fr.js"));

const language = chosenLanguage();
const start = { language, t: await loadWords(language, own), now: Date.now() };

const acts = {
  dispatch: (/** @type {Event} */ event) => act(event),
  go: (/** @type {string} */ hash) => {
    location.hash = hash;
  },
  add: (/** @type {import("../shared/reading.js").Kind} */ kind) => {
    location.hash = `add/${kind}`;
  },
  again: () => void open(),
  newCode: () => void makeCode(),
  copy: (/** @type {string} */ text) => void navigator.clipboard.writeText(text),
  switchLanguage: () => void switchLanguage(),
  signOut: () => void leave(),
};

const page = run({
  first: first(start),
  next,
  view: (state) => view(state, acts),
  screen: ({ screen }) => (screen.name === "add" ? `${screen.name} ${screen.entry.step === "confirming"}` : screen.name),
  title: ({ t, screen }) => `${screen.name === "readings" ? t("tab-readings") : t("citizen-title")} · ${t("site")}`,
  language: (state) => state.language,
});

let stop = () => {};

/** An act of the reader: what it changes, and the sending that may follow from it. @param {Event} event */
function act(event) {
  if (event.type === "submit") page.dispatch({ type: "tick", now: Date.now() });
  page.dispatch(event);
  const { screen } = page.state();
  const submitted = event.type === "submit" || event.type === "confirm";
  if (submitted && screen.name === "add" && screen.entry.step === "sending") void send(screen.entry);
  if (event.type === "submit") /** @type {HTMLElement | null} */ (document.querySelector("[aria-invalid=true]"))?.focus();
}

async function open() {
  stop();
  try {
    const who = await session();
    page.dispatch({ type: "session", session: who });
    if (who.role !== "citizen" || !who.patient) return;
    stop = listen(who.patient, {
      arrived: (observation) => {
        page.dispatch({ type: "arrived", observation });
        void lookUp();
      },
      link: (live) => page.dispatch({ type: "link", link: live ? "live" : "lost" }),
      missed: () => void catchUp(),
      signedOut: () => page.dispatch({ type: "signed-out" }),
    });
  } catch (error) {
    fail(error);
  }
}

async function catchUp() {
  const { patient } = page.state().session;
  if (!patient) return;
  try {
    const since = instant(Date.now() - 366 * DAY).slice(0, 10);
    const { resources, complete } = await search("Observation", [["patient", `Patient/${patient}`], ["category", "vital-signs"], ["date", `ge${since}`], ["_sort", "-date"], ["_count", "200"]]);
    const { name } = page.state().screen;
    page.dispatch({ type: "found", observations: resources, complete });
    if (name === "opening" || name === "failed") follow();
    await lookUp();
  } catch (error) {
    fail(error);
  }
}

async function lookUp() {
  const ids = unknownDevices(page.state());
  if (ids.length === 0) return;
  try {
    const named = await Promise.all(ids.map(async (id) => [id, deviceName(await read("Device", id))]));
    page.dispatch({ type: "devices", devices: Object.fromEntries(named) });
  } catch (error) {
    // The name of a device is worth no complaint; the next reading asks again.
    if (!(error instanceof Problem)) throw error;
  }
}

/** @param {any} device */
function deviceName(device) {
  return String(device?.deviceName?.[0]?.name ?? device?.modelNumber ?? "");
}

/** @param {import("./entry.js").Entry} entry */
async function send(entry) {
  const { patient } = page.state().session;
  const values = numbers(entry);
  if (!patient || values === null) return;
  const at = instant(measuredAt(entry, page.state().now));
  try {
    page.dispatch({ type: "stored", observation: await store(manualObservation(entry.kind, values, { id: entry.id, patient, at })) });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.why === "signed-out") page.dispatch({ type: "signed-out" });
    else page.dispatch({ type: "unsaved", cause: error.why });
  }
}

/** A code for a booth, made anew each time: the one before is good no more. */
async function makeCode() {
  page.dispatch({ type: "code" });
  try {
    const told = await ask("/arrival", { method: "POST" });
    page.dispatch({ type: "tick", now: Date.now() });
    page.dispatch({ type: "coded", told });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.why === "signed-out") page.dispatch({ type: "signed-out" });
    else page.dispatch({ type: "uncoded" });
  }
}

/**
 * Store an Observation once, however often it is sent: it resolves only when the server has said that it is kept.
 * @param {{identifier: readonly {system: string, value: string}[]}} observation
 * @returns {Promise<any>} the Observation as stored
 */
async function store(observation) {
  const [identifier] = observation.identifier;
  if (!identifier) throw new RangeError("an observation is stored by its identifier");
  return ask("/fhir/R4/Observation", {
    method: "POST",
    headers: {
      "Content-Type": "application/fhir+json",
      Accept: "application/fhir+json",
      Prefer: "return=representation",
      "If-None-Exist": `identifier=${encodeURIComponent(`${identifier.system}|${identifier.value}`)}`,
    },
    body: stringify(observation),
  });
}

/** The address says which screen is open, so that the browser's own Back works. */
function follow() {
  const [where = "", kind] = location.hash.slice(1).split("/");
  const known = KIND_NAMES.find((each) => each === kind);
  const { name } = page.state().screen;
  if (name === "opening" || name === "sign-in" || name === "failed" || where === "content") return;
  if (where === "readings") page.dispatch(known ? { type: "readings", kind: known } : { type: "readings" });
  else if (where === "add" && known) page.dispatch({ type: "add", kind: known, id: crypto.randomUUID() });
  else if (where === "add") page.dispatch({ type: "choose" });
  else if (where === "code") void makeCode();
  else page.dispatch({ type: "home" });
}

async function switchLanguage() {
  const other = page.state().language === "fr" ? "en" : "fr";
  keepLanguage(other);
  page.dispatch({ type: "language", language: other, t: await loadWords(other, own) });
}

async function leave() {
  stop();
  try {
    await signOut();
    page.dispatch({ type: "signed-out" });
    page.dispatch({ type: "session", session: await session() });
  } catch (error) {
    fail(error);
  }
}

/** @param {unknown} error */
function fail(error) {
  if (!(error instanceof Problem)) throw error;
  if (error.why === "signed-out" || error.why === "forbidden") page.dispatch({ type: "signed-out" });
  else if (page.state().readings.length === 0) page.dispatch({ type: "failed", cause: error.why });
  else page.dispatch({ type: "link", link: "lost" });
}

addEventListener("hashchange", follow);
setInterval(() => page.dispatch({ type: "tick", now: Date.now() }), TICK_MS);
await open();
