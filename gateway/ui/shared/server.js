/**
 * Our own server from a page: FHIR with exact numbers, who is signed in, and readings as they arrive.
 */

import { parse } from "./writing.js";

/** @typedef {"signed-out" | "forbidden" | "offline" | "refused" | "unavailable"} Cause */
/** @typedef {{id: string, name: string, role: string, sign_in: string}} DemoPerson */
/** @typedef {{signed_in: boolean, demo?: boolean, name?: string, role?: string, patient?: string | null, rpps?: string | null, practitioner?: string | null, language?: string, signed_in_at?: string | null, kiosk?: string, sign_in?: string, people?: DemoPerson[]}} Session */

const FHIR = "/fhir/R4/";
const DEADLINE_MS = 15_000;
const MOST_PAGES = 5;

/** Why the server gave no answer that can be used, in the few cases a page has words for. */
export class Problem extends Error {
  /** @param {Cause} cause @param {string} [detail] */
  constructor(cause, detail = "") {
    super(`${cause} ${detail}`.trim());
    this.why = cause;
  }
}

/** @type {Readonly<Record<number, Cause>>} */
const CAUSES = { 401: "signed-out", 403: "forbidden", 400: "refused", 404: "refused", 409: "refused", 412: "refused", 413: "refused", 422: "refused" };

/**
 * @param {string} url
 * @param {RequestInit} [init]
 * @returns {Promise<any>} the parsed body, null for none
 */
export async function ask(url, init = {}) {
  let answer;
  let text;
  try {
    answer = await fetch(url, { ...init, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(DEADLINE_MS) });
    text = await answer.text();
  } catch {
    throw new Problem("offline");
  }
  if (!answer.ok) throw new Problem(CAUSES[answer.status] ?? "unavailable", String(answer.status));
  return text ? parse(text) : null;
}

/** @returns {Promise<Session>} */
export const session = () => ask("/session");

/** @returns {Promise<void>} */
export const signOut = () => ask("/sign-out", { method: "POST" });

/**
 * Search, following the pages up to five.
 * @param {string} type
 * @param {readonly (readonly [string, string])[]} query
 * @returns {Promise<{resources: any[], complete: boolean}>}
 */
export async function search(type, query) {
  const resources = [];
  let url = `${FHIR}${type}?${new URLSearchParams(query.map(([name, value]) => [name, value]))}`;
  for (let page = 0; page < MOST_PAGES; page++) {
    const bundle = await ask(url, { headers: { Accept: "application/fhir+json" } });
    for (const entry of bundle?.entry ?? []) if (entry.search?.mode !== "outcome") resources.push(entry.resource);
    const next = (bundle?.link ?? []).find((/** @type {any} */ link) => link.relation === "next")?.url;
    if (!next) return { resources, complete: true };
    url = here(next);
  }
  return { resources, complete: false };
}

/** One page of a search, however many there are. @param {string} type @param {readonly (readonly [string, string])[]} query @returns {Promise<any[]>} */
export async function searchFirst(type, query) {
  const bundle = await ask(`${FHIR}${type}?${new URLSearchParams(query.map(([name, value]) => [name, value]))}`, { headers: { Accept: "application/fhir+json" } });
  return (bundle?.entry ?? []).map((/** @type {any} */ entry) => entry.resource);
}

/** One resource; null where there is none to see. @param {string} type @param {string} id @returns {Promise<any>} */
export async function read(type, id) {
  try {
    return await ask(`${FHIR}${type}/${encodeURIComponent(id)}`, { headers: { Accept: "application/fhir+json" } });
  } catch (error) {
    if (error instanceof Problem && (error.why === "refused" || error.why === "forbidden")) return null;
    throw error;
  }
}

/** The same address under the name this page was opened by. @param {string} url */
function here(url) {
  const { pathname, search: query } = new URL(url, location.href);
  return `${pathname}${query}`;
}

/**
 * @typedef {object} Listener
 * @property {(observation: any) => void} arrived
 * @property {(live: boolean) => void} link whether readings can arrive now
 * @property {() => void} missed from now on nothing is missing, but before: search, at the start too
 * @property {() => void} signedOut
 * @property {() => void} [called] somebody is to be called back, or is not any more: search
 */

const AGAIN_MS = [1_000, 2_000, 5_000, 10_000];
const PATIENCE_MS = 3_000;

/**
 * Hear of readings as they arrive, for as long as the page is open. What was there before is searched for when the
 * server listens to us, never earlier: so nothing falls in between, and what is there twice is shown once. A search does
 * not wait for a stream that cannot be had. Where the browser gives up (the server answered with an error) we begin anew.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @param {string | null} patient whose; null: everybody's
 * @param {Listener} to
 * @returns {() => void} stop
 */
export function listen(patient, to) {
  const url = patient ? `/live?patient=${encodeURIComponent(patient)}` : "/live";
  /** @type {EventSource | null} */
  let source = null;
  let timer = 0;
  let tries = 0;
  let searched = false;
  const search = () => {
    searched = true;
    to.missed();
  };
  const patience = setTimeout(() => searched || search(), PATIENCE_MS);
  const end = () => {
    clearTimeout(timer);
    clearTimeout(patience);
    source?.close();
  };
  const open = () => {
    source = new EventSource(url);
    source.addEventListener("ready", () => {
      tries = 0;
      to.link(true);
      search();
    });
    source.addEventListener("message", (event) => to.arrived(parse(event.data)));
    source.addEventListener("reload", () => to.missed());
    source.addEventListener("call-back", () => to.called?.());
    source.addEventListener("signed-out", () => {
      end();
      to.signedOut();
    });
    source.addEventListener("error", () => {
      to.link(false);
      if (!searched) search();
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
    });
  };
  open();
  return end;
}
