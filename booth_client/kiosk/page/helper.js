/**
 * The helper's way to their mode: a long press on the top left corner, or Ctrl + Alt + A. A badge before the reader needs
 * neither; on « Nous appelons … » there is a button.
 */

const HOLD_MS = 5000;
const CORNER_PX = 96;

/** @param {() => void} come asks for the helper's code */
export function hearHelper(come) {
  /** @type {number | undefined} */
  let held;
  document.addEventListener("pointerdown", (event) => {
    if (event.clientX < CORNER_PX && event.clientY < CORNER_PX) held = setTimeout(come, HOLD_MS);
  });
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => clearTimeout(held));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.altKey && event.key.toLowerCase() === "a") come();
  });
}
