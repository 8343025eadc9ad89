/** Where the booths stand: our own drawing, to scale, with no map of anybody else's behind it. Pure. */

import { html, nothing, svg } from "../shared/vendor/lit-html/lit-html.js";
import { CONDITIONS, counts, sorted } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Booth} Booth */
/** @typedef {import("./state.js").Condition} Condition */
/** @typedef {{x: number, y: number, booth: Booth, others: number}} Spot x and y in percent of the drawing */

const KM_PER_DEGREE = 111.2;
const RATIO = 4 / 3;
const MARGIN = 0.16;
const LEAST_KM = 4;
/** What a label takes of a drawing of the usual size, in percent. */
const LABEL = { letter: 1.5, line: 4.6, gap: 3.2, most: 24 };

/** ● ▲ ■ ○ @type {Readonly<Record<Condition, unknown>>} */
const SHAPES = {
  running: svg`<circle r="9"/>`,
  attention: svg`<path d="M0-10.500 10.500 8.500h-21Z"/>`,
  broken: svg`<rect x="-8.500" y="-8.500" width="17" height="17"/>`,
  offline: svg`<circle r="7.500"/>`,
};

/** The shape of a condition, beside its word. @param {Condition} condition */
export const shape = (condition) => html`<svg class=${`shape ${condition}`} viewBox="-12 -12 24 24" aria-hidden="true" focusable="false">${SHAPES[condition]}</svg>`;

/** @param {State} state */
export function map(state) {
  const { t, booths } = state;
  const placed = booths.filter(({ position }) => position !== null);
  if (placed.length === 0) return nothing;
  const { spots, stepX, stepY, km } = survey(placed);
  const number = counts(state);
  return html`<figure class="map">
    <svg class="land" aria-hidden="true" focusable="false">
      ${grid(stepX, stepY)}
      <svg x="3%" y="95%" overflow="visible"><text class="scale" y="-8">${t("map-scale", { km })}</text></svg>
      <line class="ruler" x1="3%" x2=${`${(3 + stepX).toFixed(2)}%`} y1="95%" y2="95%"/>
      ${labelled(spots, t).map(spot)}
    </svg>
    <figcaption><span class="unseen">${t("map-title")} </span><ul role="list" class="legend">${CONDITIONS.filter((each) => number[each] > 0).map((each) => html`<li>${shape(each)} ${t(`condition-${each}`)}</li>`)}</ul>
      ${placed.length < booths.length ? html`<p class="small quiet">${t("map-unplaced", { count: booths.length - placed.length })}</p>` : nothing}</figcaption>
  </figure>`;
}

/**
 * Every booth's place in percent, north above and to scale; booths that stand together are one spot, the worst of them.
 * @param {readonly Booth[]} booths with a position
 * @returns {{spots: Spot[], stepX: number, stepY: number, km: number}} and how far `km` is, in percent of each side
 */
function survey(booths) {
  const at = booths.map(({ position }) => /** @type {{latitude: number, longitude: number}} */ (position));
  const north = at.map(({ latitude }) => latitude);
  const middle = (Math.max(...north) + Math.min(...north)) / 2;
  const shrink = Math.cos((middle * Math.PI) / 180);
  const east = at.map(({ longitude }) => longitude * shrink);
  const [left, right, bottom, top] = [Math.min(...east), Math.max(...east), Math.min(...north), Math.max(...north)];
  const height = Math.max(top - bottom, (right - left) / RATIO, LEAST_KM / KM_PER_DEGREE) / (1 - 2 * MARGIN);
  const width = height * RATIO;
  /** @type {Map<string, Spot>} */
  const spots = new Map();
  for (const booth of sorted(booths)) {
    const { latitude, longitude } = /** @type {{latitude: number, longitude: number}} */ (booth.position);
    const x = 50 + ((longitude * shrink - (left + right) / 2) / width) * 100;
    const y = 50 - ((latitude - (bottom + top) / 2) / height) * 100;
    const key = `${Math.round(x / 2)} ${Math.round(y / 2)}`;
    const there = spots.get(key);
    spots.set(key, there ? { ...there, others: there.others + 1 } : { x, y, booth, others: 0 });
  }
  const km = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((each) => each / (height * KM_PER_DEGREE) > 0.12) ?? 500;
  const stepY = (km / (height * KM_PER_DEGREE)) * 100;
  return { spots: [...spots.values()], stepX: stepY / RATIO, stepY, km };
}

/** @param {number} stepX @param {number} stepY */
function grid(stepX, stepY) {
  const upright = Array.from({ length: Math.ceil(50 / stepX) * 2 + 1 }, (_, at) => 50 + (at - Math.ceil(50 / stepX)) * stepX);
  const level = Array.from({ length: Math.ceil(50 / stepY) * 2 + 1 }, (_, at) => 50 + (at - Math.ceil(50 / stepY)) * stepY);
  const line = (/** @type {number} */ x1, /** @type {number} */ y1, /** @type {number} */ x2, /** @type {number} */ y2) => svg`<line x1=${`${x1}%`} y1=${`${y1}%`} x2=${`${x2}%`} y2=${`${y2}%`}/>`;
  return svg`<g class="squares">${upright.map((x) => line(x, 0, x, 100))}${level.map((y) => line(0, y, 100, y))}</g>`;
}

/** @typedef {Spot & {lines: readonly string[], side: Side}} Labelled */
/** @typedef {"right" | "left" | "below" | "above"} Side */
/** @typedef {{x1: number, y1: number, x2: number, y2: number}} Box */

/** Give each spot its words, on a side where they cover nothing. @param {readonly Spot[]} spots @param {import("./state.js").Words} t @returns {Labelled[]} */
function labelled(spots, t) {
  /** @type {Box[]} */
  const taken = spots.map(({ x, y }) => ({ x1: x - 2, x2: x + 2, y1: y - 2.5, y2: y + 2.5 }));
  return spots.map((each) => {
    const { booth, others } = each;
    const lines = [...broken(others ? t("map-others", { place: booth.place, count: others }) : booth.place), ...(booth.condition === "running" ? [] : [t(`condition-${booth.condition}`)])];
    const sides = /** @type {readonly Side[]} */ (["right", "left", "below", "above"]);
    const own = (/** @type {Side} */ side) => boxOf(each, side, lines);
    const side = sides.find((one) => isFree(own(one), taken)) ?? "right";
    taken.push(own(side));
    return { ...each, lines, side };
  });
}

/** @param {Spot} spot @param {Side} side @param {readonly string[]} lines @returns {Box} */
function boxOf({ x, y }, side, lines) {
  const wide = Math.max(...lines.map(({ length }) => length)) * LABEL.letter;
  const high = lines.length * LABEL.line;
  const x1 = side === "right" ? x + LABEL.gap : side === "left" ? x - LABEL.gap - wide : x - wide / 2;
  const y1 = side === "below" ? y + LABEL.gap : side === "above" ? y - LABEL.gap - high : y - high / 2;
  return { x1, y1, x2: x1 + wide, y2: y1 + high };
}

/** @param {Box} box @param {readonly Box[]} taken */
function isFree(box, taken) {
  if (box.x1 < 1 || box.x2 > 99 || box.y1 < 1 || box.y2 > 90) return false;
  return taken.every((each) => box.x2 < each.x1 || box.x1 > each.x2 || box.y2 < each.y1 || box.y1 > each.y2);
}

/** A long name in two lines, parted near its middle. @param {string} text */
function broken(text) {
  if (text.length * LABEL.letter <= LABEL.most) return [text];
  const spaces = [...text.matchAll(/ /g)].map(({ index }) => index);
  const middle = spaces.sort((one, other) => Math.abs(one - text.length / 2) - Math.abs(other - text.length / 2))[0];
  return middle === undefined ? [text] : [text.slice(0, middle), text.slice(middle + 1)];
}

const LINE_PX = 18;
const SIDES = { right: { x: 16, anchor: "start" }, left: { x: -16, anchor: "end" }, below: { x: 0, anchor: "middle" }, above: { x: 0, anchor: "middle" } };

/** @param {Labelled} spot */
function spot({ x, y, booth, lines, side }) {
  const { x: dx, anchor } = SIDES[side];
  const top = side === "below" ? 28 : side === "above" ? -14 - (lines.length - 1) * LINE_PX : 5 - ((lines.length - 1) * LINE_PX) / 2;
  return svg`<svg x=${`${x.toFixed(2)}%`} y=${`${y.toFixed(2)}%`} overflow="visible"><a href=${`#booth/${booth.name}`} tabindex="-1" class=${booth.condition}>
    <circle class="touch" r="22"/><g class=${`shape ${booth.condition}`}>${SHAPES[booth.condition]}</g>
    <text text-anchor=${anchor}>${lines.map((line, at) => svg`<tspan x=${dx} y=${top + at * LINE_PX}>${line}</tspan>`)}</text></a></svg>`;
}
