/**
 * Compact JWS with ES256, and nothing else: the browser's twin of signalling/jws.py (docs/signalling.md, *Bytes*).
 * WebCrypto only. https://www.rfc-editor.org/rfc/rfc7515
 */

/** What does not hold; the words are those of the `stop` message. */
export class BindingError extends Error {
  /**
   * @param {string} flaw
   * @param {string} what
   */
  constructor(flaw, what) {
    super(`${flaw}: ${what}`);
    this.name = "BindingError";
    this.flaw = flaw;
  }
}

/** @typedef {{[name: string]: unknown}} Members */

const LONGEST = 8192;
const FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}$/;
const ES256 = { name: "ECDSA", hash: "SHA-256" };
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const utf8 = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param {unknown} value @returns {value is Members} */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Whether an object has exactly these members.
 * @param {unknown} value
 * @param {readonly string[]} names
 * @returns {value is Members}
 */
export const hasExactly = (value, names) =>
  isObject(value) && Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name));

/**
 * JSON with sorted keys and no spaces.
 * @param {unknown} value
 * @returns {string}
 */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

/** Octets as base64url without padding. @param {Uint8Array} data */
export function text(data) {
  let binary = "";
  for (const octet of data) binary += String.fromCharCode(octet);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * What base64url without padding stands for.
 * @param {string} encoded
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function octets(encoded) {
  if (!/^[A-Za-z0-9_-]*$/.test(encoded)) throw new BindingError("malformed", "not base64url");
  return octetsOfBase64(encoded.replaceAll("-", "+").replaceAll("_", "/"));
}

/**
 * What ordinary base64 stands for.
 * @param {string} encoded
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function octetsOfBase64(encoded) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) throw new BindingError("malformed", "not base64");
  try {
    return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  } catch {
    throw new BindingError("malformed", "not base64");
  }
}

/** SHA-256 of octets or of a text's UTF-8. @param {string | Uint8Array<ArrayBuffer>} data */
export async function sha256(data) {
  const octetsOf = typeof data === "string" ? utf8.encode(data) : data;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", octetsOf));
}

/** SHA-256 in base64url. @param {string | Uint8Array<ArrayBuffer>} data */
export const digest = async (data) => text(await sha256(data));

/**
 * The compact JWS of a payload; `alg` is added to the header.
 * @param {Members} header
 * @param {Members} payload
 * @param {CryptoKey} key
 */
export async function sign(header, payload, key) {
  const parts = [{ ...header, alg: "ES256" }, payload].map((part) => text(utf8.encode(canonical(part))));
  const input = parts.join(".");
  return `${input}.${text(new Uint8Array(await crypto.subtle.sign(ES256, key, utf8.encode(input))))}`;
}

/**
 * The header, not verified yet.
 * @param {string} token
 * @param {string} typ
 * @returns {Members}
 */
export function headerOf(token, typ) {
  if (token.length > LONGEST || !FORM.test(token)) throw new BindingError("malformed", "not a compact JWS of ES256");
  const header = parsed(token.slice(0, token.indexOf(".")));
  if (!isObject(header) || header.alg !== "ES256" || header.typ !== typ) {
    throw new BindingError("malformed", `not signed with ES256 as ${typ}`);
  }
  return header;
}

/**
 * What the token says, if the key signed it.
 * @param {string} token of the right form: see headerOf
 * @param {CryptoKey} key
 * @param {string} flaw what to call a signature that does not hold
 * @returns {Promise<unknown>}
 */
export async function verify(token, key, flaw = "signature") {
  const end = token.lastIndexOf(".");
  const input = token.slice(0, end);
  const holds = await crypto.subtle.verify(ES256, key, octets(token.slice(end + 1)), utf8.encode(input));
  if (!holds) throw new BindingError(flaw, "the signature does not hold");
  return parsed(input.slice(input.indexOf(".") + 1));
}

/**
 * The P-256 public key in a JWK that has exactly kty, crv, x and y.
 * @param {unknown} jwk
 */
export async function keyOf(jwk) {
  const good = hasExactly(jwk, ["kty", "crv", "x", "y"]) && jwk.kty === "EC" && jwk.crv === "P-256" &&
    [jwk.x, jwk.y].every((part) => typeof part === "string" && /^[A-Za-z0-9_-]{43}$/.test(part));
  if (!good) throw new BindingError("malformed", "not a P-256 public key with kty, crv, x, y");
  return imported("jwk", /** @type {JsonWebKey} */ (jwk));
}

/**
 * The P-256 public key in a SubjectPublicKeyInfo.
 * @param {Uint8Array<ArrayBuffer>} spki
 */
export const keyOfSpki = (spki) => imported("spki", spki);

/** The JWK of a public key, with kty, crv, x and y only. @param {CryptoKey} key */
export async function jwkOf(key) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", key);
  return { kty, crv, x, y };
}

/** The JWK's SHA-256 thumbprint. https://www.rfc-editor.org/rfc/rfc7638 @param {Members} jwk */
export const thumbprint = ({ crv, kty, x, y }) => digest(canonical({ crv, kty, x, y }));

/**
 * @param {"jwk" | "spki"} format
 * @param {JsonWebKey | Uint8Array<ArrayBuffer>} data
 */
async function imported(format, data) {
  try {
    return format === "jwk"
      ? await crypto.subtle.importKey("jwk", /** @type {JsonWebKey} */ (data), P256, true, ["verify"])
      : await crypto.subtle.importKey("spki", /** @type {Uint8Array<ArrayBuffer>} */ (data), P256, true, ["verify"]);
  } catch {
    throw new BindingError("malformed", "not a point of P-256");
  }
}

/** @param {string} encoded @returns {unknown} */
function parsed(encoded) {
  try {
    return JSON.parse(strict.decode(octets(encoded)));
  } catch {
    throw new BindingError("malformed", "not JSON");
  }
}
