/**
 * Who joins the visit, from the physician's side: links and colleagues asked, proofs checked, the roster signed whenever
 * who is agreed to changes, and the connections with those who are in.
 */

import { attested } from "../../shared/guest.js";
import { commitmentOf, makeRoster, newSecret, proofOf, ticketOf } from "../../shared/roster.js";
import { Company } from "./company.js";

/** @typedef {import("../../shared/roster.js").Roster} Roster */
/** @typedef {import("./state.js").Third} Third */
/**
 * @typedef {object} Around
 * @property {() => import("./talking.js").Proof | null} proof
 * @property {(event: import("./state.js").Event) => void} dispatch
 * @property {(type: string, body: object, about: {call: string, to?: string, gen?: number}) => void} send
 * @property {() => void} redraw
 */
/** @typedef {{you: string, peers: readonly {participant: string, role: string, subject: string, present: boolean, generations: Record<string, number>}[], ice_servers: RTCIceServer[]}} Admitted */

const SECRETS = "teleborne.links";

export class Hosting {
  /** @type {Map<string, MediaStream>} their pictures */
  pictures = new Map();
  /** @type {Company | null} */
  #company = null;
  /** @type {Admitted | null} */
  #admitted = null;
  /** @type {Roster | null} */
  #roster = null;
  /** @type {string} whom the last roster that was sent names */
  #signed = "";
  /** @type {MediaStream | null} */
  #own = null;

  /** @param {string} call @param {Around} around */
  constructor(call, around) {
    this.call = call;
    this.around = around;
  }

  /** The server says who is there; the roster is verified. @param {Admitted} body @param {Roster | null} roster */
  admitted(body, roster) {
    this.#admitted = body;
    this.#roster = roster;
    const proof = this.around.proof();
    if (!proof || !roster) return;
    this.#company ??= new Company({
      call: this.call, own: proof.own, anchors: proof.believed, send: this.around.send,
      tell: (participant, generation, change) => this.around.dispatch({ type: "member", participant, generation, change }),
      show: (participant, picture) => {
        this.pictures.set(participant, picture);
        this.around.redraw();
      },
    });
    this.#company.give(this.#own);
    this.#company.meet(body.peers.filter(({ role }) => role !== "booth"), roster.entries.map(({ subject }) => subject), body.ice_servers);
  }

  /** @param {string} type @param {string} from @param {any} body @param {number} gen */
  heard(type, from, body, gen) {
    this.#company?.heard(type, from, body, gen);
  }

  /** @param {string} participant @param {boolean} present */
  presence(participant, present) {
    this.#company?.presence(participant, present);
  }

  /** @param {MediaStream | null} stream */
  give(stream) {
    this.#own = stream;
    this.#company?.give(stream);
  }

  hush() {
    this.#company?.hush();
    this.pictures.clear();
  }

  /** Make a link for somebody. @param {string} part */
  async link(part) {
    const invitation = crypto.randomUUID(), secret = newSecret();
    kept({ ...secrets(), [invitation]: secret });
    this.around.send("invite", { invitation, part, commitment: await commitmentOf(await ticketOf(secret)) }, { call: this.call });
    this.around.dispatch({ type: "link", invitation, address: `${location.origin}/visite/#${secret}` });
  }

  /** Who was asked, as the server has it: proofs are checked, and who is agreed to is signed for. @param {readonly Third[]} thirds */
  async thirds(thirds) {
    for (const third of thirds) await this.#check(third);
    for (const participant of this.pictures.keys()) if (!thirds.some((each) => each.participant === participant)) this.pictures.delete(participant);
    await this.#sign(thirds.filter(({ standing }) => standing === "agreed" || standing === "in"));
  }

  /** A key that was not made by somebody who has the link is no guest of ours. @param {Third} third */
  async #check({ invitation, subject, proof }) {
    if (!subject || attested({ subject }) || proof === null) return;
    const secret = secrets()[invitation];
    const linked = secret !== undefined && (await proofOf(secret, this.call, subject)) === proof;
    this.around.dispatch({ type: "linked", invitation, linked });
  }

  /** @param {readonly Third[]} thirds */
  async #sign(thirds) {
    const proof = this.around.proof(), booth = this.#admitted?.peers.find(({ role }) => role === "booth");
    if (!proof || !booth || !this.#admitted) return;
    const named = (this.#roster?.entries ?? []).slice(2).map(({ subject }) => subject);
    const wanted = thirds.map(({ subject }) => subject ?? "");
    const call = this.call;
    if (wanted.join() === named.join() && thirds.every(({ standing }) => standing === "in")) return void (this.#signed = "");
    const number = (this.#roster?.number ?? 0) + 1;
    if (this.#signed === `${number} ${wanted.join()}`) return;
    this.#signed = `${number} ${wanted.join()}`;
    const entries = [
      { subject: booth.subject, name: "", part: "booth" }, { subject: proof.own.subject, name: proof.own.name, part: "physician" },
      ...thirds.map(({ subject, name, part }) => ({ subject: subject ?? "", name: name ?? "", part })),
    ];
    const roster = await makeRoster(proof.own, { call, number, entries });
    const participants = [booth.participant, this.#admitted.you, ...thirds.map(({ participant }) => participant ?? "")];
    this.around.send("roster", { roster, participants }, { call });
  }
}

/** @returns {Record<string, string>} the links of this window: a reload still knows them, and nobody else does */
function secrets() {
  try {
    return JSON.parse(sessionStorage.getItem(SECRETS) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {Record<string, string>} all */
function kept(all) {
  try {
    sessionStorage.setItem(SECRETS, JSON.stringify(all));
  } catch {
    // A browser that keeps nothing has to make another link after a reload.
  }
}
