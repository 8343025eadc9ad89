/**
 * A curve as the booth sends it on `wave`: a sweep of six seconds with an erased gap before what comes next. What was
 * lost is a hole and is never joined. `add` and `runs` only compute; `draw` paints.
 */

/** @typedef {{at: number, value: number | null}} Point at: the booth's clock, ms */
/**
 * @typedef {object} Curve
 * @property {string} name
 * @property {string} unit
 * @property {number} period ms between two samples
 * @property {readonly Point[]} points oldest first
 * @property {number} due when the next piece should be here, by our own clock
 */

const SWEEP_MS = 6_000;
const ERASED_MS = 300, PAUSED_MS = 400, HOLE = 1.5;

/** Fixed scales, so that two people's curves look alike when they are alike. @type {Readonly<Record<string, readonly [number, number]>>} */
const SCALES = { cuff: [0, 240], "rr-interval": [300, 1500], pleth: [0, 200] };

/** @type {Curve} */
export const BLANK = Object.freeze({ name: "", unit: "", period: 0, points: [], due: 0 });

/**
 * @param {Curve} curve
 * @param {{name: string, unit: string, t0: string, period_ms: number, samples: readonly (number | null)[]}} piece
 * @param {number} now our own clock
 * @returns {Curve}
 */
export function add(curve, piece, now) {
  const start = Date.parse(piece.t0);
  if (Number.isNaN(start) || piece.samples.length === 0) return curve;
  const come = piece.samples.map((value, index) => ({ at: start + index * piece.period_ms, value }));
  const same = curve.name === piece.name ? curve.points : [];
  const end = Math.max(/** @type {Point} */ (come.at(-1)).at, same.at(-1)?.at ?? 0);
  const points = [...same.filter(({ at }) => !come.some((each) => each.at === at)), ...come]
    .filter(({ at }) => at > end - SWEEP_MS + ERASED_MS)
    .sort((one, other) => one.at - other.at);
  return { name: piece.name, unit: piece.unit, period: piece.period_ms, points, due: now + piece.samples.length * piece.period_ms };
}

/** Whether nothing has come for 400 ms beyond what was due. @param {Curve} curve @param {number} now */
export const paused = (curve, now) => curve.points.length > 0 && now > curve.due + PAUSED_MS;

/** The lines to draw, as places in the sweep (0 to 1) and values: broken at holes and where the sweep begins again. @param {Curve} curve @returns {{x: number, value: number}[][]} */
export function runs({ points, period }) {
  /** @type {{x: number, value: number}[][]} */
  const found = [];
  /** @type {Point | null} */
  let before = null;
  for (const point of points) {
    if (point.value === null) {
      before = null;
      continue;
    }
    const x = (point.at % SWEEP_MS) / SWEEP_MS;
    const joined = before && point.at - before.at <= period * HOLE && x > (before.at % SWEEP_MS) / SWEEP_MS;
    if (!joined) found.push([]);
    found.at(-1)?.push({ x, value: point.value });
    before = point;
  }
  return found;
}

/** Where the curve lies. @param {Curve} curve @returns {readonly [number, number]} */
export function scale({ name, points }) {
  const fixed = SCALES[name];
  if (fixed) return fixed;
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max((high - low) * 0.1, 1);
  return [low - room, high + room];
}

/** @param {HTMLCanvasElement} canvas @param {Curve} curve */
export function draw(canvas, curve) {
  const style = getComputedStyle(canvas);
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  if (!pen || width === 0) return;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const [low, high] = scale(curve);
  const y = (/** @type {number} */ value) => height - 6 - ((value - low) / (high - low)) * (height - 12);
  pen.strokeStyle = style.borderTopColor;
  pen.lineWidth = 1;
  pen.globalAlpha = 0.4;
  for (let second = 1; second < SWEEP_MS / 1000; second++) line(pen, [[(second * 1000 * width) / SWEEP_MS, 0], [(second * 1000 * width) / SWEEP_MS, height]]);
  pen.globalAlpha = 1;
  pen.strokeStyle = style.color;
  pen.fillStyle = style.color;
  pen.lineWidth = 2.5;
  pen.lineJoin = pen.lineCap = "round";
  for (const run of runs(curve)) line(pen, run.map(({ x, value }) => [x * width, y(value)]));
  const last = curve.points.at(-1);
  if (last?.value == null) return;
  pen.beginPath();
  pen.arc(((last.at % SWEEP_MS) / SWEEP_MS) * width, y(last.value), 4, 0, 2 * Math.PI);
  pen.fill();
}

/** @param {CanvasRenderingContext2D} pen @param {number[][]} points */
function line(pen, points) {
  pen.beginPath();
  for (const [x = 0, y = 0] of points) pen.lineTo(x, y);
  pen.stroke();
}
