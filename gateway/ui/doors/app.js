/** The front page put together; without an answer from the server it is whole all the same. */

import { run } from "../shared/frame.js";
import { Problem, session } from "../shared/server.js";
import { chosenLanguage, keepLanguage, loadWords } from "../shared/writing.js";
import { first, next } from "./state.js";
import { view } from "./views.js";

/** What this page alone says. @param {import("../shared/writing.js").Language} language */
const own = (language) => (language === "en" ? import("./en.js") : import("./fr.js"));

const language = chosenLanguage();
const page = run({
  first: first({ language, t: await loadWords(language, own) }),
  next,
  view: (state) => view(state, { switchLanguage: () => void switchLanguage() }),
  screen: () => "doors",
  title: ({ t }) => `${t("site")} · ${t("doors-title")}`,
  language: (state) => state.language,
});

async function switchLanguage() {
  const other = page.state().language === "fr" ? "en" : "fr";
  keepLanguage(other);
  page.dispatch({ type: "language", language: other, t: await loadWords(other, own) });
}

try {
  page.dispatch({ type: "session", session: await session() });
} catch (error) {
  // The doors need nothing from the server; only what it tells about a demonstration is missing.
  if (!(error instanceof Problem)) throw error;
}
