/** What a paper's code and its physician's signature prove: docs/report.md, *The code on a paper*. WebCrypto only. */

import { verifyCredential } from "../shared/binding.js";
import { BindingError, digest, hasExactly, headerOf, isObject, keyOf, thumbprint, verify } from "../shared/jws.js";

/** @typedef {{by: string, rpps: string, kind: "report" | "prescription", iat: number, doc: string, proof: string}} Paper */
/** @typedef {{papers: CryptoKey, kid: string, authority: CryptoKey | null}} Keys */
/** @typedef {{name: string, at: number, sha256: string}} Signed */

const CODE = "teleborne-paper+jws", REPORT = "teleborne-report+jws";
const CLAIMS = ["v", "iat", "kind", "by", "rpps", "doc", "proof"];

/** @param {unknown} said @returns {Promise<Keys>} */
export async function keysOf(said) {
  if (!isObject(said) || !isObject(said.papers)) throw new BindingError("malformed", "no keys");
  return {
    papers: await keyOf(said.papers),
    kid: await thumbprint(said.papers),
    authority: said.authority === null ? null : await keyOf(said.authority),
  };
}

/**
 * What the code says, if this gateway made it; throws BindingError.
 * @param {string} code
 * @param {Keys} keys
 * @returns {Promise<Paper>}
 */
export async function readCode(code, keys) {
  if (headerOf(code, CODE).kid !== keys.kid) throw new BindingError("signature", "another key");
  const claims = await verify(code, keys.papers);
  if (!hasExactly(claims, CLAIMS) || claims.v !== 1) throw new BindingError("malformed", "not the code of a paper");
  return /** @type {Paper} */ (/** @type {unknown} */ (claims));
}

/**
 * The physician's signature over that paper; throws BindingError.
 * @param {string} token
 * @param {Paper} paper
 * @param {CryptoKey} authority
 * @returns {Promise<Signed>}
 */
export async function readSignature(token, paper, authority) {
  const { cred } = headerOf(token, REPORT);
  if (typeof cred !== "string") throw new BindingError("credential", "no credential");
  // The credential had to hold when the report was written: it may have run out since.
  const who = await verifyCredential(cred, authority, paper.iat);
  const said = await verify(token, who.key);
  if (!isObject(said) || said.iss !== who.subject || who.subject !== `rpps:${paper.rpps}` || said.iat !== paper.iat) {
    throw new BindingError("signature", "another report was signed");
  }
  const documents = Array.isArray(said.documents) ? said.documents.filter(isObject) : [];
  const mine = documents.find((each) => each.reference === `DocumentReference/${paper.doc}`);
  if (typeof mine?.sha256 !== "string") throw new BindingError("signature", "this paper is not among what was signed");
  return { name: who.name, at: paper.iat, sha256: mine.sha256 };
}

/** Whether a file is, octet for octet, what was signed. @param {ArrayBuffer} file @param {Signed} signed */
export const isSame = async (file, signed) => (await digest(new Uint8Array(file))) === signed.sha256;
