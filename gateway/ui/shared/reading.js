/**
 * A reading as the pages show it, made from a FHIR R4 Observation (https://hl7.org/fhir/R4/observation-vitalsigns.html).
 * What differs between measures is a row of `KINDS`.
 */

import { Exact } from "./writing.js";

/** @typedef {"blood-pressure" | "pulse" | "oxygen" | "temperature" | "weight"} Kind */
/** @typedef {import("./pictograms.js").SignName} SignName */

/**
 * @typedef {object} Part one number of a measure
 * @property {string} name
 * @property {string} loinc
 *
 * @typedef {object} KindRow
 * @property {readonly string[]} loinc the first one is what we search and write
 * @property {string} unit as people write it
 * @property {readonly Part[]} parts more than one: components
 * @property {SignName} sign
 * @property {readonly [number, number]} axis fixed: two people's curves look alike when they are alike
 * @property {number} tick
 */

/** @type {Readonly<Record<Kind, KindRow>>} */
export const KINDS = {
  "blood-pressure": {
    loinc: ["85354-9"],
    unit: "mmHg",
    parts: [{ name: "systolic", loinc: "8480-6" }, { name: "diastolic", loinc: "8462-4" }],
    sign: "cuff",
    axis: [40, 220],
    tick: 40,
  },
  pulse: { loinc: ["8867-4"], unit: "/min", parts: [{ name: "value", loinc: "8867-4" }], sign: "pulse", axis: [30, 180], tick: 30 },
  oxygen: { loinc: ["2708-6", "59408-5"], unit: "%", parts: [{ name: "value", loinc: "2708-6" }], sign: "clip", axis: [70, 100], tick: 10 },
  temperature: { loinc: ["8310-5"], unit: "°C", parts: [{ name: "value", loinc: "8310-5" }], sign: "thermometer", axis: [34, 42], tick: 2 },
  weight: { loinc: ["29463-7"], unit: "kg", parts: [{ name: "value", loinc: "29463-7" }], sign: "scale", axis: [60, 80], tick: 5 },
};

/** @type {readonly Kind[]} */
export const KIND_NAMES = /** @type {Kind[]} */ (Object.keys(KINDS));

const LOINC = "http://loinc.org";
const HTEST = "HTEST";

/** What devices say about a measurement, by code: an interpretation or a component that is true. */
export const REMARKS = /** @type {const} */ ({
  "8410608.0": "movement",
  "8410608.1": "cuff-loose",
  "8410608.2": "irregular-pulse",
  "8410608.3": "pulse-above-range",
  "8410608.4": "pulse-below-range",
  "8410608.5": "position",
  "150604.0": "sensor-disconnected",
  "150604.2": "sensor-displaced",
  "150604.4": "sensor-off",
  "150604.5": "interference",
  "150604.8": "non-pulsatile",
  "150604.9": "erratic",
  "150604.10": "low-perfusion",
  "150604.11": "poor-signal",
  "150604.12": "inadequate-signal",
  "150604.14": "malfunction",
  questionable: "questionable",
  "early-indication": "early",
  "msmt-ongoing": "ongoing",
  "calibration-ongoing": "calibrating",
});

/** @typedef {(typeof REMARKS)[keyof typeof REMARKS]} Remark */

/** On which arm a pressure was taken, by SNOMED CT's code. */
const ARMS = /** @type {const} */ ({ 368208006: "left-arm", 368209003: "right-arm" });

/** @typedef {(typeof ARMS)[keyof typeof ARMS]} Site */

/** Why a number is missing (https://hl7.org/fhir/R4/valueset-data-absent-reason.html), in the few words we have. */
const ABSENT = /** @type {const} */ ({
  "not-a-number": "unreadable",
  error: "error",
  "positive-infinity": "too-high",
  "negative-infinity": "too-low",
  "not-performed": "not-measured",
});

/** @typedef {(typeof ABSENT)[keyof typeof ABSENT] | "unknown"} Absent */

/**
 * @typedef {object} Reading
 * @property {string} id
 * @property {string} version of the resource; a later one replaces an earlier
 * @property {Kind} kind
 * @property {string} patient id
 * @property {string | null} encounter id
 * @property {string | null} device id
 * @property {number} at when it was measured; the earliest moment where that is uncertain
 * @property {number | null} until the latest moment, where only the bounds are known: the booth's clock was wrong
 * @property {readonly (Exact | null)[]} numbers one for each part of the kind, null where the device had none
 * @property {string} unit as the Observation says it
 * @property {Absent | null} absent why no number is there
 * @property {Site | null} site where on the body, as far as we have a word for it
 * @property {boolean} byHand typed by the person
 * @property {boolean} test invented or test data
 * @property {boolean} final false: the device says it is no finished measurement
 * @property {readonly Remark[]} remarks
 * @property {readonly string[]} notes what it says in words we have no translation for
 */

/**
 * Return the reading that an Observation is; null for one that is none of our measures (a clock, a height…).
 * @param {any} observation
 * @returns {Reading | null}
 */
export function reading(observation) {
  const kind = KIND_NAMES.find((name) => KINDS[name].loinc.some((code) => codes(observation?.code, LOINC).includes(code)));
  const at = Date.parse(observation?.effectiveDateTime ?? observation?.effectivePeriod?.start ?? "");
  if (kind === undefined || Number.isNaN(at)) return null;
  const quantities = KINDS[kind].parts.map((part) => (KINDS[kind].parts.length > 1 ? component(observation, part) : observation));
  const numbers = quantities.map((each) => (each?.valueQuantity?.value instanceof Exact ? each.valueQuantity.value : null));
  const missing = quantities.find((each) => each && !each.valueQuantity);
  return {
    id: String(observation.id),
    version: String(observation.meta?.versionId ?? "1"),
    kind,
    patient: reference(observation.subject, "Patient") ?? "",
    encounter: reference(observation.encounter, "Encounter"),
    device: reference(observation.device, "Device"),
    at,
    until: uncertain(observation) ? Date.parse(observation.effectivePeriod.end) : null,
    numbers,
    unit: quantities[0]?.valueQuantity?.unit ?? KINDS[kind].unit,
    absent: numbers.every((each) => each !== null) ? null : absent(missing),
    site: site(observation.bodySite),
    byHand: !observation.device && (observation.performer ?? []).some((/** @type {any} */ each) => reference(each, "Patient") !== null),
    test: (observation.meta?.security ?? []).some((/** @type {any} */ each) => each?.code === HTEST),
    final: observation.status === "final" || observation.status === "amended" || observation.status === "corrected",
    ...said(observation),
  };
}

/** @param {any} observation @param {Part} part */
function component(observation, part) {
  return (observation.component ?? []).find((/** @type {any} */ each) => codes(each?.code, LOINC).includes(part.loinc));
}

/** @param {any} concept @param {string} [system] @returns {string[]} */
function codes(concept, system) {
  return (concept?.coding ?? []).filter((/** @type {any} */ each) => !system || each?.system === system).map((/** @type {any} */ each) => each?.code);
}

/** Whether only the bounds of its time are known, as the booth says it (booth_client/dating.py). @param {any} observation */
const uncertain = ({ effectivePeriod, note }) => Boolean(effectivePeriod?.end) && (note ?? []).some((/** @type {any} */ each) => /^Heure incertaine/.test(each?.text ?? ""));

/** @param {any} concept @returns {Site | null} */
function site(concept) {
  const known = codes(concept).find((code) => code in ARMS);
  return known === undefined ? null : ARMS[/** @type {keyof typeof ARMS} */ (/** @type {unknown} */ (known))];
}

/** @param {any} element @param {string} type @returns {string | null} */
function reference(element, type) {
  const match = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})$/.exec(element?.reference ?? "");
  return match && match[1] === type ? (match[2] ?? null) : null;
}

/** @param {any} element @returns {Absent} */
function absent(element) {
  const code = codes(element?.dataAbsentReason)[0] ?? "";
  return code in ABSENT ? ABSENT[/** @type {keyof typeof ABSENT} */ (code)] : "unknown";
}

/** @param {any} observation @returns {{remarks: Remark[], notes: string[]}} */
function said(observation) {
  const bits = (observation.component ?? []).filter((/** @type {any} */ each) => each?.valueBoolean === true).map((/** @type {any} */ each) => each.code);
  const remarks = /** @type {Remark[]} */ ([]);
  const notes = /** @type {string[]} */ ([]);
  for (const concept of [...(observation.interpretation ?? []), ...bits]) {
    const known = codes(concept).find((code) => code in REMARKS);
    if (known !== undefined) remarks.push(REMARKS[/** @type {keyof typeof REMARKS} */ (known)]);
    else if (!codes(concept).includes("validated-data") && concept?.text) notes.push(String(concept.text));
  }
  return { remarks, notes };
}

/**
 * Add readings to those that are known: newest measurement first, each id once, its latest version.
 * @param {readonly Reading[]} known
 * @param {readonly Reading[]} arrived
 * @returns {readonly Reading[]}
 */
export function merge(known, arrived) {
  if (arrived.length === 0) return known;
  const byId = new Map(known.map((each) => [each.id, each]));
  for (const each of arrived) {
    const old = byId.get(each.id);
    if (!old || Number(each.version) >= Number(old.version)) byId.set(each.id, each);
  }
  return [...byId.values()].sort((one, other) => other.at - one.at || (one.id < other.id ? -1 : 1));
}
