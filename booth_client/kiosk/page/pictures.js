/**
 * The visit's pictures: grid 96, stroke 4, drawn like those in /static/shared/pictures.js. Line is ink; mint is the
 * person; honey is only what to touch or hold. Always `aria-hidden`: a word says the same.
 */

import { PICTURE_NAMES, picture as shared } from "/static/shared/pictures.js";
import { drawing } from "/static/shared/stone.js";
import { svg } from "/static/shared/vendor/lit-html/lit-html.js";

/** @typedef {import("/static/shared/vendor/lit-html/lit-html.js").TemplateResult} Template */

/** Head and shoulders, the head's middle at (48, 34). */
const person = svg`<path class="m" d="M14 90V80c0-14 12-22 34-22s34 8 34 22v10"/><circle class="m" cx="48" cy="34" r="21"/>`;

/** A chair, its seat at y 58. @param {number} x @param {boolean} [taken] */
const chair = (x, taken = false) => svg`<path d=${`M${x} 34v50M${x} 58h20v26`}/>${taken
  ? svg`<circle class="m" cx=${x + 8} cy="24" r="8"/><path class="m" d=${`M${x + 3} 36h10a4 4 0 0 1 4 4v14h8v26h-8V62h-14V40`}/>`
  : ""}`;

/** A card on its end, the chip on top. */
const card = svg`<rect class="h" x="28" y="38" width="40" height="54" rx="6"/><rect class="p" x="40" y="46" width="16" height="12" rx="2"/><path d="M38 70h20M38 81h20"/>`;

/** Somebody from the front. @param {number} x the middle @param {number} top @param {number} r of the head */
const somebody = (x, top, r) => svg`<circle class="m" cx=${x} cy=${top + r} r=${r}/><path class="m" d=${`M${x - 1.7 * r} 90V${top + 4.2 * r}a${1.7 * r} ${1.8 * r} 0 0 1 ${3.4 * r} 0V90`}/>`;

const PICTURES = {
  card: svg`<path class="p" d="M10 4h76v18H10Z"/><path d="M22 13h52"/>${card}<path d="M12 62V36M5 44l7-8 7 8M84 62V36M77 44l7-8 7 8"/>`,
  "card-turned": svg`<g transform="rotate(180 48 65) translate(0 12)">${card}</g><path d="M14 30a36 36 0 0 1 62-12M80 4v16H64"/>`,
  window: svg`<path class="p" d="M6 70h84v18H6Z"/><path class="i" d="M34 76h28v6H34Z"/><rect class="h" x="32" y="4" width="32" height="54" rx="6"/><path class="p" d="M38 12h20v36H38Z"/><path d="M43 18h4v4h-4ZM50 18h4v4h-4ZM43 28h4v4h-4ZM50 30h3M43 40h11"/><path class="thin" d="M20 64l-6-8M76 64l6-8M48 66v-3"/>`,
  two: svg`${somebody(25, 20, 12)}${somebody(71, 20, 12)}`,
  child: svg`${somebody(28, 10, 13)}${somebody(74, 38, 10)}`,
  door: svg`<path class="p" d="M10 88V10h40v78"/><circle class="i" cx="42" cy="50" r="3"/><path d="M4 88h88"/>${somebody(72, 30, 10)}<path d="M56 14h28M76 6l8 8-8 8"/>`,
  today: svg`<circle class="m" cx="48" cy="48" r="20"/><path d="M48 8v10M48 78v10M8 48h10M78 48h10M20 20l7 7M69 69l7 7M76 20l-7 7M27 69l-7 7"/>`,
  days: svg`<rect class="p" x="10" y="16" width="76" height="70" rx="6"/><path d="M10 36h76M28 8v14M68 8v14"/><path class="m" d="M22 48h12v12H22ZM42 48h12v12H42ZM62 48h12v12H62Z"/>`,
  weeks: svg`<rect class="p" x="10" y="16" width="76" height="70" rx="6"/><path d="M10 36h76M28 8v14M68 8v14"/><path class="m" d="M22 44h12v12H22ZM42 44h12v12H42ZM62 44h12v12H62ZM22 64h12v12H22ZM42 64h12v12H42ZM62 64h12v12H62Z"/>`,
  flower: svg`<path d="M48 56v34M48 80c-14 0-20-8-20-16M48 74c12 0 18-6 18-14"/><circle class="m" cx="48" cy="14" r="10"/><circle class="m" cx="66" cy="27" r="10"/><circle class="m" cx="59" cy="47" r="10"/><circle class="m" cx="37" cy="47" r="10"/><circle class="m" cx="30" cy="27" r="10"/><circle class="p" cx="48" cy="32" r="9"/>`,
  pregnant: svg`<circle class="m" cx="42" cy="16" r="11"/><path class="m" d="M32 90V62c-4-6-6-14-4-22 2-6 6-10 14-10s12 4 14 10c14 2 20 12 18 22-2 8-8 12-16 12v16"/><path d="M54 44c-6 0-10 4-14 10"/>`,
  care: svg`${somebody(25, 12, 12)}${somebody(64, 28, 10)}<path class="thin" d="M90 90V58c0-6-7-6-7 0"/>`,
  pain: svg`${person}<path d="M38 32l6 3-6 3M58 32l-6 3 6 3M42 47c3-3 9-3 12 0"/><path class="thin" d="M78 12l-8 10h9l-8 10M18 12l8 10h-9l8 10"/>`,
  fever: svg`${person}<path d="M39 32v3M57 32v3M43 46h10"/><path class="p" d="M70 52V16a7 7 0 0 1 14 0v36a12 12 0 1 1-14 0Z"/><path d="M77 26v34"/><circle class="i" cx="77" cy="63" r="4"/>`,
  cough: svg`<path class="m" d="M8 90V80c0-14 10-22 26-22s26 8 26 22v10"/><circle class="m" cx="34" cy="34" r="21"/><path d="M28 30v3M42 30v3M38 46h8"/><path d="M66 40l16-6M68 50h18M66 60l16 6"/>`,
  skin: svg`<path class="m" d="M22 90V58L10 42c-3-5 3-10 8-6l10 10V16a6 6 0 0 1 12 0v24-30a6 6 0 0 1 12 0v30-26a6 6 0 0 1 12 0v28-18a6 6 0 0 1 12 0v34c0 14-6 20-6 26v6"/><circle class="i" cx="42" cy="60" r="3"/><circle class="i" cx="56" cy="56" r="3"/><circle class="i" cx="50" cy="72" r="3"/>`,
  stomach: svg`<path class="m" d="M18 6c4 22 4 40-2 58-4 12 0 20 8 26h48c8-6 12-14 8-26-6-18-6-36-2-58"/><path d="M48 66v2"/><path class="thin" d="M36 40c6-6 8 6 14 0s8 6 14 0M36 52c6-6 8 6 14 0s8 6 14 0"/>`,
  renewal: svg`<rect class="p" x="12" y="8" width="50" height="76" rx="5"/><path d="M24 24h26M24 38h26M24 52h14"/><rect class="m" x="44" y="58" width="46" height="24" rx="12" transform="rotate(-20 67 70)"/><path d="M63 60l8 22"/>`,
  chairs: svg`${chair(8, true)}${chair(40, true)}${chair(70)}<path d="M2 88h92"/>`,
  doctor: svg`${person}<path d="M39 32v3M57 32v3M42 44c3 3 9 3 12 0"/><path d="M34 60v12a10 10 0 0 0 20 0V60M62 62v10"/><circle class="p" cx="62" cy="78" r="6"/>`,
  absent: svg`<g stroke-dasharray="1 8"><path d="M14 90V80c0-14 12-22 34-22s34 8 34 22v10"/><circle cx="48" cy="34" r="21"/></g><path d="M34 62v10a10 10 0 0 0 20 0V62M62 64v6"/><circle class="p" cx="62" cy="76" r="6"/>`,
  retied: svg`<path class="p" d="M48 50C34 22 8 18 8 36s24 20 40 14ZM48 50C62 22 88 18 88 36s-24 20-40 14Z"/><path d="M48 50C42 68 28 78 2 78M48 50c6 18 20 28 46 28"/><circle class="m" cx="48" cy="50" r="8"/>`,
  cut: svg`<path d="M2 36h22M94 36H72"/><path class="thin" d="M24 36l8-7M24 36l8 7M72 36l-8-7M72 36l-8 7"/><path d="M38 10l20 58M58 10 38 68"/><circle class="p" cx="33" cy="78" r="11"/><circle class="p" cx="63" cy="78" r="11"/>`,
  write: svg`<rect class="p" x="10" y="8" width="56" height="80" rx="5"/><path d="M22 26h32M22 42h32M22 58h16"/><path class="m" d="M46 76l4-16 28-28 12 12-28 28Z"/><path d="M70 40l12 12"/>`,
  slot: svg`<rect class="m" x="8" y="10" width="80" height="30" rx="8"/><path d="M20 32h56"/><path class="h" d="M26 32h44v52H26Z"/><path d="M36 48h24M36 60h24M36 72h14"/>`,
  badge: svg`<path d="M30 4l18 18L66 4"/><rect class="p" x="20" y="22" width="56" height="68" rx="6"/><path d="M40 32h16"/><circle class="m" cx="48" cy="50" r="9"/><path class="m" d="M32 78c0-10 7-15 16-15s16 5 16 15Z"/>`,
  lens: svg`<path class="m" d="M20 22h14l6-8h16l6 8h14a8 8 0 0 1 8 8v38a8 8 0 0 1-8 8H20a8 8 0 0 1-8-8V30a8 8 0 0 1 8-8Z"/><circle class="h" cx="48" cy="48" r="17"/><circle class="p" cx="48" cy="48" r="8"/><path d="M74 34h2"/>`,
  wash: svg`<path class="m" d="M14 90V66c0-8 6-14 14-14l14 4 16-12c6-4 12 2 8 8L52 68l26-6c8-2 10 8 3 11L52 86l-10 4"/><path d="M40 6h22a8 8 0 0 1 8 8v6M28 14h20"/><path class="thin" d="M70 28v8M62 30v6M78 30v6"/>`,
  prick: svg`<path class="m" d="M30 90V34a16 16 0 0 1 32 0v56"/><path d="M38 30a9 9 0 0 1 16 0"/><path class="h" d="M74 26h18v20H74Z"/><path d="M74 36H62"/><path class="m" d="M62 52c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11Z"/>`,
  meter: svg`<rect class="h" x="20" y="6" width="44" height="60" rx="10"/><rect class="p" x="28" y="14" width="28" height="18" rx="3"/><circle class="i" cx="42" cy="46" r="4"/><path class="p" d="M36 66h12v20H36Z"/><circle class="sticker" cx="76" cy="20" r="10"/><text x="76" y="25.200">5</text><path class="m" d="M72 70c5 6 8 10 8 14a8 8 0 0 1-16 0c0-4 3-8 8-14Z"/>`,
  belt: svg`<path class="m" d="M14 90V48c0-12 8-18 24-20V10a10 10 0 0 1 20 0v18c16 2 24 8 24 20v42"/><path class="h" d="M14 62h68v14H14Z"/><rect class="p" x="36" y="58" width="24" height="22" rx="5"/><path d="M42 70h3l3-5 3 8 3-3"/>`,
  belly: svg`<path class="m" d="M14 90V48c0-12 8-18 24-20V10a10 10 0 0 1 20 0v18c16 2 24 8 24 20v42"/><rect class="h" x="34" y="60" width="28" height="22" rx="7"/><circle class="sticker" cx="76" cy="20" r="10"/><text x="76" y="25.200">9</text><path class="thin" d="M28 66v10M68 66v10"/>`,
  meal: svg`<circle class="p" cx="48" cy="48" r="28"/><circle class="m" cx="48" cy="48" r="15"/><path d="M10 14v22a6 6 0 0 0 12 0V14M16 42v42M84 14c-8 4-8 24 0 26v44"/>`,
  telephone: svg`<rect class="h" x="26" y="4" width="44" height="88" rx="9"/><path class="p" d="M32 16h32v60H32Z"/><path d="M40 26h6v6h-6ZM52 26h6v6h-6ZM40 40h6v6h-6ZM52 44h4M40 58h18M46 84h4"/>`,
};

/** @typedef {keyof typeof PICTURES | import("/static/shared/pictures.js").PictureName} PictureName */

/** @param {string} name @returns {name is import("/static/shared/pictures.js").PictureName} */
const isShared = (name) => PICTURE_NAMES.includes(/** @type {any} */ (name));

/** A picture of the kiosk. @param {PictureName} name @param {string} [classes] @returns {Template} */
export const picture = (name, classes = "") => (isShared(name) ? shared(name, classes) : drawing(PICTURES[name], classes));
