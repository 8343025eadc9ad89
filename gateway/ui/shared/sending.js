/**
 * What one page sends on one connection: its own tracks (uplink.js), fitted to the line by the ladder (ladder.js) or as
 * somebody chose, and what it hears of the other side's picture.
 *
 * Each side tells the other on `control`: `{"k": "picture", "sends": …, "wants": …}` and, while a picture stands still,
 * `{"k": "frozen"}`; docs/channels.md.
 */

import { UNCOUNTED, next, read, shaped } from "./ladder.js";

/** @typedef {import("./ladder.js").Rung} Rung */
/** @typedef {import("./ladder.js").Ladder} Ladder */
/** Of a picture: how much the line carries; "off": there is no camera, or its owner closed it. @typedef {Rung | "off"} Sends */
/** How the two pictures go; `still`: theirs does not arrive, whatever they say. @typedef {{ours: Sends, theirs: Sends, still: boolean}} Going */

/** @type {Going} */
export const WELL = Object.freeze({ ours: "full", theirs: "full", still: false });

/** Why there is no picture of theirs while the sound goes on, null where there is one. @param {Going} going @returns {"off" | "cut" | null} */
export const unseen = ({ theirs, still }) => (theirs === "off" ? "off" : theirs === "sound" || still ? "cut" : null);

const HEARD_MS = 1_500;

export class Sending {
  #counted = UNCOUNTED;
  #asked = false;
  #begun = false;
  #over = false;
  #frozenAt = -Infinity;
  #said = "";
  #told = WELL;
  #fitted = Promise.resolve();

  /**
   * @param {object} to
   * @param {RTCPeerConnection} to.peer
   * @param {(message: object) => void} to.say on control
   * @param {(going: Going) => void} to.tell
   * @param {import("./uplink.js").Uplink} to.uplink what the page sends to all
   * @param {Ladder} to.from where the connection before had come to
   * @param {() => void} to.over
   */
  constructor({ peer, say, tell, uplink, from, over }) {
    this.to = { peer, say, tell, uplink, over };
    this.ladder = from;
  }

  /** What is sent now. @returns {Sends} */
  get sends() {
    const { uplink } = this.to;
    if (uplink.track("video") === null) return "off";
    return uplink.wish.alone || this.#asked ? "sound" : this.ladder.rung;
  }

  /** Begin: from now on our tracks may be sent. */
  async begin() {
    this.#begun = true;
    await this.refit();
  }

  /** Something was chosen, or the line is shared among more or fewer. */
  async refit() {
    if (!this.#begun || this.#over) return;
    this.#tellThem();
    if (this.sends === "off") this.#unsend();
    // One after the other: what a sender says of its limits is good for one change.
    await (this.#fitted = this.#fitted.then(() => this.#shape()));
  }

  /** It sends no more; what its ladder knew is kept. */
  end() {
    if (this.#over) return;
    this.#over = true;
    this.to.over();
  }

  /** Look at the connection: once a second. @param {Iterable<any>} statistics @param {number} at ms */
  async look(statistics, at) {
    const { look, counted, froze } = read(statistics, at, this.#counted);
    this.#counted = counted;
    if (counted.still !== this.#told.still) this.to.tell((this.#told = { ...this.#told, still: counted.still }));
    if (froze) this.to.say({ k: "frozen" });
    const frozen = look.frozen || at - this.#frozenAt < HEARD_MS;
    // A picture that somebody closed says nothing of the line.
    if (this.sends === this.ladder.rung) this.ladder = next(this.ladder, { ...look, frozen });
    if (this.sends !== this.#told.ours) await this.refit();
  }

  /** Take in what the other side says of the pictures; false: it is about something else. @param {any} message @param {number} at ms */
  hear(message, at) {
    if (message.k === "frozen") this.#frozenAt = at;
    else if (message.k === "picture") this.#heard(message);
    else return false;
    return true;
  }

  /** @param {{sends: Sends, wants: Rung}} message */
  #heard({ sends, wants }) {
    this.#asked = wants === "sound";
    this.to.tell((this.#told = { ...this.#told, theirs: sends }));
    void this.refit();
  }

  /** Where it is not what was said last. */
  #tellThem() {
    const { sends } = this, wants = this.to.uplink.wish.alone ? "sound" : "full";
    if (this.#said === `${sends} ${wants}`) return;
    this.#said = `${sends} ${wants}`;
    this.to.say({ k: "picture", sends, wants });
    this.to.tell((this.#told = { ...this.#told, ours: sends }));
  }

  /** At once, behind no other change: the camera that is switched off next would send a black picture first. */
  #unsend() {
    for (const { sender, receiver } of this.to.peer.getTransceivers())
      if (receiver.track.kind === "video" && sender.track) void sender.replaceTrack(null).catch(() => {});
  }

  /** A connection that has just closed takes no more tracks and limits. */
  async #shape() {
    const { peer, uplink } = this.to;
    for (const { sender, receiver } of peer.getTransceivers()) {
      const kind = /** @type {"audio" | "video"} */ (receiver.track.kind), sends = this.sends, track = uplink.track(kind);
      if (sender.track !== track) await within(sender.replaceTrack(track));
      await within(sender.setParameters(shaped(sender.getParameters(), kind, sends === "off" ? "sound" : sends, uplink.among)));
    }
  }
}

const SHAPED_MS = 2_000;

/** A browser that says neither yes nor no holds up nothing that is chosen afterwards. @param {Promise<void>} done */
const within = (done) => Promise.race([done.catch(() => {}), new Promise((late) => setTimeout(late, SHAPED_MS))]);
