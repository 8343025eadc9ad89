/** A paper's code comes behind the # of the address: no server sees it but the one that made it, and only when asked. */

import { run } from "../shared/frame.js";
import { BindingError } from "../shared/jws.js";
import { Problem, ask } from "../shared/server.js";
import { chosenLanguage, keepLanguage, loadWords } from "../shared/writing.js";
import { isSame, keysOf, readCode, readSignature } from "./checking.js";
import { first, next } from "./state.js";
import { verdict, view } from "./views.js";

/** What this page alone says. @param {import("../shared/writing.js").Language} language */
const own = (language) => (language === "en" ? import("./en.js") : import("./fr.js"));

let code = location.hash.slice(1);
const language = chosenLanguage();
const page = run({
  first: first({ language, t: await loadWords(language, own) }),
  next,
  view: (state) => view(state, { switchLanguage: () => void switchLanguage(), again: () => void check(), file: (event) => void compare(event) }),
  screen: verdict,
  title: ({ t }) => `${t("site")} · ${t("verifier-title")}`,
  language: (state) => state.language,
});

async function switchLanguage() {
  const other = page.state().language === "fr" ? "en" : "fr";
  keepLanguage(other);
  page.dispatch({ type: "language", language: other, t: await loadWords(other, own) });
}

async function check() {
  if (code === "") return;
  page.dispatch({ type: "code", code: "checking" });
  try {
    const keys = await keysOf(await ask("/verifier/keys"));
    const paper = await readCode(code, keys);
    page.dispatch({ type: "code", code: "ours", paper });
    page.dispatch(await signatureOf(paper, keys.authority));
  } catch (error) {
    if (!(error instanceof BindingError) && !(error instanceof Problem)) throw error;
    page.dispatch({ type: "code", code: error instanceof BindingError ? "forged" : "offline" });
  }
}

/**
 * @param {import("./checking.js").Paper} paper
 * @param {CryptoKey | null} authority
 * @returns {Promise<import("./state.js").Event>}
 */
async function signatureOf(paper, authority) {
  try {
    const said = await ask("/verifier/proof", { method: "POST", body: JSON.stringify({ code }), headers: { "Content-Type": "application/json" } });
    if (authority === null) return { type: "signature", signature: "unsigned" };
    return { type: "signature", signature: "signed", signed: await readSignature(String(/** @type {{signature: unknown}} */ (said).signature), paper, authority) };
  } catch (error) {
    if (error instanceof BindingError) return { type: "signature", signature: "false" };
    if (error instanceof Problem) return { type: "signature", signature: error.why === "refused" ? "unsigned" : "offline" };
    throw error;
  }
}

/** The file stays in this browser. @param {Event} event */
async function compare(event) {
  const [file] = /** @type {HTMLInputElement} */ (event.target).files ?? [];
  const { signed } = page.state();
  if (file && signed) page.dispatch({ type: "file", same: await isSame(await file.arrayBuffer(), signed) });
}

addEventListener("hashchange", () => {
  code = location.hash.slice(1);
  void check();
});
await check();
