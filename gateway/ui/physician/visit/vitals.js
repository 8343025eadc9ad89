/** What the booth says on `vitals` (docs/channels.md), and what a tile may say of it. Numbers keep the device's digits. */

import { Exact, number } from "../../shared/writing.js";

/** @typedef {import("../../shared/reading.js").Kind} Kind */
/** @typedef {import("../../shared/writing.js").Language} Language */
/** @typedef {import("../../shared/fr.js").words} Shared */
/**
 * @typedef {object} Vital
 * @property {number} seq the same is the same reading
 * @property {Measured} kind
 * @property {readonly (Exact | null)[]} numbers null: the device had none
 * @property {string} unit
 * @property {number} at when it was measured
 * @property {number} heard when it came, by our own clock
 * @property {readonly import("../../shared/reading.js").Remark[]} remarks what the device says beside its numbers
 * @property {boolean} live shown and never kept
 * @property {string} device the health object's word
 * @property {import("../../shared/reading.js").Site | null} site on which arm a pressure was taken, where it is known
 */
/** @typedef {Kind | "glucose" | "fat" | "breathing"} Measured what has a tile of its own: the measures of the record, and those of the newer objects */
/** @typedef {"live" | "silent" | "gone" | "kept" | "old"} Freshness */

const SILENT_MS = 3_000, GONE_MS = 10_000, OLD_MS = 10 * 60_000;

/** @type {Readonly<Record<string, {kind: Measured, names: readonly string[]}>>} */
const KINDS = {
  "blood-pressure": { kind: "blood-pressure", names: ["systolic", "diastolic"] },
  "pulse-rate": { kind: "pulse", names: ["pulse"] },
  "heart-rate": { kind: "pulse", names: ["pulse"] },
  "oxygen-saturation": { kind: "oxygen", names: ["spo2"] },
  "body-temperature": { kind: "temperature", names: ["temperature"] },
  "body-weight": { kind: "weight", names: ["weight"] },
  "glucose": { kind: "glucose", names: ["glucose"] },
  "body-fat": { kind: "fat", names: ["body-fat"] },
  "respiratory-rate": { kind: "breathing", names: ["respiratory-rate"] },
};

const ARMS = /** @type {Readonly<Record<string, import("../../shared/reading.js").Site>>} */ ({ left: "left-arm", right: "right-arm" });

const UNITS = /** @type {Readonly<Record<string, string>>} */ ({ C: "°C", F: "°F" });

/** The device's qualities that are worth a word; the words are those of the readings. */
const REMARKS = /** @type {const} */ ({
  "body-movement": "movement",
  "cuff-loose": "cuff-loose",
  "irregular-pulse": "irregular-pulse",
  "pulse-above-range": "pulse-above-range",
  "pulse-below-range": "pulse-below-range",
  "improper-position": "position",
  "ongoing": "ongoing",
  "early-estimate": "early",
  "calibrating": "calibrating",
  "questionable": "questionable",
  "low-perfusion": "low-perfusion",
  "poor-signal": "poor-signal",
  "inadequate-signal": "inadequate-signal",
  "erratic-signal": "erratic",
  "non-pulsatile": "non-pulsatile",
  "interference": "interference",
  "sensor-displaced": "sensor-displaced",
  "sensor-disconnected": "sensor-disconnected",
  "sensor-unconnected-to-user": "sensor-off",
  "equipment-malfunction": "malfunction",
});

/** @typedef {"cuff" | "oximeter" | "thermometer" | "scale" | "analyser" | "glucometer" | "strap" | "sensor"} HealthObject */

/** Which health objects measure what; the first that the booth has is asked for. @type {Readonly<Record<Measured, readonly HealthObject[]>>} */
export const OBJECTS = {
  "blood-pressure": ["cuff"], pulse: ["strap"], oxygen: ["oximeter"], temperature: ["thermometer"], weight: ["scale", "analyser"],
  glucose: ["glucometer"], fat: ["analyser"], breathing: ["sensor"],
};

/** The measures of the newer objects: no part of the record's tiles. @type {readonly ("glucose" | "fat" | "breathing")[]} */
export const NEWER = ["glucose", "fat", "breathing"];

/** A message of the channel, read with exact numbers; null for a kind that has no tile. @param {any} said @param {number} heard @returns {Vital | null} */
export function vital(said, heard) {
  const row = KINDS[said?.kind];
  const at = Date.parse(said?.at ?? "");
  if (said?.k !== "vital" || !row || Number.isNaN(at) || !Array.isArray(said.measures)) return null;
  const found = row.names.map((name) => said.measures.find((/** @type {any} */ each) => each?.name === name));
  if (found.every((each) => each === undefined)) return null;
  return {
    seq: Number(said.seq?.text),
    kind: row.kind,
    numbers: found.map((each) => (each?.value instanceof Exact ? each.value : null)),
    unit: UNITS[found[0]?.unit] ?? String(found[0]?.unit ?? ""),
    at,
    heard,
    remarks: (said.quality ?? []).flatMap((/** @type {keyof typeof REMARKS} */ each) => REMARKS[each] ?? []),
    live: said.live === true,
    device: String(said.device ?? ""),
    site: ARMS[said.arm] ?? null,
  };
}

/** Add a reading: the same one again changes nothing, and one that was superseded stays so. @param {readonly Vital[]} known oldest first @param {Vital} come */
export function add(known, come) {
  if (!come.live && known.some((each) => !each.live && each.seq === come.seq)) return known;
  const rest = come.live ? known.filter((each) => !(each.live && each.kind === come.kind)) : known;
  return [...rest, come].sort((one, other) => one.at - other.at || one.seq - other.seq);
}

/** A reading of the visit as its record has it, for when the booth is no longer there to say it. @param {import("../../shared/reading.js").Reading} reading @returns {Vital} */
export const recorded = ({ kind, numbers, unit, at, remarks, site }) => ({ seq: 0, kind, numbers, unit, at, heard: at, remarks, live: false, device: "", site });

/**
 * The readings of a visit, as the record has them; those of a later call have what was measured before it as well.
 * @template {{encounter: string | null}} T @param {readonly T[]} readings @param {string} encounter @param {{[id: string]: {stay?: string} | null}} visits
 */
export const ofVisit = (readings, encounter, visits) => readings.filter((each) => each.encounter !== null && [encounter, visits[encounter]?.stay].includes(each.encounter));

/** The newest reading of each measure. @param {readonly Vital[]} known @returns {Partial<Record<Measured, Vital>>} */
export const latest = (known) => Object.fromEntries(known.map((each) => [each.kind, each]));

/** What may be said of a reading's age: a live value that stops is no value. @param {Vital} vital @param {number} now @returns {Freshness} */
export function freshness(vital, now) {
  if (!vital.live) return now - vital.at > OLD_MS ? "old" : "kept";
  const silent = now - vital.heard;
  return silent >= GONE_MS ? "gone" : silent >= SILENT_MS ? "silent" : "live";
}

/** `132/81`, `37,2`; `—` where there is no number. @param {Vital} vital @param {Language} language */
export const figures = ({ numbers }, language) =>
  numbers.every((each) => each === null) ? "—" : numbers.map((each) => (each ? number(each, language) : "—")).join("/");
