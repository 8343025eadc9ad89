/** The signs that only a visit needs; grid 24, stroke 2, as in shared/pictograms.js. */

import { html, svg } from "../../shared/vendor/lit-html/lit-html.js";

const SIGNS = {
  micro: svg`<rect class="m" x="9" y="3" width="6" height="11" rx="3"/><path d="M5 11a7 7 0 0 0 14 0M12 18v3M8 21h8"/>`,
  "micro-off": svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5 11a7 7 0 0 0 14 0M12 18v3M8 21h8M4 3l16 17"/>`,
  camera: svg`<rect class="m" x="2" y="6" width="13" height="12" rx="2"/><path d="m15 11 6-4v10l-6-4"/>`,
  "camera-off": svg`<rect x="2" y="6" width="13" height="12" rx="2"/><path d="m15 11 6-4v10l-6-4M3 3l17 18"/>`,
  "hang-up": svg`<path d="M2 15c0-3 4-6 10-6s10 3 10 6v2l-5-1v-3a13 13 0 0 0-10 0v3l-5 1Z"/>`,
  printer: svg`<path d="M7 8V3h10v5"/><path class="m" d="M4 8h16a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-3v-3H7v3H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1Z"/><path d="M7 14h10v7H7Z"/>`,
  stethoscope: svg`<path d="M6 3H4v6a5 5 0 0 0 10 0V3h-2M9 14v2a5 5 0 0 0 10 0v-2"/><circle class="m" cx="19" cy="11" r="3"/>`,
  lens: svg`<path class="m" d="M4 6h4l2-3h4l2 3h4a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1Z"/><circle cx="12" cy="13" r="4"/>`,
  write: svg`<path class="m" d="M3 5h18v11H10l-4 4v-4H3Z"/><path d="M8 9h8M8 12h5"/>`,
  loud: svg`<path class="m" d="M4 9h4l5-4v14l-5-4H4Z"/><path d="M16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11"/>`,
  "loud-off": svg`<path d="M4 9h4l5-4v14l-5-4H4ZM16 9l6 6M22 9l-6 6"/>`,
  file: svg`<path class="m" d="M6 3h8l5 5v13H6Z"/><path d="M14 3v5h5M9 13h7M9 17h7"/>`,
  bell: svg`<path class="m" d="M6 16v-5a6 6 0 0 1 12 0v5l2 2H4Z"/><path d="M10 21h4"/>`,
};

/** @typedef {keyof typeof SIGNS} VisitSign */

/** @param {VisitSign} name */
export const sign = (name) => html`<svg class="pictogram" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${SIGNS[name]}</svg>`;
