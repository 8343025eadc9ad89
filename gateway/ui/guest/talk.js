/**
 * Somebody's part in a visit that they were invited into: coming in, what signalling says, the connections with all the
 * others, their own camera and microphone. docs/signalling.md, *Joining*.
 */

import { Company } from "../physician/visit/company.js";
import { anchorsFrom, ownKey, post } from "../physician/visit/key.js";
import { Passes } from "../physician/visit/passes.js";
import { SignallingLine } from "../physician/visit/signalling.js";
import { jwkOf } from "../shared/jws.js";
import { BindingError, commitmentOf, proofOf, ticketOf, verifyRoster } from "../shared/roster.js";
import { session } from "../shared/server.js";
import { WELL } from "../shared/sending.js";
import { Uplink } from "../shared/uplink.js";
import { keep, keptKey, newKey, signer } from "./key.js";

/** @typedef {import("../physician/visit/signalling.js").Envelope} Envelope */
/** @typedef {import("../shared/binding.js").Signer} Signer */
/** @typedef {{dispatch: (event: import("./state.js").Event) => void, state: () => import("./state.js").State}} Page */

const RELAYED = ["offer", "answer", "candidate", "reveal", "recovering"];
const SIGHT = { width: { ideal: 640 }, height: { ideal: 480 } };
/** @type {Readonly<Record<number, string>>} */
const PROBLEMS = { 429: "problem-many", 503: "problem-offline", 400: "problem-name" };

export class Talk {
  /** @type {Map<string, MediaStream>} the others' pictures */
  pictures = new Map();
  /** @type {MediaStream | null} our picture and sound */
  own = null;
  /** @type {SignallingLine | null} */
  #line = null;
  /** @type {Company | null} */
  #company = null;
  /** @type {Signer | null} */
  #signer = null;
  /** @type {import("../shared/binding.js").Anchors | null} */
  #believed = null;
  #uplink = new Uplink();
  /** @type {Passes} */
  #passes;
  #call = "";
  #number = 0;
  #before = Promise.resolve();

  /** @param {{asked: string, secret: string, page: Page}} to `asked`: the visit that a colleague asks us into; else the link's secret */
  constructor({ asked, secret, page }) {
    this.asked = asked;
    this.secret = secret;
    this.page = page;
    this.#call = asked;
    this.#passes = new Passes(this.#folder);
  }

  get #folder() {
    return this.asked ? "" : "/visite";
  }

  /* ---- coming in ---- */

  /** A reload goes on with the key of its invitation; false: there is none. @param {boolean} withCamera */
  async comesBack(withCamera) {
    if (this.secret) this.#signer = await keptKey(await commitmentOf(await ticketOf(this.secret)));
    if (this.secret && !this.#signer) return false;
    await this.#begin(withCamera);
    return true;
  }

  /** @param {string} name @param {boolean} withCamera @returns {Promise<boolean>} whether the door was found */
  async enter(name, withCamera) {
    if (!this.asked && !(await this.#redeem(name))) return false;
    await this.#begin(withCamera);
    return true;
  }

  /** Change the link's ticket for a cookie, with a key of our own. @param {string} name */
  async #redeem(name) {
    const ticket = await ticketOf(this.secret), pair = await newKey();
    /** @type {Response} */
    let answer;
    try {
      answer = await fetch(`${this.#folder}/enter`, { ...post({ ticket, jwk: await jwkOf(pair.publicKey), name }), credentials: "same-origin", signal: AbortSignal.timeout(10_000) });
    } catch {
      this.page.dispatch({ type: "problem", problem: "problem-offline" });
      return false;
    }
    const problem = PROBLEMS[answer.status];
    if (problem !== undefined) this.page.dispatch({ type: "problem", problem });
    else if (!answer.ok) this.page.dispatch({ type: "step", step: "no-link" });
    if (!answer.ok) return false;
    await keep(await commitmentOf(ticket), pair);
    this.#signer = await signer(pair);
    return true;
  }

  /** @param {boolean} withCamera */
  async #begin(withCamera) {
    try {
      this.#believed = await anchorsFrom(this.asked ? "/medecin/anchors.json" : "/visite/anchors.json");
      if (this.asked) this.#signer = await ownKey((await session()).rpps ?? "", this.#believed);
    } catch {
      return this.page.dispatch({ type: "step", step: "no-link" });
    }
    await this.#devices(withCamera);
    this.#line = new SignallingLine({
      folder: this.#folder,
      hear: (message) => void (this.#before = this.#before.then(() => this.#hear(message))),
      tell: (now) => (now === "elsewhere" || now === "out" ? this.#end(now === "out" ? "finished" : "elsewhere") : this.page.dispatch({ type: "line", line: now })),
    });
  }

  /* ---- what signalling says ---- */

  /** @param {Envelope} message */
  async #hear({ type, call, from = "", body, gen }) {
    if (type === "welcome") return void (await this.#welcomed(body));
    if (call !== this.#call) return;
    if (type === "invited") this.page.dispatch({ type: "invited", by: String(body.by), part: body.part, standing: body.standing });
    else if (type === "admitted") await this.#admitted(body);
    else if (type === "ended") this.#end(body.reason);
    else if (type === "peer") this.#company?.presence(body.participant, body.present);
    else if (RELAYED.includes(type)) this.#company?.heard(type, from, body, gen);
  }

  /** @param {{fresh: boolean, calls: string[]}} body */
  async #welcomed({ fresh, calls }) {
    if (!this.asked) this.#call = calls[0] ?? "";
    if (this.#call === "" || !calls.includes(this.#call)) return this.#end("finished");
    if (!fresh || !this.#signer) return;
    this.#line?.send("join", this.secret ? { proof: await proofOf(this.secret, this.#call, this.#signer.subject) } : {}, { call: this.#call });
  }

  /** Who is there, as the physician signed it; an older roster than the last is not believed. @param {any} body */
  async #admitted(body) {
    const host = body.peers.find((/** @type {any} */ each) => each.role === "physician");
    const own = this.#signer, anchors = this.#believed, call = this.#call;
    if (!own || !anchors || !host) return;
    try {
      const roster = await verifyRoster(body.roster ?? "", { call, physician: host.subject, anchors, now: Date.now() / 1000 });
      if (roster.number < this.#number) throw new BindingError("roster", "an older roster than the last");
      this.#number = roster.number;
      const others = roster.entries.filter(({ subject }) => subject !== own.subject);
      const members = others.flatMap((entry) => body.peers.filter((/** @type {any} */ each) => each.subject === entry.subject).map((/** @type {any} */ each) => ({ ...entry, participant: each.participant, phase: "waiting", proved: "", digits: "", going: WELL })));
      this.page.dispatch({ type: "members", members });
      this.#company ??= new Company({
        call, own, anchors, uplink: this.#uplink, passes: this.#passes,
        going: (participant, going) => this.page.dispatch({ type: "going", participant, going }),
        unrelayed: () => this.page.dispatch({ type: "unrelayed" }),
        send: (type, message, about) => this.#line?.send(type, message, about),
        tell: (participant, _generation, change) => this.page.dispatch({ type: "leg", participant, change }),
        show: (participant, picture) => {
          this.pictures.set(participant, picture);
          this.page.dispatch({ type: "draw" });
        },
      });
      this.#passes.take(body.ice_servers);
      this.#company.meet(body.peers, roster.entries.map(({ subject }) => subject));
    } catch (error) {
      if (!(error instanceof BindingError)) throw error;
      this.#line?.send("stop", { reason: error.flaw }, { call });
      this.#end("stop");
    }
  }

  /* ---- ours ---- */

  /** @param {boolean} withCamera */
  async #devices(withCamera) {
    this.own?.getTracks().forEach((track) => track.stop());
    try {
      this.own = await navigator.mediaDevices.getUserMedia(withCamera ? { video: SIGHT, audio: true } : { audio: true });
      this.page.dispatch({ type: "devices", devices: "on" });
    } catch (error) {
      this.own = null;
      if (withCamera) return void (this.page.dispatch({ type: "camera", on: false }), await this.#devices(false));
      this.page.dispatch({ type: "devices", devices: error instanceof DOMException && error.name === "NotAllowedError" ? "refused" : "absent" });
    }
    for (const track of this.own?.getAudioTracks() ?? []) track.enabled = this.page.state().micro;
    this.#uplink.give(this.own);
  }

  micro() {
    this.page.dispatch({ type: "micro" });
    for (const track of this.own?.getAudioTracks() ?? []) track.enabled = this.page.state().micro;
  }

  async camera() {
    this.page.dispatch({ type: "camera", on: !this.page.state().camera });
    await this.#devices(this.page.state().camera);
    this.page.dispatch({ type: "draw" });
  }

  leave() {
    this.#line?.send("leave", { reason: "left" }, { call: this.#call });
    this.#end("left");
  }

  /** @param {string} reason */
  #end(reason) {
    if (this.page.state().step === "ended") return;
    this.#company?.hush();
    this.#company = null;
    setTimeout(() => this.#line?.close(), 500); // what was said last goes out first
    this.own?.getTracks().forEach((track) => track.stop());
    this.own = null;
    this.pictures.clear();
    this.page.dispatch({ type: "ended", reason });
  }
}
