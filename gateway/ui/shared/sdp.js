/**
 * The session description, made safe before WebRTC sees it: one fingerprint, the signed one, in every part. The browser's
 * twin of signalling/sdp.py (docs/signalling.md, *Session descriptions*). https://www.rfc-editor.org/rfc/rfc8122
 */

import { BindingError } from "./jws.js";

const FINGERPRINT = /^a=fingerprint:([A-Za-z0-9-]{1,16}) ([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*)$/;
const MEDIA = /^m=[a-z]+ ([0-9]+)(?:\/[0-9]+)? ([A-Z/]+) [ -~]+$/;
const CONTROL = /[\x00-\x1f\x7f]/;
const SAFE = ["UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF", "UDP/DTLS/SCTP", "TCP/DTLS/SCTP"];
const STRONGER = ["sha-384", "sha-512"];

/**
 * The description with no fingerprint but this one; throws BindingError when another, a weaker or none is in it.
 * @param {string} sdp
 * @param {string} fingerprint 64 upper-case hexadecimal digits
 */
export function sanitiseSdp(sdp, fingerprint) {
  /** @type {string[]} */
  const kept = [];
  const parts = [{ has: false, needs: false }];
  let part = parts[0];
  for (const line of linesOf(sdp)) {
    if (line.startsWith("m=")) parts.push((part = { has: false, needs: needsOne(line) }));
    else if (line === "a=bundle-only" && part) part.needs = true;
    if (!line.toLowerCase().includes("fingerprint")) kept.push(line);
    else if (isSha256(line, fingerprint)) {
      if (part) part.has = true;
      kept.push(line);
    }
  }
  if (parts.length === 1) throw new BindingError("malformed", "a session description without media");
  if (!parts[0]?.has && parts.some(({ has, needs }) => needs && !has)) {
    throw new BindingError("fingerprint", "a part of the session description has no fingerprint");
  }
  return `${kept.join("\r\n")}\r\n`;
}

/**
 * The one sha-256 fingerprint of an own session description, as `mky` has it.
 * @param {string} sdp
 */
export function fingerprintOfSdp(sdp) {
  const found = new Set();
  for (const line of linesOf(sdp)) {
    const match = FINGERPRINT.exec(line);
    if (match?.[1]?.toLowerCase() === "sha-256") found.add(hex(match[2] ?? ""));
  }
  const [only = ""] = found;
  if (found.size !== 1 || only.length !== 64) {
    throw new BindingError("fingerprint", "not exactly one sha-256 fingerprint");
  }
  return /** @type {string} */ (only);
}

/** @param {string} sdp */
function linesOf(sdp) {
  const lines = sdp.split(/\r\n|\r|\n/).filter((line) => line !== "");
  if (lines[0] !== "v=0" || lines.some((line) => CONTROL.test(line))) {
    throw new BindingError("malformed", "not a session description");
  }
  if (lines.some((line) => line.startsWith("a=crypto:") || line.startsWith("k="))) {
    throw new BindingError("malformed", "keys are never sent in a session description");
  }
  return lines;
}

/** Whether a part needs a fingerprint: all but those that are refused (port 0) do. @param {string} line */
function needsOne(line) {
  const match = MEDIA.exec(line);
  if (!match || !SAFE.includes(match[2] ?? "")) throw new BindingError("malformed", "media that is not protected by DTLS");
  return Number(match[1]) !== 0;
}

/** @param {string} line @param {string} fingerprint */
function isSha256(line, fingerprint) {
  const match = FINGERPRINT.exec(line);
  if (!match) throw new BindingError("fingerprint", "a fingerprint that cannot be read");
  const algorithm = (match[1] ?? "").toLowerCase();
  if (STRONGER.includes(algorithm)) return false;
  if (algorithm !== "sha-256") throw new BindingError("weak-fingerprint", `a fingerprint by ${algorithm}`);
  if (hex(match[2] ?? "") !== fingerprint) throw new BindingError("fingerprint", "not the signed fingerprint");
  return true;
}

/** @param {string} value */
const hex = (value) => value.replaceAll(":", "").toUpperCase();
