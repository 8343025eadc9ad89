/** The pulse wave beside the oxygen: drawn as it comes, and said to rest when nothing comes. */

import { BLANK, add, draw, paused } from "/static/shared/wave.js";

const LOOK_EVERY_MS = 200;

/** @param {(paused: boolean) => void} tell whether it rests now, when that changes */
export function makePulse(tell) {
  let curve = BLANK;
  let rests = false;
  let looking = 0;

  function look() {
    const canvas = /** @type {HTMLCanvasElement | null} */ (document.querySelector("#booth canvas.curve"));
    if (canvas === null) { // the screen has gone: what follows is another measurement
      clearInterval(looking);
      [curve, rests, looking] = [BLANK, false, 0];
      return;
    }
    draw(canvas, curve);
    if (rests !== (rests = paused(curve, performance.now()))) tell(rests);
  }

  return {
    /** @param {Parameters<typeof add>[1]} piece */
    heard(piece) {
      curve = add(curve, piece, performance.now());
      look();
      if (looking === 0 && curve !== BLANK) looking = window.setInterval(look, LOOK_EVERY_MS);
    },
  };
}
