/**
 * The talk itself: the two connections with the booth (those with others who join are hosting.js), our camera and microphone, what is heard on the channels, and the
 * curve. It knows nothing of the page; what happens becomes events.
 */

import { BindingError, verifyRoster } from "../../shared/roster.js";
import { Uplink } from "../../shared/uplink.js";
import { parse } from "../../shared/writing.js";
import { Meeting } from "./call.js";
import { openDevices } from "./devices.js";
import { Passes } from "./passes.js";
import { talk } from "./state.js";
import { BLANK as NO_CURVE, add as addWave, draw, paused } from "../../shared/wave.js";

/** @typedef {import("./state.js").Event} Event */
/** @typedef {import("./state.js").Endpoint} Endpoint */
/** @typedef {import("../../shared/roster.js").Roster} Roster */
/** @typedef {import("./hosting.js").Hosting} Hosting */
/** @typedef {{own: import("./key.js").Own, believed: import("./key.js").Anchors}} Proof */
/**
 * @typedef {object} Around
 * @property {() => import("./state.js").Visit | null} visit
 * @property {() => Proof | null} proof who we are, and whom we believe
 * @property {(event: Event) => void} dispatch
 * @property {(type: string, body: object, about: {call: string, to?: string, gen?: number}) => void} send over signalling
 * @property {() => void} redraw
 * @property {(answer: import("./exam_state.js").Answer) => void} progress how far a request is
 * @property {(picture: MediaStream) => void} instruments what the booth's instruments send
 * @property {(data: unknown) => void} blob
 */

const SOON_MS = 400;
const NOBODY = Object.freeze({ participant: "", subject: "" });
const NO_WAVE = Object.freeze({ name: "", unit: "", paused: false });

/** What a visit has open; `hush` closes it, and it may begin again. */
export class Talking {
  /** @type {MediaStream | null} the patient's picture and sound */
  remote = null;
  /** @type {MediaStream | null} ours */
  local = null;
  /** @type {{name: string, unit: string, paused: boolean}} what is said of the curve */
  wave = NO_WAVE;
  /** @type {Map<Endpoint, Meeting>} */
  #legs = new Map();
  /** What all our connections have in common: what we send, and the passes to the relays. */
  #common = { uplink: new Uplink(), passes: new Passes("") };
  /** @type {{participant: string, subject: string}} */
  #booth = NOBODY;
  /** @type {Roster | null} */
  #roster = null;
  /** The newest roster as it is signed, which the booth is told on the connections themselves. */
  #token = "";
  /** @type {import("./hosting.js").Admitted | null} */
  #admitted = null;
  /** @type {Hosting | null} */
  hosting = null;
  #before = Promise.resolve();
  #curve = NO_CURVE;
  /** @type {any[]} */
  #lively = [];

  /** @param {Around} around */
  constructor(around) {
    this.around = around;
    this.#paint();
  }

  /**
   * What the server says of a visit, one after the other: a roster is verified before what follows it; one that fails keeps
   * nothing back. Once the talk is stopped or over, nothing that it says makes a connection again.
   * @param {() => void | Promise<void>} work
   */
  inOrder(work) {
    this.#before = this.#before.then(() => (this.#goesOn() ? work() : undefined)).catch(reportError);
  }

  #goesOn() {
    const visit = this.around.visit();
    return visit !== null && visit.flaw === null && visit.stage === "talk";
  }

  /**
   * The server says who is there: connections that still run are said again, and what was lost is asked for.
   * @param {string} call @param {import("./hosting.js").Admitted & {roster?: string}} body
   */
  async admitted(call, body) {
    const booth = body.peers.find(({ role }) => role === "booth");
    if (!booth || !(await this.#read(call, body))) return;
    this.#common.passes.take(body.ice_servers);
    this.#booth = booth;
    if (this.local === null) void this.devices();
    for (const [endpoint, gen] of Object.entries(booth.generations)) {
      const leg = this.#legs.get(/** @type {Endpoint} */ (endpoint));
      const same = leg?.edge.generation === gen;
      if (!same || leg.confirmed) this.around.send(same ? "connected" : "recovering", { endpoint }, { call, to: booth.participant, gen });
    }
    this.#admitted = body;
    if (this.#roster || this.hosting) (await this.host(call)).admitted(body, this.#roster);
  }

  /** Who leads the others that join; loaded when somebody does. @param {string} call */
  async host(call) {
    const { Hosting } = await import("./hosting.js");
    if (this.hosting?.call !== call) this.hosting?.hush();
    if (this.hosting === null || this.hosting.call !== call) {
      this.hosting = new Hosting(call, { ...this.around, signed: (token) => this.#signed(token) }, this.#common);
      if (this.#admitted) this.hosting.admitted(this.#admitted, this.#roster);
    }
    return this.hosting;
  }

  /** Take in the roster, if there is one: it is our own. @param {string} call @param {{roster?: string}} body */
  async #read(call, { roster: token }) {
    const proof = this.around.proof();
    if (!token || !proof) return true;
    try {
      const roster = await verifyRoster(token, { call, physician: proof.own.subject, anchors: proof.believed, now: Date.now() / 1000 });
      if (this.#roster?.call === call && roster.number < this.#roster.number) throw new BindingError("roster", "an older roster than the last");
      if (roster.number > (this.#roster?.call === call ? this.#roster.number : 0)) this.#token = token;
      this.#roster = roster;
      return true;
    } catch (error) {
      if (!(error instanceof BindingError)) throw error;
      this.around.send("stop", { reason: error.flaw }, { call, to: this.#booth.participant });
      this.around.dispatch({ type: "leg", endpoint: "av", generation: Infinity, change: { phase: "refused", flaw: error.flaw } });
      return false;
    }
  }

  /** Say to the booth itself who takes part: a server could keep it back. @param {string} token */
  #signed(token) {
    this.#token = token;
    for (const leg of this.#legs.values()) leg.say({ k: "roster", roster: token });
  }

  /** Answer an offer; a newer connection takes the place of the older. @param {{endpoint: Endpoint, sdp: string, binding: string}} offer @param {number} generation */
  answer(offer, generation) {
    const { endpoint } = offer;
    const visit = this.around.visit();
    const proof = this.around.proof();
    if (!visit || !proof || talk(visit) === "stopped" || generation < visit.legs[endpoint].generation) return;
    const about = { call: visit.call, to: this.#booth.participant, gen: generation };
    const company = this.#roster?.entries.map(({ subject }) => subject) ?? [];
    const { uplink, passes } = this.#common;
    this.#legs.get(endpoint)?.close();
    const leg = new Meeting(offer, {
      edge: { call: visit.call, generation, endpoint, offerer: this.#booth.subject, answerer: proof.own.subject, company },
      signer: proof.own,
      anchors: proof.believed,
      iceServers: () => passes.fresh(),
      say: (type, body) => this.around.send(type, body, about),
      tell: (change) => this.#changed(leg, change, about),
      hear: (channel, data) => this.#said(channel, data),
      uplink: endpoint === "av" ? { line: uplink, who: about.to, tell: (going) => this.around.dispatch({ type: "going", participant: null, going }) } : null,
      unrelayed: () => this.around.dispatch({ type: "unrelayed" }),
      show: (picture) => {
        if (endpoint === "agent") return this.around.instruments(picture);
        this.remote = picture;
        this.around.redraw();
      },
    });
    this.#legs.set(endpoint, leg);
  }

  /** @param {Meeting} leg @param {import("./call.js").Change} change @param {{call: string, to: string, gen: number}} about */
  #changed(leg, change, about) {
    const { endpoint, generation } = leg.edge;
    if (this.#legs.get(endpoint) !== leg) return;
    if (change.phase === "refused") this.around.send("stop", { reason: change.flaw }, about);
    if (change.phase === "confirmed" && this.#token) leg.say({ k: "roster", roster: this.#token });
    if (change.phase === "lost") setTimeout(() => this.#legs.get(endpoint) === leg && this.around.send("recovering", { endpoint }, about), SOON_MS);
    this.around.dispatch({ type: "leg", endpoint, generation, change });
  }

  /** What comes from somebody of the visit: of the booth, or of who joined. @param {string} type @param {string} from @param {any} body @param {number} generation */
  relay(type, from, body, generation) {
    if (from !== this.#booth.participant) return this.hosting?.heard(type, from, body, generation);
    if (type === "offer") return this.answer(body, generation);
    const leg = this.#legs.get(body.endpoint);
    if (!leg || leg.edge.generation !== generation) return;
    if (type === "candidate") leg.candidate(body);
    else if (type === "reveal") leg.reveal(body.nonce);
    else this.around.dispatch({ type: "leg", endpoint: body.endpoint, generation, change: { phase: "recovering" } });
  }

  /** Ask the booth's agent for something; false: there is no connection now. @param {object} request */
  ask(request) {
    return this.#legs.get("agent")?.say(request) ?? false;
  }

  /** The proved connection's channel of pictures and files; null: there is none now. */
  get blob() {
    const leg = this.#legs.get("agent");
    return leg?.confirmed ? leg.blob : null;
  }

  /** Open our camera and microphone, for as long as the visit lasts. */
  async devices() {
    const visit = this.around.visit();
    const { stream, devices } = await openDevices();
    const now = this.around.visit();
    if (!visit || now?.call !== visit.call || now.stage !== "talk") return stream?.getTracks().forEach((track) => track.stop());
    this.local = stream;
    this.switched();
    this.#common.uplink.give(stream);
    const has = (/** @type {string} */ kind) => stream?.getTracks().some((track) => track.kind === kind) ?? false;
    this.around.dispatch({ type: "devices", devices, has: { micro: has("audio"), camera: has("video") } });
  }

  /** Let through what is switched on: a camera that is closed sends no picture, not a black one. */
  switched() {
    const { micro = false, camera = false, alone = false } = this.around.visit() ?? {};
    this.#common.uplink.want({ camera, alone });
    for (const track of this.local?.getTracks() ?? []) track.enabled = track.kind === "audio" ? micro : camera;
  }

  /** Live numbers that came since the last time: they are drawn once a second. */
  tick() {
    const come = this.#lively.splice(0);
    if (come.length > 0) this.around.dispatch({ type: "vitals", said: come });
  }

  /** Close the connections, and let go of camera and microphone. */
  hush() {
    for (const leg of this.#legs.values()) leg.close();
    this.#legs.clear();
    this.hosting?.hush();
    this.hosting = this.#roster = this.#admitted = null;
    for (const track of this.local?.getTracks() ?? []) track.stop();
    this.remote = this.local = null;
    this.#token = "";
    this.#common = { uplink: new Uplink(), passes: new Passes("") };
    this.#curve = NO_CURVE;
    this.wave = NO_WAVE;
    this.#lively = [];
  }

  /** @param {string} channel @param {unknown} data */
  #said(channel, data) {
    if (channel === "blob") return this.around.blob(data);
    if (typeof data !== "string") return;
    if (channel === "wave") return this.#waved(JSON.parse(data));
    const message = parse(data);
    if (message.k === "vital" && message.live) this.#lively.push(message);
    else if (message.k === "vital") this.around.dispatch({ type: "vital", said: message });
    else if (message.k === "has") this.around.dispatch({ type: "offers", offers: JSON.parse(data) });
    else if (message.k === "answer") this.around.progress(JSON.parse(data));
  }

  /** @param {any} piece */
  #waved(piece) {
    if (piece.k === "wave") this.#curve = addWave(this.#curve, piece, performance.now());
  }

  #paint() {
    const { name, unit } = this.#curve;
    const still = paused(this.#curve, performance.now());
    if (name !== this.wave.name || still !== this.wave.paused) {
      this.wave = { name, unit, paused: still };
      this.around.redraw();
    }
    const canvas = /** @type {HTMLCanvasElement | null} */ (document.querySelector("canvas.curve"));
    if (canvas && name !== "") draw(canvas, this.#curve);
    requestAnimationFrame(() => this.#paint());
  }
}
