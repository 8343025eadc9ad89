/**
 * What one page sends on one connection, fitted to the line by the ladder (ladder.js) or as somebody chose, and what it
 * hears of the other side's. Both pages have one beside their RTCPeerConnection, for picture and sound.
 *
 * Each tells the other on `control`: `{"k": "picture", "sends": …, "wants": …}` and, while a picture stands still,
 * `{"k": "frozen"}`; docs/channels.md.
 */

import { TOP, UNCOUNTED, next, read, shaped } from "./ladder.js";

/** @typedef {import("./ladder.js").Rung} Rung */
/** @typedef {import("./ladder.js").Ladder} Ladder */
/** How the two pictures go; `still`: theirs does not arrive, whatever they say. @typedef {{ours: Rung, theirs: Rung, still: boolean}} Going */

const HEARD_MS = 1_500;

export class Sending {
  #counted = UNCOUNTED;
  #asked = false;
  #frozenAt = -Infinity;
  /** @type {Going} */
  #told = { ours: "full", theirs: "full", still: false };

  /**
   * @param {object} to
   * @param {RTCPeerConnection} to.peer
   * @param {(message: object) => void} to.say on control
   * @param {(going: Going) => void} to.tell
   * @param {Ladder} [to.from] where the connection before had come to
   * @param {boolean} [to.alone] whether somebody here chose sound alone
   */
  constructor({ peer, say, tell, from = TOP, alone = false }) {
    this.peer = peer;
    this.say = say;
    this.tell = tell;
    this.ladder = from;
    this.alone = alone;
  }

  /** The rung that is sent now. @returns {Rung} */
  get rung() {
    return this.alone || this.#asked ? "sound" : this.ladder.rung;
  }

  /** Begin, once what is sent may be sent. */
  async begin() {
    this.#tellThem();
    await this.#shape();
  }

  /** Choose sound alone, for both directions, or no more. @param {boolean} alone */
  async choose(alone) {
    this.alone = alone;
    await this.#changed();
  }

  /** Look at the connection: once a second. @param {Iterable<any>} statistics @param {number} at ms */
  async look(statistics, at) {
    const { look, counted, froze } = read(statistics, at, this.#counted);
    this.#counted = counted;
    if (counted.still !== this.#told.still) this.tell((this.#told = { ...this.#told, still: counted.still }));
    if (froze) this.say({ k: "frozen" });
    const frozen = look.frozen || at - this.#frozenAt < HEARD_MS;
    const before = this.rung;
    this.ladder = next(this.ladder, { ...look, frozen });
    if (this.rung !== before) await this.#changed();
  }

  /** Take in what the other side says of the pictures; false: it is about something else. @param {any} message @param {number} at ms */
  hear(message, at) {
    if (message.k === "frozen") this.#frozenAt = at;
    else if (message.k === "picture") void this.#heard(message);
    else return false;
    return true;
  }

  /** @param {{sends: Rung, wants: Rung}} message */
  async #heard({ sends, wants }) {
    const before = this.rung;
    this.#asked = wants === "sound";
    this.#told = { ...this.#told, theirs: sends };
    if (this.rung !== before) await this.#changed();
    else this.tell(this.#told);
  }

  async #changed() {
    this.#tellThem();
    await this.#shape();
  }

  #tellThem() {
    this.#told = { ...this.#told, ours: this.rung };
    this.say({ k: "picture", sends: this.rung, wants: this.alone ? "sound" : "full" });
    this.tell(this.#told);
  }

  /** A connection that has just closed takes no more parameters. */
  async #shape() {
    for (const { sender, receiver } of this.peer.getTransceivers()) {
      const kind = /** @type {"audio" | "video"} */ (receiver.track.kind);
      await sender.setParameters(shaped(sender.getParameters(), kind, this.rung)).catch(() => {});
    }
  }
}
