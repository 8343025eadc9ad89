/**
 * Small signs beside words: grid 24, stroke 2. Line is ink, `m` is mint, `h` is honey (only on what to touch or hold).
 * They are always `aria-hidden`: a word stands beside each one.
 */

import { svg, html } from "./vendor/lit-html/lit-html.js";

/** @typedef {import("./vendor/lit-html/lit-html.js").TemplateResult} Template */

const SIGNS = {
  milestone: svg`<path class="h" d="M6 10a6 6 0 0 1 12 0Z"/><path d="M6 21V9a6 6 0 0 1 12 0v12"/><path d="M6 10h12M2 21h20"/>`,
  cuff: svg`<path class="m" d="M4 4h11a3 3 0 0 1 0 10H4Z"/><path d="M8 4v10"/><path d="M12 14v3a3 3 0 0 0 3 3h1"/><circle cx="19" cy="20" r="2.5"/>`,
  clip: svg`<path class="m" d="M3 8a3 3 0 0 1 3-3h9a3 3 0 0 1 3 3v2H3Z"/><path class="m" d="M3 14h15v2a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3Z"/><path d="M22 10H10a2 2 0 0 0 0 4h12"/>`,
  thermometer: svg`<path class="m" d="M9 14V5a3 3 0 0 1 6 0v9a5 5 0 1 1-6 0Z"/><path d="M12 9v8"/><circle class="i" cx="12" cy="18" r="2"/>`,
  scale: svg`<rect class="m" x="3" y="4" width="18" height="17" rx="4"/><path d="M8 8a5.6 5.6 0 0 1 8 0l-1.5 3h-5Z"/>`,
  pulse: svg`<path d="M2 13h4l3-8 5 14 3-6h5"/>`,
  hand: svg`<path class="m" d="M9 13V5a1.75 1.75 0 0 1 3.5 0v5.5a1.75 1.75 0 0 1 3.5 0v1a1.75 1.75 0 0 1 3.5 0V15c0 4-2.500 6.500-6 6.500h-1c-2.500 0-4-1-5.200-3.200L5 14.200c-.9-1.900 1-3.200 2.400-2Z"/>`,
  people: svg`<circle class="m" cx="8.500" cy="8" r="3.500"/><path class="m" d="M2 20v-1a6.500 6.500 0 0 1 13 0v1Z"/><path d="M15.500 4.800a3.500 3.500 0 0 1 0 6.400M18 14a6.500 6.500 0 0 1 4 5.500"/>`,
  person: svg`<circle class="m" cx="12" cy="8" r="4"/><path class="m" d="M4 21a8 8 0 0 1 16 0Z"/>`,
  eye: svg`<path class="m" d="M2 12c3-5 6.500-7 10-7s7 2 10 7c-3 5-6.500 7-10 7s-7-2-10-7Z"/><circle class="i" cx="12" cy="12" r="3"/>`,
  speech: svg`<path class="m" d="M4 4h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-9l-5 4v-4H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Z"/>`,
  latch: svg`<rect class="m" x="4" y="10" width="16" height="11" rx="2"/><path d="M8 10V7a4 4 0 0 1 8 0v3M12 14v3"/>`,
  helper: svg`<circle class="m" cx="9" cy="8" r="4"/><path class="m" d="M2 21a7 7 0 0 1 14 0Z"/><path d="M19 4v6M16 7h6"/>`,
  phone: svg`<path class="m" d="M6 3h3l2 5-2.500 1.500a11 11 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3Z"/>`,
  papers: svg`<path d="M8 6V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1h-2"/><path class="m" d="M5 7h10a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1Z"/><path d="M7.500 12h5M7.500 16h5"/>`,
  link: svg`<path d="M9 8H7a4 4 0 0 0 0 8h2M15 8h2a4 4 0 0 1 0 8h-2M9 12h6"/>`,
  cut: svg`<path d="M2 12h6M16 12h6M9.500 7l1 3M14.500 17l-1-3"/>`,
  clock: svg`<circle class="m" cx="12" cy="12" r="9"/><path d="M12 7v5l3.500 2"/>`,
  check: svg`<path d="m4 13 5 5L20 6"/>`,
  plus: svg`<path d="M12 4v16M4 12h16"/>`,
  back: svg`<path d="M20 12H4M10 6l-6 6 6 6"/>`,
  again: svg`<path d="M20 12a8 8 0 1 1-2.500-5.800M20 3v4h-4"/>`,
  ear: svg`<path class="m" d="M6 10a6 6 0 0 1 12 0c0 5-5 5-5 8a3 3 0 0 1-5.500 1.500"/><path d="M9.500 10a2.500 2.500 0 0 1 5 0c0 2-2.500 2-2.500 4"/>`,
  pencil: svg`<path class="m" d="m4 20 1-4L16 5l3 3L8 19Z"/><path d="m13.500 7.500 3 3"/>`,
  home: svg`<path class="m" d="M4 11v9h16v-9"/><path d="m2 12 10-9 10 9M10 20v-6h4v6"/>`,
  note: svg`<path class="m" d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z"/><path d="M12 11v6"/><circle class="i" cx="12" cy="7.500" r="1.300"/>`,
  leave: svg`<path d="M10 4H5a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h5M15 7l5 5-5 5M20 12H9"/>`,
  shield: svg`<path class="m" d="M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6Z"/><path d="m8 12 3 3 5-6"/>`,
  "shield-off": svg`<path d="M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6ZM9 9l6 6M15 9l-6 6"/>`,
  code: svg`<path d="m8 7-5 5 5 5M16 7l5 5-5 5M13.500 4l-3 16"/>`,
  doctor: svg`<path d="M6 3v5a4 4 0 0 0 8 0V3M4.500 3h3M12.500 3h3"/><path d="M10 12v3a5 5 0 0 0 10 0v-2"/><circle class="m" cx="20" cy="11" r="2"/>`,
  notebook: svg`<path class="m" d="M6 3h12a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H6Z"/><path d="M6 3v18M3 7h3M3 12h3M3 17h3"/><path d="m9.500 13 2-4 2.500 6 1.500-3h1.500"/>`,
};

/** @typedef {keyof typeof SIGNS} SignName */

/**
 * A sign of the 24 grid; its size follows the text around it.
 * @param {SignName} name
 * @param {string} [classes] more classes
 * @returns {Template}
 */
export function pictogram(name, classes = "") {
  return html`<svg class="pictogram ${classes}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${SIGNS[name]}</svg>`;
}

/** The mark of the project: the stone with its honey cap. @returns {Template} */
export function brandMark() {
  return html`<svg class="pictogram" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${SIGNS.milestone}</svg>`;
}
