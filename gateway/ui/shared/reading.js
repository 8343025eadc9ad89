/**
 * A reading as the pages show it, made from a FHIR R4 Observation (https://hl7.org/fhir/R4/observation-vitalsigns.html).
 * Everything that differs between measures is a row of `KINDS`.
 */

import { Exact } from "./writing.js";

/** @typedef {"blood-pressure" | "pulse" | "oxygen" | "temperature" | "weight"} Kind */
/** @typedef {import("./pictograms.js").SignName} SignName */

/**
 * @typedef {object} Part one number of a measure: its LOINC code, and what typing it by hand may say (care tables)
 * @property {string} name
 * @property {string} loinc
 * @property {string} display
 * @property {readonly [number, number]} possible outside: refused
 * @property {readonly [number, number]} believed outside: asked again
 * @property {boolean} decimals whether the devices have digits after the point
 *
 * @typedef {object} KindRow
 * @property {string} profile of https://hl7.org/fhir/R4/observation-vitalsigns.html
 * @property {readonly {code: string, display: string}[]} loinc the first one is what we search and write
 * @property {{code: string, unit: string}} ucum
 * @property {string} unit as people write it
 * @property {readonly Part[]} parts more than one: components
 * @property {SignName} sign
 * @property {readonly [number, number]} axis fixed: two people's curves look alike when they are alike
 * @property {number} tick
 */

/** @type {Readonly<Record<Kind, KindRow>>} */
export const KINDS = {
  "blood-pressure": {
    profile: "bp",
    loinc: [{ code: "85354-9", display: "Blood pressure panel with all children optional" }],
    ucum: { code: "mm[Hg]", unit: "mmHg" },
    unit: "mmHg",
    parts: [
      { name: "systolic", loinc: "8480-6", display: "Systolic blood pressure", possible: [40, 300], believed: [80, 220], decimals: false },
      { name: "diastolic", loinc: "8462-4", display: "Diastolic blood pressure", possible: [20, 200], believed: [40, 130], decimals: false },
    ],
    sign: "cuff",
    axis: [40, 220],
    tick: 40,
  },
  pulse: {
    profile: "heartrate",
    loinc: [{ code: "8867-4", display: "Heart rate" }],
    ucum: { code: "/min", unit: "/min" },
    unit: "/min",
    parts: [{ name: "value", loinc: "8867-4", display: "Heart rate", possible: [20, 300], believed: [40, 150], decimals: false }],
    sign: "pulse",
    axis: [30, 180],
    tick: 30,
  },
  oxygen: {
    profile: "oxygensat",
    loinc: [
      { code: "2708-6", display: "Oxygen saturation in Arterial blood" },
      { code: "59408-5", display: "Oxygen saturation in Arterial blood by Pulse oximetry" },
    ],
    ucum: { code: "%", unit: "%" },
    unit: "%",
    parts: [{ name: "value", loinc: "2708-6", display: "Oxygen saturation", possible: [50, 100], believed: [92, 100], decimals: false }],
    sign: "clip",
    axis: [70, 100],
    tick: 10,
  },
  temperature: {
    profile: "bodytemp",
    loinc: [{ code: "8310-5", display: "Body temperature" }],
    ucum: { code: "Cel", unit: "°C" },
    unit: "°C",
    parts: [{ name: "value", loinc: "8310-5", display: "Body temperature", possible: [30, 45], believed: [35, 40], decimals: true }],
    sign: "thermometer",
    axis: [34, 42],
    tick: 2,
  },
  weight: {
    profile: "bodyweight",
    loinc: [{ code: "29463-7", display: "Body weight" }],
    ucum: { code: "kg", unit: "kg" },
    unit: "kg",
    parts: [{ name: "value", loinc: "29463-7", display: "Body weight", possible: [0.5, 400], believed: [0.5, 400], decimals: true }],
    sign: "scale",
    axis: [60, 80],
    tick: 5,
  },
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
 * @property {number} at when it was measured
 * @property {readonly (Exact | null)[]} numbers one for each part of the kind, null where the device had none
 * @property {string} unit as the Observation says it
 * @property {Absent | null} absent why no number is there
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
  const kind = KIND_NAMES.find((name) => KINDS[name].loinc.some(({ code }) => codes(observation?.code, LOINC).includes(code)));
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
    numbers,
    unit: quantities[0]?.valueQuantity?.unit ?? KINDS[kind].unit,
    absent: numbers.every((each) => each !== null) ? null : absent(missing),
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

/**
 * What somebody typed, as the Observation that is sent: their digits, marked as typed by hand.
 * @param {Kind} kind
 * @param {readonly Exact[]} numbers
 * @param {{id: string, patient: string, at: string}} about `id` a UUID that makes sending it twice harmless
 */
export function manualObservation(kind, numbers, about) {
  const row = KINDS[kind];
  const quantities = numbers.map((value) => ({ value, unit: row.ucum.unit, system: "http://unitsofmeasure.org", code: row.ucum.code }));
  const person = { reference: `Patient/${about.patient}` };
  const base = {
    resourceType: "Observation",
    meta: { profile: [`http://hl7.org/fhir/StructureDefinition/${row.profile}`] },
    identifier: [{ system: "urn:ietf:rfc:3986", value: `urn:uuid:${about.id}` }],
    status: "final",
    category: [{ coding: [{ system: "http://terminology.hl7.org/CodeSystem/observation-category", code: "vital-signs", display: "Vital Signs" }] }],
    code: { coding: row.loinc.map((each) => ({ system: LOINC, ...each })) },
    subject: person,
    effectiveDateTime: about.at,
    performer: [person],
    method: { text: "Saisie à la main" },
  };
  if (row.parts.length === 1) return { ...base, valueQuantity: quantities[0] };
  return {
    ...base,
    component: row.parts.map((part, at) => ({
      code: { coding: [{ system: LOINC, code: part.loinc, display: part.display }] },
      valueQuantity: quantities[at],
    })),
  };
}
