"""What the kiosk costs: the page's weight and requests when it opens, and the booth's program while nobody is there.

The booth is a program of its own with the virtual radio and no gateway in reach, as in a village whose line is down;
its page is open in a real Chromium. Memory is the program's resident set, processor time its own, over the seconds
given. The page's bytes are those that travelled (transferSize), headers included.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import DEVNULL
from pathlib import Path
from typing import Final

from playwright.async_api import async_playwright

from benchmarks.process import cost
from tests.kiosk.test_visit_survives import toml
from tests.kiosk.test_weight import sizes
from tests.peers.kiosk import CHROMIUM, FLAGS, visitor
from tests.peers.town import booth_settings

IDLE_S: Final = 60.0


async def main(idle_s: float) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        settings = booth_settings(Path(folder), "https://localhost:9", visits=True)
        config, status = toml(Path(folder) / "booth.toml", settings), settings.status_file
        assert status is not None
        booth = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.cli", "booth", "--config", str(config)), stdout=DEVNULL, stderr=DEVNULL
        )
        try:
            async with asyncio.timeout(60):
                while not status.exists():  # noqa: ASYNC110  another program writes it
                    await asyncio.sleep(0.1)
            url = json.loads(status.read_text("utf-8"))["kiosk"]
            async with async_playwright() as playwright:
                chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
                async with visitor(chromium, url) as seer:
                    await seer.sees("idle")
                    opened = await sizes(seer.page)
                    print(f"page: {sum(opened.values()) / 1000:.1f} kB in {len(opened)} requests")
                    await asyncio.sleep(10)  # what a start costs is not what idling costs
                    used, held = await cost(booth.pid, idle_s)
                    print(f"booth, idle for {idle_s:g} s: {used:.2%} of a core, {held:.0f} MB")
                await chromium.close()
        finally:
            booth.terminate()
            await booth.wait()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else IDLE_S))
