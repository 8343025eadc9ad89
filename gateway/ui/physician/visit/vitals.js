/** What the booth says on `vitals` (docs/channels.md), and what a tile may say of it. Numbers keep the device's digits. */

import { Exact, number } from "../../shared/writing.js";

/** @typedef {import("../../shared/reading.js").Kind} Kind */
/** @typedef {import("../../shared/writing.js").Language} Language */
/** @typedef {import("../../shared/fr.js").words} Shared */
/**
 * @typedef {object} Vital
 * @property {number} seq the same is the same reading
 * @property {Kind} kind
 * @property {readonly (Exact | null)[]} numbers null: the device had none
 * @property {string} unit
 * @property {number} at when it was measured
 * @property {number} heard when it came, by our own clock
 * @property {readonly import("../../shared/reading.js").Remark[]} remarks what the device says beside its numbers
 * @property {boolean} live shown and never kept
 * @property {string} device the health object's word
 */
/** @typedef {"live" | "silent" | "gone" | "kept" | "old"} Freshness */

const SILENT_MS = 3_000, GONE_MS = 10_000, OLD_MS = 10 * 60_000;

/** @type {Readonly<Record<string, {kind: Kind, names: readonly string[]}>>} */
const KINDS = {
  "blood-pressure": { kind: "blood-pressure", names: ["systolic", "diastolic"] },
  "pulse-rate": { kind: "pulse", names: ["pulse"] },
  "heart-rate": { kind: "pulse", names: ["pulse"] },
  "oxygen-saturation": { kind: "oxygen", names: ["spo2"] },
  "body-temperature": { kind: "temperature", names: ["temperature"] },
  "body-weight": { kind: "weight", names: ["weight"] },
};

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

/** Which health object measures what. @type {Readonly<Record<Kind, "cuff" | "oximeter" | "thermometer" | "scale">>} */
export const OBJECTS = { "blood-pressure": "cuff", pulse: "oximeter", oxygen: "oximeter", temperature: "thermometer", weight: "scale" };

/** @typedef {"cuff" | "oximeter" | "thermometer" | "scale"} HealthObject */

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
  };
}

/** Add a reading: the same one again changes nothing, and one that was superseded stays so. @param {readonly Vital[]} known oldest first @param {Vital} come */
export function add(known, come) {
  if (!come.live && known.some((each) => !each.live && each.seq === come.seq)) return known;
  const rest = come.live ? known.filter((each) => !(each.live && each.kind === come.kind)) : known;
  return [...rest, come].sort((one, other) => one.at - other.at || one.seq - other.seq);
}

/** A reading of the visit as its record has it, for when the booth is no longer there to say it. @param {import("../../shared/reading.js").Reading} reading @returns {Vital} */
export const recorded = ({ kind, numbers, unit, at, remarks }) => ({ seq: 0, kind, numbers, unit, at, heard: at, remarks, live: false, device: "" });

/** The newest reading of each measure. @param {readonly Vital[]} known @returns {Partial<Record<Kind, Vital>>} */
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
