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
 * @property {(token: string) => void} signed a new roster
 */
/** What this page's connections have in common. @typedef {{uplink: import("../../shared/uplink.js").Uplink, passes: import("./passes.js").Passes}} Common */
/** @typedef {{you: string, peers: readonly {participant: string, role: string, subject: string, present: boolean, generations: Record<string, number>}[], ice_servers: RTCIceServer[]}} Admitted */

const SECRETS = "teleborne.links", COMPARED = "teleborne.compared";

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
  /** @type {readonly Third[]} */
  #thirds = [];
  /** @type {Set<string>} whom the physician took out, by subject, whatever the server says */
  #out = new Set();

  /** @param {string} call @param {Around} around @param {Common} common */
  constructor(call, around, common) {
    this.call = call;
    this.around = around;
    this.common = common;
    for (const subject of kept(COMPARED)[call] ?? []) around.dispatch({ type: "compared", subject });
  }

  /** The server says who is there; the roster is verified. @param {Admitted} body @param {Roster | null} roster */
  admitted(body, roster) {
    this.#admitted = body;
    this.#roster = roster;
    const proof = this.around.proof();
    if (!proof || !roster) return;
    this.#company ??= new Company({
      ...this.common, call: this.call, own: proof.own, anchors: proof.believed, send: this.around.send,
      going: (participant, going) => this.around.dispatch({ type: "going", participant, going }),
      unrelayed: () => this.around.dispatch({ type: "unrelayed" }),
      tell: (participant, generation, change) => this.around.dispatch({ type: "member", participant, generation, change }),
      show: (participant, picture) => {
        this.pictures.set(participant, picture);
        this.around.redraw();
      },
    });
    this.#company.meet(body.peers.filter(({ role, subject }) => role !== "booth" && !this.#out.has(subject)), roster.entries.map(({ subject }) => subject));
  }

  /** @param {string} type @param {string} from @param {any} body @param {number} gen */
  heard(type, from, body, gen) {
    this.#company?.heard(type, from, body, gen);
  }

  /** @param {string} participant @param {boolean} present */
  presence(participant, present) {
    this.#company?.presence(participant, present);
  }

  hush() {
    this.#company?.hush();
    this.pictures.clear();
  }

  /** Their six digits were the same: known from now on by that key, also after a reload. A new key is asked again. @param {string} subject */
  compared(subject) {
    keep(COMPARED, { [this.call]: [...(kept(COMPARED)[this.call] ?? []), subject] });
    this.around.dispatch({ type: "compared", subject });
  }

  /** Make a link for somebody. @param {string} part */
  async link(part) {
    const invitation = crypto.randomUUID(), secret = newSecret();
    keep(SECRETS, { ...kept(SECRETS), [invitation]: secret });
    this.around.send("invite", { invitation, part, commitment: await commitmentOf(await ticketOf(secret)) }, { call: this.call });
    this.around.dispatch({ type: "link", invitation, address: `${location.origin}/visite/#${secret}` });
  }

  /** Take an invitation back; somebody who is in is out at once, and needs no server for it. @param {string} invitation */
  async remove(invitation) {
    const third = this.#thirds.find((each) => each.invitation === invitation);
    if (third?.standing === "in" && third.subject && third.participant) {
      this.#out.add(third.subject);
      this.#company?.drop(third.participant);
      this.pictures.delete(third.participant);
      await this.#sign(this.#thirds.filter((each) => each !== third && isAgreed(each)));
    }
    this.around.send("remove", { invitation }, { call: this.call });
  }

  /** Who was asked, as the server has it: proofs are checked, and who is agreed to is signed for. @param {readonly Third[]} thirds */
  async thirds(thirds) {
    this.#thirds = thirds;
    for (const third of thirds) await this.#check(third);
    for (const participant of this.pictures.keys()) if (!thirds.some((each) => each.participant === participant)) this.pictures.delete(participant);
    await this.#sign(thirds.filter(isAgreed).filter(({ standing, subject }) => standing === "agreed" || !this.#out.has(subject ?? "")));
  }

  /** A key that was not made by somebody who has the link is no guest of ours. @param {Third} third */
  async #check({ invitation, subject, proof }) {
    if (!subject || attested({ subject }) || proof === null) return;
    const secret = kept(SECRETS)[invitation];
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
    for (const { subject } of thirds) this.#out.delete(subject ?? "");
    const roster = await makeRoster(proof.own, { call, number, entries });
    this.around.signed(roster);
    const participants = [booth.participant, this.#admitted.you, ...thirds.map(({ participant }) => participant ?? "")];
    this.around.send("roster", { roster, participants }, { call });
  }
}

/** Whether the patient wants them in the talk. @param {Third} third */
const isAgreed = ({ standing }) => standing === "agreed" || standing === "in";

/** What a reload of this window still knows, and nobody else does. @param {string} name @returns {Record<string, any>} */
function kept(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {string} name @param {Record<string, any>} all */
function keep(name, all) {
  try {
    sessionStorage.setItem(name, JSON.stringify(all));
  } catch {
    // A browser that keeps nothing has to ask and to make links again after a reload.
  }
}
