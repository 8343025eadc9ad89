/**
 * The stethoscope in the physician's headset: the booth's own sound, through the filter that the physician chooses and no
 * other. A bell brings out the low tones of the heart, a diaphragm the higher ones of the breath.
 */

/** @typedef {import("./exam_state.js").Filter} Filter */

/** What is let through, in Hz. @type {Readonly<Record<Filter, readonly [number, number]>>} */
export const BANDS = { bell: [20, 200], diaphragm: [100, 800], wide: [20, 20_000] };

const SHOWN_MS = 100;

export class Listening {
  /** @type {AudioContext | null} */
  #audio = null;
  /** @type {BiquadFilterNode[]} */
  #nodes = [];
  /** @type {AnalyserNode | null} */
  #meter = null;
  /** Chromium gives a remote track to WebAudio only while an element plays it as well; this one is mute. */
  #pump = new Audio();
  /** @type {string | null} */
  #of = null;

  /** Let the sound of *stream* be heard, once it is there. @param {MediaStream | null} stream @param {Filter} filter */
  hear(stream, filter) {
    const [track] = stream?.getAudioTracks() ?? [];
    if (!track) return this.stop();
    if (this.#of !== track.id) this.#begin(track);
    this.#tune(filter);
  }

  /** Show how loud it is, for as long as something is heard: silence in the headset is then not taken for a heart. */
  #show() {
    if (!this.#meter) return;
    const samples = new Float32Array(this.#meter.fftSize);
    this.#meter.getFloatTimeDomainData(samples);
    const shown = /** @type {HTMLMeterElement | null} */ (document.querySelector("meter.level"));
    if (shown) shown.value = Math.min(1, Math.max(...samples.map(Math.abs)));
    setTimeout(() => this.#show(), SHOWN_MS);
  }

  stop() {
    this.#of = null;
    this.#pump.srcObject = null;
    this.#meter = null;
    this.#nodes = [];
    void this.#audio?.close();
    this.#audio = null;
  }

  /** @param {MediaStreamTrack} track */
  #begin(track) {
    this.stop();
    const stream = new MediaStream([track]);
    this.#of = track.id;
    this.#pump.muted = true;
    this.#pump.srcObject = stream;
    void this.#pump.play().catch(() => {});
    const audio = (this.#audio = new AudioContext({ sampleRate: 48_000, latencyHint: "interactive" }));
    this.#meter = new AnalyserNode(audio, { fftSize: 2048 });
    // Two of each: 24 dB an octave, as the walls of a real chest piece are steep.
    this.#nodes = ["highpass", "highpass", "lowpass", "lowpass"].map((type) => new BiquadFilterNode(audio, { type: /** @type {BiquadFilterType} */ (type), Q: 0.7 }));
    const source = audio.createMediaStreamSource(stream);
    [...this.#nodes, this.#meter].reduce((from, to) => (from.connect(to), to), /** @type {AudioNode} */ (source)).connect(audio.destination);
    this.#show();
  }

  /** @param {Filter} filter */
  #tune(filter) {
    const [low, high] = BANDS[filter];
    this.#nodes.forEach((node, at) => (node.frequency.value = at < 2 ? low : high));
  }
}
