/**
 * The person's own camera and microphone, for everybody in the talk: asked for once, sent when they are ready and as they
 * choose, let go at the end. A picture that they hide is not sent at all.
 */

import { Uplink } from "/static/shared/uplink.js";

/**
 * What the person wants of their own: nothing is sent before they are ready.
 * @typedef {{ready: boolean, sound: boolean, camera: boolean}} Wish
 */
/** @typedef {"unknown" | "on" | "missing"} Camera this booth's */

const SIGHT = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 25 } };
const EARS = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/**
 * @param {object} to
 * @param {HTMLVideoElement} to.self where they see themselves
 * @param {(camera: Camera) => void} to.tell
 */
export function makeOwn({ self, tell }) {
  /** @type {Wish} */
  let wish = { ready: false, sound: true, camera: true };
  /** @type {MediaStream | null} */
  let stream = null;
  /** @type {Promise<void> | null} */
  let asking = null;
  let uplink = new Uplink();

  function send() {
    uplink.want({ camera: wish.camera });
    for (const track of stream?.getTracks() ?? []) track.enabled = track.kind === "audio" ? wish.sound : wish.camera;
    uplink.give(wish.ready ? stream : null);
  }

  /** Without a camera, or without either, the physician is still seen and heard. */
  async function open() {
    for (const wanted of [{ video: SIGHT, audio: EARS }, { audio: EARS }]) {
      try {
        stream = await navigator.mediaDevices.getUserMedia(wanted);
        break;
      } catch {
        stream = null;
      }
    }
    if (asking === null) return stop(); // the visit ended meanwhile
    self.srcObject = stream;
    tell((stream?.getVideoTracks().length ?? 0) > 0 ? "on" : "missing");
    send();
  }

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
  }

  return {
    /** Resolves when somebody has allowed or refused both. */
    asked: () => (asking ??= open()),
    /** What all connections of this visit send. */
    uplink: () => uplink,
    /** @param {Wish} to */
    want(to) {
      if (to.ready === wish.ready && to.sound === wish.sound && to.camera === wish.camera) return;
      wish = to;
      send();
    },
    end() {
      stop();
      asking = self.srcObject = null;
      uplink = new Uplink();
      send();
      tell("unknown");
    },
  };
}
