/**
 * The visit desk put together: the line to signalling, the talk, the note. What comes from them becomes events; what is
 * decided is in state.js. The physician's page around it gives readings and names.
 */

import { Deeds } from "./deeds.js";
import { desk } from "./desk.js";
import { stateWord } from "./exam_state.js";
import { alone, chime } from "./devices.js";
import { words as catalogue } from "./fr.js";
import { anchors, ownKey, whyNot } from "./key.js";
import { remember, remembered } from "./memory.js";
import { SignallingLine } from "./signalling.js";
import { first, next, talk } from "./state.js";
import { Talking } from "./talking.js";
import { queue, view } from "./views.js";
import { loadWords, wordOf } from "./words.js";

/** @typedef {import("./state.js").Event} Event */
/** @typedef {import("./views.js").Host} Host */
/** @typedef {import("./exam_state.js").What} What */
/** @typedef {import("./signalling.js").Envelope} Envelope */
/** @typedef {import("../../shared/writing.js").Language} Language */
/**
 * What is around: the physician's page itself, and what it is asked.
 * @typedef {object} Around
 * @property {{state: () => Host, dispatch: (event: any) => void}} page
 * @property {(wanted: {people: string[], visits: string[], devices: string[]}) => Promise<any>} known the event that says who and what these are
 * @property {(patient: string) => Promise<void>} loadHistory
 * @property {(error: unknown) => void} fail
 * @property {() => void} switchLanguage
 * @property {{look: (patient: string) => Promise<void>, view: (patient: string, host: Host) => unknown}} before what the patient said before the visit
 */

const RELAYED = ["offer", "answer", "candidate", "reveal", "recovering"];
const TICK_MS = 1_000, CHIME_MS = 60_000;

/** @type {Promise<VisitDesk> | null} */
let opening = null;

/** The one desk of this page, which is made when it is first asked for. @param {VisitDesk | null} desk @param {Around} around */
export const visitDesk = (desk, around) => (opening ??= desk ? Promise.resolve(desk) : open(around));

/** @param {Around} around */
async function open(around) {
  const [words] = await Promise.all([loadWords(around.page.state().language), styles("/static/physician/visit/visit.css")]);
  return new VisitDesk(around, words);
}

/** The desk's look comes with the desk. @param {string} href */
function styles(href) {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  document.head.append(link);
  return new Promise((ready) => (link.onload = link.onerror = ready));
}

export class VisitDesk {
  state = first(Date.now());
  /** @type {SignallingLine | null} */
  line = null;
  /** @type {import("./talking.js").Proof | null} */
  #proof = null;
  /** @type {(() => void) | null} */
  #letGo = null;
  #rang = -Infinity;
  /** @type {import("./exam_deeds.js").ExamDeeds | null} had once a visit begins */
  exam = null;
  /** @type {((scene: import("./stage_view.js").In) => unknown) | null} */
  examView = null;

  /** @param {Around} around @param {import("./words.js").Words} w */
  constructor(around, w) {
    this.around = around;
    this.w = w;
    this.talking = new Talking({
      visit: () => this.state.visit,
      proof: () => this.#proof,
      dispatch: (event) => this.dispatch(event),
      send: (type, body, about) => this.line?.send(type, body, about),
      redraw: () => this.#redraw(),
      progress: (answer) => this.#progress(answer),
      instruments: (stream) => this.#instruments(stream),
      blob: (data) => void this.exam?.blob(data),
    });
    this.notes = desk({
      encounter: () => this.state.visit?.encounter ?? "",
      note: () => this.state.visit?.note ?? null,
      tell: (event) => this.dispatch({ type: "note", event }),
    });
    this.deeds = new Deeds(this);
    setInterval(() => this.#tick(), TICK_MS);
  }

  /* ---- what the page shows ---- */

  /** @param {Host} host */
  queue(host) {
    return queue(this.#scene(host));
  }

  /** @param {Host} host */
  view(host) {
    return view(this.#scene(host));
  }

  /** What screen it is, null where it is none of ours. */
  screen() {
    const { line, visit } = this.state;
    return line === "elsewhere" ? "elsewhere" : visit ? `visit ${visit.call}` : null;
  }

  title() {
    return this.screen() ? this.w("visit-title") : null;
  }

  /** @param {Host} host */
  #scene(host) {
    const { remote, local, wave, hosting } = this.talking;
    return { state: this.state, host, acts: this.deeds.acts, w: this.w, extras: { remote, local, wave, own: this.own, exam: this.examView, pictures: hosting?.pictures, before: this.around.before.view } };
  }

  get own() {
    return this.#proof?.own ?? null;
  }

  /** Who is signed in. */
  #person() {
    return this.around.page.state().session.rpps ?? "";
  }

  /** @param {Language} language */
  async speak(language) {
    this.w = await loadWords(language);
  }

  /* ---- events ---- */

  /** @param {Event} event */
  dispatch(event) {
    const before = this.state;
    const now = (this.state = next(before, event));
    if (now.visit !== before.visit || now.on !== before.on || now.owed !== before.owed) remember(this.#person(), now);
    if (before.visit && now.visit) this.#turned(talk(before.visit), talk(now.visit));
    if (before.visit?.legs.agent.phase !== "confirmed" && now.visit?.legs.agent.phase === "confirmed") this.#joined();
    this.#redraw();
  }

  /** The booth's agent is there, for the first time or again: what is not done yet goes on. */
  #joined() {
    this.deeds.again();
    this.exam?.files.connected(this.talking.blob);
  }

  #redraw() {
    this.around.page.dispatch({ type: "tick", now: Date.now() });
  }

  /** @param {string} text for those who listen */
  say(text) {
    this.dispatch({ type: "say", text });
  }

  /** @param {ReturnType<typeof talk>} before @param {ReturnType<typeof talk>} now */
  #turned(before, now) {
    if (now === before) return;
    if (now === "talking") this.say(this.w("say-joined"));
    else if (now === "recovering") this.say(this.w("say-lost"));
    else if (now !== "connecting") {
      this.talking.hush();
      this.exam?.hush();
    }
  }

  #tick() {
    if (this.state.room === "off" && !this.state.visit) return;
    this.talking.tick();
    this.dispatch({ type: "tick", now: Date.now() });
  }

  /** @param {import("./exam_state.js").Answer} answer */
  #progress(answer) {
    const known = this.state.visit?.asked;
    this.dispatch({ type: "answer", answer });
    this.exam?.follow();
    const [what] = Object.entries(this.state.visit?.asked ?? {}).find(([key, one]) => one.id === answer.id && known?.[/** @type {What} */ (key)]?.state !== one.state) ?? [];
    if (what && what !== "print") this.say(this.w("say-progress", { what: this.w(/** @type {any} */ (what === "camera" ? "tool-camera" : `command-${what}`)), state: this.w(stateWord(what, answer.state)) }));
  }

  /** @param {MediaStream} stream */
  #instruments(stream) {
    if (this.exam) this.exam.stream = stream;
    this.exam?.follow();
    this.#redraw();
  }

  /** Ask the booth; the request's id, null where there is no connection now. @param {What} what @param {object} body */
  request(what, body) {
    return this.deeds.request(what, body);
  }

  /** What only a visit needs is had when one begins. */
  async #furnish() {
    const [{ ExamDeeds }, { exam }] = await Promise.all([import("./exam_deeds.js"), import("./exam_view.js")]);
    this.exam ??= new ExamDeeds(this);
    this.exam.files.connected(this.talking.blob);
    this.examView = exam;
    void this.exam.files.resume(this.state.visit?.call ?? "");
    this.#redraw();
  }

  /* ---- the waiting room ---- */

  /** Begin; without having said « Je suis disponible », take up again what a reload interrupted. @param {boolean} available */
  begin(available) {
    if (available) return this.deeds.acts.available(true);
    const kept = remembered(this.#person());
    if (!kept || this.state.room !== "off") return;
    this.dispatch({ type: "switch", on: kept.on });
    if (kept.call !== "") this.dispatch({ type: "resume", ...kept });
    if (kept.signed) this.dispatch({ type: "note", event: { type: "signed", signed: kept.signed } });
    this.known();
    void this.enter();
  }

  /** Enter with our key, as the only window. @param {boolean} [steal] */
  async enter(steal = false) {
    this.dispatch({ type: "room", room: "preparing" });
    try {
      const believed = this.#proof?.believed ?? (await anchors());
      this.#proof = { believed, own: await ownKey(this.#person(), believed) };
    } catch (error) {
      return this.dispatch({ type: "room", room: "unable", why: whyNot(error) });
    }
    this.#letGo?.();
    this.#letGo = await alone(steal, () => this.#yieldTo("elsewhere"));
    this.dispatch({ type: "room", room: "ready" });
    if (this.#letGo === null) return this.dispatch({ type: "line", line: "elsewhere" });
    this.line?.close();
    this.line = new SignallingLine({
      hear: (message) => this.#hear(message),
      tell: (line) => (line === "elsewhere" || line === "out" ? this.#yieldTo(line) : this.dispatch({ type: "line", line })),
    });
  }

  /** Another window has it now, or nobody is signed in. @param {"elsewhere" | "out"} why */
  #yieldTo(why) {
    this.notes.flush();
    this.end();
    this.dispatch(why === "out" ? { type: "room", room: "unable", why: "signed-out" } : { type: "line", line: why });
  }

  /** Somebody signs out: nothing is left for whoever comes next. */
  leave() {
    this.exam?.forget();
    this.dispatch({ type: "switch", on: false });
    this.dispatch({ type: "leave" });
    this.dispatch({ type: "owed", calls: [] });
    this.end();
    this.dispatch({ type: "room", room: "off" });
    this.dispatch({ type: "line", line: "off" });
    this.#proof = null;
  }

  /** Leave the room: nothing stays open. */
  end() {
    this.talking.hush();
    this.line?.close();
    this.line = null;
    this.#letGo?.();
    this.#letGo = null;
  }

  /* ---- what signalling says ---- */

  /** @param {Envelope} message */
  #hear(message) {
    const { type, call, body } = message;
    if (type === "welcome") return this.#welcome(body);
    const waited = this.state.queue.length;
    const held = /** @type {HTMLElement | null} */ (document.activeElement?.closest(".card"))?.dataset.call === call;
    this.dispatch({ type: "heard", message });
    if (type === "waiting" && this.state.queue.length > waited) this.#arrived();
    // Whose button had the focus finds the next one under it.
    else if (type === "taken" && held) /** @type {HTMLElement | null} */ (document.querySelector(".card .take"))?.focus();
    else if (call !== undefined && call === this.state.visit?.call) this.#heardOfVisit(call, message);
  }

  /** @param {string} call @param {Envelope} message */
  #heardOfVisit(call, { type, from = "", body, gen }) {
    if (type === "admitted") {
      void this.#furnish();
      this.talking.inOrder(() => this.talking.admitted(call, body));
      this.known();
    } else if (type === "ended") {
      this.talking.hush();
      this.report();
    } else if (RELAYED.includes(type)) this.talking.inOrder(() => this.talking.relay(type, from, body, gen));
    else if (type === "thirds" && (body.thirds.length > 0 || this.talking.hosting)) this.talking.inOrder(async () => (await this.talking.host(call)).thirds(body.thirds));
    else if (type === "peer") this.talking.hosting?.presence(body.participant, body.present);
  }

  /** @param {{fresh: boolean, calls: string[]}} body */
  #welcome({ fresh, calls }) {
    const { on, visit } = this.state;
    if (!fresh) return;
    this.dispatch({ type: "owed", calls });
    if (on) this.line?.send("available", { on: true });
    if (!visit || visit.stage === "over" || calls.includes(visit.call)) return;
    const body = { reason: visit.told ? "finished" : "away" };
    this.dispatch({ type: "heard", message: { type: "ended", id: "", call: visit.call, gen: 1, seq: 0, body } });
  }

  #arrived() {
    if (this.state.visit || !this.state.on) return;
    this.say(this.w("say-arrived"));
    if (!this.state.sound || performance.now() - this.#rang < CHIME_MS) return;
    this.#rang = performance.now();
    chime();
  }

  /** See that the patient's name, readings and note are there. */
  known() {
    const { visit } = this.state;
    if (!visit) return;
    if (visit.patient) void this.#meet(visit.patient, visit.encounter);
    if (visit.encounter && !visit.note.draft) void this.notes.read(visit.waiter ? wordOf(this.w, catalogue, "reason", visit.waiter.reason) : "");
  }

  /** @param {string} patient @param {string} encounter */
  async #meet(patient, encounter) {
    const { page, known, loadHistory, fail, before } = this.around;
    try {
      void before.look(patient);
      page.dispatch(await known({ people: [patient], visits: encounter ? [encounter] : [], devices: [] }));
      if (!(patient in page.state().histories)) await loadHistory(patient);
    } catch (error) {
      fail(error);
    }
  }

  /** Tell the booth of the papers, once the talk is over and they are signed. */
  report() {
    const { visit } = this.state;
    if (!visit || visit.stage !== "reporting" || !visit.note.signed || visit.told) return;
    const { documents, composition } = visit.note.signed;
    this.line?.send("reported", { documents, composition }, { call: visit.call });
    this.dispatch({ type: "told" });
    void import("./paper_watch.js").then(({ watchPapers }) => watchPapers(this, visit));
  }
}
