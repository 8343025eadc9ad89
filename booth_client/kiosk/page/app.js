/**
 * The shell of the kiosk page: the WebSocket to the booth, touches, focus, the bell and the visit's connection. What is
 * shown is decided in state.js and views.js.
 */

import { render } from "/static/shared/vendor/lit-html/lit-html.js";
import { makeCall, makeMedia } from "./call.js";
import { learn } from "./doctor.js";
import { text as en } from "./en.js";
import { text as fr } from "./fr.js";
import "./helper.js";
import { makeOthers } from "./others.js";
import { INITIAL, listens, next } from "./state.js";
import { heading, isPairing, said, spoken, view } from "./views.js";
import { makeUnseen } from "./unseen.js";
import { inSentences, linesOf, makeVoice } from "./voice.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Event} StateEvent */

const TEXTS = { fr, en };
const RINGING = new Set(["help-called", "unsaved", "who-helper"]);
/** Screens that are announced by two notes, again with their hint: somebody may have dozed off. */
const CHIMING = new Set(["doctor-coming", "all-right", "report", "take-papers"]);
const ALERTING = new Set(["call-trouble", "security-stop"]);
const RING_EVERY_MS = 8000;
const CLICK_AFTER_RELEASE_MS = 700;
const FIRST_PAUSE_MS = 250;
const PATIENT_MS = 1000; // a booth that is back within two tries is not said to be out of order
const LONGEST_PAUSE_MS = 5000;
const ALIVE_EVERY_MS = 5000; // what watches over the browser hears that its scripts run
const UNDER_THE_VOICE = 0.25; // how loud the physician is while the voice speaks
const GRACE_MS = 120_000; // docs/signalling.md: after this the visit goes on without us

const root = /** @type {HTMLElement} */ (document.querySelector("#booth"));
const status = /** @type {HTMLElement} */ (document.querySelector("#status"));
const alert = /** @type {HTMLElement} */ (document.querySelector("#alert"));
const media = makeMedia();
const voice = makeVoice({ speaks: (now) => { media.sound.volume = now ? UNDER_THE_VOICE : 1; } });
/** Screens on which the voice is silent until it is asked: somebody else speaks, or nobody is there. */
const SILENT = new Set(["idle", "in-visit", "out-of-service"]);


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

const call = makeCall({
  media,
  say: (message) => post({ visit: message }),
  tell: (now) => dispatch({ type: "call", call: now }),
});

const others = makeOthers({
  lender: call,
  say: (message) => post({ visit: message }),
  tell: (calls) => dispatch({ type: "others", calls }),
});

/** @param {object} message */
function post(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

/** @param {StateEvent} event */
function dispatch(event) {
  const before = state;
  state = next(state, event);
  voice.turn(state.volume);
  if (state.heard) show(before);
}

/** @param {State} before */
function show(before) {
  const screen = state.screen;
  const words = TEXTS[screen.language];
  const html = document.documentElement;
  html.lang = screen.language;
  html.toggleAttribute("data-large", screen.large);
  if (screen.contrast) html.dataset["theme"] = "contrast";
  else delete html.dataset["theme"];
  render(view(state, words, { ...media, of: others.media }), root);
  for (const video of root.querySelectorAll("video")) if (video.paused && video.srcObject) video.play().catch(() => {});
  document.title = `${heading(state, words)} – ${words.title}`;
  const news = said(before.screen, screen, words);
  if (news !== null) status.textContent = news;
  const urgent = isPairing(state) ? spoken(state, words) : ALERTING.has(screen.state) ? heading(state, words) : "";
  if (alert.textContent !== urgent) alert.textContent = urgent;
  if (screen.screen !== before.screen.screen || state.passkey !== before.passkey) root.querySelector("h1")?.focus({ preventScroll: true });
  speak(before, news, urgent);
  const announced = screen.screen !== before.screen.screen || (screen.hint && !before.screen.hint);
  if (announced && bell !== null && CHIMING.has(screen.state)) ring(bell);
}

/** Say a new screen, or what is new on it. @param {State} before @param {string | null} news @param {string} urgent */
function speak(before, news, urgent) {
  const words = TEXTS[state.screen.language];
  if (before.screen.screen !== state.screen.screen || before.screen.language !== state.screen.language) {
    voice.hush();
    if (!SILENT.has(state.screen.state)) tell(linesOf(root));
  } else if (state.passkey !== before.passkey && urgent !== "") tell(inSentences(urgent));
  else if (news) tell(inSentences(news));
  else if (state.volume !== before.volume) tell(inSentences(words.voice.louder));
}

/** @param {import("./voice.js").Line[]} lines @param {boolean} [asked] */
function tell(lines, asked = false) {
  void voice.say(lines, TEXTS[state.screen.language], asked);
}

/** What the page itself answers. @param {string} wish */
function answer(wish) {
  if (wish === "listen") tell(linesOf(root), true);
  else dispatch({ type: "volume", volume: state.volume + (wish === "louder" ? 1 : -1) });
}

/** @param {string} act */
function send(act) {
  if (!listens(state, performance.now())) return;
  bell ??= new AudioContext();
  if (media.sound.srcObject && media.sound.paused) media.sound.play().catch(() => {});
  others.play();
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
  read: (element) => tell(inSentences(element.textContent ?? "", element)),
  listen: () => answer("listen"),
  send,
  choose,
  tell: (begun) => tell(inSentences(TEXTS[state.screen.language].voice[begun ? "reads" : "presses"])),
});

/** @type {HTMLElement | null} */
let pressed = null;

// A press acts on release, wherever it began, and however long it was held.
root.addEventListener("pointerdown", (event) => {
  if (unseen.reads()) return;
  voice.hush();
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

function connect() {
  const mine = new WebSocket(`ws://${location.host}/ws`);
  socket = mine;
  mine.addEventListener("message", (event) => {
    pauseMs = FIRST_PAUSE_MS;
    cutAt = null;
    const message = JSON.parse(event.data);
    if ("visit" in message && !("state" in message)) {
      if (message.visit.peer) others.heard(message.visit);
      else call.heard(message.visit);
      return;
    }
    if ("passkey" in message) {
      dispatch({ type: "passkey", digits: message.passkey });
      return;
    }
    if ("live" in message) {
      dispatch({ type: "live", ...message.live });
      return;
    }
    const wiped = state.screen.state === "goodbye" && message.state === "idle";
    dispatch({ type: "screen", screen: message, at: performance.now() });
    const visit = message.visit;
    const wish = { ready: visit?.ready ?? false, sound: visit?.sound ?? true, camera: visit?.camera ?? true };
    call.want(wish);
    others.want(wish);
    media.sound.muted = visit?.quiet ?? false;
    if (visit) void learn();
    if (wiped) location.reload(); // a fresh page: nothing of the person before is left in it
  });
  mine.addEventListener("close", () => {
    dispatch({ type: "passkey", digits: null }); // a booth that is back says it again
    setTimeout(connect, pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    cutAt ??= performance.now();
    if (pauseMs > PATIENT_MS) dispatch({ type: "cut", at: performance.now(), gone: performance.now() - cutAt > GRACE_MS });
  });
}

/** Two soft notes, for the helper's ears. @param {AudioContext} audio */
function ring(audio) {
  for (const [after, hertz] of [[0, 880], [0.35, 660]]) {
    const note = audio.createOscillator();
    const loudness = audio.createGain();
    const start = audio.currentTime + /** @type {number} */ (after);
    note.frequency.value = /** @type {number} */ (hertz);
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(0.4, start + 0.03);
    loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.9);
    note.connect(loudness).connect(audio.destination);
    note.start(start);
    note.stop(start + 1);
  }
}

setInterval(() => post({ alive: true }), ALIVE_EVERY_MS);
setInterval(() => {
  const at = performance.now();
  if (cutAt !== null && at - cutAt > GRACE_MS && state.call.gen > 0) {
    call.end();
    others.end();
    dispatch({ type: "cut", at, gone: true });
  }
  if (state.endsAt !== null) dispatch({ type: "tick", at });
  if (bell !== null && RINGING.has(state.screen.state) && at - rungAt >= RING_EVERY_MS) {
    rungAt = at;
    ring(bell);
  }
}, 1000);

connect();
