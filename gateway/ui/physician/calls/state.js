/** Those who are to be called back, as the page knows them, and how an event changes it. Pure. */

/** @typedef {"cut" | "wait" | "offline" | "unsafe"} Because */
/** @typedef {"reached" | "no-answer" | "wrong-number" | "came-back" | "not-wanted"} Ending */
/**
 * @typedef {object} Call
 * @property {string} id
 * @property {string} version as it was seen
 * @property {string} patient id
 * @property {string} encounter id
 * @property {number} asked ms
 * @property {Because} because
 * @property {string} phone the patient's own; empty: they gave none
 * @property {string} placePhone
 * @property {string} place
 * @property {{reference: string, name: string} | null} owner who has taken it
 */
/** @typedef {{calls: readonly Call[], closing: string | null, busy: string | null, said: Said | null}} State closing: whose ending is being chosen */
/** @typedef {{word: "changed" | "failed" | "taken" | "given-back" | "closed", at: string}} Said what came of the last act */
/**
 * @typedef {{type: "found", tasks: readonly any[]} | {type: "closing", id: string | null} | {type: "busy", id: string}
 *   | {type: "said", said: Said} | {type: "answered", task: any, said: Said}} Event
 */

/** @type {readonly Ending[]} */
export const ENDINGS = ["reached", "no-answer", "came-back", "not-wanted", "wrong-number"];

/** @type {State} */
export const NONE = Object.freeze({ calls: [], closing: null, busy: null, said: null });

/** @param {State} state @param {Event} event @returns {State} */
export function next(state, event) {
  switch (event.type) {
    case "found": {
      const calls = event.tasks.flatMap((task) => call(task) ?? []).sort((one, other) => one.asked - other.asked);
      return { ...state, calls, closing: calls.some(({ id }) => id === state.closing) ? state.closing : null };
    }
    case "closing":
      return { ...state, closing: event.id, said: null };
    case "busy":
      return { ...state, busy: event.id, said: null };
    case "said":
      return { ...state, busy: null, said: event.said };
    case "answered": {
      const now = call(event.task);
      const others = state.calls.filter(({ id }) => id !== event.task.id);
      const calls = now ? [...others, now].sort((one, other) => one.asked - other.asked) : others;
      return { calls, closing: null, busy: null, said: event.said };
    }
  }
}

/** A Task as the list needs it; null: it is closed, or none of ours. @param {any} task @returns {Call | null} */
export function call(task) {
  const asked = Date.parse(task?.authoredOn ?? "");
  if (Number.isNaN(asked) || (task.status !== "requested" && task.status !== "accepted")) return null;
  const idOf = (/** @type {any} */ reference) => String(reference?.reference ?? "").split("/").at(-1) ?? "";
  return {
    id: task.id,
    version: String(task.meta?.versionId ?? ""),
    patient: idOf(task.for),
    encounter: idOf(task.encounter),
    asked,
    because: task.reasonCode?.coding?.[0]?.code ?? "cut",
    phone: phone(task, "patient"),
    placePhone: phone(task, "place"),
    place: task.description ?? "",
    owner: task.owner ? { reference: task.owner.reference, name: task.owner.display ?? "" } : null,
  };
}

/** @param {any} task @param {"patient" | "place"} whose @returns {string} */
const phone = (task, whose) => (task.input ?? []).find((/** @type {any} */ each) => each.type?.coding?.[0]?.code === whose)?.valueContactPoint?.value ?? "";
