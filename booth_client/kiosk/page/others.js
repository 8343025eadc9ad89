/**
 * The connections with those who joined the talk: one call each, begun when the booth begins it and gone when it ends it.
 */

import { makeCall, makeMedia } from "./call.js";

/** @typedef {import("./state.js").Call} Call */
/** @typedef {import("./call.js").Media} Media */
/** @typedef {import("./call.js").Said} Said */
/** @typedef {{call: ReturnType<typeof makeCall>, media: Media, now: Call | null}} One */

/**
 * @param {object} to
 * @param {import("./call.js").Own} to.own
 * @param {(message: Said & {peer: string}) => void} to.say
 * @param {(calls: Record<string, Call>) => void} to.tell
 */
export function makeOthers({ own, say, tell }) {
  /** @type {Map<string, One>} */
  const all = new Map();
  let muted = false;

  const told = () => tell(Object.fromEntries([...all].flatMap(([peer, { now }]) => (now ? [[peer, now]] : []))));

  /** @param {string} peer @returns {One} */
  function begin(peer) {
    const media = makeMedia();
    const one = /** @type {One} */ ({ media, now: null });
    one.call = makeCall({
      who: peer, media, own,
      say: (message) => say({ ...message, peer }),
      tell: (now) => {
        one.now = now;
        told();
      },
    });
    media.sound.muted = muted;
    all.set(peer, one);
    return one;
  }

  return {
    /** @param {{kind: string, peer: string}} message from the agent */
    heard(message) {
      const one = all.get(message.peer) ?? (message.kind === "start" ? begin(message.peer) : null);
      one?.call.heard(message);
      if (message.kind !== "end") return;
      all.delete(message.peer);
      told();
    },
    /** @param {boolean} to whether nothing of them is to be heard */
    mute(to) {
      muted = to;
      for (const { media: { sound } } of all.values()) sound.muted = to;
    },
    /** A touch lets the browser play what it held back. */
    play() {
      for (const { media: { sound } } of all.values()) if (sound.srcObject && sound.paused) sound.play().catch(() => {});
    },
    end() {
      for (const { call } of all.values()) call.end();
      all.clear();
      told();
    },
    /** @param {string} peer */
    media: (peer) => all.get(peer)?.media ?? null,
  };
}
