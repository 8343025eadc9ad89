/** A reading typed by hand: what was typed, whether it can be so, and the Observation that it becomes. No I/O. */

import { KINDS } from "../shared/reading.js";
import { typed } from "../shared/writing.js";

/** @typedef {import("../shared/reading.js").Kind} Kind */
/** @typedef {import("../shared/reading.js").Reading} Reading */
/** @typedef {import("../shared/writing.js").Exact} Exact */
/** @typedef {"nothing" | "check" | "gap"} Complaint */

/**
 * @typedef {object} Entry
 * @property {string} id a UUID: sending it twice stores it once
 * @property {Kind} kind
 * @property {readonly string[]} typed one text for each number, as typed
 * @property {"now" | "other"} when
 * @property {string} moment of a datetime-local field
 * @property {readonly (Complaint | null)[]} complaints one for each number
 * @property {"future" | "when" | null} timeComplaint
 * @property {"typing" | "confirming" | "sending"} step
 * @property {"offline" | "unavailable" | "refused" | null} unsaved
 */

const LEAST_GAP = 10;
const AHEAD_MS = 2 * 60_000;

/** @param {Kind} kind @param {string} id @returns {Entry} */
export function blank(kind, id) {
  const parts = KINDS[kind].parts;
  return { id, kind, typed: parts.map(() => ""), when: "now", moment: "", complaints: parts.map(() => null), timeComplaint: null, step: "typing", unsaved: null };
}

/** The typed numbers, when each is one. @param {Entry} entry @returns {Exact[] | null} */
export function numbers(entry) {
  const found = entry.typed.map((each) => typed(each));
  return found.every((each) => each !== null) ? /** @type {Exact[]} */ (found) : null;
}

/** When it was measured; NaN for no moment. @param {Entry} entry @param {number} now */
export function measuredAt(entry, now) {
  return entry.when === "now" ? now : Date.parse(entry.moment);
}

/** @param {string} text @param {import("../shared/reading.js").Part | undefined} part @returns {Complaint | null} */
function complaint(text, part) {
  if (text.trim() === "") return "nothing";
  const value = typed(text);
  const [low, high] = part?.possible ?? [0, 0];
  return value === null || value.number < low || value.number > high ? "check" : null;
}

/**
 * The same entry with what is wrong with it, if anything. A quality check of the typing, never of the person.
 * @param {Entry} entry @param {number} now @returns {Entry}
 */
export function checked(entry, now) {
  const parts = KINDS[entry.kind].parts;
  const complaints = entry.typed.map((text, at) => complaint(text, parts[at]));
  if (entry.kind === "blood-pressure" && !complaints.some((each) => each !== null)) {
    const [upper, lower] = numbers(entry) ?? [];
    if (upper && lower && upper.number - lower.number < LEAST_GAP) complaints[0] = "gap";
  }
  const at = measuredAt(entry, now);
  return { ...entry, complaints, timeComplaint: Number.isNaN(at) ? "when" : at > now + AHEAD_MS ? "future" : null, unsaved: null };
}

/** @param {Entry} entry a checked one */
export function isPossible(entry) {
  return entry.complaints.every((each) => each === null) && entry.timeComplaint === null;
}

/**
 * Whether a possible number is seldom enough to be asked for again: outside the usual band, or a weight more than a
 * tenth away from the last one.
 * @param {Entry} entry @param {readonly Reading[]} readings newest first
 */
export function isUnusual(entry, readings) {
  const parts = KINDS[entry.kind].parts;
  const values = (numbers(entry) ?? []).map((each) => each.number);
  if (values.some((value, at) => value < (parts[at]?.believed[0] ?? 0) || value > (parts[at]?.believed[1] ?? 0))) return true;
  const last = entry.kind === "weight" ? readings.find((each) => each.kind === "weight")?.numbers[0]?.number : undefined;
  return last !== undefined && Math.abs((values[0] ?? last) - last) > last / 10;
}
