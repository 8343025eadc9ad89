/**
 * The visit desk put together: the line to signalling, the connections with the booth, camera, note. What comes from
 * them becomes events; what is decided is in state.js. The physician's page around it gives readings and names.
 */

import { Problem } from "../../shared/server.js";
import { parse } from "../../shared/writing.js";
import { meet } from "./call.js";
import { desk } from "./desk.js";
import { alone, chime, openDevices } from "./devices.js";
import { COMMANDS } from "./dialogs.js";
import { words as catalogue } from "./fr.js";
import { anchors, ownKey } from "./key.js";
import { remember, remembered } from "./memory.js";
import { open } from "./signalling.js";
import { first, next, talk } from "./state.js";
import { queue, view } from "./views.js";
import { BLANK as NO_CURVE, add as addWave, draw, paused } from "./wave.js";
import { loadWords, wordOf } from "./words.js";

/** @typedef {import("./state.js").Event} Event */
/** @typedef {import("./state.js").Endpoint} Endpoint */
/** @typedef {import("./views.js").Acts} Acts */
/** @typedef {import("./views.js").Host} Host */
/** @typedef {import("../../shared/writing.js").Language} Language */

const TICK_MS = 1_000, CHIME_MS = 60_000, SOON_MS = 400;

/**
 * @param {{language: Language, host: () => Host, redraw: () => void, meetPatient: (patient: string, encounter: string) => void, switchLanguage: () => void}} page
 *   meetPatient: see that the patient's name, visit and year are there
 */
export async function visitDesk(page) {
  let w = await loadWords(page.language);
  let state = first(Date.now());
  /** @type {ReturnType<typeof open> | null} */
  let line = null;
  /** @type {import("./key.js").Anchors | null} */
  let believed = null;
  /** @type {import("./key.js").Own | null} */
  let own = null;
  /** @type {(() => void) | null} */
  let letGo = null;
  /** @type {RTCIceServer[]} */
  let iceServers = [];
  let subject = "";
  /** @type {Map<Endpoint, ReturnType<typeof meet>>} */
  const legs = new Map();
  /** @type {MediaStream | null} */
  let remote = null;
  /** @type {MediaStream | null} */
  let local = null;
  let curve = NO_CURVE;
  let wave = { name: "", unit: "", paused: false };
  /** @type {any[]} */
  let lively = [];
  let rang = -Infinity;

  /** @param {Event} event */
  function dispatch(event) {
    const before = state;
    state = next(state, event);
    if (state.visit !== before.visit || state.on !== before.on) keep();
    if (before.visit && state.visit && talk(before.visit) !== talk(state.visit)) turned(talk(state.visit), talk(before.visit));
    page.redraw();
  }

  const say = (/** @type {string} */ text) => dispatch({ type: "say", text });
  const notes = desk({
    encounter: () => state.visit?.encounter ?? "",
    note: () => state.visit?.note ?? null,
    tell: (event) => dispatch({ type: "note", event }),
  });

  function keep() {
    const { visit } = state;
    const open = visit && visit.stage !== "over" ? visit : null;
    remember({ on: state.on, call: open?.call ?? "", encounter: open?.encounter ?? "", patient: open?.patient ?? "", signed: open?.note.signed ?? null });
  }

  /** @param {ReturnType<typeof talk>} now @param {ReturnType<typeof talk>} before */
  function turned(now, before) {
    if (now === "talking") say(w("say-joined"));
    else if (now === "recovering" && before === "talking") say(w("say-lost"));
    if (now === "stopped" || now === "over" || now === "reporting") hush();
  }

  // The waiting room

  /** Enter with our key, as the only window. @param {boolean} steal */
  async function enter(steal = false) {
    dispatch({ type: "room", room: "preparing" });
    try {
      believed ??= await anchors();
      own = await ownKey(page.host().session.rpps ?? "", believed);
    } catch (error) {
      return dispatch({ type: "room", room: "unable", why: whyOf(error) });
    }
    letGo?.();
    letGo = await alone(steal, () => yieldTo("elsewhere"));
    dispatch({ type: "room", room: "ready" });
    if (letGo === null) return dispatch({ type: "line", line: "elsewhere" });
    line?.close();
    line = open({ hear, tell: (now) => (now === "elsewhere" || now === "out" ? yieldTo(now) : dispatch({ type: "line", line: now })) });
  }

  /** Another window has it now, or nobody is signed in. @param {"elsewhere" | "out"} why */
  function yieldTo(why) {
    notes.flush();
    shut();
    dispatch(why === "out" ? { type: "room", room: "unable", why: "signed-out" } : { type: "line", line: why });
  }

  function shut() {
    hush();
    line?.close();
    line = null;
    letGo?.();
    letGo = null;
  }

  /** Close the connections, and let go of camera and microphone. */
  function hush() {
    for (const leg of legs.values()) leg.close();
    legs.clear();
    for (const track of local?.getTracks() ?? []) track.stop();
    remote = local = null;
    curve = NO_CURVE;
    wave = { name: "", unit: "", paused: false };
    lively = [];
  }

  // What signalling says

  /** @param {import("./signalling.js").Envelope} message */
  function hear(message) {
    const { type, call, body, gen } = message;
    const mine = call !== undefined && call === state.visit?.call;
    if (type === "welcome") return welcome(body);
    const waiting = state.queue.length;
    const held = /** @type {HTMLElement | null} */ (document.activeElement?.closest(".card"))?.dataset.call === call;
    dispatch({ type: "heard", message });
    if (type === "waiting" && state.queue.length > waiting) arrived();
    // Whose button had the focus finds the next one under it.
    else if (type === "taken" && held) /** @type {HTMLElement | null} */ (document.querySelector(".card .take"))?.focus();
    else if (type === "admitted") admitted(call ?? "", body);
    else if (mine && type === "ended") ended();
    else if (mine && type === "offer") answer(body, gen);
    else if (mine && (type === "candidate" || type === "reveal" || type === "recovering")) relay(type, body, gen);
  }

  /** @param {{fresh: boolean, calls: string[]}} body */
  function welcome({ fresh, calls }) {
    if (!fresh) return;
    if (state.on) line?.send("available", { on: true });
    const { visit } = state;
    if (visit && visit.stage !== "over" && !calls.includes(visit.call)) {
      dispatch({ type: "heard", message: { type: "ended", id: "", call: visit.call, gen: 1, seq: 0, body: { reason: visit.told ? "finished" : "away" } } });
    }
  }

  function arrived() {
    if (state.visit || !state.on) return;
    say(w("say-arrived"));
    if (!state.sound || performance.now() - rang < CHIME_MS) return;
    rang = performance.now();
    chime();
  }

  /** @param {string} call @param {any} body */
  function admitted(call, body) {
    iceServers = body.ice_servers;
    subject = body.peers[0]?.subject ?? "";
    if (local === null) void devices();
    known();
    for (const [endpoint, generation] of Object.entries(body.generations)) {
      const leg = legs.get(/** @type {Endpoint} */ (endpoint));
      if (leg?.confirmed && leg.edge.generation === generation) line?.send("connected", { endpoint }, { call, gen: generation });
      else if (leg?.edge.generation !== generation) line?.send("recovering", { endpoint }, { call, gen: generation });
    }
  }

  /** The patient's name, readings and note. */
  function known() {
    const { visit } = state;
    if (!visit) return;
    if (visit.patient) page.meetPatient(visit.patient, visit.encounter);
    if (visit.encounter && !visit.note.draft) void notes.read(visit.waiter ? wordOf(w, catalogue, "reason", visit.waiter.reason) : "");
  }

  async function devices() {
    const { visit } = state;
    const opened = await openDevices();
    if (!visit || state.visit?.call !== visit.call || state.visit.stage !== "talk") return opened.stream?.getTracks().forEach((track) => track.stop());
    local = opened.stream;
    switched();
    legs.get("av")?.give(local);
    const has = (/** @type {string} */ kind) => local?.getTracks().some((track) => track.kind === kind) ?? false;
    dispatch({ type: "devices", devices: opened.devices, has: { micro: has("audio"), camera: has("video") } });
  }

  function switched() {
    for (const track of local?.getTracks() ?? []) track.enabled = (track.kind === "audio" ? state.visit?.micro : state.visit?.camera) ?? false;
  }

  /** @param {{endpoint: Endpoint, sdp: string, binding: string}} offer @param {number} generation */
  function answer(offer, generation) {
    const { endpoint } = offer;
    const { visit } = state;
    if (!visit || !own || !believed || talk(visit) === "stopped" || generation < visit.legs[endpoint].generation) return;
    legs.get(endpoint)?.close();
    const { call } = visit;
    const about = { call, gen: generation };
    const leg = meet(offer, {
      edge: { call, generation, endpoint, offerer: subject, answerer: own.subject },
      signer: own,
      anchors: believed,
      iceServers,
      say: (type, body) => line?.send(type, body, about),
      tell: (change) => {
        if (legs.get(endpoint) !== leg) return;
        if (change.phase === "refused") line?.send("stop", { reason: change.flaw }, about);
        if (change.phase === "lost") setTimeout(() => legs.get(endpoint) === leg && line?.send("recovering", { endpoint }, about), SOON_MS);
        dispatch({ type: "leg", endpoint, generation, change });
      },
      hear: (channel, data) => said(channel, data),
      show: (picture) => {
        remote = picture;
        page.redraw();
      },
    });
    legs.set(endpoint, leg);
    if (endpoint === "av") leg.give(local);
  }

  /** @param {"candidate" | "reveal" | "recovering"} type @param {any} body @param {number} generation */
  function relay(type, body, generation) {
    const leg = legs.get(body.endpoint);
    if (!leg || leg.edge.generation !== generation) return;
    if (type === "candidate") leg.candidate(body);
    else if (type === "reveal") leg.reveal(body.nonce);
    else dispatch({ type: "leg", endpoint: body.endpoint, generation, change: { phase: "recovering" } });
  }

  function ended() {
    hush();
    report();
  }

  /** Tell the booth of the papers, once the talk is over and they are signed. */
  function report() {
    const { visit } = state;
    if (!visit || visit.stage !== "reporting" || !visit.note.signed || visit.told) return;
    const { documents, composition } = visit.note.signed;
    line?.send("reported", { documents, composition }, { call: visit.call });
    dispatch({ type: "told" });
  }

  // What the booth says on the channels

  /** @param {string} channel @param {unknown} data */
  function said(channel, data) {
    if (typeof data !== "string") return;
    if (channel === "wave") return waved(JSON.parse(data));
    const message = parse(data);
    if (message.k === "vital") {
      // Live numbers are drawn once a second; what is kept, at once.
      if (message.live) return void lively.push(message);
      dispatch({ type: "vital", said: message });
    } else if (message.k === "error") {
      const { print } = state.visit?.asked ?? {};
      if (print?.state === "sent") dispatch({ type: "answer", id: print.id, state: "refused" });
    } else if (message.k === "answer") {
      dispatch({ type: "answer", id: message.id, state: message.state });
      const [what] = Object.entries(state.visit?.asked ?? {}).find(([, one]) => one.id === message.id) ?? [];
      if (what && what !== "print") say(w("say-progress", { what: w(/** @type {any} */ (`command-${what}`)), state: w(/** @type {any} */ (`asked-${message.state}`)) }));
    }
  }

  /** @param {any} piece */
  function waved(piece) {
    if (piece.k === "wave") curve = addWave(curve, piece, performance.now());
  }

  function paint() {
    const now = { name: curve.name, unit: curve.unit, paused: paused(curve, performance.now()) };
    if (JSON.stringify(now) !== JSON.stringify(wave)) {
      wave = now;
      page.redraw();
    }
    const canvas = /** @type {HTMLCanvasElement | null} */ (document.querySelector("canvas.curve"));
    if (canvas && curve.name !== "") draw(canvas, curve);
    requestAnimationFrame(paint);
  }

  function tick() {
    if (state.room === "off" && !state.visit) return;
    const come = lively.splice(0);
    if (come.length > 0) dispatch({ type: "vitals", said: come });
    dispatch({ type: "tick", now: Date.now() });
  }

  // What the physician does

  /** @type {Acts} */
  const acts = {
    available(on) {
      dispatch({ type: "switch", on });
      if (on && line) line.send("available", { on: true });
      else if (on) void enter();
      else {
        line?.send("available", { on: false });
        if (state.visit) return;
        setTimeout(() => state.on || state.visit || shut(), SOON_MS);
        dispatch({ type: "room", room: "off" });
        dispatch({ type: "line", line: "off" });
      }
    },
    take(call) {
      if (state.taking !== null || state.line !== "up") return;
      dispatch({ type: "take", call });
      line?.send("take", {}, { call });
    },
    here: () => void enter(true),
    leave() {
      hush();
      dispatch({ type: "leave" });
      if (state.on && line) line.send("available", { on: true });
    },
    hangUp() {
      dispatch({ type: "panel", panel: null });
      line?.send("hang-up", { reason: "finished" }, { call: state.visit?.call });
    },
    handBack() {
      dispatch({ type: "panel", panel: null });
      line?.send("hand-back", { reason: "wrong-speciality" }, { call: state.visit?.call });
    },
    devices: () => void devices(),
    micro: () => toggle("micro"),
    camera: () => toggle("camera"),
    sound() {
      dispatch({ type: "sound" });
      if (state.sound) chime();
    },
    panel: (panel) => dispatch({ type: "panel", panel }),
    closed(panel) {
      if (state.panel === panel) dispatch({ type: "panel", panel: null });
      if (panel === "sign" && state.visit?.note.step === "ready") dispatch({ type: "note", event: { type: "write-on" } });
    },
    tab: (tab) => dispatch({ type: "tab", tab }),
    open(kind) {
      dispatch({ type: "open", kind });
      dispatch({ type: "tab", tab: "readings" });
    },
    range: (range) => dispatch({ type: "range", range }),
    ask: (object) => request(object, { what: "measure", kind: object }),
    command(event) {
      const found = COMMANDS.find(({ letter }) => letter === event.key.toLowerCase());
      if (!found || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      acts.run(found.command);
    },
    run(command) {
      document.querySelector("dialog")?.close();
      dispatch({ type: "panel", panel: null });
      if (command === "micro" || command === "camera") toggle(command);
      else if (command === "security") dispatch({ type: "panel", panel: "security" });
      else if (command === "readings") dispatch({ type: "tab", tab: "readings" });
      else if (command !== "note") acts.ask(command);
      else {
        dispatch({ type: "tab", tab: "note" });
        setTimeout(() => /** @type {HTMLElement | null} */ (document.querySelector("form.note textarea"))?.focus());
      }
    },
    note: (event) => notes.type(event),
    addMedicine() {
      notes.type({ type: "add-medicine" });
      /** @type {HTMLElement | null} */ (document.querySelector(".medicine:last-of-type input"))?.focus();
    },
    readNote: () => known(),
    async check() {
      if (await notes.check()) return dispatch({ type: "panel", panel: "sign" });
      const missing = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('form.note [aria-invalid="true"]'))];
      for (const each of missing) each.closest("details")?.setAttribute("open", "");
      missing[0]?.focus();
    },
    async sign() {
      if (!own || !(await notes.sign(own))) return;
      dispatch({ type: "panel", panel: null });
      report();
    },
    print: () => request("print", { what: "print", document: state.visit?.note.signed?.documents.join(" ") }),
    switchLanguage: page.switchLanguage,
  };

  /** @param {import("./vitals.js").HealthObject | "print"} what @param {object} body */
  function request(what, body) {
    const id = crypto.randomUUID();
    if (legs.get("agent")?.say({ k: "request", id, ...body })) dispatch({ type: "ask", what, id });
  }

  /** @param {"micro" | "camera"} which */
  function toggle(which) {
    if (state.visit && state.visit.devices !== "asking" && !state.visit.has[which]) return void devices();
    dispatch({ type: which });
    switched();
    say(w(`say-${which}-${state.visit?.[which] ? "on" : "off"}`));
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (!state.visit || state.visit.stage !== "talk") return;
    if (event.key === "F8") toggle("micro");
    else if (event.key === "F2") dispatch({ type: "panel", panel: "commands" });
    else return;
    event.preventDefault();
  }

  addEventListener("keydown", pressed);
  setInterval(tick, TICK_MS);
  paint();
  const scene = (/** @type {Host} */ host) => ({ state, host, acts, w, extras: { remote, local, own, wave } });
  return {
    /** @param {Host} host */
    queue: (host) => queue(scene(host)),
    /** @param {Host} host */
    view: (host) => view(scene(host)),
    /** What screen it is, null where it is none of ours. */
    screen: () => (state.line === "elsewhere" ? "elsewhere" : state.visit ? `visit ${state.visit.call}` : null),
    title: () => w("visit-title"),
    /** Somebody is signed in: take up again what a reload interrupted. */
    begin() {
      const kept = remembered();
      if (!kept || state.room !== "off") return;
      dispatch({ type: "switch", on: kept.on });
      if (kept.call !== "") dispatch({ type: "resume", ...kept });
      if (kept.signed) dispatch({ type: "note", event: { type: "signed", signed: kept.signed } });
      known();
      void enter();
    },
    end: shut,
    /** @param {Language} language */
    async speak(language) {
      w = await loadWords(language);
    },
  };
}

/** @param {unknown} error @returns {import("./state.js").Why} */
function whyOf(error) {
  if (!(error instanceof Problem)) return "no-key";
  return error.why === "signed-out" ? "signed-out" : error.why === "forbidden" ? "no-number" : error.why === "refused" ? "no-key" : "offline";
}
