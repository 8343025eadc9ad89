/** What the physician does with documents: send one to the booth, have it shown or printed there, ask to see a paper. */

import { LARGEST, Outgoing, typeOf } from "./blobs.js";
import { KeptFiles } from "./kept_files.js";

export class FileDeeds {
  #outgoing = this.#sender();
  #kept = new KeptFiles();
  #resumed = "";

  /** @param {import("./app.js").VisitDesk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  /** @param {import("./exam_state.js").ExamEvent} event */
  #tell(event) {
    this.desk.dispatch({ type: "exam", event });
  }

  #sender() {
    return new Outgoing((id, how) => {
      this.#tell({ type: "file", id, how });
      const file = this.desk.state.visit?.exam.sent.find((each) => each.id === id);
      if ("flaw" in how) void this.#kept.drop(id);
      else if (file && how.octets >= file.size) void this.#kept.arrived(id);
    });
  }

  /** Send a file, if it is what it may be: its content says so, not its name. @param {File} file */
  async send(file) {
    const id = crypto.randomUUID();
    const begin = new Uint8Array(await file.slice(0, 16).arrayBuffer());
    const type = typeOf(begin);
    const flaw = type === null ? "type" : file.size > LARGEST ? "size" : null;
    this.#tell({ type: "chosen", id, name: file.name, size: file.size });
    if (flaw || type === null) return this.#tell({ type: "file", id, how: { flaw: flaw ?? "type" } });
    const octets = new Uint8Array(await file.arrayBuffer());
    void this.#kept.keep(this.desk.state.visit?.call ?? "", { id, name: file.name, size: file.size, type }, octets);
    this.#outgoing.send({ id, type, octets });
  }

  /** What this window sent before it was loaded again, once: what has not arrived goes on where it was. @param {string} call */
  async resume(call) {
    if (this.#resumed === call) return;
    this.#resumed = call;
    for (const { id, name, size, type, octets } of await this.#kept.of(call)) {
      if (this.desk.state.visit?.call !== call) return;
      this.#tell({ type: "chosen", id, name, size });
      if (octets) this.#outgoing.send({ id, type, octets });
      else this.#tell({ type: "file", id, how: { octets: size } });
    }
  }

  /** @param {"show" | "print-file"} what @param {string} id */
  ask(what, id) {
    const request = this.desk.request(what, { what, file: id });
    if (request) this.#tell({ type: "asked", id, what, request });
  }

  /** Ask the patient to show a paper. */
  paper() {
    this.desk.request("paper", { what: "paper" });
  }

  /** The connection to the booth's agent, or none: what was being sent goes on. @param {RTCDataChannel | null} channel */
  connected(channel) {
    this.#outgoing.use(channel);
  }

  /** @param {any} message */
  got(message) {
    this.#outgoing.got(message);
  }

  /** The talk is over: nothing of it stays here. */
  forget() {
    this.#outgoing = this.#sender();
    void this.#kept.forget();
  }
}
