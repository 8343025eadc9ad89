/**
 * The pictures that a booth shows while nobody is there, and what all pictures of the 96 grid are made with; pictures.js
 * has the rest, and says how they are drawn.
 */

import { html, svg } from "./vendor/lit-html/lit-html.js";

/** @typedef {import("./vendor/lit-html/lit-html.js").TemplateResult} Template */

/** A hand that points up, its finger tip at (42, 8). @param {string} where a transform */
export const pointing = (where) => svg`<g transform=${where}>
  <path class="m" d="M36 46V14a6 6 0 0 1 12 0v20a6 6 0 0 1 12 0v3a6 6 0 0 1 12 0v17c0 18-10 28-25 28h-4c-9 0-15-4-19-11L19 53c-4-7 4-13 10-8l7 6Z"/>
  <path d="M48 34v10M60 37v8"/></g>`;

export const STONES = {
  milestone: svg`<path class="p" d="M28 84V38a20 20 0 0 1 40 0v46Z"/><path class="h" d="M28 40v-2a20 20 0 0 1 40 0v2Z"/><path d="M12 84h72"/>`,
  touch: svg`<path class="p" d="M12 88V34a22 22 0 0 1 44 0v54Z"/><path class="h" d="M12 38v-4a22 22 0 0 1 44 0v4Z"/><path d="M4 88h60"/>
    <path d="M66 20l8-6M70 32h10"/>${pointing("translate(27 20) rotate(-24 42 8) scale(.76)")}`,
  asleep: svg`<path class="p" d="M22 84V44a20 20 0 0 1 40 0v40Z"/><path d="M22 48h40M33 62c2 2 5 2 7 0M46 62c2 2 5 2 7 0M8 84h68"/><path class="thin" d="M66 34h10L66 46h10M80 14h9L80 25h9"/>`,
};

/** A drawing of the 96 grid. @param {Template} drawn @param {string} [classes] more classes @returns {Template} */
export const drawing = (drawn, classes = "") =>
  html`<svg class="picture ${classes}" viewBox="0 0 96 96" aria-hidden="true" focusable="false">${drawn}</svg>`;
