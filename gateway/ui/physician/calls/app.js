/** The list « À rappeler » put together: it is loaded when there is somebody to call back. */

import { Problem, ask } from "../../shared/server.js";
import { speaker, stringify } from "../../shared/writing.js";
import { NONE, next } from "./state.js";
import { list } from "./views.js";

/** @typedef {import("./state.js").Call} Call */
/** @typedef {import("./state.js").Event} Event */
/** @typedef {import("../state.js").State} Host */
/** @typedef {{state: () => Host, redraw: () => void, known: (wanted: {people: string[], visits: string[], devices: string[]}) => void, name: (patient: string, encounter: string, at: number) => string, search: () => void}} Around */

export class Calls {
  state = NONE;

  /** @param {Around} around @param {import("./views.js").Words} w */
  constructor(around, w) {
    this.around = around;
    this.w = w;
  }

  /** @param {Around} around */
  static async open(around) {
    const [w] = await Promise.all([loadWords(around.state().language), styles("/static/physician/calls/calls.css")]);
    return new Calls(around, w);
  }

  /** @param {import("../../shared/writing.js").Language} language */
  async speak(language) {
    this.w = await loadWords(language);
  }

  /** @param {readonly any[]} tasks */
  found(tasks) {
    this.#happen({ type: "found", tasks });
    const { people, visits } = this.around.state();
    const wanted = { people: this.state.calls.map(({ patient }) => patient).filter((id) => !(id in people)), visits: this.state.calls.map(({ encounter }) => encounter).filter((id) => !(id in visits)), devices: [] };
    if (wanted.people.length > 0 || wanted.visits.length > 0) this.around.known(wanted);
  }

  /** @param {Host} host */
  view(host) {
    const { state, w } = this;
    const acts = {
      take: (/** @type {Call} */ call) => void this.#act(call, "take", "taken"),
      giveBack: (/** @type {Call} */ call) => void this.#act(call, "give-back", "given-back"),
      close: (/** @type {Call} */ call, /** @type {string} */ ending) => void this.#act(call, "close", "closed", { ending }),
      closing: (/** @type {string | null} */ id) => this.#choose(id),
    };
    const name = (/** @type {Call} */ { patient, encounter, asked }) => this.around.name(patient, encounter, asked);
    return list({ state, w, language: host.language, now: host.now, me: host.session.practitioner ?? "", name, acts });
  }

  /** @param {Call} call @param {string} act @param {"taken" | "given-back" | "closed"} word @param {object} [more] */
  async #act(call, act, word, more = {}) {
    this.#happen({ type: "busy", id: call.id });
    try {
      const task = await ask(`/call-backs/${call.id}/${act}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: stringify({ version: call.version, ...more }) });
      this.#happen({ type: "answered", task, said: { word, at: call.id } });
      if (word === "closed") focus("#calls");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const changed = error.why === "refused" || error.why === "forbidden";
      this.#happen({ type: "said", said: { word: changed ? "changed" : "failed", at: call.id } });
      if (changed) this.around.search();
    }
  }

  /** @param {string | null} id */
  #choose(id) {
    const before = this.state.closing;
    this.#happen({ type: "closing", id });
    focus(id ? `[data-call="${id}"] .ending p` : `[data-call="${before}"] button`);
  }

  /** @param {Event} event */
  #happen(event) {
    this.state = next(this.state, event);
    this.around.redraw();
  }
}

/** @param {import("../../shared/writing.js").Language} language @returns {Promise<import("./views.js").Words>} */
async function loadWords(language) {
  const { words } = language === "en" ? await import("./en.js") : await import("./fr.js");
  return speaker(words);
}

/** @param {string} href */
function styles(href) {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  document.head.append(link);
  return new Promise((ready) => (link.onload = link.onerror = ready));
}

/** @param {string} selector */
const focus = (selector) => /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus();
