/** The note's way to the server and back: read, kept while it is typed, prepared, signed. */

import { Problem, ask } from "../../shared/server.js";
import { isNamed, post, signReport } from "./key.js";
import { unsaved } from "./note.js";

/** @typedef {import("./note.js").Note} Note */
/** @typedef {import("./note.js").NoteEvent} NoteEvent */
/** @typedef {import("./key.js").Own} Own */

const IDLE_MS = 700, AGAIN_MS = 3_000;

/**
 * @param {{encounter: () => string, note: () => Note | null, tell: (event: NoteEvent) => void}} about the visit that is open
 */
export function desk({ encounter, note, tell }) {
  let timer = 0;
  let saving = false;
  const path = () => `/visits/${encodeURIComponent(encounter())}/report`;

  /** Read the draft; *reason* is what the patient said, for a note that is still empty. @param {string} reason */
  async function read(reason) {
    const whose = encounter();
    try {
      const draft = await ask(`${path()}/draft`);
      if (encounter() !== whose) return;
      tell({ type: "draft", draft });
      if (reason !== "" && !draft.reason) type({ type: "text", field: "reason", text: reason });
    } catch (error) {
      tell({ type: "unkept", cause: causeOf(error) });
    }
  }

  /** @param {NoteEvent} event */
  function type(event) {
    tell(event);
    later(IDLE_MS);
  }

  /** @param {number} wait */
  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(() => void save(), wait);
  }

  async function save() {
    const now = note();
    if (saving || !now?.draft || !unsaved(now)) return;
    saving = true;
    const { edits } = now, whose = encounter();
    // The answer may come when another report is open.
    const told = (/** @type {NoteEvent} */ event) => encounter() === whose && tell(event);
    try {
      await ask(`${path()}/draft`, post(now.draft, "PUT"));
      told({ type: "kept", edits, at: Date.now() });
    } catch (error) {
      told({ type: "unkept", cause: causeOf(error) });
    } finally {
      saving = false;
    }
    const after = note();
    if (after && unsaved(after)) later(after.problem ? AGAIN_MS : IDLE_MS);
  }

  /** The page goes: what is not kept yet is sent on the way out. */
  function flush() {
    const now = note();
    if (now?.draft && unsaved(now)) void fetch(`${path()}/draft`, { ...post(now.draft, "PUT"), credentials: "same-origin", keepalive: true }).catch(() => {});
  }

  /** Ask what is missing, or for the papers. @returns {Promise<boolean>} whether there is something to sign */
  async function check() {
    const now = note();
    if (!now?.draft || now.step !== "writing") return false;
    const { edits } = now;
    tell({ type: "check" });
    try {
      const answer = await ask(path(), post(now.draft));
      tell({ type: "kept", edits, at: Date.now() });
      tell(answer.ready ? { type: "prepared", prepared: answer } : { type: "gaps", gaps: answer.gaps });
      return answer.ready;
    } catch (error) {
      tell({ type: "unsigned", cause: causeOf(error) });
      return false;
    }
  }

  /** Sign the papers, after looking that they are those which the statement names. @param {Own} own @returns {Promise<boolean>} */
  async function sign(own) {
    const prepared = note()?.prepared;
    if (!prepared) return false;
    tell({ type: "sign" });
    try {
      for (const { reference, preview } of prepared.papers) {
        if (!(await isNamed(prepared.to_sign, reference, await octetsAt(preview)))) throw new Problem("refused", "another paper than the one named");
      }
      const { composition, documents } = await ask(`${path()}/sign`, post({ jws: await signReport(own, prepared.to_sign) }));
      tell({ type: "signed", signed: { composition, documents } });
      return true;
    } catch (error) {
      tell({ type: "unsigned", cause: causeOf(error) });
      return false;
    }
  }

  addEventListener("pagehide", flush);
  return { read, type, flush, check, sign, save };
}

/** @param {string} url */
async function octetsAt(url) {
  try {
    const answer = await fetch(url, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(15_000) });
    if (!answer.ok) throw new Problem("unavailable", String(answer.status));
    return new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    throw error instanceof Problem ? error : new Problem("offline");
  }
}

/** @param {unknown} error */
function causeOf(error) {
  if (error instanceof Problem) return error.why;
  throw error;
}
