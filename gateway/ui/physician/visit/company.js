/**
 * The connections with those who joined a visit, each its own: who is first in the roster offers, the other answers. Used by
 * the physician's page for everybody but the booth, and by the page of whoever was invited for all. It knows nothing of a
 * page; what happens is told.
 */

import { Meeting } from "./call.js";

/** @typedef {import("./call.js").Change} Change */
/** @typedef {{participant: string, subject: string, present: boolean, generations: Record<string, number>}} Person */
/**
 * @typedef {object} Around
 * @property {string} call
 * @property {import("../../shared/binding.js").Signer} own
 * @property {import("../../shared/binding.js").Anchors} anchors
 * @property {import("../../shared/uplink.js").Uplink} uplink our picture and sound
 * @property {import("./passes.js").Passes} passes
 * @property {(type: string, body: object, about: {call: string, to: string, gen: number}) => void} send over signalling
 * @property {(participant: string, generation: number, change: Change) => void} tell
 * @property {(participant: string, picture: MediaStream) => void} show
 * @property {(participant: string, going: import("../../shared/sending.js").Going) => void} going
 * @property {() => void} unrelayed there are relays, and none answered
 */

const SOON_MS = 400, LONGEST_MS = 5_000;

export class Company {
  /** @type {Map<string, Meeting>} */
  #legs = new Map();
  /** @type {Map<string, Person>} */
  #people = new Map();
  /** @type {Map<string, number>} failed tries in a row */
  #tries = new Map();
  /** @type {readonly string[]} */
  #subjects = [];

  /** @param {Around} around */
  constructor(around) {
    this.around = around;
  }

  /** Who is there, and who takes part in all, in the roster's order. @param {readonly Person[]} people @param {readonly string[]} subjects */
  meet(people, subjects) {
    const anew = subjects.join() !== this.#subjects.join();
    this.#subjects = subjects;
    this.#people = new Map(people.filter(({ subject }) => subjects.includes(subject)).map((each) => [each.participant, each]));
    for (const participant of [...this.#legs.keys()]) if (!this.#people.has(participant)) this.drop(participant);
    for (const person of this.#people.values()) this.#greet(person, anew);
  }

  /** @param {Person} person @param {boolean} anew whether the roster is another one */
  #greet(person, anew) {
    const { participant, generations: { av: known = 0 } } = person;
    const leg = this.#legs.get(participant);
    const same = leg?.edge.generation === known;
    if (same && leg.confirmed && !anew) this.around.send("connected", { endpoint: "av" }, this.#about(participant, known));
    else if (this.#offers(person)) (anew || !same || !leg.confirmed) && this.#offer(person);
    else if (known > 0 && !same) this.around.send("recovering", { endpoint: "av" }, this.#about(participant, known));
  }

  /** What came from one of them. @param {string} type @param {string} from @param {any} body @param {number} generation */
  heard(type, from, body, generation) {
    const person = this.#people.get(from), leg = this.#legs.get(from);
    if (!person || body.endpoint !== "av") return;
    if (type === "offer" && !this.#offers(person) && generation > (leg?.edge.generation ?? 0)) return this.#begin(person, generation, body);
    if (!leg || leg.edge.generation !== generation) return;
    if (type === "answer") leg.answer(body);
    else if (type === "candidate") leg.candidate(body);
    else if (type === "reveal") leg.reveal(body.nonce);
    else if (type === "recovering") this.#offers(person) ? this.#offer(person) : this.around.tell(from, generation, { phase: "recovering" });
  }

  /** One went away or is back. @param {string} participant @param {boolean} present */
  presence(participant, present) {
    const person = this.#people.get(participant);
    if (!person) return;
    this.#people.set(participant, { ...person, present });
    if (present && this.#offers(person) && !this.#legs.get(participant)?.confirmed) this.#offer({ ...person, present });
  }

  hush() {
    for (const leg of this.#legs.values()) leg.close();
    this.#legs.clear();
    this.#people.clear();
    this.#subjects = [];
  }

  /** @param {Person} person */
  #offers({ subject }) {
    return this.#subjects.indexOf(this.around.own.subject) < this.#subjects.indexOf(subject);
  }

  /** @param {Person} person */
  #offer(person) {
    const { participant, generations: { av: known = 0 }, present } = person;
    if (present) this.#begin(person, Math.max(known, this.#legs.get(participant)?.edge.generation ?? 0) + 1, null);
  }

  /** A newer connection takes the place of the older. @param {Person} person @param {number} generation @param {{sdp: string, binding: string} | null} offer */
  #begin({ participant, subject }, generation, offer) {
    this.#legs.get(participant)?.close();
    const { call, own, anchors, send, show, uplink, passes, going, unrelayed } = this.around;
    const [offerer, answerer] = offer ? [subject, own.subject] : [own.subject, subject];
    const about = this.#about(participant, generation);
    /** @type {Meeting} */
    const leg = new Meeting(offer, {
      edge: { call, generation, endpoint: "av", offerer, answerer, company: this.#subjects },
      signer: own,
      anchors,
      iceServers: () => passes.fresh(),
      say: (type, body) => send(type, body, about),
      tell: (change) => this.#changed(participant, leg, change),
      hear: () => {},
      uplink: { line: uplink, who: participant, tell: (now) => this.#legs.get(participant) === leg && going(participant, now) },
      unrelayed,
      show: (picture) => {
        // Who speaks without a camera has a track that carries nothing.
        for (const track of picture.getVideoTracks()) track.onmute = track.onunmute = () => show(participant, picture);
        show(participant, picture);
      },
    });
    this.#legs.set(participant, leg);
  }

  /** @param {string} participant @param {Meeting} leg @param {Change} change */
  #changed(participant, leg, change) {
    if (this.#legs.get(participant) !== leg) return;
    const { generation } = leg.edge;
    if (change.phase === "refused") this.around.send("stop", { reason: change.flaw }, this.#about(participant, generation));
    if (change.phase === "confirmed") this.#tries.delete(participant);
    if (change.phase === "lost") this.#again(participant, leg);
    this.around.tell(participant, generation, change);
  }

  /** @param {string} participant @param {Meeting} leg */
  #again(participant, leg) {
    const tries = this.#tries.get(participant) ?? 0;
    this.#tries.set(participant, tries + 1);
    setTimeout(() => {
      const person = this.#people.get(participant);
      if (!person || this.#legs.get(participant) !== leg) return;
      if (this.#offers(person)) this.#offer(person);
      else this.around.send("recovering", { endpoint: "av" }, this.#about(participant, leg.edge.generation));
    }, Math.max(SOON_MS, Math.min(SOON_MS * 2 ** tries, LONGEST_MS) - leg.age));
  }

  /** Somebody is out. @param {string} participant */
  drop(participant) {
    this.#legs.get(participant)?.close();
    this.#legs.delete(participant);
    this.#people.delete(participant);
  }

  /** @param {string} to @param {number} gen */
  #about(to, gen) {
    return { call: this.around.call, to, gen };
  }
}
