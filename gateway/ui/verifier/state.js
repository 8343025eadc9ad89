/** What the page knows of one paper: whether its code is ours, whether a physician signed it, whether a file is it. */

/** @typedef {(key: import("../shared/writing.js").Word | keyof typeof import("./fr.js").words, fill?: Readonly<Record<string, string | number>>) => string} Words */
/** @typedef {import("../shared/writing.js").Language} Language */
/** @typedef {import("./checking.js").Paper} Paper */
/** @typedef {import("./checking.js").Signed} Signed */
/** @typedef {"none" | "checking" | "forged" | "offline" | "ours"} Code */
/** @typedef {"asked" | "signed" | "unsigned" | "false" | "offline"} Signature */
/** @typedef {{language: Language, t: Words, code: Code, paper: Paper | null, signature: Signature, signed: Signed | null, file: "same" | "other" | null}} State */
/**
 * @typedef {{type: "language", language: Language, t: Words}
 *   | {type: "code", code: Code, paper?: Paper}
 *   | {type: "signature", signature: Signature, signed?: Signed}
 *   | {type: "file", same: boolean}} Event
 */

/** @param {{language: Language, t: Words}} start @returns {State} */
export const first = ({ language, t }) =>
  ({ language, t, code: "none", paper: null, signature: "asked", signed: null, file: null });

/** @param {State} state @param {Event} event @returns {State} */
export function next(state, event) {
  switch (event.type) {
    case "language":
      return { ...state, language: event.language, t: event.t };
    case "code":
      return { ...state, code: event.code, paper: event.paper ?? null, signature: "asked", signed: null, file: null };
    case "signature":
      return { ...state, signature: event.signature, signed: event.signed ?? null };
    case "file":
      return { ...state, file: event.same ? "same" : "other" };
  }
}
