"""What only computes in the pages, in the browser that runs it: no server but one that hands out the files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, Page

from gateway.ui import static_root

__all__ = ["computing", "run"]


@asynccontextmanager
async def computing(browser: Browser) -> AsyncIterator[Page]:
    """Open an empty page that may import the pages' modules, in Paris and in French."""
    site = web.Application()
    site.add_routes([web.get("/", _empty), web.static("/static", static_root())])
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    context = await browser.new_context(timezone_id="Europe/Paris", locale="fr-FR")
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        yield page
    finally:
        await context.close()
        await runner.cleanup()


async def _empty(_request: web.Request) -> web.Response:
    return web.Response(text="<!doctype html>", content_type="text/html")


async def run(page: Page, module: str, code: str, argument: Any = None) -> Any:
    """Evaluate *code* with the exports of a module under /static/ as `m` and *argument* as `a`."""
    return await page.evaluate(
        f"async (a) => {{ const m = await import('/static/{module}'); return ({code}); }}", argument
    )
