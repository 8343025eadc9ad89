/**
 * What the kiosk page knows of its connection to the physician's page. Pure; call.js carries it out. The other side is
 * neither seen nor heard, and this side sends nothing, unless the phase is "open".
 */

import { NO_CALL } from "./state.js";

/** @typedef {import("./state.js").Call} Call */

/**
 * @typedef {{kind: "start", gen: number} | {kind: "unlock", gen: number} | {kind: "lost", gen: number} | {kind: "end"}
 *   | {kind: "picture", gen: number, how: Call["picture"]} | {kind: "sends", rung: Call["sends"]} | {kind: "unrelayed", gen: number}} CallEvent
 */

/** @param {Call} call @param {CallEvent} event @returns {Call} */
export function nextCall(call, event) {
  switch (event.kind) {
    case "start":
      // Whatever came before: an agent that was started again may count from where it knows.
      return { ...call, gen: event.gen, phase: "making", picture: "comes" };
    case "unlock":
      return event.gen === call.gen && call.phase === "making" ? { ...call, phase: "open", unrelayed: false } : call;
    case "lost":
      return event.gen === call.gen ? { ...call, phase: "lost" } : call;
    case "picture":
      return event.gen === call.gen ? { ...call, picture: event.how } : call;
    case "unrelayed":
      return event.gen === call.gen ? { ...call, unrelayed: true } : call;
    case "sends":
      return { ...call, sends: event.rung };
    case "end":
      return NO_CALL;
  }
}
