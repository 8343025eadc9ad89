/**
 * The booth without looking: five keys (up, down, choose, listen, help), or a finger that reads. Two fingers held for two
 * seconds begin and end the reading finger; then what is under the finger is said, and a double tap chooses it.
 */

const HELD_MS = 2000;
const DOUBLE_MS = 400;

/** @type {Record<string, 1 | -1>} */
const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
const LISTEN = "F2";
/** @type {Record<string, string>} */
const ACTS = { F1: "help", Escape: "back" };

/** The buttons that can be chosen now, answers first, as they are said. @param {HTMLElement} root @returns {HTMLElement[]} */
const choices = (root) => ["main .answers", "main .words", "main .shown", "nav", "header"].flatMap((place) => /** @type {HTMLElement[]} */ ([...root.querySelectorAll(`${place} button:not(:disabled)`)]));

/**
 * Make the booth usable unseen.
 * @param {HTMLElement} root
 * @param {{read: (element: Element) => void, listen: () => void, send: (act: string) => void, choose: (element: HTMLElement) => void, tell: (begun: boolean) => void}} deeds
 * @returns {{reads: () => boolean}} whether a finger reads now, and does not press
 */
export function makeUnseen(root, { read, listen, send, choose, tell }) {
  document.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const act = ACTS[event.key];
    if (step !== undefined) move(step);
    else if (event.key === LISTEN) listen();
    else if (act !== undefined && root.querySelector(`button[data-act="${act}"]:not(:disabled)`)) send(act);
    else return;
    event.preventDefault();
  });

  /** @param {1 | -1} step */
  function move(step) {
    const all = choices(root);
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length];
    next?.focus();
    if (next) read(next);
  }

  let reads = false;
  /** @type {Set<number>} */
  const fingers = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let holding;
  /** @type {Element | null} */
  let under = null;
  let tappedAt = -Infinity;

  root.addEventListener("pointerdown", (event) => {
    fingers.add(event.pointerId);
    if (fingers.size === 2) holding = setTimeout(toggle, HELD_MS);
    if (!reads || fingers.size > 1) return;
    if (event.timeStamp - tappedAt < DOUBLE_MS && under instanceof HTMLElement && under.matches("button, [data-act]")) choose(under);
    else touch(event);
    tappedAt = event.timeStamp;
  });
  root.addEventListener("pointermove", (event) => { if (reads && fingers.size === 1) touch(event); });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
    document.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      clearTimeout(holding);
    });
  }

  function toggle() {
    reads = !reads;
    under = null;
    tell(reads);
  }

  /** @param {PointerEvent} event */
  function touch(event) {
    const found = document.elementFromPoint(event.clientX, event.clientY)?.closest("button:not(:disabled), h1, .words > *, .shown li, .shown dt, .shown dd");
    if (!found || found === under || !root.contains(found)) return;
    under = found;
    read(found);
  }

  return { reads: () => reads };
}
