/**
 * The passes to our relays, good for every connection that this page makes now: a visit may last longer than those that it
 * began with, and a refused one gives no address and no error. docs/network.md, *Passes to the relays*.
 */

import { Problem, ask } from "../../shared/server.js";

const SOON_S = 30;

export class Passes {
  /** @type {RTCIceServer[]} */
  #servers = [];

  /** @param {string} folder whose route it is: none, or /visite of a guest */
  constructor(folder) {
    this.folder = folder;
  }

  /** What the server gave with the visit; it never gives anybody else's servers. @param {RTCIceServer[]} servers */
  take(servers) {
    this.#servers = servers;
  }

  /** Where no new ones can be had just now, those that there are. @returns {Promise<RTCIceServer[]>} */
  async fresh() {
    const until = Math.min(...this.#servers.map(({ username = "" }) => Number.parseInt(username, 10) || Infinity));
    if (Date.now() / 1000 + SOON_S < until) return this.#servers;
    try {
      this.#servers = (await ask(`${this.folder}/signalling/relays`, { method: "POST" })).ice_servers;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
    return this.#servers;
  }
}
