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

_PATIENT: Final = """
<rect width="640" height="480" fill="#E8CFA0"/><rect x="40" y="30" width="150" height="190" rx="6" fill="#BFE0EA"/>
<path d="M115 30V220M40 125H190" stroke="#FFF8EA" stroke-width="10"/><rect y="400" width="640" height="80" fill="#C99C5E"/>
<path d="M150 480C160 370 240 340 320 340S480 370 490 480Z" fill="#7C5BA6"/>
<path d="M275 335L320 400L365 335Z" fill="#F4EDE4"/>
<g transform="translate({sway} {nod})"><rect x="288" y="290" width="64" height="70" rx="26" fill="#E5B088"/>
<circle cx="320" cy="118" r="48" fill="#D9D9DE"/><ellipse cx="320" cy="215" rx="112" ry="118" fill="#D9D9DE"/>
<ellipse cx="320" cy="232" rx="88" ry="104" fill="#F0C29E"/><path d="M228 214C222 82 418 82 412 214C366 166 276 166 228 214Z" fill="#D9D9DE"/>
<g fill="#33261D"><ellipse cx="285" cy="228" rx="9" ry="{eye}"/><ellipse cx="355" cy="228" rx="9" ry="{eye}"/></g>
<g fill="none" stroke="#5A4636" stroke-width="5"><circle cx="285" cy="228" r="30"/><circle cx="355" cy="228" r="30"/><path d="M315 226H325"/></g>
<path d="M312 262Q320 270 330 262" fill="none" stroke="#C98F6A" stroke-width="5"/>
<ellipse cx="320" cy="297" rx="28" ry="{mouth}" fill="#A8483F"/></g>
"""
_PHYSICIAN: Final = """
<rect width="640" height="480" fill="#9CC8C0"/><g fill="#6FA59C"><rect x="440" y="60" width="170" height="12"/><rect x="440" y="170" width="170" height="12"/></g>
<g><rect x="452" y="96" width="22" height="74" fill="#C65D3B"/><rect x="478" y="84" width="26" height="86" fill="#31556B"/><rect x="508" y="104" width="20" height="66" fill="#E9C46A"/></g>
<path d="M140 480C150 370 235 345 320 345S490 370 500 480Z" fill="#FDFDFB"/>
<path d="M270 345L320 430L370 345Z" fill="#3E7CB1"/><path d="M262 350Q240 470 320 470T378 350" fill="none" stroke="#2B3438" stroke-width="9"/>
<g transform="translate({sway} {nod})"><path d="M205 250C190 90 450 90 435 250L430 330H210Z" fill="#4A2F22"/>
<rect x="286" y="290" width="68" height="72" rx="26" fill="#A8714B"/><ellipse cx="320" cy="228" rx="88" ry="106" fill="#BD8259"/>
<path d="M228 224C222 66 418 66 412 224C396 172 340 158 312 156C276 164 244 180 228 224Z" fill="#4A2F22"/>
<g fill="#241812"><ellipse cx="285" cy="226" rx="10" ry="{eye}"/><ellipse cx="355" cy="226" rx="10" ry="{eye}"/></g>
<path d="M268 200Q285 190 302 200M338 200Q355 190 372 200" fill="none" stroke="#3A241A" stroke-width="6"/>
<path d="M312 262Q320 270 330 262" fill="none" stroke="#8A5735" stroke-width="5"/>
<ellipse cx="320" cy="297" rx="30" ry="{mouth}" fill="#8E2F35"/></g>
"""
_PEOPLE: Final = {"patient": _PATIENT, "physician": _PHYSICIAN}

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
        return {who: await _film(page, folder / f"{who}.y4m", svg) for who, svg in _PEOPLE.items()}
    finally:
        await page.close()


def camera_flags(face: Face) -> tuple[str, ...]:
    """Return what lets a Chromium take *face* for its camera."""
    return (f"--use-file-for-fake-video-capture={face.film}",)


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
    body = svg.format(eye=eye, **{name: f"{value:.1f}" for name, value in pose.items()})
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">{body}</svg>'


def _planes(rgba: bytes) -> bytes:
    frame = VideoFrame(WIDTH, HEIGHT, "rgba")
    frame.planes[0].update(rgba)
    yuv = frame.reformat(format="yuv420p", dst_colorspace="ITU601")
    found = bytearray()
    for plane, width in zip(yuv.planes, (WIDTH, WIDTH // 2, WIDTH // 2), strict=True):
        rows = bytes(plane)
        found += b"".join(rows[at : at + width] for at in range(0, plane.height * plane.line_size, plane.line_size))
    return bytes(found)
