/**
 * A dialog that is open while a state says so: the browser keeps the focus inside and gives it back.
 * https://html.spec.whatwg.org/multipage/interactive-elements.html#the-dialog-element
 */

import { Directive, directive } from "../../shared/vendor/lit-html/directive.js";

class Modal extends Directive {
  /** @param {import("../../shared/vendor/lit-html/directive.js").ElementPart} part @param {[]} _none */
  update(part, _none) {
    const dialog = /** @type {HTMLDialogElement} */ (part.element);
    // Once it is in the page, and its buttons with it.
    queueMicrotask(() => dialog.isConnected && !dialog.open && dialog.showModal());
  }
  render() {}
}

/** Put on a dialog that is drawn only while it is open. */
export const modal = directive(Modal);
