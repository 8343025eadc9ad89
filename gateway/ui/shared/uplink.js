/**
 * What one page sends to everybody it talks with: one camera, one microphone, one line. Each connection has a ladder of
 * its own, which outlives it; what somebody chose holds for all, and the picture's rate is shared among them.
 */

import { TOP } from "./ladder.js";
import { Sending } from "./sending.js";

/** @typedef {import("./ladder.js").Ladder} Ladder */
/** @typedef {import("./sending.js").Going} Going */
/** `camera`: whether we are to be seen; `alone`: sound alone, in both directions. @typedef {{camera: boolean, alone: boolean}} Wish */

export class Uplink {
  /** @type {Wish} */
  wish = { camera: true, alone: false };
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {Map<string, Sending>} */
  #open = new Map();
  /** @type {Map<string, Ladder>} where each one's last connection had come to */
  #ladders = new Map();

  /** How many connections share the line. */
  get among() {
    return Math.max(this.#open.size, 1);
  }

  /** Our track of that kind that may be sent. @param {string} kind */
  track(kind) {
    if (kind === "video" && !this.wish.camera) return null;
    return this.#stream?.getTracks().find((each) => each.kind === kind) ?? null;
  }

  /** What is sent from now on, to all; null: nothing. @param {MediaStream | null} stream */
  give(stream) {
    this.#stream = stream;
    this.#refit();
  }

  /** @param {Partial<Wish>} wish */
  want(wish) {
    this.wish = { ...this.wish, ...wish };
    this.#refit();
  }

  /** A connection that is proved; it takes the place of an older one with the same. @param {string} who @param {{peer: RTCPeerConnection, say: (message: object) => void, tell: (going: Going) => void}} to */
  open(who, { peer, say, tell }) {
    this.#open.get(who)?.end();
    const sending = new Sending({
      peer, say, tell, uplink: this, from: this.#ladders.get(who) ?? TOP,
      over: () => {
        // What was not looked at was not clean.
        this.#ladders.set(who, { ...sending.ladder, clean: null });
        if (this.#open.get(who) !== sending) return;
        this.#open.delete(who);
        this.#refit();
      },
    });
    this.#open.set(who, sending);
    this.#refit();
    return sending;
  }

  #refit() {
    for (const each of this.#open.values()) void each.refit();
  }
}
