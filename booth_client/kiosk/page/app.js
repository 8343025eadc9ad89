/**
 * The shell of the kiosk page: the WebSocket to the booth, touches, focus, the bell. What is shown is decided in state.js
 * and views.js; what is loaded later, in parts.js.
 */

import { render } from "/static/shared/vendor/lit-html/lit-html.js";
import { hearHelper } from "./helper.js";
import { MissingPart, have, pulsePart, talkPart, texts, voicePart } from "./parts.js";
import { INITIAL, listens, next } from "./state.js";
import { makeUnseen } from "./unseen.js";
import { heading, isPairing, said, spoken, view } from "./views.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Event} StateEvent */
/** @typedef {import("./fr.js").Text} Text */

const RINGING = new Set(["help-called", "unsaved", "who-helper", "emergency-call"]);
/** With no line nobody else is told: then it must be heard. @param {import("./state.js").Screen} screen */
const alarms = (screen) => screen.state === "emergency-call" && !screen.online;
/** Screens that are announced by two notes, again with their hint: somebody may have dozed off. */
const CHIMING = new Set(["doctor-coming", "all-right", "report", "take-papers"]);
/** Screens that ring where somebody leaves their card behind. */
const LEAVING = new Set(["goodbye", "still-there"]);
const ALERTING = new Set(["call-trouble", "security-stop"]);
const RING_EVERY_MS = 8000, ALARM_EVERY_MS = 2000;
const CLICK_AFTER_RELEASE_MS = 700;
const FIRST_PAUSE_MS = 250;
const PATIENT_MS = 700; // a booth that is back within two tries is not said to be out of order
const LONGEST_PAUSE_MS = 500; // it is this machine's own: a try costs nothing, and somebody may be in a talk
const ALIVE_EVERY_MS = 5000; // what watches over the browser hears that its scripts run
const GRACE_MS = 120_000; // docs/signalling.md: after this the visit goes on without us

const root = /** @type {HTMLElement} */ (document.querySelector("#booth"));
const status = /** @type {HTMLElement} */ (document.querySelector("#status"));
const alert = /** @type {HTMLElement} */ (document.querySelector("#alert"));
/** Screens on which the voice is silent until it is asked: somebody else speaks, or nobody is there. */
const SILENT = new Set(["idle", "in-visit", "out-of-service"]);

/** What is to be seen before there is a talk. @type {import("./call.js").Pictures} */
const NO_PICTURES = { remote: null, self: null, of: () => null };

/** @type {State} */
let state = INITIAL;
/** @type {WebSocket | null} */
let socket = null;
let pauseMs = FIRST_PAUSE_MS;
let released = -Infinity;
let rungAt = -Infinity;
/** @type {AudioContext | null} */
let bell = null;
/** @type {number | null} */
let cutAt = null;

/** @type {import("./talk.js").Talk | null} */
let talk = null;
/** @type {ReturnType<typeof import("./voice.js").makeVoice> | null} */
let voice = null;
/** @type {ReturnType<typeof import("./pulse.js").makePulse> | null} */
let pulse = null;
let told = 0; // how often the voice was told something, or to be silent

/** @param {object} message */
function post(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

/** @param {StateEvent} event */
function dispatch(event) {
  const before = state;
  state = next(state, event);
  voice?.turn(state.volume);
  const words = texts[state.screen.language];
  if (state.heard && words) show(before, words);
}

/** @param {State} before @param {Text} words */
function show(before, words) {
  const screen = state.screen;
  const html = document.documentElement;
  html.lang = screen.language;
  html.toggleAttribute("data-large", screen.large);
  if (screen.contrast) html.dataset["theme"] = "contrast";
  else delete html.dataset["theme"];
  render(view(state, words, talk?.pictures ?? NO_PICTURES), root);
  for (const video of root.querySelectorAll("video")) if (video.paused && video.srcObject) video.play().catch(() => {});
  document.title = `${heading(state, words)} – ${words.title}`;
  const news = said(before.screen, screen, words);
  if (news !== null) status.textContent = news;
  const urgent = isPairing(state) ? spoken(state, words) : ALERTING.has(screen.state) ? heading(state, words) : "";
  if (alert.textContent !== urgent) alert.textContent = urgent;
  if (screen.screen !== before.screen.screen || state.passkey !== before.passkey) root.querySelector("h1")?.focus({ preventScroll: true });
  speak(before, words, news, urgent);
  const announced = screen.screen !== before.screen.screen || (screen.hint && !before.screen.hint);
  if (announced && bell !== null && (CHIMING.has(screen.state) || (screen.card && LEAVING.has(screen.state)))) ring(bell);
}

/** Say a new screen, or what is new on it. @param {State} before @param {Text} words @param {string | null} news @param {string} urgent */
function speak(before, words, news, urgent) {
  if (before.screen.screen !== state.screen.screen || before.screen.language !== state.screen.language) {
    hush();
    if (!SILENT.has(state.screen.state)) void tell(({ linesOf }) => linesOf(root));
  } else if (state.passkey !== before.passkey && urgent !== "") void tell(({ inSentences }) => inSentences(urgent));
  else if (news) void tell(({ inSentences }) => inSentences(news));
  else if (state.volume !== before.volume) void tell(({ inSentences }) => inSentences(words.voice.louder));
}

/** @param {(voice: typeof import("./voice.js")) => import("./voice.js").Line[]} lines @param {boolean} [asked] */
async function tell(lines, asked = false) {
  const mine = ++told;
  const part = await voicePart().catch(() => null); // the booth is gone, and says so on its screen
  const words = texts[state.screen.language];
  if (mine !== told || part === null || words === undefined) return;
  voice ??= part.makeVoice({ volume: state.volume, speaks: (now) => talk?.under(now) });
  void voice.say(lines(part), words, asked);
}

function hush() {
  told += 1;
  voice?.hush();
}

/** What the page itself answers. @param {string} wish */
function answer(wish) {
  if (wish === "listen") void tell(({ linesOf }) => linesOf(root), true);
  else dispatch({ type: "volume", volume: state.volume + (wish === "louder" ? 1 : -1) });
}

/** @param {string} act */
function send(act) {
  if (!listens(state, performance.now())) return;
  bell ??= new AudioContext();
  talk?.play();
  post({ act, screen: state.screen.screen });
}

/** What a press on *target* chooses, or null. @param {EventTarget | null} target */
function choiceAt(target) {
  const element = target instanceof Element ? target.closest("[data-act], [data-local]") : null;
  return element instanceof HTMLElement && !element.matches(":disabled") ? element : null;
}

/** @param {HTMLElement} element */
function choose(element) {
  const { act, local } = element.dataset;
  if (act !== undefined) send(act);
  else if (local !== undefined) answer(local);
}

const unseen = makeUnseen(root, {
  read: (element) => void tell(({ inSentences }) => inSentences(element.textContent ?? "", element)),
  listen: () => answer("listen"),
  send,
  choose,
  tell: (begun) => void tell(({ inSentences }) => inSentences(texts[state.screen.language]?.voice[begun ? "reads" : "presses"] ?? "")),
});

/** @type {HTMLElement | null} */
let pressed = null;

// A press acts on release, wherever it began, and however long it was held.
root.addEventListener("pointerdown", (event) => {
  if (unseen.reads()) return;
  hush();
  pressed = choiceAt(event.target);
});
root.addEventListener("pointercancel", () => { pressed = null; });
root.addEventListener("pointerup", (event) => {
  const chosen = choiceAt(event.target);
  if (chosen !== null && chosen === pressed && event.button === 0) {
    released = performance.now();
    choose(chosen);
  }
  pressed = null;
});
root.addEventListener("click", (event) => {
  if (performance.now() - released < CLICK_AFTER_RELEASE_MS || unseen.reads()) return; // the same press, already answered
  const chosen = choiceAt(event.target);
  if (chosen !== null) choose(chosen); // a key, or an assistive technology
});
root.addEventListener("contextmenu", (event) => event.preventDefault());
root.addEventListener("dragstart", (event) => event.preventDefault());

/**
 * Take in what the booth says. Rejects where a part that it needs cannot be fetched.
 * @param {{[name: string]: any}} message
 */
async function hear(message) {
  if ("passkey" in message) return dispatch({ type: "passkey", digits: message["passkey"] });
  if ("go" in message) return location.assign(message["go"]);
  if ("live" in message) return dispatch({ type: "live", ...message["live"] });
  if ("wave" in message) return waved(message["wave"]);
  if (!("state" in message)) return (await talking()).heard(message["visit"]);
  const screen = /** @type {import("./state.js").Screen} */ (message);
  const wiped = state.screen.state === "goodbye" && screen.state === "idle";
  await have(screen);
  if (screen.visit) await talking();
  dispatch({ type: "screen", screen, at: performance.now() });
  talk?.stands(screen);
  if (wiped) location.reload(); // a fresh page: nothing of the person before is left in it
}

/** @param {Parameters<ReturnType<typeof import("./pulse.js").makePulse>["heard"]>[0]} piece */
async function waved(piece) {
  const { makePulse } = await pulsePart();
  pulse ??= makePulse((rests) => dispatch({ type: "wave", rests }));
  if (state.wave !== "comes") dispatch({ type: "wave", rests: false });
  pulse.heard(piece);
}

async function talking() {
  const { makeTalk } = await talkPart();
  return (talk ??= makeTalk({ say: (message) => post({ visit: message }), tell: dispatch }));
}

function connect() {
  const mine = new WebSocket(`ws://${location.host}/ws`);
  socket = mine;
  let before = Promise.resolve();
  mine.addEventListener("message", (event) => {
    pauseMs = FIRST_PAUSE_MS;
    cutAt = null;
    before = before.then(() => (socket === mine ? hear(JSON.parse(event.data)) : undefined)).catch((error) => {
      mine.close(); // the next one says the screen again, and what it needs is asked for again
      if (!(error instanceof MissingPart)) reportError(error);
    });
  });
  mine.addEventListener("close", () => {
    socket = null;
    dispatch({ type: "passkey", digits: null }); // a booth that is back says it again
    setTimeout(connect, pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    cutAt ??= performance.now();
    const away = performance.now() - cutAt;
    if (away > PATIENT_MS) dispatch({ type: "cut", at: performance.now(), gone: away > GRACE_MS });
  });
}

const SOFT = 0.4;

/** Two notes, for the helper's ears. @param {AudioContext} audio @param {number} [loud] */
function ring(audio, loud = SOFT) {
  for (const [after, hertz] of [[0, 880], [0.35, 660]]) {
    const note = audio.createOscillator();
    const loudness = audio.createGain();
    const start = audio.currentTime + /** @type {number} */ (after);
    note.frequency.value = /** @type {number} */ (hertz);
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(loud, start + 0.03);
    loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.9);
    note.connect(loudness).connect(audio.destination);
    note.start(start);
    note.stop(start + 1);
  }
}

hearHelper(() => send("badge"));
setInterval(() => post({ alive: true }), ALIVE_EVERY_MS);
setInterval(() => {
  const at = performance.now();
  if (cutAt !== null && at - cutAt > GRACE_MS && state.call.gen > 0) {
    talk?.end();
    dispatch({ type: "cut", at, gone: true });
  }
  if (state.endsAt !== null) dispatch({ type: "tick", at });
  if (bell !== null && RINGING.has(state.screen.state) && at - rungAt >= (alarms(state.screen) ? ALARM_EVERY_MS : RING_EVERY_MS)) {
    rungAt = at;
    ring(bell, alarms(state.screen) ? 1 : SOFT);
  }
}, 1000);

connect();
