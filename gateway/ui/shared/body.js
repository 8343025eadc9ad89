/**
 * The body map: where a stethoscope is held, drawn for who holds it and for who listens. Grid 96; the body is mint, its
 * line ink, and honey is the one spot to touch. From the front the person's left is on the right, as one faces them.
 */

import { html, nothing, svg } from "./vendor/lit-html/lit-html.js";

/** @typedef {import("./vendor/lit-html/lit-html.js").TemplateResult} Template */
/** @typedef {"front" | "back"} Side */
/** @typedef {"heart" | "lungs" | "back" | "belly"} Area */
/** @typedef {{side: Side, area: Area, at: readonly [number, number]}} Spot */

/** The classic places, by the name that `listen` says (docs/channels.md). */
export const SPOTS = /** @type {const} */ ({
  "heart-aortic": { side: "front", area: "heart", at: [41, 31] },
  "heart-pulmonary": { side: "front", area: "heart", at: [55, 31] },
  "heart-tricuspid": { side: "front", area: "heart", at: [51, 45] },
  "heart-mitral": { side: "front", area: "heart", at: [63, 54] },
  "lung-right-upper": { side: "front", area: "lungs", at: [30, 26] },
  "lung-left-upper": { side: "front", area: "lungs", at: [67, 26] },
  "lung-right-lower": { side: "front", area: "lungs", at: [31, 56] },
  "lung-left-lower": { side: "front", area: "lungs", at: [68, 68] },
  "belly": { side: "front", area: "belly", at: [48, 78] },
  "back-left-upper": { side: "back", area: "back", at: [36, 28] },
  "back-right-upper": { side: "back", area: "back", at: [60, 28] },
  "back-left-lower": { side: "back", area: "back", at: [34, 58] },
  "back-right-lower": { side: "back", area: "back", at: [62, 58] },
});

/** @typedef {keyof typeof SPOTS} SpotName */

/** @param {string | null | undefined} name @returns {name is SpotName} */
export const isSpot = (name) => typeof name === "string" && name in SPOTS;

/** @param {string | null | undefined} name @returns {Area | null} */
export const areaOf = (name) => (isSpot(name) ? SPOTS[name].area : null);

const OUTLINE = "M38 4v9C22 15 11 18 9 31L5 70h11l5-25v48h54V45l5 25h11l-4-39C85 18 74 15 58 13V4";

/** What tells one side from the other. */
const MARKS = {
  front: svg`<path class="thin" d="M38 18c-6 3-11 4-17 4M58 18c6 3 11 4 17 4M48 22v30M30 42c3 3 7 3 10 0M56 42c3 3 7 3 10 0"/><circle class="i" cx="48" cy="86" r="1.5"/>`,
  back: svg`<path class="thin" d="M48 14v74M33 32c-5 7-5 13-1 18 4-4 7-9 7-14M63 32c5 7 5 13 1 18-4-4-7-9-7-14"/>`,
};

/** One side of the body, with the spot to touch where it is on it. @param {Side} side @param {string | null} spot @param {unknown} [over] drawn on top @returns {Template} */
export function body(side, spot, over = nothing) {
  const found = isSpot(spot) && SPOTS[spot].side === side ? SPOTS[spot] : null;
  return html`<svg class="picture body" viewBox="0 0 96 96" aria-hidden="true" focusable="false"><path class="m" d=${OUTLINE}/>${MARKS[side]}
    ${found ? svg`<circle class="h" cx=${found.at[0]} cy=${found.at[1]} r="6"/>` : nothing}${over}</svg>`;
}
