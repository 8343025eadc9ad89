/**
 * The talk: this page's connection to the physician's page, those with whoever joined, and what plays them. It is loaded
 * when somebody is there, and made when a visit begins.
 */

import { makeCall, makeMedia } from "./call.js";
import { learn } from "./doctor.js";
import { follow } from "./documents.js";
import { makeOthers } from "./others.js";
import { makeOwn } from "./own.js";

/** @typedef {ReturnType<typeof makeTalk>} Talk */
/** @typedef {import("./state.js").Event} StateEvent */

const UNDER_THE_VOICE = 0.25; // how loud the physician is while the voice speaks

/**
 * @param {object} to
 * @param {(message: import("./call.js").Said) => void} to.say to the agent
 * @param {(event: StateEvent) => void} to.tell
 */
export function makeTalk({ say, tell }) {
  const media = makeMedia();
  const own = makeOwn({ self: media.self, tell: (camera) => tell({ type: "camera", camera }) });
  const call = makeCall({ who: "", media, own, say, tell: (now) => tell({ type: "call", call: now }), over: () => own.end() });
  const others = makeOthers({ own, say, tell: (calls) => tell({ type: "others", calls }) });
  void learn();

  return {
    pictures: { ...media, of: others.media },

    /** @param {{kind: string, peer?: string}} message from the agent, of the physician's connection or of somebody else's */
    heard({ peer, ...message }) {
      if (peer) others.heard({ ...message, peer });
      else call.heard(message);
    },

    /**
     * How the visit stands, as the booth says it. While a helper looks on, they neither hear nor see it, and it not them.
     * @param {import("./state.js").Screen} screen
     */
    stands(screen) {
      const { visit, helped } = screen;
      own.want({ ready: visit?.ready ?? false, sound: !helped && (visit?.sound ?? true), camera: !helped && (visit?.camera ?? true) });
      media.sound.muted = helped || (visit?.quiet ?? false);
      others.mute(media.sound.muted);
      void follow(screen, media.self);
    },

    /** @param {boolean} speaking whether the voice speaks */
    under: (speaking) => { media.sound.volume = speaking ? UNDER_THE_VOICE : 1; },

    /** A touch lets the browser play what it held back. */
    play() {
      if (media.sound.srcObject && media.sound.paused) media.sound.play().catch(() => {});
      others.play();
    },

    end() {
      call.end();
      others.end();
    },
  };
}
