/**
 * What a patient said at the booth before the visit: who speaks for them and who is there, their answers, what they
 * agreed to. Loaded when a physician first wants to know; read again each time, for a yes may be taken back.
 */

import { Problem, searchFirst } from "../../shared/server.js";
import { html, nothing } from "../../shared/vendor/lit-html/lit-html.js";
import { moment, speaker } from "../../shared/writing.js";

/** @typedef {import("../state.js").State} Host */
/** @typedef {keyof typeof import("./fr.js").words} Word */
/** @typedef {(key: Word, fill?: Readonly<Record<string, string | number>>) => string} Words */
/** @typedef {{question: string, asked: string, said: string, words: boolean}} Answer words: it is in the patient's own language */
/** @typedef {{name: string, part: string}} Other */
/**
 * @typedef {object} Heard
 * @property {number | null} at when they answered, ms
 * @property {readonly Answer[]} answers
 * @property {string} speaker as what somebody speaks for them; empty: they speak for themselves
 * @property {Readonly<Record<string, boolean>>} agreed the last word on each thing that was asked
 * @property {readonly Other[]} others whom they let into the talk
 */

const ABOUT = "urn:teleborne:consent";
const QUESTIONS = /** @type {const} */ (["since", "allergies", "medicines", "pregnant", "oxygen"]);
const SPEAKERS = /** @type {const} */ (["parent", "relative", "carer"]);
const PARTS = /** @type {const} */ (["interpreter", "helper", "relative", "specialist"]);
/** @type {Readonly<Record<string, Word>>} */
const CODES = { Y: "yes", N: "no", UNK: "unsure" };

export class Said {
  /** @type {Map<string, Heard | "failed">} by patient */
  #heard = new Map();
  #last = "";

  /** @param {() => void} redraw @param {Words} w */
  constructor(redraw, w) {
    this.redraw = redraw;
    this.w = w;
  }

  /** @param {import("../../shared/writing.js").Language} language @param {() => void} redraw */
  static async open(language, redraw) {
    return new Said(redraw, await loadWords(language));
  }

  /** @param {import("../../shared/writing.js").Language} language */
  async speak(language) {
    this.w = await loadWords(language);
  }

  /** Read what they said; what is known stays until the answer is there. @param {string} patient */
  async look(patient) {
    this.#last = patient;
    const whose = /** @type {const} */ (["patient", `Patient/${patient}`]);
    try {
      const [responses, consents] = await Promise.all([
        searchFirst("QuestionnaireResponse", [whose, ["_sort", "-authored"], ["_count", "1"]]),
        searchFirst("Consent", [whose, ["_sort", "-date"], ["_count", "50"]]),
      ]);
      this.#heard.set(patient, heard(responses[0] ?? null, consents));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (!this.#heard.has(patient)) this.#heard.set(patient, "failed");
    }
    this.redraw();
  }

  /** Read again what was looked at last. */
  async again() {
    if (this.#last !== "") await this.look(this.#last);
  }

  /** @param {string} patient @param {Host} host */
  view(patient, host) {
    const { w } = this;
    const known = this.#heard.get(patient);
    if (known === undefined) return html`<p class="quiet" role="status">${host.t("opening")}</p>`;
    if (known === "failed") return html`<p class="notice warn" role="status">${w("failed")}</p>`;
    const lines = sentences(known, w);
    if (lines.length === 0 && known.answers.length === 0) return html`<p class="quiet">${w("nothing")}</p>`;
    return html`${lines.length === 0 ? nothing : html`<ul role="list">${lines.map((line) => html`<li>${line}</li>`)}</ul>`}
      ${known.answers.length === 0 ? nothing : html`<dl>${known.answers.map((each) => html`<div><dt>${asked(each, w)}</dt><dd>${answered(each, w)}</dd></div>`)}</dl>`}
      ${known.at === null ? nothing : html`<p class="small quiet">${w("when", { when: moment(known.at, host.now, host.language) })}</p>`}`;
  }
}

/** @param {Heard} known @param {Words} w @returns {string[]} */
function sentences({ speaker: speaks, agreed, others }, w) {
  return [
    ...(speaks === "" ? [] : [w(oneOf(SPEAKERS, speaks) ? `speaks-${/** @type {"parent"} */ (speaks)}` : "speaks")]),
    ...("present" in agreed ? [w(agreed.present ? "present" : "not-present")] : agreed.visit && speaks === "" ? [w("by-themselves")] : []),
    ...others.map(({ name, part }) => w(oneOf(PARTS, part) ? `joined-${/** @type {"helper"} */ (part)}` : "joined", { name })),
    ...(agreed.readings === false ? [w("readings-no")] : []),
    ...("share" in agreed ? [w(agreed.share ? "share-yes" : "share-no")] : []),
  ];
}

/** @param {readonly string[]} words @param {string} word */
const oneOf = (words, word) => words.includes(word);

/** The question in the reader's language, where it is one of ours. @param {Answer} answer @param {Words} w */
const asked = ({ question, asked: text }, w) => (oneOf(QUESTIONS, question) ? w(`asked-${/** @type {"since"} */ (question)}`) : text);

/** @param {Answer} answer @param {Words} w */
const answered = ({ said, words }, w) => (words ? said : w(CODES[said] ?? "unsure"));

/** What the resources say; Consents newest first. @param {any} response @param {readonly any[]} consents @returns {Heard} */
export function heard(response, consents) {
  /** @type {Record<string, boolean>} */
  const agreed = {};
  /** @type {Map<string, Other | null>} */
  const others = new Map();
  let speaks = "";
  for (const consent of consents) {
    const about = (consent.category ?? []).flatMap((/** @type {any} */ each) => each.coding ?? []).find((/** @type {any} */ each) => each.system === ABOUT)?.code ?? "";
    const given = consent.status === "active";
    speaks ||= (consent.contained ?? []).find((/** @type {any} */ each) => each.resourceType === "RelatedPerson")?.relationship?.[0]?.text ?? "";
    const actor = consent.provision?.actor?.[0];
    const name = actor?.reference?.display ?? "";
    if (about === "third-party" && !others.has(name)) others.set(name, given ? { name, part: actor?.role?.text ?? "" } : null);
    else if (about !== "" && !(about in agreed)) agreed[about] = given;
  }
  const at = Date.parse(response?.authored ?? "");
  return {
    at: Number.isNaN(at) ? null : at,
    answers: (response?.item ?? []).map(answer),
    speaker: speaks,
    agreed,
    others: [...others.values()].flatMap((each) => each ?? []),
  };
}

/** @param {any} item @returns {Answer} */
function answer({ linkId, text = "", answer: given }) {
  const { valueCoding, valueString } = given?.[0] ?? {};
  return { question: linkId, asked: text, said: valueString ?? valueCoding?.code ?? "UNK", words: valueString !== undefined };
}

/** @param {import("../../shared/writing.js").Language} language @returns {Promise<Words>} */
async function loadWords(language) {
  const { words } = language === "en" ? await import("./en.js") : await import("./fr.js");
  return speaker(words);
}
