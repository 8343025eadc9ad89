/** What every screen is put together from: a sentence with its blanks, a device's number and unit, a picture in its arch. Pure. */

import { html } from "/static/shared/vendor/lit-html/lit-html.js";

/** @typedef {import("./fr.js").Text} Text */
/** @typedef {import("./state.js").Value} Value */
/** @typedef {unknown} Piece */

const UNITS = /** @type {Record<string, string>} */ ({ C: "°C", F: "°F" });

/** @param {string} sentence @param {Record<string, string | number | null>} values */
export const fill = (sentence, values) => sentence.replace(/\{([\w-]+)\}/g, (whole, name) => String(values[name] ?? whole));

/**
 * The device's own number, without zeros at its end that a person would read as thousands ("72.400" is "72,4").
 * @param {Value | undefined} value @param {Text} text @returns {string}
 */
export const digits = (value, text) =>
  value?.value?.replace(/(\.\d+?)0+$/, "$1").replace(".", text.decimal) ?? "—";

/** @param {Value[]} values @param {string} name */
export const named = (values, name) => values.find((value) => value.name === name);

/** @param {Value | undefined} value */
export const unit = (value) => (value ? (UNITS[value.unit] ?? value.unit) : "");

/** A picture in the stone's arch. @param {Piece} inside @param {string} [classes] */
export const borne = (inside, classes = "") => html`<div class="arch ${classes}">${inside}</div>`;
