/**
 * What the kiosk page knows of its connection to the physician's page. Pure; call.js carries it out. The other side is
 * neither seen nor heard, and this side sends nothing, unless the phase is "open".
 */

/**
 * @typedef {object} Call
 * @property {number} gen the connection's generation; 0: there is none
 * @property {"none" | "making" | "open" | "lost"} phase
 * @property {"unknown" | "on" | "missing"} camera this booth's own
 * @property {import("/static/shared/ladder.js").Rung} sends how much of its own picture the line carries
 */

/**
 * @typedef {{kind: "start", gen: number} | {kind: "unlock", gen: number} | {kind: "lost", gen: number} | {kind: "end"}
 *   | {kind: "camera", on: boolean} | {kind: "sends", rung: import("/static/shared/ladder.js").Rung}} CallEvent
 */

/** @type {Call} */
export const NO_CALL = { gen: 0, phase: "none", camera: "unknown", sends: "full" };

/** @param {Call} call @param {CallEvent} event @returns {Call} */
export function nextCall(call, event) {
  switch (event.kind) {
    case "start":
      return event.gen > call.gen ? { ...call, gen: event.gen, phase: "making" } : call;
    case "unlock":
      return event.gen === call.gen && call.phase === "making" ? { ...call, phase: "open" } : call;
    case "lost":
      return event.gen === call.gen ? { ...call, phase: "lost" } : call;
    case "camera":
      return { ...call, camera: event.on ? "on" : "missing" };
    case "sends":
      return { ...call, sends: event.rung };
    case "end":
      return NO_CALL;
  }
}

/** How long the other side may be silent before it is said, and before the connection is given up, in ms. */
const SILENT_MS = 3000, LOST_MS = 5000;
/** How long the picture may stand still while the sound goes on, in ms. */
const STILL_MS = 4000;

/**
 * What one look at a connection finds.
 * @typedef {{at: number, heardAt: number, frames: number, sounds: number}} Look times in ms; frames and sounds count up
 * @typedef {{life: "well" | "silent" | "lost", moves: boolean, movedAt: number, frames: number, sounds: number}} Health
 */

/** @type {Health} */
export const HEALTHY = { life: "well", moves: true, movedAt: 0, frames: 0, sounds: 0 };

/**
 * How the connection does. A picture that stands still is only said where sound still comes: else all of it is lost.
 * @param {Health} before @param {Look} look @returns {Health}
 */
export function health(before, { at, heardAt, frames, sounds }) {
  const silent = at - heardAt;
  const life = silent >= LOST_MS ? "lost" : silent >= SILENT_MS ? "silent" : "well";
  const moved = frames > before.frames || before.movedAt === 0;
  const movedAt = moved ? at : before.movedAt;
  const moves = moved || (before.moves && (at - movedAt < STILL_MS || sounds <= before.sounds));
  return { life, moves, movedAt, frames, sounds };
}
