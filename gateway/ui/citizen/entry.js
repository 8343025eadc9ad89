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

/**
 * What typing one number may say (care tables), and how it is written.
 * @typedef {object} PartRow
 * @property {string} display
 * @property {readonly [number, number]} possible outside: refused
 * @property {readonly [number, number]} believed outside: asked again
 * @property {boolean} decimals whether the devices have digits after the point
 *
 * @typedef {object} TypedRow
 * @property {string} profile of https://hl7.org/fhir/R4/observation-vitalsigns.html
 * @property {readonly string[]} displays of the codes, in their order
 * @property {string} ucum
 * @property {readonly PartRow[]} parts in the order of the measure's
 */

/** @type {Readonly<Record<Kind, TypedRow>>} */
const TYPED = {
  "blood-pressure": {
    profile: "bp",
    displays: ["Blood pressure panel with all children optional"],
    ucum: "mm[Hg]",
    parts: [
      { display: "Systolic blood pressure", possible: [40, 300], believed: [80, 220], decimals: false },
      { display: "Diastolic blood pressure", possible: [20, 200], believed: [40, 130], decimals: false },
    ],
  },
  pulse: {
    profile: "heartrate",
    displays: ["Heart rate"],
    ucum: "/min",
    parts: [{ display: "Heart rate", possible: [20, 300], believed: [40, 150], decimals: false }],
  },
  oxygen: {
    profile: "oxygensat",
    displays: ["Oxygen saturation in Arterial blood", "Oxygen saturation in Arterial blood by Pulse oximetry"],
    ucum: "%",
    parts: [{ display: "Oxygen saturation", possible: [50, 100], believed: [92, 100], decimals: false }],
  },
  temperature: {
    profile: "bodytemp",
    displays: ["Body temperature"],
    ucum: "Cel",
    parts: [{ display: "Body temperature", possible: [30, 45], believed: [35, 40], decimals: true }],
  },
  weight: {
    profile: "bodyweight",
    displays: ["Body weight"],
    ucum: "kg",
    parts: [{ display: "Body weight", possible: [0.5, 400], believed: [0.5, 400], decimals: true }],
  },
};

const LOINC = "http://loinc.org";
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

/** Whether the devices have digits after the point. @param {Kind} kind @param {number} at */
export const hasDecimals = (kind, at) => TYPED[kind].parts[at]?.decimals === true;

/** @param {string} text @param {PartRow | undefined} part @returns {Complaint | null} */
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
  const { parts } = TYPED[entry.kind];
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
  const { parts } = TYPED[entry.kind];
  const values = (numbers(entry) ?? []).map((each) => each.number);
  if (values.some((value, at) => value < (parts[at]?.believed[0] ?? 0) || value > (parts[at]?.believed[1] ?? 0))) return true;
  const last = entry.kind === "weight" ? readings.find((each) => each.kind === "weight")?.numbers[0]?.number : undefined;
  return last !== undefined && Math.abs((values[0] ?? last) - last) > last / 10;
}

/**
 * What somebody typed, as the Observation that is sent: their digits, marked as typed by hand.
 * @param {Kind} kind
 * @param {readonly Exact[]} numbers
 * @param {{id: string, patient: string, at: string}} about `id` a UUID that makes sending it twice harmless
 */
export function manualObservation(kind, numbers, about) {
  const { loinc, unit, parts } = KINDS[kind];
  const row = TYPED[kind];
  const quantities = numbers.map((value) => ({ value, unit, system: "http://unitsofmeasure.org", code: row.ucum }));
  const person = { reference: `Patient/${about.patient}` };
  const base = {
    resourceType: "Observation",
    meta: { profile: [`http://hl7.org/fhir/StructureDefinition/${row.profile}`] },
    identifier: [{ system: "urn:ietf:rfc:3986", value: `urn:uuid:${about.id}` }],
    status: "final",
    category: [{ coding: [{ system: "http://terminology.hl7.org/CodeSystem/observation-category", code: "vital-signs", display: "Vital Signs" }] }],
    code: { coding: loinc.map((code, at) => ({ system: LOINC, code, display: row.displays[at] })) },
    subject: person,
    effectiveDateTime: about.at,
    performer: [person],
    method: { text: "Saisie à la main" },
  };
  if (parts.length === 1) return { ...base, valueQuantity: quantities[0] };
  return {
    ...base,
    component: parts.map((part, at) => ({
      code: { coding: [{ system: LOINC, code: part.loinc, display: row.parts[at]?.display }] },
      valueQuantity: quantities[at],
    })),
  };
}
