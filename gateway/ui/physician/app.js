/** The physician's page put together: the server's answers and the reader's acts become events. */

import { run } from "../shared/frame.js";
import { Problem, listen, read, search, searchFirst, session, signOut } from "../shared/server.js";
import { DAY, chosenLanguage, instant, keepLanguage, loadWords } from "../shared/writing.js";
import { deviceName, first, isInside, next, patients, person, unknown, visit } from "./state.js";
import { nameOf, view } from "./views.js";

const TICK_MS = 15_000, CALLS_MS = 60_000;
const WIDE = "(min-width: 60rem)";
const MOST_AT_ONCE = 40;

const wasInside = () => localStorage.getItem("teleborne.visit-desk") !== null;
// What a reload interrupted is wanted first: it comes beside the words and the session, not after them.
if (wasInside()) void import("./visit/app.js").catch(() => {});

const language = chosenLanguage();
const start = { language, t: await loadWords(language), now: Date.now() };

const acts = {
  dispatch: (/** @type {import("./state.js").Event} */ event) => page.dispatch(event),
  said: (/** @type {string} */ patient, /** @type {boolean} */ open) => {
    page.dispatch({ type: "said", said: open ? patient : null });
    if (open) void before.look(patient);
  },
  choose,
  again: () => void open(),
  switchLanguage: () => void switchLanguage(),
  signOut: () => void leave(),
  desk: () => void openDesk(true),
};

/** @type {import("./calls/app.js").Calls | null} loaded when somebody is to be called back */
let calls = null;
let callsLooked = false;
let callsAgain = false;

/** @type {import("./said/app.js").Said | null} loaded when somebody wants to know what a patient said before the visit */
let said = null;
const before = { look: lookAtSaid, view: (/** @type {string} */ patient, /** @type {import("./state.js").State} */ state) => said?.view(patient, state) ?? null };

/** @type {import("./visit/app.js").VisitDesk | null} loaded when somebody is available, or was before a reload */
let desk = null;

const page = run({
  first: first(start),
  next,
  view: (state) => (isInside(state) ? desk?.view(state) : null) ?? view(state, acts, { queue: desk?.queue(state) ?? null, calls: calls?.view(state) ?? null, said: state.said === null ? null : before.view(state.said, state) }),
  screen: (state) => (isInside(state) ? desk?.screen() : null) ?? (state.screen.name === "record" ? state.screen.patient : state.screen.name),
  title: ({ t }) => `${desk?.title() ?? t("physician-title")} · ${t("site")}`,
  language: (state) => state.language,
});

let stop = () => {};
let asking = false;

async function open() {
  stop();
  try {
    const who = await session();
    page.dispatch({ type: "session", session: who });
    if (who.role !== "physician") return;
    if (desk || wasInside()) void openDesk(false);
    stop = listen(null, {
      arrived: (observation) => hear(observation),
      link: (live) => page.dispatch({ type: "link", link: live ? "live" : "lost" }),
      missed: () => void catchUp(),
      signedOut: () => page.dispatch({ type: "signed-out" }),
      called: () => void lookForCalls(),
    });
  } catch (error) {
    fail(error);
  }
}

async function catchUp() {
  try {
    page.dispatch({ type: "found", observations: await searchFirst("Observation", [["category", "vital-signs"], ["_sort", "-date"], ["_count", "100"]]) });
    if (location.hash === "" && matchMedia(WIDE).matches) chooseFirst();
    else follow();
    await Promise.all([lookUp(), lookForCalls()]);
  } catch (error) {
    fail(error);
  }
}

/** Search for those who are to be called back: once at a time, so that no older answer stands over a newer one. */
async function lookForCalls() {
  callsAgain = true;
  if (callsLooked) return;
  callsLooked = true;
  try {
    while (callsAgain) {
      callsAgain = false;
      await listCalls();
    }
  } finally {
    callsLooked = false;
  }
}

/** What shows them is loaded with the first one. */
async function listCalls() {
  try {
    const tasks = await searchFirst("Task", [["code", "call-back"], ["status", "requested,accepted"], ["_sort", "authored-on"], ["_count", "50"]]);
    if (!isInside(page.state())) return;
    if (tasks.length > 0) calls ??= await openCalls();
    calls?.found(tasks);
  } catch (error) {
    // A module that could not be had is a TypeError: the next look tries again.
    if (!(error instanceof Problem || error instanceof TypeError)) throw error;
  }
}

/** Read, also again, what a patient said. What shows it is loaded the first time. @param {string} patient */
async function lookAtSaid(patient) {
  try {
    said ??= await (await import("./said/app.js")).Said.open(page.state().language, () => page.dispatch({ type: "tick", now: Date.now() }));
    await said.look(patient);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    page.dispatch({ type: "said", said: null });
    page.dispatch({ type: "link", link: "lost" });
  }
}

async function openCalls() {
  const { Calls } = await import("./calls/app.js");
  return Calls.open({
    state: page.state,
    redraw: () => page.dispatch({ type: "tick", now: Date.now() }),
    known: (wanted) => void known(wanted).then(page.dispatch).catch(fail),
    name: (patient, encounter, at) => nameOf(page.state(), { person: page.state().people[patient] ?? null, visit: page.state().visits[encounter] ?? null, at }),
    search: () => void lookForCalls(),
  });
}

/** @param {any} observation */
function hear(observation) {
  page.dispatch({ type: "arrived", observation });
  void lookUp();
}

/** Ask for the people, visits and devices that readings name; one round at a time. */
async function lookUp() {
  if (asking) return;
  asking = true;
  try {
    for (let wanted = unknown(page.state()); Object.values(wanted).some((ids) => ids.length > 0); wanted = unknown(page.state())) {
      page.dispatch(await known(wanted));
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // Names come with the next reading; the readings themselves are on screen.
  } finally {
    asking = false;
  }
}

/** @param {ReturnType<typeof unknown>} wanted @returns {Promise<import("./state.js").Event>} */
async function known({ people, visits, devices }) {
  const [patient, encounter] = [people.slice(0, MOST_AT_ONCE), visits.slice(0, MOST_AT_ONCE)];
  const [patientsFound, encountersFound, devicesFound] = await Promise.all([
    patient.length > 0 ? searchFirst("Patient", [["_id", patient.join(",")], ["_count", String(MOST_AT_ONCE)]]) : [],
    encounter.length > 0 ? searchFirst("Encounter", [["_id", encounter.join(",")], ["_count", String(MOST_AT_ONCE)]]) : [],
    Promise.all(devices.slice(0, MOST_AT_ONCE).map(async (id) => [id, deviceName(await read("Device", id))])),
  ]);
  const nobody = (/** @type {string[]} */ ids) => Object.fromEntries(ids.map((id) => [id, null]));
  return {
    type: "known",
    people: { ...nobody(patient), ...Object.fromEntries(patientsFound.map((each) => [each.id, person(each)])) },
    visits: { ...nobody(encounter), ...Object.fromEntries(encountersFound.map((each) => [each.id, visit(each)])) },
    devices: Object.fromEntries(devicesFound),
  };
}

/** @param {string | null} patient */
function choose(patient) {
  location.hash = patient === null ? "" : patient;
}

function chooseFirst() {
  const [latest] = patients(page.state());
  if (!latest) return;
  history.replaceState(null, "", `#${latest.patient}`);
  follow();
}

/** The address says who is chosen, so that the browser's own Back works. */
function follow() {
  const patient = decodeURIComponent(location.hash.slice(1));
  if (!/^[A-Za-z0-9\-.]{1,64}$/.test(patient) || patient === "content") {
    if (page.state().screen.name === "record" && patient === "") page.dispatch({ type: "back" });
    return;
  }
  const { screen } = page.state();
  if (screen.name !== "list" && screen.name !== "record") return;
  if (screen.name === "record" && screen.patient === patient) return;
  page.dispatch({ type: "choose", patient });
  if (!(patient in page.state().histories)) void loadHistory(patient);
}

/** @param {string} patient */
async function loadHistory(patient) {
  try {
    const since = instant(Date.now() - 366 * DAY).slice(0, 10);
    const { resources, complete } = await search("Observation", [["patient", `Patient/${patient}`], ["category", "vital-signs"], ["date", `ge${since}`], ["_sort", "-date"], ["_count", "200"]]);
    page.dispatch({ type: "history", patient, observations: resources, complete });
    await lookUp();
  } catch (error) {
    fail(error);
  }
}

/** @param {boolean} available */
async function openDesk(available) {
  if (page.state().desk === "loading") return;
  page.dispatch({ type: "desk", desk: "loading" });
  try {
    desk = await (await import("./visit/app.js")).visitDesk(desk, { page, known, loadHistory, fail, switchLanguage, before });
    page.dispatch({ type: "desk", desk: "waiting" });
  } catch (error) {
    // A module that could not be had is a TypeError; the browser keeps that answer for as long as the page is open.
    if (!(error instanceof TypeError)) throw error;
    return page.dispatch({ type: "desk", desk: "failed" });
  }
  desk.begin(available);
}

async function switchLanguage() {
  const other = page.state().language === "fr" ? "en" : "fr";
  keepLanguage(other);
  await Promise.all([desk?.speak(other), calls?.speak(other), said?.speak(other)]);
  page.dispatch({ type: "language", language: other, t: await loadWords(other) });
}

async function leave() {
  stop();
  desk?.leave();
  calls = said = null;
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
setInterval(() => {
  if (!isInside(page.state())) return;
  void lookForCalls(); // another server may have taken the Task in
  void said?.again();
}, CALLS_MS);
await open();
