/**
 * What concerns the helper: a device's passkey while it is paired, and the way to the measurements that were set aside
 * (a long press on the top left corner, or Ctrl + Alt + A; the page asks for the helper's code).
 */

const HOLD_MS = 5000;
const CORNER_PX = 96;
const WORDS = { fr: "Tapez ce code sur l'appareil", en: "Type this code on the device" };

/** Show a device's passkey over everything, or take it away. @param {string | null} digits */
export function passkey(digits) {
  document.querySelector("#passkey")?.remove();
  if (digits === null) return;
  const shown = document.createElement("p");
  shown.id = "passkey";
  shown.className = "notice";
  shown.setAttribute("role", "alert");
  const language = document.documentElement.lang === "en" ? "en" : "fr";
  shown.textContent = `${WORDS[language]} : ${digits}`;
  document.body.prepend(shown);
}

/** @type {number | undefined} */
let held;

document.addEventListener("pointerdown", (event) => {
  if (event.clientX < CORNER_PX && event.clientY < CORNER_PX) held = setTimeout(() => location.assign("/aide"), HOLD_MS);
});
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => clearTimeout(held));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.altKey && event.key.toLowerCase() === "a") location.assign("/aide");
});
