/**
 * A booth's certificate: the device authority says which booth a key is of. The browser's twin of
 * signalling/certificate.py; WebCrypto has no X.509, so this reads the little DER that is needed and refuses the rest.
 * https://www.rfc-editor.org/rfc/rfc5280
 */

import { BindingError, keyOfSpki } from "./jws.js";

/** @typedef {Uint8Array<ArrayBuffer>} Octets */
/** @typedef {{tag: number, whole: Octets, content: Octets}} Element one DER value */
/** @typedef {{critical: boolean, value: Octets}} Extension */
/**
 * @typedef {object} Certificate
 * @property {Octets} signed what the signature covers
 * @property {Octets} signature r and s, 32 octets each
 * @property {string} serial lower-case hexadecimal
 * @property {Octets} issuer
 * @property {Octets} subject
 * @property {number} notBefore seconds
 * @property {number} notAfter seconds
 * @property {CryptoKey} key
 * @property {Map<string, Extension>} extensions by the object identifier's hexadecimal octets
 */

const SEQUENCE = 0x30, INTEGER = 0x02, BIT_STRING = 0x03, OCTET_STRING = 0x04, OBJECT_ID = 0x06, BOOLEAN = 0x01;
const UTC_TIME = 0x17, GENERALIZED_TIME = 0x18, VERSION = 0xa0, EXTENSIONS = 0xa3, URI = 0x86;
const ECDSA_SHA256 = "2a8648ce3d040302";
const BASIC_CONSTRAINTS = "551d13", KEY_USAGE = "551d0f", EXTENDED_KEY_USAGE = "551d25", ALTERNATIVE_NAME = "551d11";
const UNDERSTOOD = [BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, ALTERNATIVE_NAME];
const CLIENT_AUTH = "300a06082b06010505070302";
const DIGITAL_SIGNATURE = 0x80;
const SUBJECT = /^urn:teleborne:booth:([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$/;
const SKEW = 60;

/**
 * The booth that the authority certified.
 * @param {Octets} der
 * @param {Certificate} authority
 * @param {{revoked: ReadonlySet<string>, now: number}} when `now` in seconds
 */
export async function verifyCertificate(der, authority, { revoked, now }) {
  const certificate = await readCertificate(der);
  const subject = boothOf(certificate);
  const holds = same(certificate.issuer, authority.subject) && await crypto.subtle.verify(
    { name: "ECDSA", hash: "SHA-256" }, authority.key, certificate.signature, certificate.signed,
  );
  if (!holds) throw wrong("the device authority did not make it");
  for (const { notBefore, notAfter } of [certificate, authority]) {
    if (now < notBefore - SKEW || now >= notAfter + SKEW) {
      throw new BindingError("expired", "the booth's certificate is out of date");
    }
  }
  if (revoked.has(subject) || revoked.has(certificate.serial)) {
    throw new BindingError("revoked", "the booth's certificate was revoked");
  }
  return { subject, name: subject.slice(subject.lastIndexOf(":") + 1), key: certificate.key };
}

/**
 * A P-256 certificate signed with ECDSA and SHA-256; anything else is refused.
 * @param {Octets} der
 * @returns {Promise<Certificate>}
 */
export async function readCertificate(der) {
  try {
    return await certificateOf(der);
  } catch (error) {
    if (error instanceof RangeError || error instanceof BindingError) throw wrong("it cannot be read");
    throw error;
  }
}

/** @param {Octets} der @returns {Promise<Certificate>} */
async function certificateOf(der) {
  const [tbs, algorithm, signature] = exactly(3, all(only(der, SEQUENCE)));
  const fields = all(content(tbs, SEQUENCE));
  if (fields[0]?.tag !== VERSION) throw new RangeError("not version 3");
  const [serial, inner, issuer, validity, subject, spki] = fields.slice(1, 7);
  const last = fields.at(-1);
  if (!serial || !inner || !issuer || !validity || !subject || !spki || !last) throw new RangeError("too short");
  if (algorithmOf(algorithm) !== ECDSA_SHA256 || algorithmOf(inner) !== ECDSA_SHA256) throw new RangeError("algorithm");
  const [notBefore, notAfter] = exactly(2, all(content(validity, SEQUENCE))).map(timeOf);
  return {
    signed: tbs.whole,
    signature: rawSignature(content(signature, BIT_STRING)),
    serial: hex(content(serial, INTEGER)).replace(/^0+/, ""),
    issuer: issuer.whole,
    subject: subject.whole,
    notBefore: /** @type {number} */ (notBefore),
    notAfter: /** @type {number} */ (notAfter),
    key: await keyOfSpki(spki.whole),
    extensions: extensionsOf(last),
  };
}

/** The booth's URN, if the certificate is for a booth's signatures and nothing else. @param {Certificate} certificate */
function boothOf({ extensions }) {
  const names = extensions.get(ALTERNATIVE_NAME), uses = extensions.get(EXTENDED_KEY_USAGE);
  const usage = extensions.get(KEY_USAGE), constraints = extensions.get(BASIC_CONSTRAINTS);
  try {
    if (!names || !uses || !usage || !constraints) throw new RangeError("an extension is missing");
    const [name] = exactly(1, all(only(names.value, SEQUENCE)));
    const uri = name.tag === URI ? String.fromCharCode(...name.content) : "";
    const authority = all(only(constraints.value, SEQUENCE)).some(({ tag }) => tag === BOOLEAN);
    const signs = ((only(usage.value, BIT_STRING)[1] ?? 0) & DIGITAL_SIGNATURE) !== 0;
    const understood = [...extensions].every(([id, { critical }]) => !critical || UNDERSTOOD.includes(id));
    if (SUBJECT.test(uri) && !authority && signs && hex(uses.value) === CLIENT_AUTH && understood) return uri;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw wrong("it is not for a booth");
}

/** @param {Element} last */
function extensionsOf(last) {
  /** @type {Map<string, Extension>} */
  const found = new Map();
  for (const one of all(only(content(last, EXTENSIONS), SEQUENCE))) {
    const parts = all(content(one, SEQUENCE));
    const [id, value] = [parts[0], parts.at(-1)];
    const flag = parts.length === 3 ? parts[1] : undefined;
    if (!id || !value || parts.length < 2 || parts.length > 3) throw new RangeError("an extension");
    const name = hex(content(id, OBJECT_ID));
    if (found.has(name)) throw new RangeError("an extension twice");
    found.set(name, { critical: flag !== undefined && content(flag, BOOLEAN)[0] !== 0, value: content(value, OCTET_STRING) });
  }
  return found;
}

/** @param {Element} algorithm */
function algorithmOf(algorithm) {
  const [id] = exactly(1, all(content(algorithm, SEQUENCE)));
  return hex(content(id, OBJECT_ID));
}

/** A DER signature as r and s of 32 octets. @param {Octets} bits */
function rawSignature(bits) {
  if (bits[0] !== 0) throw new RangeError("a signature of odd bits");
  const raw = new Uint8Array(64);
  exactly(2, all(only(bits.slice(1), SEQUENCE))).forEach((part, index) => {
    const number = content(part, INTEGER);
    const short = number[0] === 0 ? number.slice(1) : number;
    raw.set(short, 32 * (index + 1) - short.length);
  });
  return raw;
}

/** @param {Element} element @returns {number} seconds */
function timeOf({ tag, content: octetsOf }) {
  const said = String.fromCharCode(...octetsOf);
  const match = (tag === UTC_TIME ? /^(\d\d)()(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(said);
  if (!match || ![UTC_TIME, GENERALIZED_TIME].includes(tag)) throw new RangeError("a time");
  const [first = 0, second = 0, month = 0, day = 0, hour = 0, minute = 0, seconds = 0] = match.slice(1).map(Number);
  const year = tag === UTC_TIME ? first + (first < 50 ? 2000 : 1900) : 100 * first + second;
  return Date.UTC(year, month - 1, day, hour, minute, seconds) / 1000;
}

/** The content of the one value that fills the octets. @param {Octets} octetsOf @param {number} tag */
function only(octetsOf, tag) {
  return content(exactly(1, all(octetsOf))[0], tag);
}

/** @param {Element} element @param {number} tag */
function content(element, tag) {
  if (element.tag !== tag) throw new RangeError(`tag ${element.tag}, not ${tag}`);
  return element.content;
}

/**
 * @template {number} N
 * @param {N} count
 * @param {Element[]} elements
 * @returns {N extends 1 ? [Element] : N extends 2 ? [Element, Element] : [Element, Element, Element]}
 */
function exactly(count, elements) {
  if (elements.length !== count) throw new RangeError(`${elements.length} values, not ${count}`);
  return /** @type {any} */ (elements);
}

/** All the DER values that the octets hold, one after another. @param {Octets} octetsOf */
function all(octetsOf) {
  /** @type {Element[]} */
  const elements = [];
  for (let at = 0; at < octetsOf.length; ) {
    const { start, end } = extentOf(octetsOf, at);
    const tag = octetsOf[at] ?? 0;
    elements.push({ tag, whole: octetsOf.slice(at, end), content: octetsOf.slice(start, end) });
    at = end;
  }
  return elements;
}

/** Where a value's content starts and ends: DER's definite, shortest lengths only. @param {Octets} octetsOf @param {number} at */
function extentOf(octetsOf, at) {
  const first = octetsOf[at + 1] ?? 0xff;
  const more = first < 0x80 ? 0 : first - 0x80;
  const start = at + 2 + more;
  let length = first < 0x80 ? first : 0;
  for (const octet of octetsOf.subarray(at + 2, start)) length = 256 * length + octet;
  const shortest = more === 0 || length >= (more === 1 ? 0x80 : 256 ** (more - 1));
  if ((first >= 0x80 && (more < 1 || more > 3)) || !shortest || start + length > octetsOf.length) throw new RangeError("a length");
  return { start, end: start + length };
}

/** @param {Octets} octetsOf */
const hex = (octetsOf) => Array.from(octetsOf, (octet) => octet.toString(16).padStart(2, "0")).join("");

/** @param {Octets} one @param {Octets} other */
const same = (one, other) => hex(one) === hex(other);

/** @param {string} why */
const wrong = (why) => new BindingError("certificate", why);
