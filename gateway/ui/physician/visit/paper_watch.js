/** How the papers are at the booth once the talk is over: asked of the server, until they are taken or cannot be printed. */

import { Problem, ask } from "../../shared/server.js";

/** @typedef {import("./state.js").Visit} Visit */

const EVERY_MS = 2_000, LONGEST_MS = 20 * 60_000;
const ENDS = new Set(["taken", "unprinted"]);

/** Begin; it ends by itself, also when another visit is open or none. @param {import("./app.js").VisitDesk} desk @param {Visit} of */
export function watchPapers(desk, of) {
  const until = performance.now() + LONGEST_MS;
  const timer = setInterval(async () => {
    const { visit } = desk.state;
    if (visit?.call !== of.call || performance.now() > until || ENDS.has(visit.papers?.step ?? "")) return clearInterval(timer);
    try {
      const told = await ask(`/visits/${encodeURIComponent(visit.encounter)}/report/printing`);
      if (told === null) return; // nothing is known yet
      const { step, sheets, of: all } = told;
      desk.dispatch({ type: "papers", papers: { step, sheets: Number(sheets.text), of: Number(all.text) } });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // The server is away: the next time.
    }
  }, EVERY_MS);
}
