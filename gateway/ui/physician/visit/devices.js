/** What of this computer a visit uses: camera, microphone, and two soft notes when a patient arrives. */

const WANTED = { video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24 } }, audio: true };

/**
 * The camera and the microphone; the microphone alone where there is no camera.
 * @returns {Promise<{stream: MediaStream | null, devices: "on" | "refused" | "absent"}>}
 */
export async function openDevices() {
  try {
    return { stream: await navigator.mediaDevices.getUserMedia(WANTED), devices: "on" };
  } catch (error) {
    const refused = error instanceof DOMException && error.name === "NotAllowedError";
    return { stream: await microphone(), devices: refused ? "refused" : "absent" };
  }
}

async function microphone() {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    return null;
  }
}

/** Two soft notes, made here: nothing is loaded. */
export function chime() {
  const sound = new AudioContext();
  for (const [at, pitch] of /** @type {const} */ ([[0, 523.25], [0.22, 659.25]])) {
    const tone = new OscillatorNode(sound, { frequency: pitch });
    const loud = new GainNode(sound, { gain: 0 });
    const start = sound.currentTime + at;
    loud.gain.linearRampToValueAtTime(0.12, start + 0.03);
    loud.gain.exponentialRampToValueAtTime(0.001, start + 0.6);
    tone.connect(loud).connect(sound.destination);
    tone.start(start);
    tone.stop(start + 0.65);
  }
  setTimeout(() => void sound.close(), 1_500);
}

/**
 * Be the only window of this browser that has the visit desk. Resolves to whether it is; *lost* is called when another
 * window takes it. A page that is reloaded lets go a moment after the new one asks: hence the patience.
 * https://w3c.github.io/web-locks/
 * @param {boolean} steal
 * @param {() => void} lost
 * @returns {Promise<(() => void) | null>} let go; null: another window has it
 */
export function alone(steal, lost) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), 1_500);
  return new Promise((answer) => {
    let had = false;
    const hold = () => {
      clearTimeout(timer);
      had = true;
      return /** @type {Promise<void>} */ (new Promise((release) => answer(release)));
    };
    navigator.locks.request("teleborne.visit-desk", steal ? { steal } : { signal: patience.signal }, hold).catch(() => (had ? lost() : answer(null)));
  });
}
