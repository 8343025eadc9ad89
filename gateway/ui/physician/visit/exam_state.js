/** What was asked of the booth, how far it is, and what the physician examines with. Pure. */

/** @typedef {import("./vitals.js").HealthObject} HealthObject */
/** @typedef {"listen" | "camera"} Instrument */
/** @typedef {HealthObject | Instrument | "still" | "quiet" | "write" | "print" | "show" | "print-file" | "paper"} What a request that the page shows: one of each at a time */
/** @typedef {"sent" | "asked" | "accepted" | "doing" | "done" | "refused" | "failed"} Progress */
/** @typedef {{id: string, state: Progress, reply?: string, sheets?: number, of?: number, why?: string}} Asked */
/** @typedef {{id: string, what: string, state: Progress, kind?: string, reply?: string, sheets?: number, of?: number, blob?: string, why?: string}} Answer docs/channels.md */
/** @typedef {"bell" | "diaphragm" | "wide"} Filter what of the sound is let through */
/** @typedef {{id: string, text: string, state: Progress, reply: string | null}} Line what was written large at the kiosk, and what was touched under it */
/** @typedef {"offered" | "keeping" | "kept" | "unkept"} Keeping */
/** @typedef {{id: string, of: "camera" | "paper", across: number, down: number, at: number, caption: string, keeping: Keeping}} Still */
/** @typedef {{id: string, name: string, size: number, octets: number, flaw: string | null, shown: Asked | null, printed: Asked | null}} Sent a document for the booth: how much of it is there, why it is not taken, and what it was asked to do with it */
/** @typedef {Instrument | "write" | "files"} Tool */
/**
 * @typedef {object} Exam
 * @property {Tool | null} tool which is open
 * @property {string | null} spot where the stethoscope is to be held
 * @property {Filter} filter
 * @property {boolean} quiet whether we switched the booth's loudspeaker off
 * @property {readonly Line[]} lines
 * @property {readonly Still[]} stills newest last
 * @property {string | null} frozen the still that stands in the live picture's place
 * @property {string} text what is being written
 * @property {readonly Sent[]} sent
 * @property {{id: string, octets: number, size: number} | null} coming a picture on its way
 */
/**
 * @typedef {{type: "tool", tool: Tool | null} | {type: "spot", spot: string} | {type: "filter", filter: Filter} | {type: "text", text: string}
 *   | {type: "line", id: string, text: string} | {type: "still", id: string, of: "camera" | "paper", across: number, down: number, at: number}
 *   | {type: "chosen", id: string, name: string, size: number} | {type: "file", id: string, how: {octets: number} | {flaw: string}}
 *   | {type: "asked", id: string, what: "show" | "print-file", request: string} | {type: "coming", coming: Exam["coming"]}
 *   | {type: "caption", id: string, caption: string} | {type: "keeping", id: string, keeping: Keeping} | {type: "frozen", id: string | null}
 *   | {type: "quiet", on: boolean} | {type: "answer", answer: Answer}} ExamEvent
 */

/** @type {Exam} */
export const BLANK = Object.freeze({ tool: null, spot: null, filter: "diaphragm", quiet: false, lines: [], stills: [], frozen: null, text: "", sent: [], coming: null });

/** Whether the booth has said how a request ended. @param {Asked} asked */
export const isAnswered = ({ state }) => state === "done" || state === "refused" || state === "failed";

/** The word for how far a request is: a reading is received, anything else is done. @param {string} what @param {Progress} state @returns {import("./words.js").Word} */
export const stateWord = (what, state) => (OF_A_READING.has(what) || !(state === "doing" || state === "done") ? `asked-${state}` : `exam-${state}`);

const OF_A_READING = new Set(["cuff", "oximeter", "thermometer", "scale", "analyser", "glucometer", "strap", "sensor"]);
const SHOWN = new Set([...OF_A_READING, "listen", "camera", "still", "quiet", "write", "print", "show", "print-file", "paper"]);

/** Whether it goes on at this moment. @param {Asked | undefined} asked */
export const goesOn = (asked) => asked?.state === "doing";

/**
 * What is known of the requests after an answer. A page that was reloaded learns of them by what the booth says again; of
 * two of a kind the one that is not over counts.
 * @param {Partial<Record<What, Asked>>} asked @param {Answer} answer @returns {Partial<Record<What, Asked>>}
 */
export function answered(asked, { id, what, state, kind, reply, sheets, of, why }) {
  const key = /** @type {What} */ (what === "measure" ? kind : what);
  const known = asked[key];
  if (!SHOWN.has(key) || (known && known.id !== id && !isAnswered(known))) return asked;
  const more = Object.fromEntries(Object.entries({ reply, sheets, of, why }).filter(([, value]) => value !== undefined));
  return { ...asked, [key]: { id, state, ...more } };
}

/** @param {Exam} exam @param {ExamEvent} event @returns {Exam} */
export function next(exam, event) {
  switch (event.type) {
    case "tool":
      return { ...exam, tool: event.tool, frozen: null };
    case "spot":
      return { ...exam, spot: event.spot };
    case "filter":
      return { ...exam, filter: event.filter };
    case "text":
      return { ...exam, text: event.text };
    case "quiet":
      return { ...exam, quiet: event.on };
    case "line":
      return { ...exam, text: "", lines: [...exam.lines, { id: event.id, text: event.text, state: "sent", reply: null }] };
    case "still":
      return exam.stills.some(({ id }) => id === event.id) ? exam : { ...exam, frozen: event.id, coming: null, stills: [...exam.stills, stillOf(event)] };
    case "coming":
      return { ...exam, coming: event.coming };
    case "chosen":
      return { ...exam, sent: [...exam.sent, { id: event.id, name: event.name, size: event.size, octets: 0, flaw: null, shown: null, printed: null }] };
    case "file":
      return sentChanged(exam, event.id, "flaw" in event.how ? { flaw: event.how.flaw } : { octets: event.how.octets });
    case "asked":
      return sentChanged(exam, event.id, { [event.what === "show" ? "shown" : "printed"]: { id: event.request, state: "sent" } });
    case "frozen":
      return { ...exam, frozen: event.id };
    case "caption":
      return changed(exam, event.id, { caption: event.caption, keeping: "offered" });
    case "keeping":
      return changed(exam, event.id, { keeping: event.keeping });
    case "answer":
      return { ...exam, sent: exam.sent.map((file) => sentAnswered(file, event.answer)), lines: exam.lines.map((line) => (line.id === event.answer.id ? { ...line, state: event.answer.state, reply: event.answer.reply ?? null } : line)) };
  }
}

/** @param {Extract<ExamEvent, {type: "still"}>} come @returns {Still} */
const stillOf = ({ id, of, across, down, at }) => ({ id, of, across, down, at, caption: "", keeping: "offered" });

/** @param {Exam} exam @param {string} id @param {Partial<Sent>} to @returns {Exam} */
const sentChanged = (exam, id, to) => ({ ...exam, sent: exam.sent.map((file) => (file.id === id ? { ...file, ...to } : file)) });

/** @param {Sent} file @param {Answer} answer @returns {Sent} */
function sentAnswered(file, answer) {
  const { id, state, reply, sheets, of, why } = answer;
  const more = Object.fromEntries(Object.entries({ reply, sheets, of, why }).filter(([, value]) => value !== undefined));
  if (file.shown?.id === id) return { ...file, shown: { id, state, ...more } };
  return file.printed?.id === id ? { ...file, printed: { id, state, ...more } } : file;
}

/** @param {Exam} exam @param {string} id @param {Partial<Still>} to @returns {Exam} */
const changed = (exam, id, to) => ({ ...exam, stills: exam.stills.map((still) => (still.id === id ? { ...still, ...to } : still)) });
