/** What the physician does at the visit desk: every button and key ends here. */

import { Problem, ask } from "../../shared/server.js";
import { stringify } from "../../shared/writing.js";
import { chime } from "./devices.js";
import { COMMANDS, isOffered } from "./dialogs.js";
import { isAnswered } from "./exam_state.js";

/** @typedef {import("./views.js").Acts} Acts */
/** @typedef {import("./views.js").Command} Command */

const SOON_MS = 400;

export class Deeds {
  /** What was asked of the booth, by its id. @type {Map<string, object>} */
  #said = new Map();

  /** @param {import("./app.js").VisitDesk} desk */
  constructor(desk) {
    this.desk = desk;
    this.acts = this.#acts();
    addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** @returns {Acts} */
  #acts() {
    const { desk } = this;
    const go = desk.dispatch.bind(desk);
    return {
      available: (on) => this.#available(on),
      take: (call) => this.#take(call),
      here: () => void desk.enter(true),
      leave: () => this.#leave(),
      hangUp: () => this.#end("hang-up", "finished"),
      handBack: () => this.#end("hand-back", "wrong-speciality"),
      company: () => {
        go({ type: "panel", panel: "company" });
        this.#say("who-is-there", {});
      },
      link: (part) => void desk.talking.host(desk.state.visit?.call ?? "").then((hosting) => hosting.link(part)),
      copy: (address) => void navigator.clipboard.writeText(address).then(() => desk.say(desk.w("link-copied"))),
      askColleague: (colleague) => this.#say("invite", { invitation: crypto.randomUUID(), part: "specialist", colleague }),
      admit: (invitation) => this.#say("admit", { invitation }),
      remove: (invitation) => this.#remove(invitation),
      renew: ({ invitation, part }) => {
        this.#remove(invitation);
        this.acts.link(part);
      },
      write: (call) => this.#write(call),
      compared: ({ subject, invitation }, same) => (same ? desk.talking.hosting?.compared(subject ?? "") : this.#remove(invitation)),
      invited: (call, join) => this.#invited(call, join),
      devices: () => void desk.talking.devices(),
      micro: () => this.#toggle("micro"),
      camera: () => this.#toggle("camera"),
      alone: () => this.#alone(),
      callBack: () => void this.#callBack(),
      sound: () => this.#sound(),
      panel: (panel) => go({ type: "panel", panel }),
      closed: (panel) => this.#closed(panel),
      tab: (tab) => go({ type: "tab", tab }),
      open: (kind) => {
        go({ type: "open", kind });
        go({ type: "tab", tab: "readings" });
      },
      range: (range) => go({ type: "range", range }),
      ask: (object) => void this.request(object, { what: "measure", kind: object }),
      exam: () => desk.exam,
      command: (event) => this.#command(event),
      run: (command) => this.#run(command),
      note: (event) => desk.notes.type(event),
      addMedicine: () => this.#addMedicine(),
      readNote: () => desk.known(),
      check: () => void this.#check(),
      sign: () => void this.#sign(),
      print: () => void this.request("print", { what: "print", documents: desk.state.visit?.note.signed?.documents ?? [] }),
      switchLanguage: desk.around.switchLanguage,
    };
  }

  /** @param {string} type @param {object} body */
  #say(type, body) {
    const { visit } = this.desk.state;
    if (visit) this.desk.line?.send(type, body, { call: visit.call });
  }

  /** @param {string} invitation */
  #remove(invitation) {
    const { hosting } = this.desk.talking;
    if (hosting) void hosting.remove(invitation);
    else this.#say("remove", { invitation });
  }

  /** A colleague asks for us: their visit is joined on the page of those who are invited. @param {string} call @param {boolean} join */
  #invited(call, join) {
    if (join) return location.assign(`/visite/#visit=${call}`);
    this.desk.line?.send("leave", { reason: "declined" }, { call });
    this.desk.dispatch({ type: "invited", call, by: null });
  }

  /** @param {boolean} on */
  #available(on) {
    const { desk } = this;
    desk.dispatch({ type: "switch", on });
    if (on && !desk.line) return void desk.enter();
    desk.line?.send("available", { on });
    if (on || desk.state.visit) return;
    setTimeout(() => desk.state.on || desk.state.visit || desk.end(), SOON_MS);
    desk.dispatch({ type: "room", room: "off" });
    desk.dispatch({ type: "line", line: "off" });
  }

  /** @param {string} call */
  #take(call) {
    const { taking, line } = this.desk.state;
    if (taking !== null || line !== "up") return;
    this.desk.dispatch({ type: "take", call });
    this.desk.line?.send("take", {}, { call });
  }

  #leave() {
    this.desk.notes.flush();
    this.desk.talking.hush();
    this.desk.exam?.forget();
    this.#said.clear();
    this.desk.dispatch({ type: "leave" });
    if (this.desk.state.on) this.desk.line?.send("available", { on: true });
  }

  /** Open a report that is owed; the server is told once it is signed. @param {string} call */
  #write(call) {
    this.desk.dispatch({ type: "write", call });
    if (!this.desk.line) void this.desk.enter();
    this.desk.known();
  }

  /** @param {"hang-up" | "hand-back"} how @param {string} reason */
  #end(how, reason) {
    this.desk.dispatch({ type: "panel", panel: null });
    this.desk.dispatch({ type: "ours" });
    this.desk.line?.send(how, { reason }, { call: this.desk.state.visit?.call });
  }

  /** @param {"micro" | "camera"} which */
  #toggle(which) {
    const { desk } = this;
    const { visit } = desk.state;
    if (visit && visit.devices !== "asking" && !visit.has[which]) return void desk.talking.devices();
    desk.dispatch({ type: which });
    desk.talking.switched();
    desk.say(desk.w(`say-${which}-${desk.state.visit?.[which] ? "on" : "off"}`));
  }

  #alone() {
    const { desk } = this;
    desk.dispatch({ type: "alone" });
    desk.talking.switched();
    desk.say(desk.w(desk.state.visit?.alone ? "sound-chosen" : "say-picture-back"));
  }

  /** The number that the patient gave, where it stands in the note; the booth's own is known anyway. */
  async #callBack() {
    const { visit } = this.desk.state;
    if (!visit || visit.callBack === "asking") return;
    this.desk.dispatch({ type: "call-back", how: "asking" });
    const phone = /^\+?[0-9][0-9 .]{2,24}$/.exec(visit.note.draft?.phone ?? "")?.[0];
    try {
      await ask(`/visits/${visit.encounter}/call-back`, { method: "POST", headers: { "Content-Type": "application/json" }, body: stringify(phone ? { phone } : {}) });
      this.desk.dispatch({ type: "call-back", how: "asked" });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.desk.dispatch({ type: "call-back", how: "failed" });
    }
  }

  #sound() {
    this.desk.dispatch({ type: "sound" });
    if (this.desk.state.sound) chime();
  }

  /** @param {import("./state.js").Panel} panel */
  #closed(panel) {
    const { desk } = this;
    if (desk.state.panel === panel) desk.dispatch({ type: "panel", panel: null });
    if (panel === "sign" && desk.state.visit?.note.step === "ready") desk.dispatch({ type: "note", event: { type: "write-on" } });
  }

  /** Ask the booth; its id, null where there is no connection now. @param {import("./exam_state.js").What} what @param {object} body */
  request(what, body) {
    const id = crypto.randomUUID();
    if (!this.desk.talking.ask({ k: "request", id, ...body })) return null;
    this.#said.set(id, body);
    this.desk.dispatch({ type: "ask", what, id });
    return id;
  }

  /** Say again what was not answered to its end, on a new connection: the booth does nothing twice. */
  again() {
    for (const asked of Object.values(this.desk.state.visit?.asked ?? {})) {
      const body = this.#said.get(asked.id);
      if (body && !isAnswered(asked)) this.desk.talking.ask({ k: "request", id: asked.id, ...body, again: true });
    }
  }

  /* ---- keys: F2 and F8, and letters only while F2's list is open ---- */

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (this.desk.state.visit?.stage !== "talk") return;
    if (event.key === "F8") this.#toggle("micro");
    else if (event.key === "F2") this.desk.dispatch({ type: "panel", panel: "commands" });
    else return;
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  #command(event) {
    const found = COMMANDS.find(({ letter }) => letter === event.key.toLowerCase());
    if (!found || !isOffered(this.desk.state.visit?.offers ?? null, found.command) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.#run(found.command);
  }

  /** @param {Command} command */
  #run(command) {
    const { desk } = this;
    document.querySelector("dialog")?.close();
    desk.dispatch({ type: "panel", panel: null });
    if (command === "micro" || command === "camera") this.#toggle(command);
    else if (command === "security") desk.dispatch({ type: "panel", panel: "security" });
    else if (command === "readings") desk.dispatch({ type: "tab", tab: "readings" });
    else if (command === "listen" || command === "lens" || command === "write" || command === "files") this.#tool(command === "lens" ? "camera" : command);
    else if (command !== "note") this.acts.ask(command);
    else {
      desk.dispatch({ type: "tab", tab: "note" });
      setTimeout(() => focus("form.note textarea"));
    }
  }

  /** Open a tool of the examination and go there. @param {import("./exam_state.js").Tool} tool */
  #tool(tool) {
    const { exam, state } = this.desk;
    if (state.visit?.exam.tool !== tool) exam?.tool(tool);
    this.desk.dispatch({ type: "tab", tab: "visit" });
    setTimeout(() => focus(`[data-tool="${tool}"]`));
  }

  /* ---- the note ---- */

  #addMedicine() {
    this.desk.notes.type({ type: "add-medicine" });
    focus(".medicine:last-of-type input");
  }

  async #check() {
    if (await this.desk.notes.check()) return this.desk.dispatch({ type: "panel", panel: "sign" });
    for (const each of document.querySelectorAll('form.note [aria-invalid="true"]')) each.closest("details")?.setAttribute("open", "");
    focus('form.note [aria-invalid="true"]');
  }

  async #sign() {
    const { own } = this.desk;
    if (!own || !(await this.desk.notes.sign(own))) return;
    this.desk.dispatch({ type: "panel", panel: null });
    this.desk.report();
  }
}

/** @param {string} selector */
const focus = (selector) => /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus();
