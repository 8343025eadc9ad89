"""Two people in front of their cameras, drawn and moving: films for Chromium's test camera, each one's own.

A film's frames are known, so that a test can tell whose picture a page shows, and that it is whole.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from av import VideoFrame
from playwright.async_api import Browser, Page

__all__ = ["Face", "camera_flags", "draw", "shown"]

WIDTH: Final = 640
HEIGHT: Final = 480
FRAMES: Final = 16
FPS: Final = 12
_SMALL: Final = (32, 24)

_DRAWINGS: Final = Path(__file__).parents[1] / "data" / "faces"
_PEOPLE: Final = ("patient", "physician")

_DRAW: Final = """async ([svg, width, height, small]) => {
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
  await image.decode();
  const canvas = new OffscreenCanvas(width, height), pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0, width, height);
  const text = (octets) => { let found = ""; for (let at = 0; at < octets.length; at += 8192)
    found += String.fromCharCode(...octets.subarray(at, at + 8192)); return btoa(found); };
  const less = new OffscreenCanvas(...small).getContext("2d");
  less.drawImage(canvas, 0, 0, ...small);
  return [text(pen.getImageData(0, 0, width, height).data), text(less.getImageData(0, 0, ...small).data)];
}"""
_LOOK: Final = """([selector, small]) => {
  const video = document.querySelector(selector);
  if (!video || video.videoWidth === 0) return null;
  const canvas = new OffscreenCanvas(640, 480);
  canvas.getContext("2d").drawImage(video, 0, 0, 640, 480);
  const less = new OffscreenCanvas(...small).getContext("2d");
  less.drawImage(canvas, 0, 0, ...small);
  return [[...less.getImageData(0, 0, ...small).data], video.getVideoPlaybackQuality().totalVideoFrames];
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One person's film, and each of its frames small, as red, green, blue and alpha."""

    film: Path
    frames: tuple[bytes, ...]

    def nearest(self, picture: bytes) -> tuple[int, float]:
        """Return which frame *picture* is most like, and how far it is from it on average, of 255."""
        apart = [
            sum(abs(a - b) for a, b in zip(each, picture, strict=True)) / len(picture) * 4 / 3 for each in self.frames
        ]
        return min(enumerate(apart), key=lambda one: one[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a video element shows: the picture small, and how many frames it has decoded by now."""

    picture: bytes
    decoded: int


async def shown(page: Page, selector: str) -> Shown | None:
    """Look at a video element; None where there is none, or nothing on it."""
    found: Any = await page.evaluate(_LOOK, [selector, _SMALL])
    return found and Shown(picture=bytes(found[0]), decoded=found[1])


async def draw(browser: Browser, folder: Path) -> dict[str, Face]:
    """Draw both people's films into *folder*."""
    page = await browser.new_page()
    try:
        return {who: await _film(page, folder / f"{who}.y4m", _drawing(who)) for who in _PEOPLE}
    finally:
        await page.close()


def camera_flags(face: Face) -> tuple[str, ...]:
    """Return what lets a Chromium take *face* for its camera."""
    return (f"--use-file-for-fake-video-capture={face.film}",)


def _drawing(who: str) -> str:
    return (_DRAWINGS / f"{who}.svg").read_text(encoding="utf-8")


async def _film(page: Page, path: Path, svg: str) -> Face:
    small: list[bytes] = []
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES):
            whole, less = await page.evaluate(_DRAW, [_posed(svg, number), WIDTH, HEIGHT, _SMALL])
            small.append(base64.b64decode(less))
            film.write(b"FRAME\n" + _planes(base64.b64decode(whole)))
    return Face(film=path, frames=tuple(small))


def _posed(svg: str, number: int) -> str:
    turn = 2 * math.pi * number / FRAMES
    pose = {"sway": 16 * math.sin(turn), "nod": 5 * math.cos(2 * turn), "mouth": 6 + 5 * abs(math.sin(2 * turn))}
    eye = 2 if number == FRAMES // 2 else 11
    return svg.format(eye=eye, **{name: f"{value:.1f}" for name, value in pose.items()})


def _planes(rgba: bytes) -> bytes:
    frame = VideoFrame(WIDTH, HEIGHT, "rgba")
    frame.planes[0].update(rgba)
    yuv = frame.reformat(format="yuv420p", dst_colorspace="ITU601")
    found = bytearray()
    for plane, width in zip(yuv.planes, (WIDTH, WIDTH // 2, WIDTH // 2), strict=True):
        rows = bytes(plane)
        found += b"".join(rows[at : at + width] for at in range(0, plane.height * plane.line_size, plane.line_size))
    return bytes(found)
