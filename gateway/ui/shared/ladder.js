/**
 * How much of a talk the line carries: a ladder with three rungs, sound on each. No I/O: what a look at the connection
 * finds goes in, the rung comes out; sending.js carries it out in both pages.
 *
 *     full 640×480 ──4 s of trouble──► small 320×240 ──4 s──► sound alone
 *          ◄──20 s clean──                  ◄──20 s clean──
 *
 * Between trouble and clean nothing moves, so that a line at the edge does not swing. Who has climbed and must go down
 * again at once waits twice as long before the next try: a narrow line is not asked the same every 24 seconds. A look
 * without a report is neither, and changes nothing: reports come seconds apart, and on a bad line fewer of them. Where
 * none comes at all, the connection's own watch decides.
 */

/** @typedef {"full" | "small" | "sound"} Rung */
/**
 * What one look finds; null: not known. `loss` and `rtt` are as the other side reports our packets (RTCP), `available`
 * what the browser believes that it may send, `limited`: it sends so few pictures because of the line, `frozen`: the
 * other side's picture stands still here, or ours there. Times in ms, rates in bits a second.
 * @typedef {{at: number, loss: number | null, rtt: number | null, available: number | null, limited: boolean, frozen: boolean}} Look
 */
/**
 * `troubled` and `clean`: since when, in ms; null: not now. `climbed` is when this rung was reached from below, `wait`
 * how long it has to be clean before the next try.
 * @typedef {{rung: Rung, troubled: number | null, clean: number | null, climbed: number | null, wait: number}} Ladder
 */
/** @typedef {{bits: number, scale: number, frames: number, needs: number}} Picture of what is sent, and the least that it needs of the line */

const DOWN_MS = 4_000, UP_MS = 20_000, LONGEST_WAIT_MS = 320_000;
/** Sound is sent first and has its own limit: Opus for speech. */
const SOUND_BITS = 32_000;

/** @type {Readonly<Record<"full" | "small", Picture>>} */
export const PICTURES = {
  full: { bits: 700_000, scale: 1, frames: 24, needs: 180_000 },
  small: { bits: 150_000, scale: 2, frames: 15, needs: 70_000 },
};

const BELOW = /** @type {const} */ ({ full: "small", small: "sound", sound: "sound" });
const ABOVE = /** @type {const} */ ({ full: "full", small: "full", sound: "small" });
const TROUBLE = { loss: 0.1, rtt: 1 };
const CLEAN = { loss: 0.06, rtt: 0.6 };

/** @type {Ladder} */
export const TOP = Object.freeze({ rung: "full", troubled: null, clean: null, climbed: null, wait: UP_MS });

/** @param {Ladder} before @param {Look} look @returns {Ladder} */
export function next(before, look) {
  const { at } = look;
  if (isSilent(before.rung, look)) return before;
  const troubled = isTrouble(before.rung, look) ? (before.troubled ?? at) : null;
  const clean = isClean(before.rung, look) ? (before.clean ?? at) : null;
  if (troubled !== null && at - troubled >= DOWN_MS && before.rung !== "sound") {
    const atOnce = before.climbed !== null && troubled - before.climbed < UP_MS;
    const wait = atOnce ? Math.min(2 * before.wait, LONGEST_WAIT_MS) : UP_MS;
    return { rung: BELOW[before.rung], troubled: null, clean: null, climbed: null, wait };
  }
  if (clean !== null && at - clean >= before.wait && before.rung !== "full") {
    return { rung: ABOVE[before.rung], troubled: null, clean: null, climbed: at, wait: before.wait };
  }
  return { ...before, troubled, clean };
}

/** @param {Rung} rung @param {Look} look */
const isSilent = (rung, look) => look.loss === null && look.rtt === null && !isTrouble(rung, look);

/** @param {Rung} rung @param {Look} look */
function isTrouble(rung, { loss, rtt, available, limited, frozen }) {
  const narrow = rung !== "sound" && available !== null && available < PICTURES[rung].needs;
  return narrow || limited || frozen || (loss ?? 0) >= TROUBLE.loss || (rtt ?? 0) >= TROUBLE.rtt;
}

/** Without a picture the browser does not try how much there is: only what it reports of the sound counts. @param {Rung} rung @param {Look} look */
function isClean(rung, { loss, rtt, available, limited, frozen }) {
  if (loss === null && rtt === null) return false;
  const wide = rung !== "small" || available === null || available >= 1.5 * PICTURES.full.needs;
  return wide && !limited && !frozen && (loss ?? 0) <= CLEAN.loss && (rtt ?? 0) <= CLEAN.rtt;
}

/**
 * What the last look counted, to compare with; `movedAt` is when the other side's picture last moved, in ms (0: not yet).
 * @typedef {{frozen: number, reports: string, frames: number, sounds: number, movedAt: number, still: boolean}} Counted
 */
/** @type {Counted} */
export const UNCOUNTED = Object.freeze({ frozen: 0, reports: "", frames: 0, sounds: 0, movedAt: 0, still: false });

/** What a connection counted: all its octets, of whatever sort, as far as the browser tells. @param {Iterable<any>} statistics */
export const octetsOf = (statistics) => [...statistics].reduce((sum, { type, bytesReceived = 0 }) => (type === "candidate-pair" ? sum + bytesReceived : sum), 0);

/** @typedef {"well" | "silent" | "lost"} Life */

const SILENT_MS = 3_000, STUCK_MS = 30_000;

/** How soon a silence is looked at again: what ends it is seen at once. */
export const SILENT_LOOK_MS = 200;

/**
 * Is anybody there? `heardAt` is when the other side last said something on `control`, `cameAt` when anything last came at
 * all. A channel that says again whatever was lost stands still for seconds on a line that loses much, while sound goes on: that
 * is slow, not dead. Times in ms; `lost`: after how long with nothing at all. What comes back after a silence is given up too:
 * the browser has forgotten nearly all that it knew of the line, and a new connection shows a picture sooner (0.6 s, not 2 to 5).
 * @param {{at: number, heardAt: number, cameAt: number, lost: number, before: Life}} signs `before`: at the last look @returns {Life}
 */
export function life({ at, heardAt, cameAt, lost, before }) {
  const silent = at - Math.max(heardAt, cameAt);
  if (silent >= lost || at - heardAt >= STUCK_MS) return "lost";
  if (silent >= SILENT_MS) return "silent";
  return before === "silent" ? "lost" : "well";
}

const FEW_FRAMES = 6, FROZEN_S = 0.6, STILL_MS = 4_000;

/**
 * Read a look off a connection's statistics; a report that was there at the last look says nothing new.
 * https://w3c.github.io/webrtc-stats/
 * @param {Iterable<any>} statistics @param {number} at @param {Counted} before
 * @returns {{look: Look, counted: Counted, froze: boolean}} froze: the other side's picture stood still here
 */
export function read(statistics, at, before) {
  const all = [...statistics];
  const of = (/** @type {string} */ type) => all.filter((one) => one.type === type);
  const sent = of("outbound-rtp").find(({ kind, active }) => kind === "video" && active !== false);
  // Of a picture that is not sent the other side goes on reporting that nothing of it is lost.
  const heard = of("remote-inbound-rtp").filter(({ kind }) => kind === "audio" || sent);
  const reports = heard.map(({ id, timestamp }) => `${id} ${timestamp}`).join();
  const fresh = reports === before.reports ? [] : heard;
  const worst = (/** @type {"fractionLost" | "roundTripTime"} */ name) => fresh.reduce((most, one) => (typeof one[name] === "number" ? Math.max(most ?? 0, one[name]) : most), /** @type {number | null} */ (null));
  const pair = all.find((one) => one.id === of("transport")[0]?.selectedCandidatePairId);
  const limited = sent?.qualityLimitationReason === "bandwidth" && (sent.framesPerSecond ?? 0) < FEW_FRAMES;
  const sum = (/** @type {"video" | "audio"} */ wanted, /** @type {string} */ name) => of("inbound-rtp").reduce((most, one) => most + (one.kind === wanted ? (one[name] ?? 0) : 0), 0);
  const frozen = sum("video", "totalFreezesDuration");
  const froze = frozen - before.frozen >= FROZEN_S;
  const moved = stillness(before, at, sum("video", "framesDecoded"), sum("audio", "packetsReceived"));
  const look = { at, loss: worst("fractionLost"), rtt: worst("roundTripTime"), available: pair?.availableOutgoingBitrate ?? null, limited: limited === true, frozen: froze };
  return { look, counted: { frozen, reports, ...moved }, froze };
}

/** A picture is only said to stand still where sound still comes: else all of it is lost. @param {Counted} before @param {number} at @param {number} frames @param {number} sounds */
function stillness(before, at, frames, sounds) {
  const moved = frames > before.frames || before.movedAt === 0;
  const movedAt = moved ? at : before.movedAt;
  const still = !moved && (before.still || (at - movedAt >= STILL_MS && sounds > before.sounds));
  return { frames, sounds, movedAt, still };
}

/**
 * A sender's parameters for the rung: sound before picture, each with its own limit; without a picture none is sent. The
 * whole picture's rate is shared among all who get it, down to the small one's.
 * https://www.w3.org/TR/webrtc-priority/
 * @template {{encodings: any[]}} P
 * @param {P} parameters @param {"audio" | "video"} kind @param {Rung} rung @param {number} among how many connections @returns {P}
 */
export function shaped(parameters, kind, rung, among) {
  const [first = {}, ...rest] = parameters.encodings;
  const picture = rung === "sound" ? null : PICTURES[rung];
  const bits = picture && Math.max(Math.floor(picture.bits / among), PICTURES.small.bits);
  const seen = picture ? { active: true, maxBitrate: bits, scaleResolutionDownBy: picture.scale, maxFramerate: picture.frames } : { active: false };
  const made = kind === "audio" ? { active: true, maxBitrate: SOUND_BITS, priority: "high", networkPriority: "high" } : { ...seen, priority: "low", networkPriority: "low" };
  return { ...parameters, encodings: [{ ...first, ...made }, ...rest] };
}
