/**
 * How a measure looks: a tile with its last number, and its trend as SVG, sentence and table.
 *
 * Places across are percentages and places down are pixels, so the drawing follows its column and its letters never
 * shrink. The axis of a measure is fixed; only weight is centred on the person, 20 kg from edge to edge. Nothing is
 * coloured or marked because of its value. A missing number is « — » and why, never 0.
 */

import { html, nothing, svg } from "./vendor/lit-html/lit-html.js";
import { pictogram } from "./pictograms.js";
import { KINDS } from "./reading.js";
import { DAY, age, clock, midnight, moment, month, number, shortDate, weekday } from "./writing.js";

/** @typedef {import("./reading.js").Reading} Reading */
/** @typedef {import("./reading.js").Kind} Kind */
/** @typedef {import("./writing.js").Words} Words */
/** @typedef {import("./writing.js").Language} Language */
/** @typedef {1 | 7 | 30 | 365} Range days up to now */
/** @typedef {{t: Words, language: Language, now: number}} Speech */

const HEIGHT = 200;
const BROKEN_AFTER = 7 * DAY;
const CROWDED = 24;
const ROWS = 60;

/** @type {Readonly<Record<Range, import("./writing.js").Word>>} */
export const RANGES = { 1: "range-1", 7: "range-7", 30: "range-30", 365: "range-365" };

/**
 * @param {Reading} reading
 * @param {{pressed: boolean | null, device: string, press: () => void}} how pressed: null where the tile leads elsewhere
 * @param {Speech} speech
 */
export function tile(reading, { pressed, device, press }, speech) {
  const { t, language, now } = speech;
  const today = midnight(reading.at) === midnight(now);
  return html`<button type="button" class="tile" aria-pressed=${pressed === null ? nothing : String(pressed)} @click=${press}>
    <span class="name">${pictogram(KINDS[reading.kind].sign)} ${t(`kind-${reading.kind}`)}</span>
    <span class="value">${figures(reading, language)}${reading.absent === null ? html`<span class="unit">\u00a0${t(`unit-${reading.kind}`)}</span>` : nothing}</span>
    <span class="when">${age(reading.at, now, language)}${today ? html` · ${clock(reading.at, language)}` : nothing}</span>
    <span class="said">${about(reading, device, speech).join(" · ")}</span>
  </button>`;
}

/** What is worth knowing about a reading, in words. @param {Reading} reading @param {string} device @param {Speech} speech @returns {string[]} */
export function about(reading, device, { t, language, now }) {
  return [
    ...(reading.until === null ? [] : [t("time-between", { from: moment(reading.at, now, language, true), to: moment(reading.until, now, language, true) })]),
    ...(reading.absent ? [t(`absent-${reading.absent}`)] : []),
    ...(reading.final ? [] : [t("not-final")]),
    ...(reading.test ? [t("test-data")] : []),
    ...(reading.site ? [t(`site-${reading.site}`)] : []),
    ...new Set(reading.remarks.map((each) => t(`remark-${each}`))),
    ...reading.notes,
    reading.byHand ? t("by-hand") : device || t("unknown-device"),
  ];
}

/** The newest reading of each measure, in the order of the table. @param {readonly Reading[]} readings newest first @returns {Reading[]} */
export function newest(readings) {
  return Object.keys(KINDS).flatMap((kind) => readings.find((each) => each.kind === kind) ?? []);
}

/**
 * The axis of a measure: fixed, opened by whole ticks where a number lies outside, so that none is ever hidden.
 * @param {Kind} kind
 * @param {readonly number[]} values
 * @returns {{low: number, high: number, ticks: number[]}}
 */
export function axis(kind, values) {
  const { axis: fixed, tick } = KINDS[kind];
  let [low, high] = fixed;
  if (kind === "weight" && values.length > 0) {
    const centre = Math.round(/** @type {number} */ (values.at(-1)) / tick) * tick;
    [low, high] = [Math.max(0, centre - 10), Math.max(0, centre - 10) + 20];
  }
  while (values.some((value) => value < low)) low -= tick;
  while (values.some((value) => value > high)) high += tick;
  const ticks = [];
  for (let at = Math.ceil(low / tick) * tick; at <= high; at += tick) ticks.push(at);
  return { low, high, ticks };
}

/** Readings in order of time, cut where more than 7 days lie between two. @param {readonly Reading[]} readings oldest first */
export function runs(readings) {
  /** @type {Reading[][]} */
  const found = [];
  for (const each of readings) {
    const last = found.at(-1)?.at(-1);
    if (last && each.at - last.at <= BROKEN_AFTER) found.at(-1)?.push(each);
    else found.push([each]);
  }
  return found;
}

/** The readings of a measure that a trend shows, oldest first. @param {readonly Reading[]} readings @param {Kind} kind @param {Range} range @param {number} now */
export function shown(readings, kind, range, now) {
  const from = now - range * DAY;
  return readings.filter((each) => each.kind === kind && each.absent === null && each.at >= from && each.at <= now + DAY).toReversed();
}

/** `132/81`, `37,2`, or `—` where there is no number. @param {Reading} reading @param {Language} language */
export function figures(reading, language) {
  return reading.absent === null ? reading.numbers.map((each) => (each ? number(each, language) : "—")).join("/") : "—";
}

/**
 * @param {readonly Reading[]} readings newest first
 * @param {{kind: Kind, range: Range, complete: boolean}} chosen complete: false when older readings were left out
 * @param {Speech} speech
 */
export function trend(readings, { kind, range, complete }, speech) {
  const { t, now } = speech;
  const points = shown(readings, kind, range, now);
  const values = points.flatMap((each) => each.numbers.map((exact) => exact?.number ?? 0));
  const scale = axis(kind, values);
  const from = now - range * DAY;
  return html`<figure class="trend">
    <figcaption>${sentence(points, kind, range, speech)}${complete ? nothing : html` <span class="quiet">${t("trend-not-all")}</span>`}</figcaption>
    ${points.length === 0
      ? html`<div class="plot empty" aria-hidden="true"></div>`
      : html`<svg class="plot" height=${HEIGHT + 32} aria-hidden="true" focusable="false">${grid(scale, from, range, speech)}${marks(points, kind, scale, from, speech)}</svg>`}
    ${points.some((each) => each.byHand) ? html`<p class="small quiet">${t("trend-by-hand")}</p>` : nothing}
    ${points.some((each) => each.until !== null) ? html`<p class="small quiet">${t("trend-uncertain")}</p>` : nothing}
    ${points.length === 0 ? nothing : table(points, kind, speech)}
  </figure>`;
}

/** @param {readonly Reading[]} points @param {Kind} kind @param {Range} range @param {Speech} speech */
export function sentence(points, kind, range, { t, language, now }) {
  const name = t(`kind-${kind}`);
  const during = t(RANGES[range]);
  const last = points.at(-1);
  if (!last) return t("trend-none", { name, during });
  const value = `${figures(last, language)}\u00a0${t(`unit-${kind}`)}`;
  const when = last.until === null ? moment(last.at, now, language) : t("time-uncertain");
  if (points.length === 1) return t("trend-one", { name, value, when, during });
  const spans = KINDS[kind].parts.map((_part, at) => {
    const sorted = points.map((each) => each.numbers[at]).filter((each) => each != null).sort((one, other) => one.number - other.number);
    const [low, high] = [sorted[0], sorted.at(-1)];
    return low && high ? t("trend-span", { low: number(low, language), high: number(high, language) }) : "";
  });
  return t(spans.length > 1 ? "trend-many-pressure" : "trend-many", { name, count: points.length, during, span: spans[0] ?? "", span2: spans[1] ?? "", value, when });
}

/** @param {{low: number, high: number, ticks: number[]}} scale @param {number} value */
function down(scale, value) {
  return 12 + ((scale.high - value) / (scale.high - scale.low)) * (HEIGHT - 24);
}

/** @param {number} at @param {number} from @param {number} now percent */
function across(at, from, now) {
  return Math.round(Math.min(1, Math.max(0, (at - from) / (now - from))) * 10000) / 100;
}

/** @param {ReturnType<typeof axis>} scale @param {number} from @param {Range} range @param {Speech} speech */
function grid(scale, from, range, { language, now }) {
  return svg`<g class="grid">
    ${scale.ticks.map((value) => {
      const y = down(scale, value);
      return svg`<line x1="0" x2="100%" y1=${y} y2=${y} /><text class="up" x="-10" y=${y + 5}>${value}</text>`;
    })}
    ${days(from, range, now, language).map(({ at, label, minor }) => {
      const x = `${across(at, from, now)}%`;
      return svg`<line class="tick" x1=${x} x2=${x} y1=${HEIGHT - 4} y2=${HEIGHT + 4} /><text class=${minor ? "along minor" : "along"} x=${x} y=${HEIGHT + 24}>${label}</text>`;
    })}</g>`;
}

/** The moments that are named along a trend. @param {number} from @param {Range} range @param {number} now @param {Language} language */
export function days(from, range, now, language) {
  /** @type {{at: number, label: string, minor: boolean}[]} */
  const found = [];
  const start = new Date(midnight(from));
  if (range === 365) start.setDate(1);
  const step = { 1: 6, 7: 24, 30: 24 * 5, 365: 0 }[range];
  for (let index = 0; start.getTime() <= now; index++) {
    const at = start.getTime();
    const label = { 1: clock, 7: weekday, 30: shortDate, 365: month }[range](at, language);
    // No letters over the edges: what begins or ends there is left out.
    if (at >= from + range * DAY * 0.03 && at <= now - range * DAY * 0.03) found.push({ at, label, minor: index % 2 === 1 });
    if (range === 365) start.setMonth(start.getMonth() + 1);
    else start.setHours(start.getHours() + step);
  }
  return found;
}

/** @param {readonly Reading[]} points @param {Kind} kind @param {ReturnType<typeof axis>} scale @param {number} from @param {Speech} speech */
function marks(points, kind, scale, from, { language, now }) {
  const bars = KINDS[kind].parts.length > 1;
  const crowded = points.length > CROWDED;
  const last = /** @type {Reading} */ (points.at(-1));
  const x = (/** @type {Reading} */ each) => across(each.at, from, now);
  const y = (/** @type {Reading} */ each, part = 0) => down(scale, each.numbers[part]?.number ?? scale.low);
  const middle = (/** @type {Reading} */ each) => (bars ? (y(each) + y(each, 1)) / 2 : y(each));
  // The last number stands above whatever is near it.
  const above = Math.min(...points.filter((each) => x(last) - x(each) < 14).map((each) => y(each)));
  return svg`
    ${bars ? nothing : svg`<svg class="line" viewBox=${`0 0 100 ${HEIGHT}`} width="100%" height=${HEIGHT} preserveAspectRatio="none">
      ${runs(points).map((run) => svg`<path d=${`M${run.map((each) => `${x(each)} ${y(each)}`).join("L")}`} />`)}</svg>`}
    ${points.map((each) => (each.until === null ? nothing : svg`<line class="between" x1=${`${x(each)}%`} x2=${`${across(each.until, from, now)}%`} y1=${middle(each)} y2=${middle(each)} />`))}
    ${points.filter((each) => bars || !crowded || each === last).map((each) =>
      bars
        ? bar(`${x(each)}%`, y(each), y(each, 1), each.byHand, crowded)
        : svg`<circle class=${each.byHand ? "dot by-hand" : "dot"} cx=${`${x(each)}%`} cy=${y(each)} r=${each === last ? 6 : 4.5} />`,
    )}
    <text class=${x(last) > 85 ? "last end" : "last"} x=${`${x(last)}%`} y=${Math.max(14, above - 14)}>${figures(last, language)}</text>`;
}

/** One blood pressure: from the upper figure down to the lower one; hollow when typed by hand. @param {string} x @param {number} top @param {number} bottom @param {boolean} byHand @param {boolean} thin */
function bar(x, top, bottom, byHand, thin) {
  return svg`<line class=${thin ? "bar thin" : "bar"} x1=${x} x2=${x} y1=${top} y2=${bottom} />${byHand ? svg`<line class="hollow" x1=${x} x2=${x} y1=${top} y2=${bottom} />` : nothing}`;
}

/** @param {readonly Reading[]} points oldest first @param {Kind} kind @param {Speech} speech */
function table(points, kind, { t, language, now }) {
  const rows = points.slice(-ROWS).toReversed();
  return html`<details>
    <summary>${t("see-figures")}</summary>
    <table>
      <caption class="unseen">${t(`kind-${kind}`)}</caption>
      <thead><tr><th scope="col">${t("when")}</th><th scope="col">${t(`unit-${kind}`)}</th><th scope="col">${t("source")}</th></tr></thead>
      <tbody>${rows.map((each) => html`<tr><th scope="row">${moment(each.at, now, language, true)}${each.until === null ? nothing : html`<br><span class="small quiet">${t("time-uncertain")}</span>`}</th><td class="number">${figures(each, language)}</td><td>${each.byHand ? t("by-hand") : t("by-device")}</td></tr>`)}</tbody>
    </table>
    ${points.length > rows.length ? html`<p class="small quiet">${t("table-newest", { count: rows.length })}</p>` : nothing}
  </details>`;
}
