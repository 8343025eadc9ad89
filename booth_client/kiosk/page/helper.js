/**
 * The helper's way to their pages: a long press on the top left corner, or Ctrl + Alt + A. The page of measurements that
 * were set aside asks for the helper's code; from there a link leads to the devices, and back.
 */

const HOLD_MS = 5000;
const CORNER_PX = 96;

/** @type {number | undefined} */
let held;

document.addEventListener("pointerdown", (event) => {
  if (event.clientX < CORNER_PX && event.clientY < CORNER_PX) held = setTimeout(() => location.assign("/aide"), HOLD_MS);
});
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => clearTimeout(held));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.altKey && event.key.toLowerCase() === "a") location.assign("/aide");
});
