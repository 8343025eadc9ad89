/**
 * The booth's voice: says what stands on the screen from recorded clips, and marks what it is saying. A touch silences it.
 * The clips are made by scripts/voice.py; nothing is synthesised here.
 */

import { phrasesOf, sentencesOf, templatesOf } from "./speech.js";

/** @typedef {import("./fr.js").Text} Text */
/** @typedef {{element: Element | null, words: string}} Line what is said, and where it stands */
/** @typedef {Record<string, [string, string]>} Clips phrase → file, and the hash of what it holds */

const BETWEEN_SENTENCES_S = 0.35;
const BETWEEN_PARTS_S = 0.02;
/** Of each volume of state.js. */
const LOUDNESS = [0, 0.15, 0.35, 0.7, 1];

/** What main shows, in the order in which it is said; names and numbers in the picture's place are not. */
const READ = ["h1", ".words > :not(h1)", ":is(.shown li > span, .shown dt, .shown dd)", "button[data-act]:not(:disabled)"];

/** @param {ParentNode} root @returns {Line[]} */
export function linesOf(root) {
  return READ.flatMap((read) => [...root.querySelectorAll(`main ${read}`)])
    .filter((element) => element.closest("[aria-hidden=true]") === null)
    .flatMap((element) => [...element.childNodes].flatMap((part) => (part.nodeType === Node.COMMENT_NODE ? [] : inSentences(part.textContent ?? "", element))));
}

/** @param {string} words @param {Element | null} [element] @returns {Line[]} */
export const inSentences = (words, element = null) => sentencesOf(words).map((sentence) => ({ element, words: sentence }));

/** @param {{volume: number, speaks: (now: boolean) => void}} told from the first volume on; when it begins to speak, and when it has ended */
export function makeVoice({ volume, speaks }) {
  /** @type {AudioContext | null} */
  let audio = null;
  /** @type {GainNode | null} */
  let loudness = null;
  /** @type {Promise<Record<string, Clips>> | null} */
  let manifest = null;
  /** @type {Map<string, Promise<AudioBuffer>>} */
  const decoded = new Map();
  let turn = 0;
  let gain = LOUDNESS[volume] ?? 1;
  /** @type {AudioBufferSourceNode | null} */
  let playing = null;

  /** @param {string} url */
  async function load(url) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer;
  }

  /** @param {AudioContext} context @param {string} url */
  function clip(context, url) {
    const known = decoded.get(url) ?? load(url).then((answer) => answer.arrayBuffer()).then((octets) => context.decodeAudioData(octets));
    decoded.set(url, known);
    return known;
  }

  /** @param {AudioContext} context @param {AudioBuffer} sound @param {GainNode} out */
  const play = (context, sound, out) =>
    new Promise((resolve) => {
      playing = context.createBufferSource();
      playing.buffer = sound;
      playing.connect(out);
      playing.addEventListener("ended", () => resolve(undefined));
      playing.start();
    });

  /** @param {number} seconds */
  const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

  /** @param {Element | null} element */
  function mark(element) {
    for (const marked of document.querySelectorAll("[data-saying]")) if (marked !== element) marked.removeAttribute("data-saying");
    element?.setAttribute("data-saying", "");
  }

  return {
    /** @param {number} volume from 0, silent, to LOUDEST */
    turn(volume) {
      gain = LOUDNESS[volume] ?? 1;
      if (loudness) loudness.gain.value = gain;
    },

    /** Say nothing more of what is being said. */
    hush() {
      turn += 1;
      playing?.stop();
      playing = null;
      mark(null);
      speaks(false);
    },

    /**
     * Say *lines*, in place of what is being said.
     * @param {Line[]} lines @param {Text} text @param {boolean} [asked] whether the person asked for it, results included
     */
    async say(lines, text, asked = false) {
      this.hush();
      const mine = turn;
      speaks(true);
      audio ??= new AudioContext();
      loudness ??= new GainNode(audio, { gain });
      loudness.connect(audio.destination);
      manifest ??= load("/voice/manifest.json").then((answer) => answer.json());
      const [context, out] = [audio, loudness];
      const clips = (await manifest)[text.language] ?? {};
      const templates = templatesOf(text);
      /** @param {string} phrase */
      const has = (phrase) => phrase in clips;
      for (const { element, words } of lines) {
        const phrases = phrasesOf(words, templates, { has, text, asked });
        const sounds = await Promise.all(phrases.map((phrase) => clip(context, `/voice/${text.language}/${clips[phrase]?.[0]}`)));
        for (const sound of sounds) {
          if (mine !== turn) return;
          mark(element);
          await play(context, sound, out);
          await pause(BETWEEN_PARTS_S);
        }
        if (mine !== turn) return;
        if (sounds.length > 0) await pause(BETWEEN_SENTENCES_S);
      }
      if (mine === turn) this.hush();
    },
  };
}
