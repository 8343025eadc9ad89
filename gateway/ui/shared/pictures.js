/**
 * Large pictures of the booth: grid 96, stroke 4. Line is ink; mint is the person; honey is only what to touch or hold.
 * A limb is one thick ink line with a thinner mint line on it, so that arms bend like arms.
 * They are always `aria-hidden`: the sentence beside them says the same.
 */

import { STONES, drawing, pointing } from "./stone.js";
import { svg } from "./vendor/lit-html/lit-html.js";

/** @typedef {import("./vendor/lit-html/lit-html.js").TemplateResult} Template */

/** @param {string} path @param {number} [width] @returns {Template} */
const limb = (path, width = 14) =>
  svg`<path d=${path} stroke-width=${width} /><path class="flesh" d=${path} stroke-width=${width - 7} />`;

/** The number on a device's sticker. @param {number} x @param {number} y @param {number} n @returns {Template} */
const sticker = (x, y, n) => svg`<circle class="sticker" cx=${x} cy=${y} r="10" /><text x=${x} y=${y + 5.2}>${n}</text>`;

const PICTURES = {
  ...STONES,
  speech: svg`<path class="m" d="M12 12h44a6 6 0 0 1 6 6v22a6 6 0 0 1-6 6H34L20 58V46h-8a6 6 0 0 1-6-6V18a6 6 0 0 1 6-6Z"/>
    <path class="p" d="M44 50h40a6 6 0 0 1 6 6v18a6 6 0 0 1-6 6h-6v10L64 80H44a6 6 0 0 1-6-6V56a6 6 0 0 1 6-6Z"/><path d="M18 24h30M18 34h18M50 60h26M50 70h14"/>`,
  chest: svg`<path class="m" d="M12 90V56c0-13 8-20 24-22V14a12 12 0 0 1 24 0v20c16 2 24 9 24 22v34"/><path d="M28 90V64M68 90V64"/><path class="p" d="M48 74 36 62a8 8 0 0 1 12-11 8 8 0 0 1 12 11Z"/>`,
  breath: svg`<circle class="m" cx="34" cy="34" r="22"/><path d="M24 30v0M40 30v0M28 44c3-2 8-2 11 0"/><path d="M58 46h18a8 8 0 1 0-8-8M58 58h26a8 8 0 1 1-8 8M52 70h14a7 7 0 1 1-7 7"/>`,
  face: svg`<path class="m" d="M18 42a30 30 0 0 1 60 0v12a30 30 0 0 1-60 0Z"/><path d="M36 40v4M60 44v5M34 66c6 2 10 0 14-2s8 0 12 8"/>`,
  blood: svg`<path class="m" d="M48 10c14 18 22 30 22 42a22 22 0 0 1-44 0c0-12 8-24 22-42Z"/><path d="M38 54a10 10 0 0 0 10 10"/>`,
  consent: svg`<path class="m" d="M6 42c12-19 26-28 42-28s30 9 42 28c-12 19-26 28-42 28S18 61 6 42Z"/><circle class="p" cx="48" cy="42" r="15"/><path class="i" d="M48 34a8 8 0 1 1 0 16 8 8 0 0 1 0-16Z"/>
    <path d="M24 88h8l5-8 8 12 7-10 5 6h15"/>`,
  scale: svg`<rect class="h" x="10" y="46" width="76" height="42" rx="12"/><rect class="p" x="36" y="52" width="24" height="10" rx="3"/>
    <path class="m" d="M36 6v38c0 8 2 12 2 20 0 7-3 12-9 12s-9-5-9-12c0-10 4-12 4-20V6"/><path class="m" d="M60 6v38c0 8-2 12-2 20 0 7 3 12 9 12s9-5 9-12c0-10-4-12-4-20V6"/>${sticker(84, 38, 4)}`,
  thermometer: svg`<path class="m" d="M10 90V74c-6-8-8-18-4-30C10 28 22 20 36 20s24 8 26 20l6 14-6 2v8c0 5-3 8-8 8h-8v18"/><path d="M46 44v3"/>
    <path class="h" d="m60 26 20-8a5 5 0 0 1 6 3l2 5a5 5 0 0 1-3 6l-7 3 8 20a5 5 0 0 1-3 6 5 5 0 0 1-6-3l-9-20-6 2Z"/><path class="thin" d="M56 14v0M50 12l-2-5M58 10V4"/>${sticker(84, 78, 1)}`,
  clip: svg`${limb("M90 50H44", 20)}<path class="h" d="M8 28a8 8 0 0 1 8-8h36a8 8 0 0 1 8 8v14H8Z"/><path class="h" d="M8 58h52v10a8 8 0 0 1-8 8H16a8 8 0 0 1-8-8Z"/>
    <path d="M10 42v16"/><rect class="p" x="20" y="27" width="24" height="8" rx="2"/><path d="M46 50h-4"/>${sticker(76, 24, 3)}`,
  "cuff-bare": svg`${limb("M29 22 32 64 84 68", 24)}<path class="p" d="M8 4h38l3 24-34 6Z"/><path d="M4 84h88"/><path d="M66 44V16M55 27l11-11 11 11"/>`,
  cuff: svg`${limb("M29 22 32 64 84 68", 24)}<path class="p" d="M8 4h38l2 14-36 4Z"/><path class="thin" d="M48 44c12 0 8-14 14-14"/>
    <path class="h" d="m15 26 28-3a4 4 0 0 1 4 4l2 24a4 4 0 0 1-4 4l-28 3a4 4 0 0 1-4-4l-2-24a4 4 0 0 1 4-4Z"/><path d="M4 84h88"/><rect class="p" x="62" y="12" width="30" height="36" rx="5"/><rect class="m" x="68" y="18" width="18" height="10" rx="2"/><circle class="i" cx="77" cy="38" r="3.500"/>${sticker(30, 41, 2)}`,
  seated: svg`<path d="M14 34v54M14 68h22M36 68v20"/>${limb("M30 40v22h26v22h8", 17)}<circle class="m" cx="32" cy="15" r="10"/><path d="M52 54h38M84 54v34M6 90h84"/>${limb("M32 38 42 47H66", 12)}<path class="h" d="m31 32 11 5-5 10-10-5Z"/>`,
  press: svg`<rect class="p" x="14" y="8" width="56" height="48" rx="10"/><rect class="m" x="22" y="16" width="40" height="16" rx="3"/><circle class="h" cx="42" cy="44" r="7"/>${pointing("translate(20 42) scale(.56)")}`,
  still: svg`<circle cx="48" cy="48" r="41"/><circle class="m" cx="48" cy="36" r="12"/><path class="m" d="M24 76v-4a24 19 0 0 1 48 0v4"/>`,
  goodbye: svg`<path class="p" d="M20 84V44a18 18 0 0 1 36 0v40Z"/><path class="h" d="M20 48v-4a18 18 0 0 1 36 0v4Z"/><path d="M6 84h84"/><path d="M33 62c3 4 8 4 11 0"/>${limb("M56 60c8-2 12-8 14-18", 10)}<path class="m" d="M66 42V26a3.500 3.500 0 0 1 7 0v-3a3.500 3.500 0 0 1 7 0v4a3.500 3.500 0 0 1 6 1v9c0 8-5 12-11 12-5 0-9-3-9-7Z"/>`,
  ring: svg`<circle class="m" cx="48" cy="52" r="34"/><path d="M48 32v20l12 8M40 8h16"/>`,
  phone: svg`<path class="h" d="M22 8h14l9 22-11 8a50 50 0 0 0 24 24l8-11 22 9v14c0 8-6 14-14 14C40 86 10 56 10 22c0-8 5-14 12-14Z"/><path d="M60 12a26 26 0 0 1 24 24M60 26a12 12 0 0 1 10 10"/>`,
  helper: svg`<circle class="m" cx="32" cy="24" r="13"/><path class="m" d="M6 86V72a26 26 0 0 1 52 0v14"/><path d="M32 58v12M26 64h12"/><circle class="p" cx="74" cy="44" r="10"/><path class="p" d="M62 86V76a13 13 0 0 1 26 0v10"/><path d="M2 86h92"/>`,
  latch: svg`<rect class="m" x="14" y="42" width="68" height="44" rx="8"/><path d="M28 42V30a20 20 0 0 1 40 0v12"/><path d="M26 66h10l6-10 10 18 6-8h12"/>`,
  papers: svg`<path class="p" d="M36 20v-8a4 4 0 0 1 4-4h40a4 4 0 0 1 4 4v52a4 4 0 0 1-4 4h-8"/><path class="m" d="M16 26h42a4 4 0 0 1 4 4v54a4 4 0 0 1-4 4H16a4 4 0 0 1-4-4V30a4 4 0 0 1 4-4Z"/><path d="M24 44h26M24 58h26M24 72h14"/>`,
  bead: svg`<path d="M4 48h88"/><circle class="m" cx="26" cy="48" r="12"/><circle class="h" cx="66" cy="48" r="16"/><path d="m60 42 6 6-6 6M68 42l6 6-6 6"/>`,
  saved: svg`<path class="m" d="M20 88V40a28 28 0 0 1 56 0v48Z"/><path d="M8 88h80M34 54l10 11 20-24"/>`,
};

/** @typedef {keyof typeof PICTURES} PictureName */

/** @type {readonly PictureName[]} */
export const PICTURE_NAMES = /** @type {PictureName[]} */ (Object.keys(PICTURES));

/** A picture of the 96 grid. @param {PictureName} name @param {string} [classes] more classes @returns {Template} */
export const picture = (name, classes = "") => drawing(PICTURES[name], classes);
