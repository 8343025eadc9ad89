/** What the physician does to examine: every request of the booth beside « take it again » begins here. */

import { ask as askServer } from "../../shared/server.js";
import { clock } from "../../shared/writing.js";
import { Incoming } from "./blobs.js";
import { goesOn, isAnswered } from "./exam_state.js";
import { FileDeeds } from "./files_deeds.js";
import { Listening } from "./listening.js";

/** @typedef {import("./exam_state.js").ExamEvent} ExamEvent */
/** @typedef {import("./exam_state.js").Tool} Tool */
/** @typedef {import("./exam_state.js").Filter} Filter */

export class ExamDeeds {
  #incoming = new Incoming();
  listening = new Listening();
  /** @type {MediaStream | null} what the booth's instruments send */
  stream = null;
  /** The stills, in this page's memory alone. @type {Map<string, {file: Blob, bitmap: ImageBitmap}>} */
  #pictures = new Map();

  /** @param {import("./app.js").VisitDesk} desk */
  constructor(desk) {
    this.desk = desk;
    this.files = new FileDeeds(desk);
  }

  get #visit() {
    return this.desk.state.visit;
  }

  /** @param {ExamEvent} event */
  #tell(event) {
    this.desk.dispatch({ type: "exam", event });
  }

  /** Open a tool, or close it: what it had going on ends. @param {Tool} tool */
  tool(tool) {
    const open = this.#visit?.exam.tool;
    if (open === "listen" || open === "camera") this.stop(open);
    this.#tell({ type: "tool", tool: open === tool ? null : tool });
    if (open !== tool && tool === "camera") this.desk.request("camera", { what: "camera" });
  }

  /** Listen at a spot; the kiosk shows it. @param {string} spot */
  spot(spot) {
    this.#tell({ type: "spot", spot });
    this.desk.request("listen", { what: "listen", spot });
  }

  /** @param {Filter} filter */
  filter(filter) {
    this.#tell({ type: "filter", filter });
    this.follow();
  }

  /** @param {"listen" | "camera" | "paper"} what */
  stop(what) {
    const asked = this.#visit?.asked[what];
    if (asked && !isAnswered(asked)) this.desk.talking.ask({ k: "request", id: crypto.randomUUID(), what: "stop", of: asked.id });
  }

  still() {
    this.desk.request("still", { what: "still" });
  }

  /** Switch the booth's loudspeaker off or on again. */
  quiet() {
    const on = !this.#visit?.exam.quiet;
    if (this.desk.request("quiet", { what: "quiet", on })) this.#tell({ type: "quiet", on });
  }

  /** @param {string} text */
  type(text) {
    this.#tell({ type: "text", text });
  }

  /** Write large at the kiosk. */
  write() {
    const text = this.#visit?.exam.text.trim() ?? "";
    const id = text === "" ? null : this.desk.request("write", { what: "write", text });
    if (id) this.#tell({ type: "line", id, text });
  }

  /** @param {string} id @param {string} caption */
  caption(id, caption) {
    this.#tell({ type: "caption", id, caption });
  }

  /** Live again, or another still. @param {string | null} id */
  look(id) {
    this.#tell({ type: "frozen", id });
  }

  /** Put a still into the record; it is said to be there only once the server has it. @param {string} id */
  async keep(id) {
    const visit = this.#visit;
    const still = visit?.exam.stills.find((each) => each.id === id);
    if (!visit || !still || still.keeping === "keeping" || still.keeping === "kept") return;
    const addendum = visit.note.step === "signed"; // the signed report stays as it is
    this.#tell({ type: "keeping", id, keeping: "keeping" });
    const path = `/visits/${encodeURIComponent(visit.encounter)}/report/pictures/${encodeURIComponent(id)}?caption=${encodeURIComponent(still.caption)}${addendum ? "&addendum=true" : ""}`;
    try {
      await askServer(path, { method: "PUT", body: this.#pictures.get(id)?.file ?? null, headers: { "Content-Type": "image/jpeg" } });
      this.#tell({ type: "keeping", id, keeping: "kept" });
      if (!addendum) this.#mention(still);
    } catch {
      this.#tell({ type: "keeping", id, keeping: "unkept" });
    }
  }

  /** The report says that there is a picture: its signature covers the words. @param {import("./exam_state.js").Still} still */
  #mention({ at, caption }) {
    const draft = this.#visit?.note.draft;
    if (!draft) return;
    const line = this.desk.w("still-mention", { time: clock(at, this.desk.around.page.state().language), caption: caption || this.desk.w("still-uncaptioned") });
    this.desk.notes.type({ type: "text", field: "examination", text: draft.examination === "" ? line : `${draft.examination}\n${line}` });
  }

  /** What the booth says on `blob`. @param {unknown} data */
  async blob(data) {
    if (typeof data === "string") {
      const message = JSON.parse(data);
      if (message.k === "got") return this.files.got(message);
      if (message.k === "blob") return this.#reply(this.#incoming.announce(message));
      return;
    }
    const { got, whole } = await this.#incoming.piece(/** @type {ArrayBuffer} */ (data));
    if (got) this.#reply(got);
    if (!whole || !this.#visit || !whole.type.startsWith("image/")) return;
    const file = new Blob([whole.octets], { type: whole.type });
    const bitmap = await createImageBitmap(file);
    this.#pictures.set(whole.id, { file, bitmap });
    const of = this.#visit?.asked.paper?.id === whole.id ? "paper" : "camera";
    this.#tell({ type: "still", id: whole.id, of, across: bitmap.width, down: bitmap.height, at: Date.now() });
    this.desk.say(this.desk.w("say-still"));
  }

  /** Say what is here of it. @param {import("./blobs.js").Got} got */
  #reply(got) {
    this.desk.talking.blob?.send(JSON.stringify(got));
    this.#tell({ type: "coming", coming: this.#incoming.progress });
  }

  /** Let the sound follow what is known: heard while the booth listens, and at no other time. */
  follow() {
    const visit = this.#visit;
    if (visit && goesOn(visit.asked.listen)) this.listening.hear(this.stream, visit.exam.filter);
    else this.listening.stop();
  }

  /** @param {string} id */
  picture = (id) => this.#pictures.get(id)?.bitmap ?? null;

  /** The talk is over: nothing is heard, seen or sent any more. */
  hush() {
    this.listening.stop();
    this.stream = null;
    this.#incoming = new Incoming();
    this.files.forget();
  }

  /** The visit is left: nothing of it stays here. */
  forget() {
    this.hush();
    for (const { bitmap } of this.#pictures.values()) bitmap.close();
    this.#pictures.clear();
  }
}
