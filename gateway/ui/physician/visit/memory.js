/**
 * What a reload has to find again: that the physician was available, which visit is open, and that somebody who was
 * neither heard nor seen stays so. Ids only, nothing that says who somebody is or what was measured.
 */

/** @typedef {{on: boolean, call: string, encounter: string, patient: string, micro: boolean, camera: boolean, signed: import("./note.js").Signed | null}} Kept */

const NAME = "teleborne.visit-desk";

/** @returns {Kept | null} */
export function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "null");
    return typeof kept?.call === "string" ? { ...kept, micro: kept.micro !== false, camera: kept.camera !== false } : null;
  } catch {
    return null;
  }
}

/** @param {Kept} kept nothing to keep: it is forgotten */
export function remember(kept) {
  try {
    if (kept.on || kept.call !== "") localStorage.setItem(NAME, JSON.stringify(kept));
    else localStorage.removeItem(NAME);
  } catch {
    // A browser that keeps nothing asks again after a reload.
  }
}
