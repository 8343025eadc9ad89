/** The physician's note: what was typed, what of it is kept, what is missing, and how far the signature is. */

/** @typedef {import("../../shared/server.js").Cause} Cause */
/** @typedef {{name: string, dose: string, frequency: string, duration: string}} Medicine */
/** @typedef {{family: string, given: string, birth_date: string, gender: string}} Identity */
/**
 * What POST /visits/…/report takes (docs/report.md).
 * @typedef {object} Draft
 * @property {string} reason
 * @property {string} history
 * @property {string} examination
 * @property {readonly string[]} readings
 * @property {string} conclusion
 * @property {string} plan
 * @property {readonly Medicine[]} prescription
 * @property {string} follow_up
 * @property {readonly string[]} present
 * @property {string} place
 * @property {string} phone
 * @property {string} remote_because
 * @property {string} limits
 * @property {string} incidents
 * @property {Identity | null} identity
 */
/** @typedef {"reason" | "history" | "examination" | "conclusion" | "plan" | "follow_up" | "place" | "phone" | "remote_because" | "limits" | "incidents"} Text */
/** @typedef {{field: string, flaw: "missing" | "too-long" | "too-many" | "unreadable"}} Gap */
/** @typedef {{kind: "report" | "prescription", reference: string, preview: string}} Paper */
/** @typedef {{to_sign: string, papers: readonly Paper[]}} Prepared */
/** @typedef {{composition: string, documents: readonly string[]}} Signed */
/** @typedef {"writing" | "checking" | "ready" | "signing" | "signed"} Step */
/**
 * @typedef {object} Note
 * @property {Draft | null} draft null: not read yet
 * @property {number} edits how often it was changed
 * @property {number} kept how many of these changes the server has
 * @property {number | null} keptAt
 * @property {Cause | null} problem why it was not kept, read or signed
 * @property {readonly Gap[]} gaps
 * @property {Step} step
 * @property {Prepared | null} prepared
 * @property {Signed | null} signed
 */
/**
 * @typedef {{type: "draft", draft: any} | {type: "text", field: Text, text: string} | {type: "readings", readings: readonly string[]}
 *   | {type: "medicine", index: number, part: keyof Medicine, text: string} | {type: "add-medicine"} | {type: "drop-medicine", index: number}
 *   | {type: "present", people: string} | {type: "identity", part: keyof Identity, text: string}
 *   | {type: "kept", edits: number, at: number} | {type: "unkept", cause: Cause} | {type: "check"} | {type: "gaps", gaps: readonly Gap[]}
 *   | {type: "prepared", prepared: Prepared} | {type: "sign"} | {type: "signed", signed: Signed} | {type: "unsigned", cause: Cause} | {type: "write-on"}} NoteEvent
 */

/** @type {readonly (keyof Medicine)[]} */
export const LINE = ["name", "dose", "frequency", "duration"];

/** @type {readonly Text[]} */
const TEXTS = ["reason", "history", "examination", "conclusion", "plan", "follow_up", "place", "phone", "remote_because", "limits", "incidents"];

const NOBODY = Object.freeze({ family: "", given: "", birth_date: "", gender: "unknown" });

/** @type {Note} */
export const BLANK = Object.freeze({ draft: null, edits: 0, kept: 0, keptAt: null, problem: null, gaps: [], step: "writing", prepared: null, signed: null });

/** @param {Note} note @param {NoteEvent} event @returns {Note} */
export function next(note, event) {
  switch (event.type) {
    case "draft":
      return { ...note, draft: draftOf(event.draft), problem: null };
    case "kept":
      return { ...note, kept: Math.max(note.kept, event.edits), keptAt: event.at, problem: null };
    case "unkept":
      return { ...note, problem: event.cause };
    case "check":
      return { ...note, step: "checking", gaps: [], problem: null };
    case "gaps":
      return { ...note, step: "writing", gaps: event.gaps };
    case "prepared":
      return { ...note, step: "ready", prepared: event.prepared, gaps: [] };
    case "sign":
      return { ...note, step: "signing", problem: null };
    case "signed":
      return { ...note, step: "signed", signed: event.signed, problem: null };
    case "unsigned":
      return { ...note, step: note.step === "signing" ? "ready" : "writing", problem: event.cause };
    case "write-on":
      return note.step === "signed" ? note : { ...note, step: "writing", prepared: null };
    default:
      return note.draft === null || note.step === "signed" ? note : typed(note, changed(note.draft, event));
  }
}

/** Whether some of what was typed is not kept yet. @param {Note} note */
export const unsaved = (note) => note.draft !== null && note.kept < note.edits && note.step !== "signed";

/** What is missing at a field. @param {Note} note @param {string} field */
export const gapAt = (note, field) => note.gaps.find((each) => each.field === field)?.flaw ?? null;

/** @param {Draft} draft @param {NoteEvent} event @returns {Draft} */
function changed(draft, event) {
  switch (event.type) {
    case "text":
      return { ...draft, [event.field]: event.text };
    case "readings":
      return { ...draft, readings: event.readings };
    case "medicine":
      return { ...draft, prescription: draft.prescription.map((each, at) => (at === event.index ? { ...each, [event.part]: event.text } : each)) };
    case "add-medicine":
      return { ...draft, prescription: [...draft.prescription, { name: "", dose: "", frequency: "", duration: "" }] };
    case "drop-medicine":
      return { ...draft, prescription: draft.prescription.filter((_each, at) => at !== event.index) };
    case "present":
      return { ...draft, present: event.people.trim() === "" ? [] : event.people.split(/\s*[;\n]\s*/) };
    case "identity":
      return { ...draft, identity: { ...(draft.identity ?? NOBODY), [event.part]: event.text } };
    default:
      return draft;
  }
}

/** What is typed mends what was missing there; the rest stays said. @param {Note} note @param {Draft} draft @returns {Note} */
function typed(note, draft) {
  if (draft === note.draft) return note;
  return { ...note, draft, edits: note.edits + 1, step: "writing", prepared: null, gaps: note.gaps.filter(({ field }) => at(draft, field) === at(note.draft, field)) };
}

/** The value at a path such as `prescription[1].dose`. @param {any} value @param {string} path @returns {any} */
const at = (value, path) => path.split(/[.[\]]+/).filter(Boolean).reduce((found, name) => found?.[name], value);

/** A whole draft of what the server has. @param {any} saved @returns {Draft} */
function draftOf(saved) {
  return {
    .../** @type {Record<Text, string>} */ (Object.fromEntries(TEXTS.map((name) => [name, String(saved?.[name] ?? "")]))),
    readings: saved?.readings ?? [],
    prescription: saved?.prescription ?? [],
    present: saved?.present ?? [],
    identity: saved?.identity ?? null,
  };
}
