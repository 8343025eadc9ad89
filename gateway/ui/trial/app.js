/** The trial of a workplace put together: one part after the other, by oneself, before a patient needs it. */

import { run } from "../shared/frame.js";
import { chosenLanguage, keepLanguage, loadWords } from "../shared/writing.js";
import * as probes from "./probes.js";
import { first, next } from "./state.js";
import { view } from "./views.js";

/** @typedef {import("./state.js").Finding} Finding */
/** @typedef {import("./state.js").Part} Part */

/** What this page alone says. @param {import("../shared/writing.js").Language} language */
const own = (language) => (language === "en" ? import("./en.js") : import("./fr.js"));

const video = Object.assign(document.createElement("video"), { muted: true, autoplay: true, playsInline: true });
const meter = Object.assign(document.createElement("meter"), { min: 0, max: 1, low: probes.HEARD, value: 0 });

/** @type {((finding: Finding) => void) | null} who waits for the word on the tone */
let answer = null;

const language = chosenLanguage();
const booth = document.documentElement.dataset["place"] === "booth";
const page = run({
  first: first({ language, t: await loadWords(language, own), booth }),
  next,
  view: (state) => view(state, { begin: () => void begin(), play: () => void probes.tone(), heard, switchLanguage: () => void switchLanguage() }, { video, meter }),
  screen: () => "trial",
  title: ({ t }) => `${t("trial-title")} · ${t("site")}`,
  language: (state) => state.language,
});
label();

async function switchLanguage() {
  const other = page.state().language === "fr" ? "en" : "fr";
  keepLanguage(other);
  page.dispatch({ type: "language", language: other, t: await loadWords(other, own) });
  label();
}

function label() {
  video.setAttribute("aria-label", page.state().t("your-picture"));
}

/** @param {Part} part @param {Finding} finding */
const found = (part, finding) => page.dispatch({ type: "part", part, finding });

async function begin() {
  answer?.({ how: "fails", why: "speaker-unheard" });
  page.dispatch({ type: "begin" });
  /** @type {MediaStream | null} one sees oneself until the end */
  let seen = null;
  const browser = probes.browser();
  found("browser", browser);
  if (browser.how === "works") {
    seen = await camera();
    await micro();
    await speaker();
  }
  if (!booth) {
    found("socket", { how: "trying" });
    found("socket", await probes.socket());
  }
  await relays();
  seen?.getTracks().forEach((track) => track.stop());
  page.dispatch({ type: "done" });
}

async function camera() {
  found("camera", { how: "trying" });
  const stream = await probes.open("camera");
  if (!(stream instanceof MediaStream)) {
    found("camera", stream);
    return null;
  }
  video.srcObject = stream;
  video.play().catch(() => {}); // it plays by itself where the browser lets it
  found("camera", await probes.picture(video));
  return stream;
}

async function micro() {
  found("micro", { how: "trying" });
  const stream = await probes.open("micro");
  if (!(stream instanceof MediaStream)) return found("micro", stream);
  found("micro", await probes.voice(stream, (level) => (meter.value = level)));
  stream.getTracks().forEach((track) => track.stop());
}

/** Nobody but a person knows whether they hear it. */
async function speaker() {
  found("speaker", { how: "trying" });
  await probes.tone();
  const said = /** @type {Promise<Finding>} */ (new Promise((tell) => (answer = tell)));
  found("speaker", { how: "asking" });
  found("speaker", await said);
  answer = null;
}

/** @param {boolean} yes */
function heard(yes) {
  answer?.(yes ? { how: "works" } : { how: "fails", why: "speaker-unheard" });
}

async function relays() {
  page.dispatch({ type: "passes", finding: { how: "trying" } });
  const servers = await probes.passes();
  if (!Array.isArray(servers)) return page.dispatch({ type: "passes", finding: servers });
  const ways = servers.flatMap((server) => [server.urls].flat().map((url) => ({ server, url })));
  page.dispatch({ type: "relays", urls: ways.map(({ url }) => url) });
  for (const { server, url } of ways) {
    page.dispatch({ type: "relay", url, finding: { how: "trying" } });
    page.dispatch({ type: "relay", url, finding: await probes.relay(server, url) });
  }
  page.dispatch({ type: "passes", finding: { how: "works" } });
}
