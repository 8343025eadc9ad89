/**
 * What a reload has to find again: that the physician was available, which visit is open, whether reports are owed, and
 * that somebody who was neither heard nor seen stays so. Ids only, nothing that says who a patient is or what was measured; and for the same
 * physician only.
 */

/** @typedef {{person: string, on: boolean, owes: boolean, call: string, encounter: string, patient: string, micro: boolean, camera: boolean, signed: import("./note.js").Signed | null}} Kept */

const NAME = "teleborne.visit-desk";
const NOTHING_OPEN = Object.freeze({ call: "", encounter: "", patient: "", micro: true, camera: true, note: { signed: null } });

/** @param {string} person @returns {Kept | null} */
export function remembered(person) {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "null");
    return kept?.person === person && typeof kept.call === "string" ? { ...kept, micro: kept.micro !== false, camera: kept.camera !== false } : null;
  } catch {
    return null;
  }
}

/** Where there is nothing to keep it is forgotten. @param {string} person @param {import("./state.js").State} state */
export function remember(person, { on, owed, visit }) {
  const { call, encounter, patient, micro, camera, note } = visit && visit.stage !== "over" ? visit : NOTHING_OPEN;
  /** @type {Kept} */
  const kept = { person, on, owes: owed.length > 0, call, encounter, patient, micro, camera, signed: note.signed };
  try {
    if (kept.on || kept.owes || kept.call !== "") localStorage.setItem(NAME, JSON.stringify(kept));
    else localStorage.removeItem(NAME);
  } catch {
    // A browser that keeps nothing asks again after a reload.
  }
}
