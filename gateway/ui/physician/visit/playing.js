/**
 * A video element that plays a stream. It is given the stream only when it is another one: to a browser, the same one
 * given again is a new beginning, and the picture and the sound would break off at every redrawing.
 * https://www.w3.org/TR/mediacapture-streams/#mediastreams-in-media-elements
 */

import { Directive, directive } from "../../shared/vendor/lit-html/directive.js";

class Playing extends Directive {
  /** @param {import("../../shared/vendor/lit-html/directive.js").ElementPart} part @param {[MediaStream | null]} stream */
  update(part, [stream]) {
    const video = /** @type {HTMLVideoElement} */ (part.element);
    if (video.srcObject !== stream) video.srcObject = stream;
  }

  /** @param {MediaStream | null} _stream */
  render(_stream) {}
}

/** Put on a video. */
export const playing = directive(Playing);

/** Whether there is a picture, and not the sound alone. @param {MediaStream} picture */
export const isSeen = (picture) => picture.getVideoTracks().some(({ muted }) => !muted);
